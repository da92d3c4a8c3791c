//! How numbers are written: k6's formats, byte for byte, and a few of our own.
//!
//! Scripts can add `Infinity` to any metric. What has no digits is written as Go writes it, without a unit.

use plimsoll_metrics::{Aggregation, MetricKind, Timestamp, ValueKind};
use plimsoll_plan::options::keyword::TimeUnit;

/// A value of a metric whose values stand for `contains`.
#[must_use]
pub fn value(value: f64, contains: ValueKind, unit: TimeUnit) -> String {
    match contains {
        ValueKind::Time => duration(value, unit),
        ValueKind::Data => bytes(value),
        ValueKind::Default => number(value),
    }
}

/// What an aggregation has made of a metric of that kind: shares in percent, rates per second.
#[must_use]
pub fn aggregated(
    value: f64,
    aggregation: Aggregation,
    kind: MetricKind,
    contains: ValueKind,
    unit: TimeUnit,
) -> String {
    match (kind, aggregation) {
        (MetricKind::Rate, _) => share(value),
        (_, Aggregation::Rate) => format!("{}/s", self::value(value, contains, unit)),
        _ => self::value(value, contains, unit),
    }
}

/// A point in time as `2026-11-23T08:00:00Z`.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let seconds = at.0 / 1_000_000_000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// Year, month and day by the days since 1970. Years begin in March here, so that the leap day is their last:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(days: u64) -> (u64, u64, u64) {
    const FOUR_CENTURIES: u64 = 146_097;
    let since_zero = days + 719_468;
    let (era, day_of_era) = (since_zero / FOUR_CENTURIES, since_zero % FOUR_CENTURIES);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let is_early = month_from_march >= 10;
    let month = if is_early { month_from_march - 9 } else { month_from_march + 3 };
    (year_of_era + era * 400 + u64::from(is_early), month, day)
}

/// A number with at most six decimals and no trailing zeros.
#[must_use]
pub fn number(value: f64) -> String {
    rounded(value, 6)
}

/// Milliseconds as a duration. Without a fixed unit each value gets the one that suits it, two decimals at
/// most, cut rather than rounded; from a minute on whole seconds.
#[must_use]
pub fn duration(ms: f64, unit: TimeUnit) -> String {
    if let Some(text) = without_digits(ms) {
        return text.to_owned();
    }
    match unit {
        TimeUnit::Seconds => format!("{}s", fixed(ms / 1e3, 2)),
        TimeUnit::Millis => format!("{}ms", fixed(ms, 2)),
        TimeUnit::Micros => format!("{}µs", fixed(ms * 1e3, 2)),
        TimeUnit::Auto => suitable_duration(ms),
    }
}

fn suitable_duration(ms: f64) -> String {
    if ms == 0.0 {
        return "0s".to_owned();
    }
    if ms < 0.001 {
        return format!("{}ns", (ms * 1e6).trunc());
    }
    if ms < 1.0 {
        return format!("{}µs", cut(ms * 1e3, 2));
    }
    if ms < 1e3 {
        return format!("{}ms", cut(ms, 2));
    }
    let decimals = if ms > 60e3 { 0 } else { 2 };
    let seconds = cut(ms % 60e3 / 1e3, decimals);
    match (ms / 60e3).trunc() {
        minutes if minutes < 1.0 => format!("{seconds}s"),
        minutes if minutes < 60.0 => format!("{minutes}m{seconds}s"),
        minutes => format!("{}h{}m{seconds}s", (minutes / 60.0).trunc(), minutes % 60.0),
    }
}

/// Bytes in steps of 1000; one decimal below ten of a unit.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    if let Some(text) = without_digits(bytes) {
        return text.to_owned();
    }
    if bytes < 10.0 {
        return format!("{} B", number(bytes));
    }
    let mut scaled = bytes;
    let mut unit = 0;
    while scaled >= 1e3 && unit + 1 < UNITS.len() {
        scaled /= 1e3;
        unit += 1;
    }
    let tenths = (scaled * 10.0 + 0.5).floor() / 10.0;
    let decimals = usize::from(tenths < 10.0);
    format!("{} {}", fixed(tenths, decimals), UNITS[unit])
}

/// `part` of `whole` in percent with two decimals, cut rather than rounded: 100.00% means all of them.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    let hundredths = ten_thousandths(part, whole);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A share between 0 and 1 in percent, where only the share is known.
#[must_use]
pub fn share(share: f64) -> String {
    // A share such as 0.29 has no exact double; the nudge keeps it from losing its last digit.
    format!("{:.2}%", (share * 1e4 + 1e-7).trunc() / 100.0)
}

/// `part` of `whole` in whole percent, cut.
#[must_use]
pub fn whole_percent(part: u64, whole: u64) -> u64 {
    ten_thousandths(part, whole) / 100
}

