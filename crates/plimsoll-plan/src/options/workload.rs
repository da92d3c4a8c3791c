//! The options that say what runs: `stages`, `scenarios` and `thresholds`, as written, before they are
//! checked.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::value::{Expected, OptionValue};
use crate::duration;

/// One stage as written. A part may be missing; the executor that uses the stage says what it needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageSpec {
    /// How long it lasts.
    pub duration: Option<Duration>,
    /// Where it goes.
    pub target: Option<u64>,
}

impl StageSpec {
    /// Reads `10s:5` with a plain duration, as `--stage` takes it.
    pub fn from_flag(text: &str) -> Result<Self, Expected> {
        Self::from_pair(text, duration::parse_plain)
    }

    fn from_pair(
        text: &str,
        parse: impl Fn(&str) -> Result<Duration, duration::DurationError>,
    ) -> Result<Self, Expected> {
        let (length, target) = text.split_once(':').unwrap_or((text, ""));
        let bad = |what: String| format!("must look like 10s:5 ({what})");
        let duration = match length.trim() {
            "" => None,
            length => Some(parse(length).map_err(|error| bad(error.to_string()))?),
        };
        let target = match target.trim() {
            "" => None,
            target => Some(u64::from_text(target).map_err(|expected| bad(format!("the target {expected}")))?),
        };
        Ok(Self { duration, target })
    }
}

impl OptionValue for StageSpec {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or("must be an object with duration and target")?;
        let mut stage = Self::default();
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let named = |expected| format!("`{key}` {expected}");
            match key.as_str() {
                "duration" => stage.duration = Some(Duration::from_json(value).map_err(named)?),
                "target" => stage.target = Some(u64::from_json(value).map_err(named)?),
                _ => return Err(format!("has the unknown key `{key}` (keys are duration, target)")),
            }
        }
        Ok(stage)
    }

    fn from_text(text: &str) -> Result<Self, Expected> {
        Self::from_pair(text, duration::parse_extended)
    }

    fn to_json(&self) -> Value {
        json!({ "duration": self.duration.map(duration::format), "target": self.target })
    }
}

/// Scenarios as written: each is read and checked when the plan is resolved, so that one report covers them
/// all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScenarioSpecs(pub Map<String, Value>);

impl OptionValue for ScenarioSpecs {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        value.as_object().cloned().map(Self).ok_or_else(|| "must be an object of scenarios".to_owned())
    }

    fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// Thresholds as written: expressions by metric, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThresholdTexts(pub Vec<(String, Vec<ThresholdText>)>);

/// One threshold as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdText {
    /// The expression, `p(95)<500`.
    pub expression: String,
    /// Whether crossing it ends the run.
    pub abort_on_fail: bool,
    /// How long it may be crossed before it ends the run.
    pub delay_abort_eval: Duration,
    /// It is judged on every part of the run of this length. Not in k6.
    pub window: Option<Duration>,
}

impl OptionValue for ThresholdTexts {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let object = value.as_object().ok_or("must be an object of arrays")?;
        let of_metric = |(metric, value): (&String, &Value)| {
            let specs = Vec::from_json(value).map_err(|expected| format!("`{metric}` {expected}"))?;
            Ok((metric.clone(), specs))
        };
        object.iter().filter(|(_, value)| !value.is_null()).map(of_metric).collect::<Result<_, _>>().map(Self)
    }

    fn to_json(&self) -> Value {
        self.0.iter().map(|(metric, specs)| (metric.clone(), specs.to_json())).collect()
    }
}

impl OptionValue for ThresholdText {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let plain = |expression: &str| Self {
            expression: expression.to_owned(),
            abort_on_fail: false,
            delay_abort_eval: Duration::ZERO,
            window: None,
        };
        let object = match value {
            Value::String(expression) => return Ok(plain(expression)),
            Value::Object(object) => object,
            _ => return Err("must be an expression or an object with threshold".to_owned()),
        };
        let expression =
            object.get("threshold").and_then(Value::as_str).ok_or("needs the string `threshold`")?;
        let mut spec = plain(expression);
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let named = |expected| format!("`{key}` {expected}");
            match key.as_str() {
                "threshold" => {}
                "abortOnFail" => spec.abort_on_fail = bool::from_json(value).map_err(named)?,
                "delayAbortEval" => spec.delay_abort_eval = Duration::from_json(value).map_err(named)?,
                "window" => spec.window = Some(Duration::from_json(value).map_err(named)?),
                _ => {
                    let keys = "threshold, abortOnFail, delayAbortEval, window";
                    return Err(format!("has the unknown key `{key}` (keys are {keys})"));
                }
            }
        }
        Ok(spec)
    }

    fn to_json(&self) -> Value {
        if !self.abort_on_fail && self.window.is_none() {
            return Value::from(self.expression.as_str());
        }
        let mut object = json!({
            "threshold": self.expression,
            "abortOnFail": self.abort_on_fail,
            "delayAbortEval": duration::format(self.delay_abort_eval),
        });
        if let Some(window) = self.window {
            object["window"] = Value::from(duration::format(window));
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_read_text_and_json() {
        let stages = Vec::<StageSpec>::from_text("10s:5,1m:0,30s").expect("valid");
        assert_eq!(stages[0], StageSpec { duration: Some(Duration::from_secs(10)), target: Some(5) });
        assert_eq!(stages[2].target, None);
        let stage = StageSpec::from_json(&json!({ "duration": "1s", "target": 3 })).expect("valid");
        assert_eq!(stage.target, Some(3));
        assert!(StageSpec::from_json(&json!({ "durations": "1s" })).is_err());
        assert!(StageSpec::from_flag("1d:3").is_err(), "flags take plain durations");
    }

    #[test]
    fn thresholds_are_strings_or_objects() {
        let specs = ThresholdTexts::from_json(&json!({
            "checks": ["rate>0.9", { "threshold": "rate>0.5", "abortOnFail": true, "delayAbortEval": "10s" }],
        }))
        .expect("valid");
        let (metric, list) = &specs.0[0];
        assert_eq!((metric.as_str(), list.len()), ("checks", 2));
        assert!(list[1].abort_on_fail);
        assert_eq!((list[1].delay_abort_eval, list[1].window), (Duration::from_secs(10), None));
        let window = json!({ "checks": [{ "threshold": "rate>0.5", "window": "10s" }] });
        let windowed = ThresholdTexts::from_json(&window).expect("valid");
        assert_eq!(windowed.0[0].1[0].window, Some(Duration::from_secs(10)));
        assert_eq!(
            ThresholdTexts::from_json(&windowed.to_json()).expect("what is written is read"),
            windowed
        );
        assert!(ThresholdTexts::from_json(&json!({ "checks": [{ "abortOnFail": true }] })).is_err());
        assert!(ThresholdTexts::from_json(&json!({ "checks": "rate>0.9" })).is_err());
    }
}
