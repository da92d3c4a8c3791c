//! Timestamps as RFC 3339 in UTC: what Go prints. Durations as Go reads them.

use std::io::Write;
use std::time::Duration;

use plimsoll_metrics::Timestamp;

const SECOND: u64 = 1_000_000_000;

/// Appends the time with nanoseconds, trailing zeros cut.
pub(crate) fn push_rfc3339_nano(line: &mut Vec<u8>, at: Timestamp) {
    push_seconds(line, at.0 / SECOND);
    push_nanos(line, at.0 % SECOND);
}

/// Appends times that mostly are of the same second as the one before: that part is kept as text.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    second: u64,
    text: Vec<u8>,
}

impl Clock {
    /// [`push_rfc3339_nano`], in less time.
    #[inline]
    pub(crate) fn push(&mut self, line: &mut Vec<u8>, at: Timestamp) {
        let second = at.0 / SECOND;
        if self.text.is_empty() || second != self.second {
            self.second = second;
            self.text.clear();
            push_seconds(&mut self.text, second);
        }
        line.extend_from_slice(&self.text);
        push_nanos(line, at.0 % SECOND);
    }
}

/// Appends the fraction of a second without trailing zeros, and the zone.
#[inline]
fn push_nanos(line: &mut Vec<u8>, mut nanos: u64) {
    if nanos > 0 {
        let mut digits = *b".000000000";
        for digit in digits[1..=9].iter_mut().rev() {
            *digit = b'0' + (nanos % 10) as u8;
            nanos /= 10;
        }
        let length = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        line.extend_from_slice(&digits[..length]);
    }
    line.push(b'Z');
}

/// Appends the time in whole seconds.
pub(crate) fn push_rfc3339(line: &mut Vec<u8>, at: Timestamp) {
    push_seconds(line, at.0 / SECOND);
    line.push(b'Z');
}

fn push_seconds(line: &mut Vec<u8>, seconds: u64) {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    write!(line, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}").expect("memory takes it");
}

/// A positive duration such as `1m30s` or `500ms`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (value, unit) = rest.split_at(number);
        let length = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        let seconds = match &unit[..length] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        total += value.parse::<f64>().ok()? * seconds;
        rest = &unit[length..];
    }
    Duration::try_from_secs_f64(total).ok().filter(|duration| !duration.is_zero())
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar.
///
/// Counted in years that begin on 1 March, so that the leap day is the last of its year, and in eras of 400
/// years, after which the calendar repeats.
fn civil(days: u64) -> (u64, u64, u64) {
    /// From 0000-03-01 to 1970-01-01.
    const TO_EPOCH: u64 = 719_468;
    const ERA: u64 = 146_097;
    let days = days + TO_EPOCH;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March the lengths of months repeat every five: 153 days.
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: u64) -> String {
        let mut line = Vec::new();
        push_rfc3339_nano(&mut line, Timestamp(at));
        let mut again = Vec::new();
        let mut clock = Clock::default();
        clock.push(&mut Vec::new(), Timestamp(at.saturating_sub(1)));
        clock.push(&mut again, Timestamp(at));
        assert_eq!(line, again);
        String::from_utf8(line).expect("ASCII")
    }

    #[test]
    fn known_times() {
        for (at, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000_000_000, "2000-02-28T23:59:59Z"),
            (951_782_400_500_000_000, "2000-02-29T00:00:00.5Z"),
            (951_868_800_000_000_001, "2000-03-01T00:00:00.000000001Z"),
            (1_795_420_761_675_414_640, "2026-11-23T07:59:21.67541464Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(text(at), expected);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = civil(0);
        for days in 1..200_000 {
            let (year, month, day) = civil(days);
            let next_day = (before.0, before.1, before.2 + 1) == (year, month, day);
            let next_month = before.2 >= 28 && (before.0, before.1 + 1, 1) == (year, month, day);
            let next_year = (before.1, before.2) == (12, 31) && (before.0 + 1, 1, 1) == (year, month, day);
            assert!(next_day || next_month || next_year, "{before:?} then {year}-{month}-{day}");
            before = (year, month, day);
        }
    }

    #[test]
    fn seconds_are_whole_without_nanos() {
        let mut line = Vec::new();
        push_rfc3339(&mut line, Timestamp(951_782_400_500_000_000));
        assert_eq!(line, b"2000-02-29T00:00:00Z");
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let ms = |text| parse_duration(text).map(|duration| duration.as_secs_f64() * 1e3);
        assert_eq!(ms("500ms"), Some(500.0));
        assert_eq!(ms(" 1.5s "), Some(1_500.0));
        assert_eq!(ms("1h1m1s"), Some(3_661_000.0));
        assert_eq!(ms("1µs").map(|ms| (ms * 1e6).round()), Some(1_000.0));
        for wrong in ["", "1", "s", "1 s", "-1s", "1d", "0s", "1..2s", "1e400h", "ms1"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
