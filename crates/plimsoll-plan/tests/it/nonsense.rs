//! Whatever options say, the answer is a plan or problems.

use plimsoll_plan::{OptionsLayer, Origin, Schedule, options::TABLE, resolve};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Values that options may meet in real life, and some that they should not.
fn value() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        "0",
        "-1",
        "1s",
        "5m:3",
        "90000d",
        "1e9",
        "p(95)<500",
        "constant-vus",
        "ramping-vus",
        "externally-controlled",
        "é",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0u64..3).prop_map(Value::from),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let keys = prop::sample::select(vec![
            "executor",
            "duration",
            "target",
            "stages",
            "vus",
            "iterations",
            "startTime",
            "threshold",
            "exec",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..5).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

fn options() -> impl Strategy<Value = Map<String, Value>> {
    let keys: Vec<&str> = TABLE.iter().map(|info| info.key).collect();
    let pairs = prop::collection::vec((prop::sample::select(keys), value()), 0..6);
    pairs.prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

proptest! {
    #[test]
    fn nothing_makes_resolving_panic(low in options(), high in options()) {
        let script = OptionsLayer::from_json(Origin::Script("a.js".to_owned()), &Value::Object(low));
        let config = OptionsLayer::from_json(Origin::ConfigFile("c.json".to_owned()), &Value::Object(high));
        match resolve(vec![script, config]) {
            Err(problems) => prop_assert!(!problems.is_empty()),
            Ok(plan) => {
                prop_assert!(!plan.scenarios.is_empty());
                let ids = plan.scenarios.iter().flat_map(|scenario| &scenario.vu_ids);
                prop_assert_eq!(ids.max(), Some(&plan.max_vus()));
                for scenario in &plan.scenarios {
                    match scenario.schedule() {
                        Schedule::Vus(timeline) => drop(timeline.activations(0)),
                        Schedule::Arrivals(arrivals) => prop_assert!(arrivals.take(100).count() <= 100),
                        Schedule::External => prop_assert!(scenario.external_vus().is_some()),
                        Schedule::Steered => prop_assert!(false, "no options lead here"),
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_makes_reading_text_panic(text in "[ -~é]{0,20}") {
        let variables = TABLE.iter().map(|info| (info.env, text.as_str()));
        let flags = TABLE.iter().map(|info| (info.flag, text.as_str()));
        drop((OptionsLayer::from_env(variables), OptionsLayer::from_flags(flags)));
    }
}

#[test]
fn options_that_are_no_object_are_a_problem() {
    let layer = OptionsLayer::from_json(Origin::Script("a.js".to_owned()), &json!([1]));
    assert_eq!(layer.problems[0].to_string(), "options (from a.js): must be an object, got [1]");
}
