//! The commands `pause`, `resume`, `scale`, `stats` and `status`: a request to a running test.

use serde_json::{Map, Value, json};

use crate::cli::{ControlArguments, Wish};
use crate::control::client::{ClientError, change_status, get};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::summary;

/// Asks, and prints the answer.
///
/// # Errors
/// When nobody answers, or the wish is refused.
pub(crate) fn control(arguments: &ControlArguments) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System { what: "no event loop could be made", source })?;
    let text = runtime.block_on(ask(arguments)).map_err(Failure::Control)?;
    summary::print(&text).map(|()| Exit::Success).map_err(|error| Failure::Write(vec![error]))
}

async fn ask(arguments: &ControlArguments) -> Result<String, ClientError> {
    let address = &arguments.address;
    let status = match arguments.wish {
        Wish::Pause => change_status(address, &json!({ "paused": true })).await?,
        Wish::Resume => change_status(address, &json!({ "paused": false })).await?,
        Wish::Scale { vus, max } => change_status(address, &json!({ "vus": vus, "vus-max": max })).await?,
        Wish::Status => get(address, "/v1/status").await?,
        Wish::Stats => return Ok(stats(&get(address, "/v1/metrics").await?)),
    };
    Ok(yaml(&status["attributes"], 0))
}

/// A list of metrics, each with its name first.
fn stats(metrics: &Value) -> String {
    let metric = |metric: &Value| {
        let mut named = Map::from_iter([("name".to_owned(), metric["id"].clone())]);
        named.extend(metric["attributes"].as_object().cloned().unwrap_or_default());
        yaml(&Value::Object(named), 2).replacen("  ", "- ", 1)
    };
    metrics.as_array().into_iter().flatten().map(metric).collect()
}

/// An object as YAML, a line for each value.
fn yaml(value: &Value, indent: usize) -> String {
    let line = |(key, value): (&String, &Value)| {
        let key = format!("{:indent$}{}:", "", scalar(key));
        match value {
            Value::Object(_) => format!("{key}\n{}", yaml(value, indent + 2)),
            Value::String(text) => format!("{key} {}\n", scalar(text)),
            other => format!("{key} {other}\n"),
        }
    };
    value.as_object().into_iter().flatten().map(line).collect()
}

/// Text that YAML would take for something else is quoted, as in JSON.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_()".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_a_list() {
        let metrics = json!([
            { "id": "vus", "attributes": { "type": "gauge", "tainted": null, "sample": { "value": 1 } } },
            { "id": "checks{a:b}", "attributes": { "tainted": true, "sample": { "p(90)": 0.5 } } },
        ]);
        let expected = "- name: vus\n  type: gauge\n  tainted: null\n  sample:\n    value: 1\n\
            - name: \"checks{a:b}\"\n  tainted: true\n  sample:\n    p(90): 0.5\n";
        assert_eq!(stats(&metrics), expected);
    }
}
