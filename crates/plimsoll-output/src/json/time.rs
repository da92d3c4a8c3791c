//! Timestamps as RFC 3339 with nanoseconds, in UTC, trailing zeros cut: what Go prints.

use std::io::Write;

use plimsoll_metrics::Timestamp;

/// Appends the time.
pub(super) fn push_rfc3339(line: &mut Vec<u8>, at: Timestamp) {
    const SECOND: u64 = 1_000_000_000;
    let (seconds, nanos) = (at.0 / SECOND, at.0 % SECOND);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    write!(line, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}").expect("memory takes it");
    if nanos > 0 {
        write!(line, ".{nanos:09}").expect("memory takes it");
        while line.last() == Some(&b'0') {
            line.pop();
        }
    }
    line.push(b'Z');
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
        push_rfc3339(&mut line, Timestamp(at));
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
}
