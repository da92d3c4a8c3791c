//! `an+b`, and the position of an element among its siblings.

use super::scan::{Scanner, SyntaxError};

/// `:nth-child(2n+1)` and its relatives: the positions `a·n + b` for n = 0, 1, 2, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nth {
    pub(super) step: i32,
    pub(super) offset: i32,
    pub(super) from_end: bool,
    /// Counts only siblings of the same name.
    pub(super) of_type: bool,
}

const EXPECTED: &str = "a position such as 3, odd or 2n+1";

impl Nth {
    pub(super) fn at(offset: i32, from_end: bool, of_type: bool) -> Self {
        Nth { step: 0, offset, from_end, of_type }
    }

    /// Whether a position, counted from 1, is among those that are meant.
    pub(super) fn includes(self, position: u32) -> bool {
        let distance = i64::from(position) - i64::from(self.offset);
        let step = i64::from(self.step);
        if step == 0 { distance == 0 } else { distance % step == 0 && distance / step >= 0 }
    }

    /// Reads what is between the parentheses.
    pub(super) fn parse(
        scanner: &mut Scanner<'_>,
        from_end: bool,
        of_type: bool,
    ) -> Result<Self, SyntaxError> {
        let at = scanner.at();
        let text = scanner.take_while(|c| c != ')');
        let parsed = formula(&text.to_ascii_lowercase());
        let (step, offset) = parsed.ok_or_else(|| scanner.error_at(at, EXPECTED))?;
        Ok(Nth { step, offset, from_end, of_type })
    }
}

fn formula(text: &str) -> Option<(i32, i32)> {
    match text.trim() {
        "odd" => return Some((2, 1)),
        "even" => return Some((2, 0)),
        _ => {}
    }
    let Some((step, offset)) = text.split_once('n') else { return Some((0, number(text.trim())?)) };
    let step = match step.trim() {
        "" | "+" => 1,
        "-" => -1,
        digits => number(digits)?,
    };
    let offset = offset.trim();
    if offset.is_empty() {
        return Some((step, 0));
    }
    // The sign may stand apart from its digits.
    let digits = offset.strip_prefix(['+', '-'])?.trim_start();
    let offset = format!("{}{digits}", &offset[..1]);
    Some((step, number(&offset)?))
}

fn number(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_read() {
        let cases = [
            ("3", Some((0, 3))),
            (" odd ", Some((2, 1))),
            ("even", Some((2, 0))),
            ("n", Some((1, 0))),
            ("-n+3", Some((-1, 3))),
            ("2n + 1", Some((2, 1))),
            ("+4n-2", Some((4, -2))),
            ("2n1", None),
            ("x", None),
            ("", None),
            ("n + ", None),
            ("99999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(formula(text), expected, "{text:?}");
        }
    }

    #[test]
    fn positions_are_those_of_the_formula() {
        let positions = |step, offset| {
            let nth = Nth { step, offset, from_end: false, of_type: false };
            (1..=9).filter(|position| nth.includes(*position)).collect::<Vec<_>>()
        };
        assert_eq!(positions(2, 1), [1, 3, 5, 7, 9]);
        assert_eq!(positions(-1, 3), [1, 2, 3]);
        assert_eq!(positions(3, -1), [2, 5, 8]);
        assert_eq!(positions(0, 4), [4]);
        assert_eq!(positions(-2, -1), [0; 0]);
    }
}
