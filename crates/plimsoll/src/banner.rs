//! What is going to run, on stderr before it does.

use std::io::Write as _;

use plimsoll_plan::Plan;

use crate::cli::RunArguments;

/// Prints script, outputs and scenarios in k6's layout.
pub(crate) fn print(arguments: &RunArguments, plan: &Plan, outputs: &str) {
    let mut text =
        format!("\n     execution: local\n        script: {}\n        output: ", arguments.script.display());
    text.push_str(outputs);
    text.push_str("\n\n");
    for (index, line) in plan.describe().iter().enumerate() {
        text.push_str(if index == 0 { "     " } else { "              " });
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    let _ = std::io::stderr().write_all(text.as_bytes());
}
