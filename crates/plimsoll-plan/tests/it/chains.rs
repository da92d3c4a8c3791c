//! Scenarios that start after another one: what is wrong with them, and what it means for VUs and times.

use serde_json::{Value, json};

use crate::support::{plan, problems, warnings};

fn constant(vus: u32, more: &Value) -> Value {
    let mut scenario =
        json!({ "executor": "constant-vus", "vus": vus, "duration": "10s", "gracefulStop": "5s" });
    scenario.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    scenario
}

fn after(name: &str) -> Value {
    constant(2, &json!({ "startAfter": name }))
}

#[test]
fn chains_share_vus_and_add_up() {
    let plan = plan(&json!({ "scenarios": {
        "third": constant(4, &json!({ "startAfter": "second", "startTime": "1s" })),
        "second": after("first"),
        "first": constant(3, &json!({})),
        "apart": constant(1, &json!({ "startTime": "30s" })),
    } }));
    assert_eq!(
        plan.describe(),
        [
            "scenarios: (100.00%) 4 scenarios, 5 max VUs, 46s max duration (incl. graceful stop):",
            "* first: 3 looping VUs for 10s (gracefulStop: 5s)",
            "* second: 2 looping VUs for 10s (startAfter: first, gracefulStop: 5s)",
            "* third: 4 looping VUs for 10s (startAfter: second, startTime: 1s, gracefulStop: 5s)",
            "* apart: 1 looping VUs for 10s (startTime: 30s, gracefulStop: 5s)",
        ]
    );
    let ids: Vec<&[u32]> = plan.scenarios.iter().map(|scenario| &scenario.vu_ids[..]).collect();
    let expected: [&[u32]; 4] = [&[1, 2, 3], &[1, 2], &[1, 2, 3, 4], &[5]];
    assert_eq!(ids, expected);
    assert_eq!((plan.scenarios_after(None), plan.scenarios_after(Some(1))), (vec![0, 3], vec![2]));
}

#[test]
fn wrong_names_are_problems() {
    let text = problems(&json!({ "scenarios": {
        "warm": after("wram"), "wrong": { "executor": "constant-vus", "startAfter": "w0rm" },
        "fine": after("wrong"), "me": after("me"),
        "x": after("y"), "y": after("z"), "z": after("x"), "w": after("x"),
    } }));
    for expected in [
        "scenarios.warm.startAfter (from a.js): there is no scenario of this name, got \"wram\"",
        "scenarios.me.startAfter (from a.js): a scenario can't start after itself, got \"me\"",
        "scenarios.x.startAfter (from a.js): the scenarios wait for each other: x after y after z after x",
    ] {
        assert!(text.contains(expected), "missing: {expected}\n{text}");
    }
    assert!(!text.contains("scenarios.fine") && !text.contains("scenarios.w."), "{text}");
}

#[test]
fn nothing_starts_after_what_never_ends() {
    let text = problems(&json!({ "scenarios": {
        "manual": { "executor": "externally-controlled", "duration": 0 }, "b": after("manual"),
    } }));
    assert!(text.starts_with("scenarios.b.startAfter (from a.js): it would wait for ever"), "{text}");
}

#[test]
fn where_a_part_has_nothing_of_the_first_the_second_starts_in_its_place() {
    let plan = plan(&json!({ "executionSegment": "1/2:1", "scenarios": {
        "a": constant(2, &json!({})),
        "b": constant(1, &json!({ "startAfter": "a", "startTime": "1s" })),
        "c": constant(2, &json!({ "startAfter": "b", "startTime": "2s" })),
    } }));
    assert!(warnings(&plan).contains("scenario b is left out"));
    assert_eq!(
        plan.describe()[2],
        "* c: 1 looping VUs for 10s (startAfter: a, startTime: 3s, gracefulStop: 5s)"
    );
}
