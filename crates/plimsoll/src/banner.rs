//! What is going to run, told before it does.

use plimsoll_plan::Plan;

use crate::cli::RunArguments;

/// Script, outputs and scenarios in k6's layout.
pub(crate) fn render(arguments: &RunArguments, plan: &Plan, outputs: &str) -> String {
    let mut text = format!(
        "\n     execution: local\n        script: {}\n        output: ",
        arguments.test.script.display()
    );
    text.push_str(outputs);
    text.push_str("\n\n");
    for (index, line) in plan.describe().iter().enumerate() {
        text.push_str(if index == 0 { "     " } else { "              " });
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text
}
