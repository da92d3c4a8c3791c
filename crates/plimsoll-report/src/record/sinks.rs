//! What a series has gained, as bytes: one byte where one suffices.

use plimsoll_metrics::{Counter, Gauge, MetricKind, Rate, Sink, Timestamp, Trend, TrendParts};

use super::bytes::{Get, Malformed, Put};

/// Times of first and last samples, each by its distance from the one before: the metrics of one request have
/// the same.
pub(super) struct Times {
    first: u64,
    last: u64,
}

impl Times {
    pub(super) fn from(base: u64) -> Self {
        Self { first: base, last: base }
    }

    pub(super) fn put(&mut self, out: &mut Vec<u8>, first: Timestamp, last: Timestamp) {
        out.put_signed(first.0.wrapping_sub(self.first) as i64);
        out.put_signed(last.0.wrapping_sub(self.last) as i64);
        (self.first, self.last) = (first.0, last.0);
    }

    pub(super) fn read(&mut self, get: &mut Get<'_>) -> Result<(Timestamp, Timestamp), Malformed> {
        self.first = self.first.wrapping_add(get.signed()? as u64);
        self.last = self.last.wrapping_add(get.signed()? as u64);
        Ok((Timestamp(self.first), Timestamp(self.last)))
    }
}

/// How much memory the sinks of a second take, before it is taken.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: usize,
}

impl Memory {
    /// A hundred thousand series of ten chunks of buckets each take half of it.
    const MOST: usize = 512 << 20;

    fn need(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= Self::MOST { Ok(()) } else { Err(Malformed("a second takes too much memory")) }
    }

    /// That of the buckets between these two, in chunks of 32.
    fn need_buckets(&mut self, buckets: &[(u32, u64)]) -> Result<(), Malformed> {
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else { return Ok(()) };
        self.need(last.saturating_sub(*first) as usize / 4 + buckets.len().min(1 << 14) * 272)
    }
}

/// Up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;
const MILLION: f64 = 1e6;
/// How much sums may be off: less than what adding up in another order does.
const ROUNDING: f64 = 1e-13;

pub(super) fn put(out: &mut Vec<u8>, sink: &Sink, base: u64) {
    match sink {
        Sink::Counter(Counter { sum, count }) => {
            out.put(*count);
            put_number(out, *sum);
        }
        Sink::Gauge(Gauge { last, min, max, at, count }) => {
            out.put(*count);
            out.put_signed(at.0.wrapping_sub(base) as i64);
            [last, min, max].into_iter().for_each(|number| put_number(out, *number));
        }
        Sink::Rate(Rate { nonzero, total }) => {
            out.put(*total);
            out.put(*nonzero);
        }
        Sink::Trend(trend) => put_trend(out, &trend.parts()),
    }
}

pub(super) fn read(
    get: &mut Get<'_>,
    kind: MetricKind,
    base: u64,
    memory: &mut Memory,
) -> Result<Sink, Malformed> {
    memory.need(size_of::<Sink>() * 2)?;
    Ok(match kind {
        MetricKind::Counter => Sink::Counter(Counter { count: get.number()?, sum: number(get)? }),
        MetricKind::Gauge => {
            let (count, at) = (get.number()?, Timestamp(base.wrapping_add(get.signed()? as u64)));
            Sink::Gauge(Gauge { count, at, last: number(get)?, min: number(get)?, max: number(get)? })
        }
        MetricKind::Rate => {
            let (total, nonzero) = (get.number()?, get.number()?);
            if nonzero > total {
                return Err(Malformed("a share is larger than one"));
            }
            Sink::Rate(Rate { nonzero, total })
        }
        MetricKind::Trend => Sink::Trend(read_trend(get, memory)?),
    })
}

/// Whole numbers as such, and so are millionths: times are milliseconds that were measured in nanoseconds.
/// Others are written as they are.
fn put_number(out: &mut Vec<u8>, number: f64) {
    put_close(out, number, 0.0);
}

/// A number that may be as much off, relatively.
fn put_close(out: &mut Vec<u8>, number: f64, tolerance: f64) {
    let exact = |scaled: f64| (0.0..EXACT).contains(&scaled) && number.is_sign_positive();
    let (whole, millionths) = (number.round(), (number * MILLION).round());
    if whole == number && exact(whole) {
        out.put(((whole as u64) << 1) + 1);
    } else if exact(millionths) && (millionths / MILLION - number).abs() <= tolerance * number {
        out.put(((millionths as u64) << 1) + 2);
    } else {
        out.put(0);
        out.put_float(number);
    }
}

fn number(get: &mut Get<'_>) -> Result<f64, Malformed> {
    Ok(match get.number()?.checked_sub(1) {
        None => get.float()?,
        Some(code) if code & 1 == 0 => (code >> 1) as f64,
        Some(code) => (code >> 1) as f64 / MILLION,
    })
}

mod flag {
    pub(super) const FRACTIONAL: u8 = 1;
    pub(super) const NEGATIVE: u8 = 2;
    pub(super) const FEW: u8 = 4;
    pub(super) const MIN: u8 = 8;
    pub(super) const MAX: u8 = 16;
}

