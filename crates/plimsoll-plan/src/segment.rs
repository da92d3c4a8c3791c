//! Which part of a run this instance carries, as the options say it: exact fractions of the whole.
//!
//! What the fractions mean for VUs, iterations and arrivals is the business of [`stripe`](crate::stripe).
//! Start with [`ExecutionSegment`].

use std::{cmp::Ordering, fmt};

use serde_json::Value;

use crate::options::value::{Expected, OptionValue};

/// An exact number that is not negative, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: u64,
    denominator: u64,
}

/// The part of the whole from one fraction up to another: `0:1/4`, `20%:0.5`, or `10%` for `0:10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionSegment {
    /// Where it begins.
    pub from: Fraction,
    /// Where it ends; more than `from`, and at most one.
    pub to: Fraction,
}

/// Where the segments of all instances begin and end: `0,1/4,1/2,1`. Empty when nobody said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentSequence {
    /// Increasing, from 0 to 1.
    pub boundaries: Vec<Fraction>,
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// The whole.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator / denominator`, of which the latter must not be 0.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        let divisor = gcd(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// Reads `1/3`, `0.25`, `25%` or `1`; `None` if it is something else or needs more than 64 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) = text.strip_suffix('%').map_or((text, 1), |number| (number.trim_end(), 100));
        let (numerator, denominator) = match number.split_once('/') {
            Some((numerator, denominator)) => (digits(numerator)?, digits(denominator)?),
            None => decimal(number)?,
        };
        let denominator = denominator.checked_mul(unit)?;
        (denominator > 0).then(|| Self::new(numerator, denominator))
    }

    /// The upper part in lowest terms.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The lower part in lowest terms.
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// Nearly the same number.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        let cross = |a: &Self, b: &Self| u128::from(a.numerator) * u128::from(b.denominator);
        cross(self, other).cmp(&cross(other, self))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

/// The greatest number that divides both; neither is ever 0 together with the other.
pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

fn digits(text: &str) -> Option<u64> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `0.25` as 25 and 100.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let Some((whole, rest)) = text.split_once('.') else { return Some((digits(text)?, 1)) };
    let denominator = 10_u64.checked_pow(u32::try_from(rest.len()).ok()?)?;
    let whole = if whole.is_empty() { 0 } else { digits(whole)? };
    Some((whole.checked_mul(denominator)?.checked_add(digits(rest)?)?, denominator))
}

impl ExecutionSegment {
    /// Everything.
    pub const WHOLE: Self = Self { from: Fraction::ZERO, to: Fraction::ONE };

    /// Nearly its share of the whole.
    pub fn share(&self) -> f64 {
        self.to.to_f64() - self.from.to_f64()
    }

    fn parse(text: &str) -> Result<Self, Expected> {
        let (from, to) = text.split_once(':').unwrap_or(("0", text));
        let (Some(from), Some(to)) = (Fraction::parse(from), Fraction::parse(to)) else {
            return Err("must be a part of the whole such as 0:1/4, 25%:50% or 0.2:2/3".to_owned());
        };
        match () {
            () if to > Fraction::ONE => Err(format!("must end at 1 at the latest, not at {to}")),
            () if from >= to => Err(format!("must start before it ends, not at {from} of {to}")),
            () => Ok(Self { from, to }),
        }
    }
}

impl fmt::Display for ExecutionSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.from, self.to)
    }
}

/// As in k6, an empty text is the whole.
impl OptionValue for ExecutionSegment {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        match String::from_json(value)?.trim() {
            "" => Ok(Self::WHOLE),
            text => Self::parse(text),
        }
    }

    fn to_json(&self) -> Value {
        self.to_string().into()
    }
}

impl SegmentSequence {
    /// The segments between the boundaries.
    pub fn segments(&self) -> impl Iterator<Item = ExecutionSegment> {
        self.boundaries.windows(2).map(|pair| ExecutionSegment { from: pair[0], to: pair[1] })
    }

    /// The sequence of an instance that was told its own segment only: equal parts where it can be one of
    /// them, so that instances `0:1/3`, `1/3:2/3` and `2/3:1` agree; else what is before and after it.
    pub fn around(segment: &ExecutionSegment) -> Self {
        let ExecutionSegment { from, to } = *segment;
        let parts = (1..=MAX_EQUAL_PARTS).find(|parts| {
            let whole = |boundary: Fraction| parts % boundary.denominator == 0;
            let place = |boundary: Fraction| boundary.numerator * (parts / boundary.denominator);
            whole(from) && whole(to) && place(to) == place(from) + 1
        });
        let mut boundaries: Vec<Fraction> = match parts {
            Some(parts) => (0..=parts).map(|part| Fraction::new(part, parts)).collect(),
            None => vec![Fraction::ZERO, from, to, Fraction::ONE],
        };
        boundaries.dedup();
        Self { boundaries }
    }

