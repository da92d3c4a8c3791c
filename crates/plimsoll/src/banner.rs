//! What is going to run, told before it does.

use std::net::SocketAddr;
use std::path::Path;

use plimsoll_plan::Plan;

use crate::cli::RunArguments;

/// Script, outputs and scenarios in k6's layout, where the test can be controlled, and where its record is.
pub(crate) fn render(
    arguments: &RunArguments,
    plan: &Plan,
    outputs: &str,
    control: Option<SocketAddr>,
    dashboard: Option<SocketAddr>,
    record: Option<&Path>,
) -> String {
    let dashboard = dashboard.map(|address| format!("\n web dashboard: http://{address}"));
    let mut text = format!(
        "{}\n     execution: local\n        script: {}\n        output: ",
        dashboard.unwrap_or_default(),
        arguments.test.script.display()
    );
    text.push_str(outputs);
    if let Some(address) = control {
        let paused = if plan.options.paused { ", waits to be resumed" } else { "" };
        text.push_str(&format!("\n       control: http://{address}{paused}"));
    }
    if let Some(path) = record {
        text.push_str(&format!("\n        record: {}", path.display()));
    }
    text.push_str("\n\n");
    for (index, line) in plan.describe().iter().enumerate() {
        text.push_str(if index == 0 { "     " } else { "              " });
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text
}
