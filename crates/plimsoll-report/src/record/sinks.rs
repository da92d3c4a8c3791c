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

/// Whole numbers as such, others as they are.
fn put_number(out: &mut Vec<u8>, number: f64) {
    let is_whole = number.fract() == 0.0 && (0.0..=EXACT).contains(&number) && number.is_sign_positive();
    if is_whole {
        out.put(number as u64 + 1);
    } else {
        out.put(0);
        out.put_float(number);
    }
}

fn number(get: &mut Get<'_>) -> Result<f64, Malformed> {
    match get.number()?.checked_sub(1) {
        None => get.float(),
        Some(whole) => Ok(whole as f64),
    }
}

mod flag {
    pub(super) const FRACTIONAL: u8 = 1;
    pub(super) const NEGATIVE: u8 = 2;
    pub(super) const FEW: u8 = 4;
}

fn put_trend(out: &mut Vec<u8>, parts: &TrendParts) {
    let mut flags = if parts.fractional { flag::FRACTIONAL } else { 0 };
    flags |= if parts.negative.is_empty() { 0 } else { flag::NEGATIVE };
    // Samples that follow from their buckets need not be written.
    let follows = || {
        let likely = Trend::from_parts(TrendParts { few: Vec::new(), ..parts.clone() });
        likely.is_some_and(|trend| trend.parts() == *parts)
    };
    let few = !parts.few.is_empty() && !follows();
    out.push(flags | if few { flag::FEW } else { 0 });
    out.put(parts.zeros);
    put_buckets(out, &parts.positive);
    if !parts.negative.is_empty() {
        put_buckets(out, &parts.negative);
    }
    [parts.sum, parts.min, parts.max].into_iter().for_each(|number| put_number(out, number));
    if few {
        out.put(parts.few.len() as u64);
        parts.few.iter().for_each(|sample| put_number(out, *sample));
    }
}

fn read_trend(get: &mut Get<'_>, memory: &mut Memory) -> Result<Trend, Malformed> {
    let flags = get.byte()?;
    let zeros = get.number()?;
    let positive = buckets(get, memory)?;
    let negative = if flags & flag::NEGATIVE == 0 { Vec::new() } else { buckets(get, memory)? };
    let (sum, min, max) = (number(get)?, number(get)?, number(get)?);
    let mut few = Vec::new();
    if flags & flag::FEW != 0 {
        for _ in 0..get.count()? {
            few.push(number(get)?);
        }
    }
    let fractional = flags & flag::FRACTIONAL != 0;
    let parts = TrendParts { sum, min, max, zeros, positive, negative, few, fractional };
    Trend::from_parts(parts).ok_or(Malformed("a distribution is none"))
}

/// Distances between buckets that are not empty, doubled, and one more where there is more than one sample; then
/// how many more.
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