    fn parse(text: &str) -> Result<Self, Expected> {
        let boundaries: Option<Vec<Fraction>> = text.split(',').map(Fraction::parse).collect();
        let Some(mut boundaries) = boundaries else {
            return Err("must be a list of boundaries such as 0,1/4,1/2,1".to_owned());
        };
        if let Some(pair) = boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(format!("must increase, but {} comes before {}", pair[0], pair[1]));
        }
        if let Some(last) = boundaries.last().filter(|last| **last > Fraction::ONE) {
            return Err(format!("must end at 1 at the latest, not at {last}"));
        }
        boundaries.insert(0, Fraction::ZERO);
        boundaries.push(Fraction::ONE);
        boundaries.dedup();
        Ok(Self { boundaries })
    }
}

/// More instances than this say what the others carry.
const MAX_EQUAL_PARTS: u64 = 10_000;

impl OptionValue for SegmentSequence {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        match String::from_json(value)?.trim() {
            "" => Ok(Self::default()),
            text => Self::parse(text),
        }
    }

    fn to_json(&self) -> Value {
        self.boundaries.iter().map(Fraction::to_string).collect::<Vec<_>>().join(",").into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn segment(text: &str) -> Result<String, Expected> {
        ExecutionSegment::from_json(&json!(text)).map(|segment| segment.to_string())
    }

    fn sequence(text: &str) -> Result<String, Expected> {
        SegmentSequence::from_json(&json!(text)).map(|sequence| sequence.to_json().to_string())
    }

    #[test]
    fn fractions_are_exact() {
        let read = |text| Fraction::parse(text).map(|fraction| fraction.to_string());
        for (text, expected) in [
            ("1/3", "1/3"),
            ("2/4", "1/2"),
            ("10%", "1/10"),
            ("12.5%", "1/8"),
            ("0.2", "1/5"),
            (".5", "1/2"),
            ("100/3%", "1/3"),
            ("0", "0"),
            (" 1 ", "1"),
            ("0/7", "0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        let wrong =
            ["", "%", "-1", "+1", "1/0", "1/", "/2", "a", "1e-1", "1.", "0.+5", "0.1234567890123456789012"];
        assert!(wrong.iter().all(|text| read(text).is_none()));
        assert!(Fraction::parse("1/3") < Fraction::parse("0.3334"));
    }

    #[test]
    fn segments_are_parts_of_the_whole() {
        assert_eq!(segment("0:1/4").as_deref(), Ok("0:1/4"));
        assert_eq!(segment("0.2:2/3").as_deref(), Ok("1/5:2/3"));
        assert_eq!(segment("10%").as_deref(), Ok("0:1/10"));
        assert_eq!(segment("").as_deref(), Ok("0:1"));
        assert_eq!(segment("1/2:1/4"), Err("must start before it ends, not at 1/2 of 1/4".to_owned()));
        assert_eq!(segment("0:3/2"), Err("must end at 1 at the latest, not at 3/2".to_owned()));
        assert!(segment("a:b").is_err_and(|expected| expected.contains("such as")));
        assert_eq!(ExecutionSegment::from_json(&json!(0.5)), Err("must be a string".to_owned()));
    }

    #[test]
    fn sequences_increase_and_are_filled_in_at_their_ends() {
        assert_eq!(sequence("0,1/4,2/4,1").as_deref(), Ok("\"0,1/4,1/2,1\""));
        assert_eq!(sequence("20%,0.5").as_deref(), Ok("\"0,1/5,1/2,1\""));
        assert_eq!(sequence("0,1/2,2/4,1"), Err("must increase, but 1/2 comes before 1/2".to_owned()));
        assert_eq!(sequence("0,2"), Err("must end at 1 at the latest, not at 2".to_owned()));
        assert!(sequence("0,,1").is_err());
    }

    #[test]
    fn a_segment_alone_has_neighbours() {
        let around = |text: &str| {
            let segment = ExecutionSegment::from_json(&json!(text)).expect("valid");
            SegmentSequence::around(&segment).to_json()
        };
        assert_eq!(around("1/4:2/4"), "0,1/4,1/2,3/4,1");
        assert_eq!(around("1/2:1"), "0,1/2,1");
        assert_eq!(around("1/3:1/2"), "0,1/6,1/3,1/2,2/3,5/6,1");
        assert_eq!(around("0.2:2/3"), "0,1/5,2/3,1");
        assert_eq!(around("0:1"), "0,1");
    }
}