fn ten_thousandths(part: u64, whole: u64) -> u64 {
    let exact = u128::from(part) * 10_000 / u128::from(whole.max(1));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// A count with commas between thousands.
#[must_use]
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A sum of ones as a number. Scripts can add whatever they like to any counter; no sum of such numbers
/// overflows.
#[must_use]
pub fn whole(sum: f64) -> u64 {
    (sum as u64).min(1 << 44)
}

/// A count and its noun: `1 sample`, `2 samples`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A span of the run's time: `12.3s`, `1m30s`.
#[must_use]
pub fn moment(span: std::time::Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 60.0 { format!("{seconds:.1}s") } else { suitable_duration(seconds * 1e3) }
}

/// The words of Go for what has no digits.
fn without_digits(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

/// At most `decimals` decimals, the rest cut off.
fn cut(value: f64, decimals: usize) -> String {
    let scale = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
    rounded((value * scale).trunc() / scale, decimals)
}

/// At most `decimals` decimals, rounded, without trailing zeros.
fn rounded(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// So many decimals, rounded as JavaScript's `toFixed` does: a value exactly in the middle goes up, not to
/// the even side.
fn fixed(value: f64, decimals: usize) -> String {
    /// More decimals than any middle has at the precisions used here.
    const EXACT: usize = 40;
    if let Some(text) = without_digits(value) {
        return text.to_owned();
    }
    let exact = format!("{value:.EXACT$}");
    let beyond = &exact[exact.len() - (EXACT - decimals)..];
    let is_middle = beyond.starts_with('5') && beyond[1..].bytes().all(|digit| digit == b'0');
    if is_middle && value > 0.0 {
        format!("{:.decimals$}", value.next_up())
    } else {
        format!("{value:.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (ms, text) in [
            (0.0, "0s"),
            (0.000_5, "500ns"),
            (0.037_849, "37.84µs"),
            (0.5, "500µs"),
            (1.0, "1ms"),
            (1.559, "1.55ms"),
            (999.999, "999.99ms"),
            (1_500.0, "1.5s"),
            (59_999.0, "59.99s"),
            (60_000.0, "1m0s"),
            (90_900.0, "1m30s"),
            (3_723_000.0, "1h2m3s"),
        ] {
            assert_eq!(duration(ms, TimeUnit::Auto), text, "{ms}");
        }
        assert_eq!(duration(1.5, TimeUnit::Micros), "1500.00µs");
        assert_eq!(duration(1.5, TimeUnit::Millis), "1.50ms");
        assert_eq!(duration(1234.5, TimeUnit::Seconds), "1.23s");
        assert_eq!(duration(1.125, TimeUnit::Millis), "1.13ms");
        assert_eq!(duration(1.005, TimeUnit::Millis), "1.00ms");
    }

    #[test]
    fn points_in_time() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_420_799, "2026-11-23T07:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(seconds * 1_000_000_000 + 999_999_999)), text);
        }
    }

    #[test]
    fn byte_counts() {
        for (n, text) in [
            (0.0, "0 B"),
            (9.0, "9 B"),
            (894.0, "894 B"),
            (208_483.8, "209 kB"),
            (2_500.0, "2.5 kB"),
            (9_100.0, "9.1 kB"),
            (9_960.0, "10 kB"),
            (519_000.0, "519 kB"),
            (7.1e6, "7.1 MB"),
            (1e9, "1.0 GB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn numbers() {
        for (n, text) in
            [(0.0, "0"), (18.0, "18"), (4_197.657_427_1, "4197.657427"), (0.1 + 0.2, "0.3"), (-0.0, "0")]
        {
            assert_eq!(number(n), text);
        }
        assert_eq!(number(0.007_812_5), "0.007813");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "sample"), "1 sample");
    }

    #[test]
    fn what_has_no_digits_has_no_unit_either() {
        use TimeUnit::{Auto, Micros, Millis, Seconds};
        for (value, text) in [(f64::INFINITY, "+Inf"), (f64::NEG_INFINITY, "-Inf"), (f64::NAN, "NaN")] {
            assert_eq!(number(value), text);
            assert_eq!(bytes(value), text);
            for unit in [Auto, Micros, Millis, Seconds] {
                assert_eq!(duration(value, unit), text);
            }
        }
        // A number all the same, however many digits it takes.
        assert!(number(f64::MAX).starts_with("179769313486231570"));
        assert!(duration(f64::MAX, Auto).ends_with('s'));
        assert!(bytes(f64::MAX).ends_with(" YB"));
    }

    #[test]
    fn percentages_are_cut_not_rounded() {
        assert_eq!(percent(16, 18), "88.88%");
        assert_eq!(percent(29, 100), "29.00%");
        assert_eq!(percent(0, 0), "0.00%");
        assert_eq!(percent(999_999, 1_000_000), "99.99%");
        assert_eq!(share(0.29), "29.00%");
        assert_eq!(share(16.0 / 18.0), "88.88%");
        assert_eq!(whole_percent(2, 3), 66);
    }
}
