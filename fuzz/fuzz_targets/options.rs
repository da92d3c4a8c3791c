//! Any JSON as a script's options: problems, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_plan::{OptionsLayer, Origin};

fuzz_target!(|text: &str| {
    if let Ok(value) = serde_json::from_str(text) {
        let layer = OptionsLayer::from_json(Origin::Script("fuzz.js".into()), &value);
        if let Ok(plan) = plimsoll_plan::resolve(vec![layer]) {
            plan.describe();
            plan.options_json();
        }
    }
});
