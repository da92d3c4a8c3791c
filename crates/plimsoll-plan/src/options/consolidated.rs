//! The options as all layers together say them, in k6's JSON: for scripts, for `inspect`, for archives.
//!
//! Values are those that were written, in one notation; what nobody set is `null`. Nothing is decided here:
//! the decisions are the [`Plan`]'s other fields.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    shorthand::Workload,
    table::{OptionInfo, OptionsLayer, Place, TABLE},
    value::OptionValue,
    workload::StageSpec,
};
use crate::{Plan, Source};

/// What runs, as it was written, for whoever shows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WrittenWorkload {
    options: BTreeMap<&'static str, Value>,
    /// What the plan's scenarios were read from.
    scenarios: Map<String, Value>,
    /// Whether they stand for shorthands.
    derived: bool,
}

/// Where one option's value came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The option.
    pub key: &'static str,
    /// Its value; `null` for a workload option that nobody set.
    pub value: Value,
    /// A path, a variable, a flag, `default`, or what it was derived from.
    pub from: String,
    /// Whether any layer set it.
    pub set: bool,
}

/// Keys that are left out where nobody set them: what k6 leaves out, and what it does not know.
const ONLY_IF_SET: [&str; 7] =
    ["cloud", "goals", "warmup", "requireValid", "vuMemoryLimit", "tlsCACerts", "httpVersion"];

/// The options that say what runs in short. They become scenarios.
const SHORTHANDS: [&str; 4] = ["vus", "duration", "iterations", "stages"];

/// The keys in the order in which `k6 inspect` prints them.
const K6_ORDER: [&str; 41] = [
    "paused",
    "vus",
    "duration",
    "iterations",
    "stages",
    "scenarios",
    "executionSegment",
    "executionSegmentSequence",
    "noSetup",
    "setupTimeout",
    "noTeardown",
    "teardownTimeout",
    "handleSummaryTimeout",
    "rps",
    "dns",
    "maxRedirects",
    "userAgent",
    "batch",
    "batchPerHost",
    "httpDebug",
    "insecureSkipTLSVerify",
    "tlsCipherSuites",
    "tlsVersion",
    "tlsAuth",
    "throw",
    "thresholds",
    "blacklistIPs",
    "blockHostnames",
    "hosts",
    "noConnectionReuse",
    "noVUConnectionReuse",
    "minIterationDuration",
    "cloud",
    "ext",
    "summaryTrendStats",
    "summaryTimeUnit",
    "systemTags",
    "tags",
    "metricSamplesBufferSize",
    "noCookiesReset",
    "discardResponseBodies",
];

/// The rows of the table in k6's order, those that k6 does not print behind.
fn rows() -> Vec<&'static OptionInfo> {
    let place = |key: &str| K6_ORDER.iter().position(|known| *known == key).unwrap_or(K6_ORDER.len());
    let mut rows: Vec<&OptionInfo> = TABLE.iter().collect();
    rows.sort_by_key(|info| place(info.key));
    rows
}

impl WrittenWorkload {
    /// Keeps what the merged layers say, and what was made of it.
    pub(crate) fn new(layer: &OptionsLayer, workload: &Workload) -> Self {
        let (scenarios, derived) = match workload {
            Workload::Scenarios(specs) => (specs.0.clone(), false),
            Workload::Shorthand(object) => {
                (Map::from_iter([("default".to_owned(), Value::Object(object.clone()))]), true)
            }
        };
        let written = |info: &OptionInfo| Some((info.key, layer.json(info.key)?));
        Self { options: TABLE.iter().filter_map(written).collect(), scenarios, derived }
    }

    fn scenarios_json(&self) -> Value {
        self.scenarios.iter().map(|(name, scenario)| (name.clone(), scenario_json(scenario))).collect()
    }
}

impl Plan {
    /// Makes every scenario run this exported function.
    pub fn run_function(&mut self, name: &str) {
        self.scenarios.iter_mut().for_each(|scenario| name.clone_into(&mut scenario.exec));
        let written = self.written.scenarios.values_mut().filter_map(Value::as_object_mut);
        written.for_each(|scenario| drop(scenario.insert("exec".to_owned(), name.into())));
    }

    /// The consolidated options as scripts see them in `exec.test.options`: shorthands have become scenarios,
    /// and what nobody set is `null`.
    pub fn options_json(&self) -> Value {
        let mut options = self.consolidated_json();
        SHORTHANDS.iter().for_each(|key| drop(options.shift_remove(*key)));
        options.insert("scenarios".to_owned(), self.written.scenarios_json());
        Value::Object(options)
    }

