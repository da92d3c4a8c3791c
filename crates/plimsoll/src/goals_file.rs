//! The file of `--goals` and `K6_GOALS`: a list of goals in JSON.

use std::path::Path;

use plimsoll_plan::options::goals::GoalSpecs;
use plimsoll_plan::{OptionsLayer, Origin, Problem, Source};
use serde_json::Value;

use crate::config_file;

/// Puts the rows of the file that a layer names into the layer. What is wrong with the file is in the layer,
/// so that it is reported with all other problems.
pub(crate) fn read_into(layer: &mut OptionsLayer) {
    let Some(GoalSpecs::File(path)) = &layer.goals else { return };
    match rows(Path::new(path), &layer.origin) {
        Ok(rows) => layer.goals = Some(GoalSpecs::Rows(rows)),
        Err(problem) => {
            layer.problems.push(problem);
            layer.goals = None;
        }
    }
}

fn rows(path: &Path, origin: &Origin) -> Result<Vec<Value>, Problem> {
    let source = match origin {
        Origin::Env => Source::Env("K6_GOALS".to_owned()),
        _ => Source::Flag("--goals".to_owned()),
    };
    let text = config_file::read(path).map_err(|error| {
        Problem::new("goals", &source, format!("{} can't be read: {error}", path.display()))
    })?;
    match serde_json::from_str(&text) {
        Ok(Value::Array(rows)) => Ok(rows),
        Ok(other) => {
            let message = format!("{} must hold a list of goals", path.display());
            Err(Problem::new("goals", &source, message).got(other.to_string()))
        }
        Err(error) => Err(Problem { path: "goals".to_owned(), ..config_file::malformed(path, &error) }),
    }
}
