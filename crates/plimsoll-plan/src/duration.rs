//! k6's duration notations, read and written.
//!
//! Two grammars: *plain* (`1h2m3.5s`, what the `--duration` flags take) and *extended* (also a leading day
//! part, `1d12h`, and a bare number of milliseconds; everywhere else). Start with [`parse_extended`].
//! Arithmetic is exact: no value passes through a float.

use std::time::Duration;

/// The units in the order of their first letters' length: longer names first, so that `ms` is not read as
/// `m`.
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

const DAY: u128 = 24 * 3_600_000_000_000;

/// The longest duration k6 can hold: 2^63 − 1 nanoseconds, about 292 years.
const MAX_NANOS: u128 = i64::MAX as u128;

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text follows neither grammar.
    #[error("not a duration (expected something like 30s, 1m30s or 500ms)")]
    Malformed,
    /// A number without a unit where a unit is required.
    #[error("a unit is missing (expected something like 30s, 1m30s or 500ms)")]
    MissingUnit,
    /// The duration is below zero.
    #[error("a duration can't be negative")]
    Negative,
    /// The duration does not fit into 64 bits of nanoseconds.
    #[error("the duration is too long (at most 292 years)")]
    TooLong,
}

/// Reads the plain grammar: `1h2m3.5s`, `500ms`, `0`.
pub fn parse_plain(text: &str) -> Result<Duration, DurationError> {
    let unsigned = strip_sign(text)?;
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    from_nanos(sum_parts(unsigned)?)
}

/// Reads the extended grammar: the plain one, a leading day part (`1d12h`), or a bare number of milliseconds
/// (`1500`).
pub fn parse_extended(text: &str) -> Result<Duration, DurationError> {
    let unsigned = strip_sign(text)?;
    if let Some((days, rest)) = unsigned.split_once('d') {
        let days: u64 = days.parse().map_err(|_| DurationError::Malformed)?;
        let rest = if rest.is_empty() { 0 } else { sum_parts(rest)? };
        return from_nanos(u128::from(days) * DAY + rest);
    }
    match parse_millis(unsigned) {
        Some(nanos) => from_nanos(nanos),
        None => from_nanos(sum_parts(unsigned)?),
    }
}

