//! Reading one layer of options: from JSON, from the environment, from the command line.

use serde_json::Value;

use super::{
    table::{OptionInfo, OptionsLayer, Place, TABLE},
    tags::Tags,
    value::Expected,
    workload::StageSpec,
};
use crate::{Origin, Problem, Source, Warning, duration, nearest::did_you_mean};

/// Variables that k6 knows as options yet refuses: they cannot be written as text.
const REFUSED_VARIABLES: [(&str, &str); 3] = [
    ("K6_THRESHOLDS", "thresholds"),
    ("K6_TLS_VERSION", "tlsVersion"),
    ("K6_TLS_CIPHER_SUITES", "tlsCipherSuites"),
];

/// Flags that add to a list each time they are given. Of other flags the last one counts.
const ADDING_FLAGS: [&str; 7] = [
    "--stage",
    "--blacklist-ip",
    "--block-hostnames",
    "--summary-trend-stats",
    "--system-tags",
    "--out",
    "--features",
];

impl OptionsLayer {
    /// What is odd about it, although it can be read: unknown keys.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Reads the options of a script or of a config file. Everything that is wrong ends up in the layer.
    pub fn from_json(origin: Origin, value: &Value) -> Self {
        let mut layer = Self::new(origin);
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| layer.read_key(key, value)),
            Value::Null => {}
            _ => {
                let source = row_source(&layer.origin);
                layer
                    .problems
                    .push(Problem::new("options", &source, "must be an object").got(value.to_string()));
            }
        }
        layer
    }

    /// Reads `K6_*` variables. Empty ones count as not set, other names are left alone.
    pub fn from_env<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut layer = Self::new(Origin::Env);
        for (name, text) in variables {
            if name.starts_with("K6_") && !text.is_empty() {
                layer.read_variable(name, text);
            }
        }
        layer
    }

    /// Reads flags, each with its text, in the order they were given. A switch has the text `true` or
    /// `false`.
    ///
    /// Durations are plain here: `1m30s`, but neither `1d` nor `1500`. Tags look like `name=value`.
    pub fn from_flags<'a>(flags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut layer = Self::new(Origin::Flags);
        let mut lists: Vec<(&str, String)> = Vec::new();
        for (flag, text) in flags {
            match lists.iter_mut().find(|(known, _)| *known == flag) {
                Some((_, list)) => *list = format!("{list},{text}"),
                None if ADDING_FLAGS.contains(&flag) => lists.push((flag, text.to_owned())),
                None => layer.read_flag(flag, text),
            }
        }
        lists.iter().for_each(|(flag, text)| layer.read_flag(flag, text));
        layer
    }

    fn read_flag(&mut self, flag: &str, text: &str) {
        let Some(info) = TABLE.iter().find(|info| info.flag == flag) else { return };
        if let Err(expected) = self.set_flag(info, text) {
            let source = Source::Flag(flag.to_owned());
            self.problems.push(Problem::new(info.key, &source, expected).got(format!("\"{text}\"")));
        }
    }

    /// The flags whose notation is not that of the environment, and all others.
    fn set_flag(&mut self, info: &OptionInfo, text: &str) -> Result<(), Expected> {
        let plain =
            |text| duration::parse_plain(text).map_err(|error| format!("must be a duration: {error}"));
        let stages = |text: &str| text.split(',').map(StageSpec::from_flag).collect::<Result<_, _>>();
        match info.flag {
            "--duration" => self.duration = Some(plain(text)?),
            "--min-iteration-duration" => self.min_iteration_duration = Some(plain(text)?),
            "--stage" => self.stages = Some(stages(text)?),
            "--tag" => self.tags.get_or_insert_with(Tags::default).add_flag(text)?,
            _ => self.set_text(info.key, text)?,
        }
        Ok(())
    }

    fn read_key(&mut self, key: &str, value: &Value) {
        let in_config = matches!(self.origin, Origin::ConfigFile(_));
        match TABLE.iter().find(|info| info.key == key && readable(info, in_config)) {
            // `null` and a missing key mean the same.
            Some(_) if value.is_null() => {}
            Some(info) => {
                if let Err(expected) = self.set_json(key, value) {
                    let problem =
                        Problem::new(key, &info.source(&self.origin), expected).got(value.to_string());
                    self.problems.push(problem);
                }
            }
            None => {
                let known = TABLE.iter().filter(|info| readable(info, in_config)).map(|info| info.key);
                let warning =
                    Warning::new(key, &row_source(&self.origin), "unknown option, it has no effect");
                self.warnings.push(warning.hint(did_you_mean(key, known)));
            }
        }
    }

    fn read_variable(&mut self, name: &str, text: &str) {
        let source = Source::Env(name.to_owned());
        if let Some((_, key)) = REFUSED_VARIABLES.iter().find(|(refused, _)| *refused == name) {
            let message = "can't be set by an environment variable";
            let hint = Some(format!("set `{key}` in the script's options"));
            self.problems.push(Problem::new(*key, &source, message).hint(hint));
        }
        if let Some(info) = TABLE.iter().find(|info| info.env == name)
            && let Err(expected) = self.set_text(info.key, text)
        {
            self.problems.push(Problem::new(info.key, &source, expected).got(format!("\"{text}\"")));
        }
    }
}