    /// The consolidated options as `k6 inspect` prints them: as they were written, and what nobody set is
    /// `null`.
    pub fn consolidated_json(&self) -> Map<String, Value> {
        let in_options = rows().into_iter().filter(|info| info.place == Place::Options);
        let printed = in_options.filter(|info| !ONLY_IF_SET.contains(&info.key) || self.is_set(info.key));
        printed.map(|info| (info.key.to_owned(), self.written_json(info.key))).collect()
    }

    /// The consolidated options with what they ask of a machine: all scenarios, the longest time that the run
    /// can take, and the most VUs.
    pub fn requirements_json(&self) -> Map<String, Value> {
        let mut options = self.consolidated_json();
        options.insert("scenarios".to_owned(), self.written.scenarios_json());
        options.insert("totalDuration".to_owned(), self.max_duration().to_json());
        options.insert("maxVUs".to_owned(), self.max_vus().into());
        options
    }

    /// What the script's own `options` object does not say: values of other layers, and scenarios that stand
    /// for shorthands.
    pub fn added_options(&self) -> Map<String, Value> {
        let from_script = |key: &str| matches!(self.source(key), Source::Script(_));
        let rows = rows().into_iter().filter(|info| info.place == Place::Options);
        let added = rows.filter(|info| self.is_set(info.key) && !from_script(info.key));
        let mut added: Map<String, Value> =
            added.map(|info| (info.key.to_owned(), self.written_json(info.key))).collect();
        if self.written.derived {
            added.insert("scenarios".to_owned(), self.written.scenarios_json());
        }
        added
    }

    /// Where the value of each option came from.
    pub fn provenance(&self) -> Vec<Provenance> {
        let of = |info: &OptionInfo| Provenance {
            key: info.key,
            value: self.effective_json(info.key),
            from: self.origin_of(info.key),
            set: self.is_set(info.key) || (info.key == "scenarios" && self.is_derived()),
        };
        rows().into_iter().map(of).collect()
    }

    fn written_json(&self, key: &str) -> Value {
        match (key, self.is_set(key)) {
            ("scenarios", true) => self.written.scenarios_json(),
            ("dns", false) => json!({ "ttl": null, "select": null, "policy": null }),
            (_, true) => self.effective_json(key),
            (_, false) => Value::Null,
        }
    }

    fn effective_json(&self, key: &str) -> Value {
        match key {
            "scenarios" => self.written.scenarios_json(),
            key => {
                let workload = || self.written.options.get(key).cloned();
                self.options.json(key).or_else(workload).unwrap_or_default()
            }
        }
    }

    /// Whether the scenarios stand for shorthands that somebody set.
    fn is_derived(&self) -> bool {
        self.written.derived && SHORTHANDS.iter().any(|key| self.is_set(key))
    }

    fn origin_of(&self, key: &str) -> String {
        if key == "scenarios" && self.is_derived() {
            let parts: Vec<&str> = SHORTHANDS.into_iter().filter(|key| self.is_set(key)).collect();
            return format!("derived from {}", parts.join(", "));
        }
        self.source(key).to_string()
    }
}

/// The keys that every scenario has in k6's JSON, then those of each executor.
const EVERY_SCENARIO: [&str; 6] = ["executor", "startTime", "gracefulStop", "env", "exec", "tags"];
const OF_EXECUTOR: [(&str, &[&str]); 7] = [
    ("shared-iterations", &["vus", "iterations", "maxDuration"]),
    ("per-vu-iterations", &["vus", "iterations", "maxDuration"]),
    ("constant-vus", &["vus", "duration"]),
    ("ramping-vus", &["startVUs", "stages", "gracefulRampDown"]),
    ("constant-arrival-rate", &["duration", "rate", "timeUnit", "preAllocatedVUs", "maxVUs"]),
    ("ramping-arrival-rate", &["startRate", "timeUnit", "stages", "preAllocatedVUs", "maxVUs"]),
    ("externally-controlled", &["vus", "duration", "maxVUs"]),
];

/// A scenario with k6's keys in k6's order, `null` where nothing was written, then the keys that k6 lacks.
fn scenario_json(scenario: &Value) -> Value {
    let Some(written) = scenario.as_object() else { return scenario.clone() };
    let executor = written.get("executor").and_then(Value::as_str).unwrap_or_default();
    let own = OF_EXECUTOR.iter().find(|(name, _)| *name == executor).map_or(&[][..], |(_, keys)| keys);
    let known = EVERY_SCENARIO.iter().chain(own);
    let mut keys: Vec<&str> = known.copied().collect();
    keys.extend(
        written.keys().map(String::as_str).filter(|key| !EVERY_SCENARIO.contains(key) && !own.contains(key)),
    );
    let value = |key: &str| written.get(key).map_or(Value::Null, |value| in_one_notation(key, value));
    keys.into_iter().map(|key| (key.to_owned(), value(key))).collect()
}