/// Writes a duration the way k6 prints one: `10m0s`, `1.5s`, `500ms`, `0s`.
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < 1_000_000_000 {
        let (unit, size) = match nanos {
            0..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{}{unit}", decimal(nanos, size));
    }
    let (minutes, rest) = (nanos / 60_000_000_000, nanos % 60_000_000_000);
    let seconds = decimal(rest, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

fn strip_sign(text: &str) -> Result<&str, DurationError> {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            Err(DurationError::Negative)
        }
        Some(_) => Err(DurationError::Malformed),
        None => Ok(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn from_nanos(nanos: u128) -> Result<Duration, DurationError> {
    if nanos > MAX_NANOS {
        return Err(DurationError::TooLong);
    }
    // The check above leaves at most 63 bits.
    Ok(Duration::from_nanos(nanos as u64))
}

/// A bare number of milliseconds, in nanoseconds; `None` when the text is not a plain number.
fn parse_millis(text: &str) -> Option<u128> {
    let (number, rest) = split_number(text)?;
    rest.is_empty().then(|| scale(number, 1_000_000)).flatten()
}

/// The sum of `<number><unit>` parts, at least one.
fn sum_parts(text: &str) -> Result<u128, DurationError> {
    let mut rest = text;
    let mut total: u128 = 0;
    loop {
        let (number, after) = split_number(rest).ok_or(DurationError::Malformed)?;
        if after.is_empty() {
            return Err(DurationError::MissingUnit);
        }
        let (unit, size) =
            UNITS.iter().find(|(unit, _)| starts_with_unit(after, unit)).ok_or(DurationError::Malformed)?;
        let part = scale(number, *size).ok_or(DurationError::TooLong)?;
        total = total.checked_add(part).ok_or(DurationError::TooLong)?;
        rest = &after[unit.len()..];
        if rest.is_empty() {
            return Ok(total);
        }
    }
}

/// A unit is followed by the next number or by nothing: `1mx` is not one minute.
fn starts_with_unit(text: &str, unit: &str) -> bool {
    text.strip_prefix(unit)
        .is_some_and(|rest| !rest.starts_with(|next: char| !next.is_ascii_digit() && next != '.'))
}

/// A decimal number kept as digits: `1.25` is whole `1`, fraction `25`.
type Decimal<'a> = (&'a str, &'a str);

fn split_number(text: &str) -> Option<(Decimal<'_>, &str)> {
    let whole_len = digits(text);
    let (whole, rest) = text.split_at(whole_len);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => after.split_at(digits(after)),
        None => ("", rest),
    };
    let empty = whole.is_empty() && fraction.is_empty();
    (!empty).then_some(((whole, fraction), rest))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `number · size`, cut off below one nanosecond; `None` on overflow.
fn scale((whole, fraction): Decimal<'_>, size: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // 18 digits are finer than a nanosecond of the largest unit; more of them change nothing.
    let fraction = &fraction[..fraction.len().min(18)];
    let numerator: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let denominator = 10u128.pow(fraction.len() as u32);
    whole.checked_mul(size)?.checked_add(numerator * size / denominator)
}

/// `value / size` as the shortest decimal.
fn decimal(value: u128, size: u128) -> String {
    let (whole, rest) = (value / size, value % size);
    if rest == 0 {
        return whole.to_string();
    }
    let width = size.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Result<u128, DurationError> {
        parse_extended(text).map(|duration| duration.as_nanos())
    }

    #[test]
    fn reads_what_k6_reads() {
        assert_eq!(nanos("1h2m3s4ms5us6ns"), Ok(3_723_004_005_006));
        assert_eq!(nanos("1d12h"), Ok(36 * 3_600_000_000_000));
        assert_eq!(nanos("2d"), Ok(2 * DAY));
        assert_eq!(nanos("1500"), Ok(1_500_000_000));
        assert_eq!(nanos("0.5"), Ok(500_000));
        assert_eq!(nanos("1.5s"), Ok(1_500_000_000));
        assert_eq!(nanos(".5s"), Ok(500_000_000));
        assert_eq!(nanos("+2m"), Ok(120_000_000_000));
        assert_eq!(nanos("3µs"), Ok(3_000));
        assert_eq!(nanos("0"), Ok(0));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "s", "1x", "1mx", "1h 2m", "d", "1s1", "abc", "1.s.", "--1s", "1e3s"] {
            assert!(nanos(text).is_err(), "{text:?}");
        }
        assert_eq!(nanos("-1s"), Err(DurationError::Negative));
        assert_eq!(nanos("99999999999999h"), Err(DurationError::TooLong));
        assert_eq!(nanos("99999999999999999999999999999999999999999h"), Err(DurationError::TooLong));
    }

    #[test]
    fn plain_grammar_wants_units_and_knows_no_days() {
        assert_eq!(parse_plain("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_plain("0"), Ok(Duration::ZERO));
        assert_eq!(parse_plain("1500"), Err(DurationError::MissingUnit));
        assert_eq!(parse_plain("1d"), Err(DurationError::Malformed));
    }

    #[test]
    fn writes_what_k6_writes() {
        let cases = [
            (0, "0s"),
            (15, "15ns"),
            (1_500, "1.5µs"),
            (500_000_000, "500ms"),
            (1_500_000_000, "1.5s"),
            (600_000_000_000, "10m0s"),
            (3_723_000_000_000, "1h2m3s"),
            (36_000_000_000_000, "10h0m0s"),
        ];
        for (nanos, expected) in cases {
            assert_eq!(format(Duration::from_nanos(nanos)), expected);
        }
    }
}