fn readable(info: &OptionInfo, in_config: bool) -> bool {
    match info.place {
        Place::Options => true,
        Place::ConfigFile => in_config,
        Place::Nowhere => false,
    }
}

/// The source of something that is no row of the table.
fn row_source(origin: &Origin) -> Source {
    match origin {
        Origin::Default => Source::Default,
        Origin::ConfigFile(path) => Source::ConfigFile(path.clone()),
        Origin::Script(path) => Source::Script(path.clone()),
        Origin::Env => Source::Env("environment".to_owned()),
        Origin::Flags => Source::Flag("command line".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn script(value: &Value) -> OptionsLayer {
        OptionsLayer::from_json(Origin::Script("a.js".to_owned()), value)
    }

    #[test]
    fn unknown_keys_warn_with_the_nearest_name() {
        let layer = script(&json!({ "treshold": {}, "linger": true }));
        assert!(layer.problems.is_empty());
        assert_eq!(layer.warnings.len(), 2, "linger is for config files");
        assert_eq!(layer.warnings[0].hint.as_deref(), Some("did you mean `thresholds`?"));
    }

    #[test]
    fn wrong_types_are_problems_with_path_and_value() {
        let layer = script(&json!({ "vus": 1.5, "tags": { "a": 1 }, "throw": null }));
        let texts: Vec<String> = layer.problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "vus (from a.js): must be an integer, got 1.5");
        assert_eq!(texts.len(), 2);
        assert_eq!(layer.throw, None);
    }

    #[test]
    fn the_environment_is_read_by_the_table() {
        let layer = OptionsLayer::from_env([
            ("K6_VUS", "7"),
            ("K6_STAGES", "1s:3,1s:0"),
            ("K6_TAGS", "a:b"),
            ("K6_SETUP_TIMEOUT", "1500"),
            ("K6_ITERATIONS", ""),
            ("HOME", "/root"),
        ]);
        assert!(layer.problems.is_empty(), "{:?}", layer.problems);
        assert_eq!((layer.vus, layer.iterations), (Some(7), None));
        assert_eq!(layer.stages.map(|stages| stages.len()), Some(2));
        assert_eq!(layer.setup_timeout, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn flags_have_notations_of_their_own() {
        let layer = OptionsLayer::from_flags([
            ("--vus", "3"),
            ("--vus", "4"),
            ("--duration", "1m30s"),
            ("--stage", "10s:5"),
            ("--stage", "1m:0,5s:1"),
            ("--tag", "a=b"),
            ("--tag", "c=d:e"),
            ("--no-setup", "true"),
            ("--block-hostnames", "*.a"),
            ("--block-hostnames", "b"),
        ]);
        assert!(layer.problems.is_empty(), "{:?}", layer.problems);
        assert_eq!((layer.vus, layer.duration), (Some(4), Some(Duration::from_secs(90))));
        assert_eq!(layer.stages.map(|stages| stages.len()), Some(3));
        assert_eq!(layer.tags.map(|tags| tags.iter().count()), Some(2));
        assert_eq!(layer.no_setup, Some(true));
        assert_eq!(layer.block_hostnames, Some(vec!["*.a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn bad_flags_are_problems() {
        let layer = OptionsLayer::from_flags([
            ("--duration", "1500"),
            ("--stage", "1d:3"),
            ("--tag", "x"),
            ("--vus", "-1"),
        ]);
        let texts: Vec<String> = layer.problems.iter().map(ToString::to_string).collect();
        assert!(texts.contains(&"vus (from --vus): can't be negative, got \"-1\"".to_owned()), "{texts:?}");
        assert!(texts[0].starts_with("duration (from --duration): must be a duration: a unit is missing"));
        assert_eq!(texts.len(), 4);
    }

    #[test]
    fn every_adding_flag_is_in_the_table() {
        assert!(ADDING_FLAGS.iter().all(|flag| TABLE.iter().any(|info| info.flag == *flag)));
    }

    #[test]
    fn bad_variables_are_problems() {
        let layer = OptionsLayer::from_env([("K6_VUS", "many"), ("K6_THRESHOLDS", "x")]);
        let texts: Vec<String> = layer.problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "vus (from K6_VUS): must be an integer, got \"many\"");
        assert_eq!(texts.len(), 2);
    }

    #[test]
    fn every_row_is_read_by_its_own_key() {
        for info in TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.key == info.key).count(), 1, "{}", info.key);
            assert!(info.env.is_empty() || info.env.starts_with("K6_"), "{}", info.key);
            assert!(info.flag.is_empty() || info.flag.starts_with("--"), "{}", info.key);
        }
    }
}
