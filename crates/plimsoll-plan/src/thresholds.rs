//! Thresholds as configured: parsed here, checked against the metrics of a run once the script has declared
//! its own.

use std::time::Duration;

use plimsoll_metrics::{BindError, Expression, Registry, Selector, Threshold, ThresholdSpec, Thresholds};

use crate::{
    Plan, Problem, Source, duration,
    options::workload::{ThresholdText, ThresholdTexts},
};

/// Nobody looks more often.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);

/// Parses every selector and expression; whatever is malformed is noted.
pub(crate) fn parse(
    texts: &ThresholdTexts,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<ThresholdSpec> {
    let mut specs = Vec::with_capacity(texts.0.len());
    for (key, thresholds) in &texts.0 {
        let path = path(key);
        let mut note = |message: String| problems.push(Problem::new(path.as_str(), source, message));
        let selector = Selector::parse(key).map_err(|error| note(error.to_string())).ok();
        let mut parse_one = |text| threshold(text).map_err(&mut note).ok();
        let thresholds = thresholds.iter().filter_map(&mut parse_one).collect();
        specs.extend(selector.map(|selector| ThresholdSpec { selector, thresholds }));
    }
    specs
}

fn threshold(text: &ThresholdText) -> Result<Threshold, String> {
    let expression = Expression::parse(&text.expression).map_err(|error| error.to_string())?;
    let ThresholdText { abort_on_fail, delay_abort_eval, window, .. } = *text;
    if let Some(window) = window.filter(|window| *window < SHORTEST_WINDOW) {
        return Err(format!(
            "'{}' has the window {}, and a window is 1s long at least: samples are merged once a second",
            text.expression,
            duration::format(window)
        ));
    }
    Ok(Threshold { expression, abort_on_fail, delay_abort_eval, window })
}

/// Checks that every threshold's metric exists and has the aggregations that are asked for.
///
/// To be called when the script's init code has run, because that is where scripts declare metrics.
pub fn check_thresholds(plan: &Plan, registry: &Registry) -> Vec<Problem> {
    let source = plan.source("thresholds");
    let errors = Thresholds::bind(&plan.thresholds, registry).err().unwrap_or_default();
    let problem = |error: &BindError| {
        let (BindError::UnknownMetric { selector, .. }
        | BindError::Unsupported { selector, .. }
        | BindError::UnknownInWindows { selector, .. }) = error;
        Problem::new(path(selector), &source, error.to_string())
    };
    errors.iter().map(problem).collect()
}

fn path(key: &str) -> String {
    format!("thresholds.{key}")
}
