//! From text to selectors and expressions, with k6's grammar:
//!
//! ```text
//! selector    = metric [ "{" filter { "," filter } "}" ]
//! filter      = tag ":" value                 both trimmed of blanks and quotes; the value may contain ":"
//! expression  = aggregation operator number   blanks anywhere
//! aggregation = "count" | "rate" | "value" | "avg" | "min" | "max" | "med" | "p(" number ")"
//! operator    = "<=" | "<" | ">=" | ">" | "===" | "==" | "!="
//! ```

use super::{Aggregation, Expression, Operator, Selector};
use crate::error::{ExpressionError, SelectorError};
use crate::tags::TagFilter;

/// In the order in which they are looked for: the first one that occurs anywhere splits the expression.
const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::LessOrEqual),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("===", Operator::Equal),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
];
const OPERATOR_LIST: &str = "<=, <, >=, >, ===, ==, !=";

impl Selector {
    /// Reads a threshold's key.
    ///
    /// # Errors
    /// No metric name, unbalanced braces, or a filter that is not `tag:value`.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let source = text.trim().to_owned();
        let (metric, filters) = split_braces(&source)?;
        let metric = metric.trim().to_owned();
        if metric.is_empty() {
            return Err(SelectorError::NoMetric { selector: source });
        }
        let filter = filters.map(|filters| parse_filters(&source, filters)).transpose()?.unwrap_or_default();
        Ok(Self { source, metric, filter })
    }
}

/// The metric and what stands between the braces.
fn split_braces(source: &str) -> Result<(&str, Option<&str>), SelectorError> {
    let unbalanced = || SelectorError::Braces { selector: source.to_owned() };
    match (source.find('{'), source.find('}')) {
        (None, None) => Ok((source, None)),
        (Some(open), Some(close)) if open < close && close == source.len() - 1 => {
            Ok((&source[..open], Some(&source[open + 1..close])))
        }
        _ => Err(unbalanced()),
    }
}

fn parse_filters(source: &str, filters: &str) -> Result<TagFilter, SelectorError> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for filter in filters.split(',') {
        let malformed =
            || SelectorError::Filter { selector: source.to_owned(), filter: filter.trim().to_owned() };
        let (tag, value) = filter.split_once(':').ok_or_else(malformed)?;
        let (tag, value) = (unquote(tag), unquote(value));
        if tag.is_empty() || value.is_empty() {
            return Err(malformed());
        }
        if let Some((_, first)) = pairs.iter().find(|(known, other)| *known == tag && *other != value) {
            let (selector, first) = (source.to_owned(), first.clone());
            return Err(SelectorError::Contradiction { selector, tag, first, second: value });
        }
        pairs.push((tag, value));
    }
    Ok(TagFilter::new(pairs))
}

fn unquote(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'').to_owned()
}

impl Expression {
    /// Reads a condition.
    ///
    /// # Errors
    /// No operator, an unknown aggregation, or a right side that is not a number.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let expression = || text.to_owned();
        let (left, operator, right) = split_operator(text).ok_or_else(|| ExpressionError::NoOperator {
            expression: expression(),
            operators: OPERATOR_LIST,
        })?;
        let aggregation = parse_aggregation(left).ok_or_else(|| ExpressionError::Aggregation {
            expression: expression(),
            aggregation: left.to_owned(),
        })?;
        let value = right.parse().ok().filter(|value: &f64| !value.is_nan());
        let value = value
            .ok_or_else(|| ExpressionError::Value { expression: expression(), value: right.to_owned() })?;
        Ok(Self { source: expression(), aggregation, operator, value })
    }
}

fn split_operator(text: &str) -> Option<(&str, Operator, &str)> {
    OPERATORS.iter().find_map(|(token, operator)| {
        let (left, right) = text.split_once(token)?;
        Some((left.trim(), *operator, right.trim()))
    })
}

