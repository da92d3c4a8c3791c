//! Dates as databases write them, and as milliseconds since 1970.

const DAY: i64 = 86_400_000;

/// Reads `2026-11-24`, `2026-11-24 10:00:00.123456+01:30` or the same with a `T`; without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<f64> {
    let (text, is_before_christ) = match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (date, rest) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4..=7)?;
    let (month, day) = (number(parts.next()?, 2..=2)?, number(parts.next()?, 2..=2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if is_before_christ { 1 - year } else { year };
    let time = if rest.is_empty() { 0.0 } else { time_of_day(rest)? };
    Some((days(year, month, day) * DAY) as f64 + time)
}

/// Milliseconds since midnight in UTC.
fn time_of_day(text: &str) -> Option<f64> {
    let zone = text.find(['+', '-', 'Z']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let mut part = || parts.next().map_or(Some(0), |part| number(part, 2..=2));
    let seconds = part()? * 3600 + part()? * 60 + part()?;
    let fraction: f64 = if fraction.is_empty() {
        0.0
    } else {
        number(fraction, 1..=9)?;
        format!("0.{fraction}").parse().ok()?
    };
    let offset = offset(zone)?;
    // Dates of JavaScript have whole milliseconds.
    Some(((seconds - offset) * 1000) as f64 + (fraction * 1000.0).floor())
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() {
        return Some(0);
    }
    let (sign, zone) = match zone.split_at_checked(1)? {
        ("+", zone) => (1, zone),
        ("-", zone) => (-1, zone),
        ("Z", "") => return Some(0),
        _ => return None,
    };
    let mut parts = zone.split(':');
    let mut part = || parts.next().map_or(Some(0), |part| number(part, 2..=2));
    Some(sign * (part()? * 3600 + part()? * 60 + part()?))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March, so that leap days end
/// them.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Writes `2026-11-24 10:00:00.123`, in UTC.
pub(super) fn format(milliseconds: f64) -> String {
    let total = milliseconds as i64;
    let (days, time) = (total.div_euclid(DAY), total.rem_euclid(DAY));
    let (year, month, day) = date(days);
    let (hours, minutes) = (time / 3_600_000, time / 60_000 % 60);
    let (seconds, fraction) = (time / 1000 % 60, time % 1000);
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}.{fraction:03}")
}

/// The other way round.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read() {
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("2026-11-24", 1_795_478_400_000.0),
            ("2026-11-24 10:00:00", 1_795_514_400_000.0),
            ("2026-11-24T10:00:00Z", 1_795_514_400_000.0),
            ("2026-11-24 10:00:00.123456", 1_795_514_400_123.0),
            ("2026-11-24 10:00:00+01", 1_795_510_800_000.0),
            ("2026-11-24 10:00:00-05:30", 1_795_534_200_000.0),
            ("0001-01-01 BC", -62_167_219_200_000.0),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in ["", "infinity", "2026-13-01", "2026-11", "26-11-24", "2026-11-24 10:00:00 CET", "a-b-c"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(milliseconds in -62_135_596_800_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse(&format(milliseconds as f64)), Some(milliseconds as f64));
        }

        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
