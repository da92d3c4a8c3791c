//! Selectors and expressions: no text may panic, and what parses must say itself again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_metrics::{Expression, Selector};

fuzz_target!(|text: &str| {
    if let Ok(selector) = Selector::parse(text) {
        assert_eq!(Selector::parse(selector.source()).as_ref(), Ok(&selector));
    }
    if let Ok(expression) = Expression::parse(text) {
        assert_eq!(Expression::parse(expression.source()).as_ref(), Ok(&expression));
    }
});
