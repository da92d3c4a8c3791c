//! The dates in `Expires` attributes, which servers write in many ways.
//!
//! RFC 6265 section 5.1.1: split at everything that is no letter, digit or colon, and take the first token of
//! each kind: time, day, month, year.

use std::ops::RangeInclusive;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Seconds since the Unix epoch.
pub fn parse(text: &str) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|token| !token.is_empty())
    {
        if time.is_none() && token.contains(':') {
            time = Some(parse_time(token)?);
        } else if day.is_none() && matches!(token.len(), 1 | 2) && number(token).is_some() {
            day = number(token);
        } else if month.is_none() && parse_month(token).is_some() {
            month = parse_month(token);
        } else if year.is_none() && matches!(token.len(), 2 | 4) && number(token).is_some() {
            year = number(token).map(full_year);
        }
    }
    let (day, month, year) = (within(day?, 1..=31)?, month?, within(year?, 1601..=9999)?);
    Some(days_since_epoch(year, month, day) * 86_400 + time?)
}

/// `HH:MM:SS` as seconds.
fn parse_time(token: &str) -> Option<i64> {
    let mut parts = token.splitn(3, ':').map(number);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    Some(within(hours, 0..=23)? * 3600 + within(minutes, 0..=59)? * 60 + within(seconds, 0..=60)?)
}

fn parse_month(token: &str) -> Option<i64> {
    let start = token.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    i64::try_from(index + 1).ok()
}

fn number(token: &str) -> Option<i64> {
    token.bytes().all(|byte| byte.is_ascii_digit()).then(|| token.parse().ok())?
}

fn full_year(year: i64) -> i64 {
    match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    }
}

fn within(value: i64, range: RangeInclusive<i64>) -> Option<i64> {
    range.contains(&value).then_some(value)
}

/// Proleptic Gregorian calendar; years start in March here, so that the leap day comes last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_mean_the_same() {
        for text in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wed, 21-Oct-2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
        ] {
            assert_eq!(parse(text), Some(1_445_412_480), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in
            ["", "tomorrow", "32 Oct 2015 07:28:00", "21 Oct 2015 25:00:00", "21 Oct 1200 07:28:00", "::"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