fn parse_aggregation(text: &str) -> Option<Aggregation> {
    Some(match text {
        "count" => Aggregation::Count,
        "rate" => Aggregation::Rate,
        "value" => Aggregation::Value,
        "avg" => Aggregation::Avg,
        "min" => Aggregation::Min,
        "max" => Aggregation::Max,
        "med" => Aggregation::Med,
        _ => {
            let number = text.strip_prefix("p(")?.strip_suffix(')')?;
            let percentile = number.trim().parse().ok()?;
            (0.0..=100.0).contains(&percentile).then_some(Aggregation::Percentile(percentile))?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn selectors() {
        for (text, metric, filter, suffix) in [
            ("http_reqs", "http_reqs", "", None),
            ("http_reqs{status:200}", "http_reqs", "status:200", Some("status:200")),
            ("a_b{ b : 'x' , a:\"y\" }", "a_b", "a:y,b:x", Some(" b : 'x' , a:\"y\" ")),
            ("checks{group:::g1}", "checks", "group:::g1", Some("group:::g1")),
            ("m_m{url:http://x:80/a?b=c}", "m_m", "url:http://x:80/a?b=c", Some("url:http://x:80/a?b=c")),
        ] {
            let selector = Selector::parse(text).expect(text);
            assert_eq!(selector.metric(), metric, "{text}");
            assert_eq!(selector.filter().to_string(), filter, "{text}");
            assert_eq!(selector.suffix(), suffix, "{text}");
        }
    }

    #[test]
    fn two_spellings_are_one_filter() {
        let filter = |text| Selector::parse(text).expect("well-formed").filter().clone();
        assert_eq!(filter("x_x{a:1,b:2}"), filter("x_x{ b:2, a:'1' }"));
    }

    #[test]
    fn malformed_selectors_say_what_is_wrong() {
        for (text, message) in [
            ("", "'' names no metric: expected `metric` or `metric{tag:value}`"),
            ("{a:b}", "'{a:b}' names no metric: expected `metric` or `metric{tag:value}`"),
            ("m{a:b", "'m{a:b' has unbalanced braces: expected `metric{tag:value,other:value}`"),
            ("m}a:b{", "'m}a:b{' has unbalanced braces: expected `metric{tag:value,other:value}`"),
            ("m{a:b}x", "'m{a:b}x' has unbalanced braces: expected `metric{tag:value,other:value}`"),
            ("m{}", "'m{}' has the malformed tag filter '': expected `tag:value`, both not empty"),
            ("m{a}", "'m{a}' has the malformed tag filter 'a': expected `tag:value`, both not empty"),
            ("m{a:}", "'m{a:}' has the malformed tag filter 'a:': expected `tag:value`, both not empty"),
            ("m{a:1,}", "'m{a:1,}' has the malformed tag filter '': expected `tag:value`, both not empty"),
            ("m{a:1,a:2}", "'m{a:1,a:2}' asks tag 'a' to be both '1' and '2', which no sample can be"),
        ] {
            assert_eq!(Selector::parse(text).expect_err(text).to_string(), message);
        }
    }

    #[test]
    fn expressions() {
        use Aggregation::*;
        for (text, aggregation, operator, value) in [
            ("p(95)<500", Percentile(95.0), Operator::Less, 500.0),
            ("p(99.9) <= 1e3", Percentile(99.9), Operator::LessOrEqual, 1000.0),
            (" med > -0.5 ", Med, Operator::Greater, -0.5),
            ("count>=100", Count, Operator::GreaterOrEqual, 100.0),
            ("rate===1", Rate, Operator::Equal, 1.0),
            ("rate==0.99", Rate, Operator::Equal, 0.99),
            ("value!=0", Value, Operator::NotEqual, 0.0),
            ("max<Inf", Max, Operator::Less, f64::INFINITY),
            ("p( 0 )<1", Percentile(0.0), Operator::Less, 1.0),
        ] {
            let parsed = Expression::parse(text).expect(text);
            assert_eq!(parsed.source(), text);
            assert_eq!(
                (parsed.aggregation(), parsed.operator(), parsed.value()),
                (aggregation, operator, value)
            );
        }
    }

    #[test]
    fn malformed_expressions_say_what_is_wrong() {
        for (text, needle) in [
            ("", "no operator"),
            ("p(95)", "operators are <=, <, >=, >, ===, ==, !="),
            ("rate=0.9", "no operator"),
            ("p(101)<5", "unknown aggregation 'p(101)'"),
            ("p(-1)<5", "unknown aggregation 'p(-1)'"),
            ("p95<5", "unknown aggregation 'p95'"),
            ("p(NaN)<5", "unknown aggregation 'p(NaN)'"),
            ("<5", "unknown aggregation ''"),
            ("avg<500ms", "'500ms' is not a number (units are not supported)"),
            ("avg<", "'' is not a number"),
            ("avg<NaN", "'NaN' is not a number"),
            ("rate<0.1 && rate>0", "is not a number"),
        ] {
            let error = Expression::parse(text).expect_err(text).to_string();
            assert!(error.contains(needle), "{text}: {error}");
            assert!(error.contains(&format!("'{text}'")), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in ".{0,40}") {
            let _ = (Selector::parse(&text), Expression::parse(&text));
        }

        #[test]
        fn what_is_printed_is_parsed(percentile in 0.0..=100.0f64, value in any::<f64>()) {
            prop_assume!(!value.is_nan());
            let text = format!("{}<={value:e}", Aggregation::Percentile(percentile));
            let parsed = Expression::parse(&text).expect("well-formed");
            prop_assert_eq!(parsed.aggregation(), Aggregation::Percentile(percentile));
            prop_assert_eq!(parsed.value(), value);
        }
    }
}
