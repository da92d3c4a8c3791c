//! The command `inspect`: the options that a run would have.

use plimsoll_plan::Plan;
use plimsoll_plan::options::Provenance;
use serde_json::{Map, Value};

use crate::cli::{InspectArguments, Sources};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::{network, summary};

/// Prints the options.
///
/// # Errors
/// Whatever would keep `run` from running.
pub(crate) fn inspect(arguments: &InspectArguments, log: &Log) -> Result<Exit, Failure> {
    let test = LoadedTest::load(&arguments.test, SystemEnvironment::Hidden, log)?;
    network::options(&test.plan).map_err(Failure::Options)?;
    let text = match arguments.sources {
        Some(Sources::Table) => table(&redacted(test.plan.provenance(), log)),
        sources => json(&test.plan, arguments.requirements, sources.is_some(), log),
    };
    summary::print(&text).map(|()| Exit::Success).map_err(|error| Failure::Write(vec![error]))
}

/// Options may hold what the script was given as a secret.
fn redacted(mut rows: Vec<Provenance>, log: &Log) -> Vec<Provenance> {
    rows.iter_mut().for_each(|row| log.redactor().redact_json(&mut row.value));
    rows
}

fn json(plan: &Plan, requirements: bool, sources: bool, log: &Log) -> String {
    let mut options = if requirements { plan.requirements_json() } else { plan.consolidated_json() };
    if sources {
        let set = plan.provenance().into_iter().filter(|provenance| provenance.set);
        let sources: Map<String, Value> =
            set.map(|provenance| (provenance.key.to_owned(), provenance.from.into())).collect();
        options.insert("sources".to_owned(), Value::Object(sources));
    }
    let mut options = Value::Object(options);
    log.redactor().redact_json(&mut options);
    format!("{options:#}\n")
}

/// Wider values are cut; the JSON has them whole.
const VALUE_CHARS: usize = 48;

/// Settings of outputs hold their passwords, which belong on no screen.
const NOT_SHOWN: [&str; 2] = ["collectors", "tlsAuth"];

fn table(rows: &[Provenance]) -> String {
    let shown: Vec<[String; 3]> = rows.iter().map(cells).collect();
    let head = ["OPTION", "VALUE", "FROM"].map(str::to_owned);
    let width = |column: usize| shown.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (keys, values) = (width(0), width(1));
    let line = |[key, value, from]: &[String; 3]| format!("{key:keys$}  {value:values$}  {from}\n");
    std::iter::once(&head).chain(&shown).map(line).collect()
}

fn cells(row: &Provenance) -> [String; 3] {
    let value = match &row.value {
        _ if row.set && NOT_SHOWN.contains(&row.key) => "(not shown)".to_owned(),
        // The default of `run` is not that of this command.
        _ if !row.set && row.key == "includeSystemEnvVars" => "false".to_owned(),
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let value = match value.char_indices().nth(VALUE_CHARS) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value,
    };
    [row.key.to_owned(), value, row.from.clone()]
}

#[cfg(test)]
mod tests {
    use plimsoll_plan::OptionsLayer;

    use super::*;

    #[test]
    fn columns_are_aligned_and_long_values_cut() {
        let agent = "a".repeat(60);
        let flags = OptionsLayer::from_flags([("--user-agent", agent.as_str()), ("--vus", "3")]);
        let text = table(&plimsoll_plan::resolve(vec![flags]).expect("valid").provenance());
        let column = text.lines().next().and_then(|line| line.find("FROM")).expect("a heading");
        for line in text.lines() {
            let characters: Vec<char> = line.chars().collect();
            assert_eq!(characters[column - 1], ' ', "{line}");
            assert_ne!(characters[column], ' ', "{line}");
        }
        assert!(text.contains(&format!("{}…  --user-agent", "a".repeat(48))), "{text}");
        assert!(text.contains("derived from vus"), "{text}");
    }
}