/// Durations as texts and counts as numbers, however they were written.
fn in_one_notation(key: &str, value: &Value) -> Value {
    fn rewritten<T: OptionValue>(value: &Value) -> Option<Value> {
        T::from_json(value).ok().map(|value| value.to_json())
    }
    let rewritten = match key {
        "startTime" | "gracefulStop" | "maxDuration" | "duration" | "gracefulRampDown" | "timeUnit" => {
            rewritten::<Duration>(value)
        }
        "vus" | "iterations" | "startVUs" | "rate" | "startRate" | "preAllocatedVUs" | "maxVUs" => {
            rewritten::<u64>(value)
        }
        "stages" => rewritten::<Vec<StageSpec>>(value),
        _ => None,
    };
    rewritten.unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    fn plan(layers: Vec<OptionsLayer>) -> Plan {
        crate::resolve(layers).expect("valid options")
    }

    fn script(options: &Value) -> OptionsLayer {
        OptionsLayer::from_json(Origin::Script("a.js".to_owned()), options)
    }

    #[test]
    fn the_order_is_that_of_k6() {
        let keys: Vec<String> = plan(Vec::new()).consolidated_json().keys().cloned().collect();
        let expected: Vec<&str> = K6_ORDER.into_iter().filter(|key| *key != "cloud").collect();
        assert_eq!(keys[..expected.len()], expected, "what k6 lacks comes last");
    }

    #[test]
    fn what_nobody_set_is_null() {
        let options = plan(vec![script(&json!({ "vus": 2, "duration": 1500 }))]).consolidated_json();
        assert_eq!((&options["vus"], &options["duration"]), (&json!(2), &json!("1.5s")));
        assert_eq!(options["scenarios"], Value::Null);
        assert_eq!(options["maxRedirects"], Value::Null);
        assert_eq!(options["dns"], json!({ "ttl": null, "select": null, "policy": null }));
    }

    #[test]
    fn shorthands_become_scenarios() {
        let plan = plan(vec![script(&json!({ "vus": 2, "duration": "10s" }))]);
        let requirements = plan.requirements_json();
        let expected = "{\"default\":{\"executor\":\"constant-vus\",\"startTime\":null,\"gracefulStop\":null,\
                        \"env\":null,\"exec\":null,\"tags\":null,\"vus\":2,\"duration\":\"10s\"}}";
        assert_eq!(requirements["scenarios"].to_string(), expected);
        assert_eq!((&requirements["totalDuration"], &requirements["maxVUs"]), (&json!("40s"), &json!(2)));
        let seen = plan.options_json();
        assert_eq!(seen.get("vus"), None);
        assert_eq!(seen["scenarios"], requirements["scenarios"]);
    }

    #[test]
    fn scenarios_keep_keys_that_k6_lacks() {
        let scenario = json!({ "later": "a", "executor": "constant-vus", "vus": "3", "startTime": 90_000 });
        let known = "executor startTime gracefulStop env exec tags vus duration later";
        let shown = scenario_json(&scenario);
        let keys: Vec<&str> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, known.split(' ').collect::<Vec<_>>());
        assert_eq!(
            (&shown["startTime"], &shown["vus"], &shown["later"]),
            (&json!("1m30s"), &json!(3), &json!("a"))
        );
    }

    #[test]
    fn each_value_knows_where_it_came_from() {
        let flags = OptionsLayer::from_flags([("--vus", "3"), ("--tag", "a=b")]);
        let plan = plan(vec![script(&json!({ "duration": "10s", "throw": true })), flags]);
        let all = plan.provenance();
        let from = |key: &str| {
            let found = all.iter().find(|provenance| provenance.key == key).expect("every option is there");
            (found.value.clone(), found.from.clone(), found.set)
        };
        assert_eq!(from("vus"), (json!(3), "--vus".to_owned(), true));
        assert_eq!(from("throw"), (json!(true), "a.js".to_owned(), true));
        assert_eq!(from("maxRedirects"), (json!(10), "default".to_owned(), false));
        assert_eq!(from("scenarios").1, "derived from vus, duration");
        assert_eq!(all.len(), TABLE.len());
        let added = plan.added_options();
        assert_eq!(added.keys().collect::<Vec<_>>(), ["vus", "tags", "scenarios"]);
    }
}