/// What follows from the buckets need not be written.
fn put_trend(out: &mut Vec<u8>, parts: &TrendParts) {
    let likely = Trend::from_parts(TrendParts { few: Vec::new(), ..parts.clone() });
    let knows_samples = !parts.few.is_empty() && likely.is_none_or(|trend| trend.parts() != *parts);
    let (min, max) = parts.likely_range().unwrap_or_default();
    let set = |flag: u8, is_set: bool| if is_set { flag } else { 0 };
    let flags = set(flag::FRACTIONAL, parts.fractional)
        | set(flag::NEGATIVE, !parts.negative.is_empty())
        | set(flag::FEW, knows_samples)
        | set(flag::MIN, parts.min.to_bits() != min.to_bits())
        | set(flag::MAX, parts.max.to_bits() != max.to_bits());
    out.push(flags);
    out.put(parts.zeros);
    put_buckets(out, &parts.positive);
    if !parts.negative.is_empty() {
        put_buckets(out, &parts.negative);
    }
    put_close(out, parts.sum, ROUNDING);
    if flags & flag::MIN != 0 {
        put_number(out, parts.min);
    }
    if flags & flag::MAX != 0 {
        put_number(out, parts.max);
    }
    if knows_samples {
        out.put(parts.few.len() as u64);
        parts.few.iter().for_each(|sample| put_number(out, *sample));
    }
}

fn read_trend(get: &mut Get<'_>, memory: &mut Memory) -> Result<Trend, Malformed> {
    let flags = get.byte()?;
    let mut parts =
        TrendParts { zeros: get.number()?, positive: buckets(get, memory)?, ..TrendParts::default() };
    parts.fractional = flags & flag::FRACTIONAL != 0;
    if flags & flag::NEGATIVE != 0 {
        parts.negative = buckets(get, memory)?;
    }
    parts.sum = number(get)?;
    (parts.min, parts.max) = parts.likely_range().unwrap_or_default();
    if flags & flag::MIN != 0 {
        parts.min = number(get)?;
    }
    if flags & flag::MAX != 0 {
        parts.max = number(get)?;
    }
    if flags & flag::FEW != 0 {
        for _ in 0..get.count()? {
            parts.few.push(number(get)?);
        }
    }
    Trend::from_parts(parts).ok_or(Malformed("a distribution is none"))
}

/// Distances between buckets that are not empty, doubled, and one more where there is more than one sample;
/// then how many more.
fn put_buckets(out: &mut Vec<u8>, buckets: &[(u32, u64)]) {
    out.put(buckets.len() as u64);
    let mut next = 0;
    for (number, count) in buckets {
        let more = count - 1;
        out.put(u64::from(number - next) << 1 | u64::from(more > 0));
        if more > 0 {
            out.put(more - 1);
        }
        next = number + 1;
    }
}

fn buckets(get: &mut Get<'_>, memory: &mut Memory) -> Result<Vec<(u32, u64)>, Malformed> {
    let (mut buckets, mut next) = (Vec::new(), 0_u32);
    for _ in 0..get.count()? {
        let code = get.number()?;
        let gap = u32::try_from(code >> 1).map_err(|_| Malformed("a bucket is not there"))?;
        let number = next.checked_add(gap).filter(|number| *number < TrendParts::BUCKETS);
        let number = number.ok_or(Malformed("a bucket is not there"))?;
        let more = if code & 1 == 0 { 0 } else { get.number()?.saturating_add(1) };
        buckets.push((number, more.saturating_add(1)));
        next = number + 1;
    }
    memory.need_buckets(&buckets)?;
    Ok(buckets)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(sink: &Sink) -> Sink {
        let mut bytes = Vec::new();
        put(&mut bytes, sink, 1_000);
        let mut get = Get(&bytes);
        let read = read(&mut get, sink.kind(), 1_000, &mut Memory::default()).expect("just written");
        assert!(get.is_empty());
        read
    }

    fn recorded(kind: MetricKind, values: &[f64]) -> Sink {
        let mut sink = Sink::new(kind);
        values.iter().for_each(|value| sink.record(*value, Timestamp(2_000)));
        sink
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let measured = (0u32..2_000_000_000).prop_map(|nanos| f64::from(nanos) / 1e6);
        let any = -1e6..1e9f64;
        let whole = (-500i32..500).prop_map(f64::from);
        prop::collection::vec(prop_oneof![measured, any, whole], 0..80)
    }

    proptest! {
        #[test]
        fn sinks_come_back(values in values(), later in values()) {
            use MetricKind::{Counter, Gauge, Rate, Trend};
            for kind in [Counter, Gauge, Rate, Trend] {
                let before = recorded(kind, &values);
                let mut whole = before.clone();
                whole.merge(&recorded(kind, &later));
                for sink in [&before, &whole, &whole.since(&before)] {
                    match (again(sink), sink) {
                        (Sink::Trend(read), Sink::Trend(written)) => {
                            let (read, written) = (read.parts(), written.parts());
                            prop_assert!((read.sum - written.sum).abs() <= 1e-13 * written.sum.abs());
                            let without_sum = |parts| TrendParts { sum: 0.0, ..parts };
                            prop_assert_eq!(without_sum(read), without_sum(written));
                        }
                        (read, written) => prop_assert_eq!(&read, written),
                    }
                }
            }
        }

        #[test]
        fn numbers_are_exact(number: f64, nanos in 0u64..1_000_000_000_000) {
            for number in [number, nanos as f64 / 1e6, nanos as f64, -0.0, f64::INFINITY] {
                let mut bytes = Vec::new();
                put_number(&mut bytes, number);
                prop_assert_eq!(super::number(&mut Get(&bytes)).map(f64::to_bits), Ok(number.to_bits()));
            }
        }
    }
}
