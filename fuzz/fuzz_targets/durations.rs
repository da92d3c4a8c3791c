//! Durations: no panic, and what is written reads as what it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_plan::duration;

fuzz_target!(|text: &str| {
    let _ = duration::parse_plain(text);
    if let Ok(parsed) = duration::parse_extended(text) {
        assert_eq!(duration::parse_extended(&duration::format(parsed)), Ok(parsed));
    }
});
