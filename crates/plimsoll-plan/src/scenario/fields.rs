//! Reading the keys of one scenario: typed, with every problem noted, and no key left unread.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    Problem, Source,
    nearest::did_you_mean,
    options::{Place, TABLE, value::OptionValue},
};

/// Where a scenario's keys stand: key to path and source.
pub(crate) type Locate<'a> = &'a dyn Fn(&str) -> (String, Source);

/// The keys of one scenario while they are read.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    locate: Locate<'a>,
    problems: &'a mut Vec<Problem>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Begins to read a scenario.
    pub(super) fn new(
        object: &'a Map<String, Value>,
        locate: Locate<'a>,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self { object, locate, problems, known: Vec::new() }
    }

    /// Reads a key; `None` when it is absent, `null`, or wrong (which is noted).
    pub(super) fn read<T: OptionValue>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let value = self.object.get(key).filter(|value| !value.is_null())?;
        match T::from_json(value) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.problem(key, &expected);
                None
            }
        }
    }

    /// Reads a duration with a default.
    pub(super) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.read(key).unwrap_or(default)
    }

    /// Reads a number of VUs. Wrong ones are noted and read as the default, so that one mistake is one
    /// problem.
    pub(super) fn vus(&mut self, key: &'static str, default: u32) -> u32 {
        let vus = self.read(key).unwrap_or(u64::from(default));
        self.limit_vus(key, vus)
    }

    /// Holds a number of VUs to the limit.
    pub(super) fn limit_vus(&mut self, key: &str, vus: u64) -> u32 {
        if vus > MAX_VUS {
            self.problem(key, &format!("can't be more than {MAX_VUS}"));
        }
        vus.min(MAX_VUS) as u32
    }

    /// Whether a key is there and not `null`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.object.get(key).is_some_and(|value| !value.is_null())
    }

    /// Notes a problem with the value of `key`.
    pub(super) fn problem(&mut self, key: &str, message: &str) {
        self.problem_with_hint(key, message, None);
    }

    /// Notes a problem with the value of `key`, with advice.
    pub(super) fn problem_with_hint(&mut self, key: &str, message: &str, hint: Option<String>) {
        let (path, source) = (self.locate)(key);
        let mut problem = Problem::new(path, &source, message).hint(hint);
        if let Some(value) = self.object.get(key) {
            problem = problem.got(value.to_string());
        }
        self.problems.push(problem);
    }

    /// Notes that `key` is needed, unless it is there and was already found wrong.
    pub(super) fn missing(&mut self, key: &str, message: &str) {
        if !self.has(key) {
            self.problem(key, message);
        }
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, value) in self.object {
            if !self.known.contains(&key.as_str()) {
                let (path, source) = (self.locate)(key);
                let problem = Problem::new(path, &source, "unknown key").got(value.to_string());
                let hint = did_you_mean(key, self.known.iter().copied());
                self.problems.push(problem.hint(hint.or_else(|| belongs_to_the_test(key))));
            }
        }
    }
}

/// A hint for options of the whole test among a scenario's keys.
fn belongs_to_the_test(key: &str) -> Option<String> {
    let is_option = TABLE.iter().any(|info| info.key == key && info.place == Place::Options);
    is_option.then(|| format!("`{key}` is an option of the whole test: write it beside `scenarios`"))
}

/// More VUs than this fit into no machine's memory. k6 has a limit for the targets of stages only, 100 times
/// as high.
pub const MAX_VUS: u64 = 1_000_000;
