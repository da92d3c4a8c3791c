//! Secrets of a run: where they come from, and what hides them.
//!
//! A run has sources, each with a name and one of them perhaps the default. [`Secrets::open`] makes them from
//! the texts of `--secret-source`, or names everything that is wrong with those; [`Secrets::get`] asks one.
//! Whatever a script has been given is known to the [`Redactor`] before the script has it, and everything
//! that leaves the process as text goes through that.
//!
//! Source: <https://grafana.com/docs/k6/latest/using-k6/secret-source/>.

mod file;
mod redactor;
mod spec;
mod url;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_metrics::nearest::nearest;
use rustc_hash::FxHashMap;
use tokio::sync::OnceCell;

pub use self::redactor::Redactor;
use self::spec::Spec;
use self::url::UrlSource;
use crate::bundle::Environment;

/// Variables that configure sources, and may hold secrets themselves.
const CONFIGURATION: &str = "K6_SECRET_SOURCE";

/// Names of secrets that one source is asked for, at most: each answer is kept.
const ANSWERS: usize = 100_000;

/// The sources of a run.
#[derive(Default)]
pub struct Secrets {
    sources: BTreeMap<String, Source>,
    default: Option<String>,
    redactor: Redactor,
}

struct Source {
    origin: Origin,
    /// What was asked for: each is fetched once, for all VUs.
    answers: Mutex<FxHashMap<String, Arc<OnceCell<Arc<str>>>>>,
}

enum Origin {
    /// Known from the start, by name: a file's, or the flag's own.
    Listed(BTreeMap<String, String>),
    /// Variables whose names begin with a prefix, by the rest of their names.
    Environment {
        prefix: String,
        values: BTreeMap<String, String>,
    },
    Url(UrlSource),
}

impl Secrets {
    /// Makes the sources that `--secret-source` asks for, in the order of the flags.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each. No line contains what might be a secret.
    pub fn open<'a>(
        specs: impl IntoIterator<Item = &'a str>,
        variables: &Environment,
        redactor: Redactor,
    ) -> Result<Self, Vec<String>> {
        let mut secrets = Secrets { redactor, ..Secrets::default() };
        let mut problems = Vec::new();
        for text in specs {
            let opened = Spec::parse(text).and_then(|spec| {
                let origin = Origin::open(&spec, variables, &secrets.redactor)?;
                secrets.add(&spec, origin).map_err(|why| vec![why])
            });
            if let Err(whys) = opened {
                let shown = text.split_once('=').map_or(text, |(kind, _)| kind);
                problems.extend(whys.iter().map(|why| format!("--secret-source {shown}: {why}")));
            }
        }
        if secrets.sources.len() == 1 && secrets.default.is_none() {
            secrets.default = secrets.sources.keys().next().cloned();
        }
        if problems.is_empty() { Ok(secrets) } else { Err(problems) }
    }

    fn add(&mut self, spec: &Spec<'_>, origin: Origin) -> Result<(), String> {
        if self.sources.contains_key(spec.name) {
            return Err(format!("there is a source named '{}' already; give this one name=…", spec.name));
        }
        if spec.default {
            if let Some(first) = &self.default {
                return Err(format!("'{}' cannot be the default: '{first}' is", spec.name));
            }
            self.default = Some(spec.name.to_owned());
        }
        self.sources.insert(spec.name.to_owned(), Source { origin, answers: Mutex::default() });
        Ok(())
    }

    /// Whether there is no source.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// What hides the secrets that scripts were given.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Whether a variable belongs to a source, so that `__ENV` must not have it.
    pub fn owns_variable(&self, name: &str) -> bool {
        let owns = |source: &Source| match &source.origin {
            Origin::Environment { prefix, .. } => name.starts_with(prefix),
            Origin::Listed(_) | Origin::Url(_) => false,
        };
        name.starts_with(CONFIGURATION) || self.sources.values().any(owns)
    }

    /// A secret of a source, of the default one if none is named.
    ///
    /// # Errors
    /// Why there is none, as the script's error message.
    pub(crate) async fn get(&self, source: Option<&str>, key: &str) -> Result<Arc<str>, String> {
        if self.sources.is_empty() {
            return Err("no secret sources are configured (see --secret-source)".to_owned());
        }
        let name = source.or(self.default.as_deref()).unwrap_or("default");
        let Some(source) = self.sources.get(name) else {
            let names: Vec<String> = self.sources.keys().map(|name| format!("'{name}'")).collect();
            let names = names.join(", ");
            return Err(format!("no secret source with name \"{name}\" is configured; there are {names}"));
        };
        let answer = source.answer(key).ok_or("too many different secrets were asked for")?;
        let found = answer.get_or_try_init(|| async {
            let value = source.origin.get(key).await.map_err(|why| format!("{why}, source '{name}'"))?;
            self.redactor.add(&value);
            Ok::<_, String>(Arc::from(value))
        });
        found.await.cloned()
    }
}

impl Source {
    /// Where the answer is kept; `None` when there are too many.
    fn answer(&self, key: &str) -> Option<Arc<OnceCell<Arc<str>>>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(key) {
            return Some(Arc::clone(answer));
        }
        (answers.len() < ANSWERS).then(|| Arc::clone(answers.entry(key.to_owned()).or_default()))
    }
}

impl Origin {
    fn open(spec: &Spec<'_>, variables: &Environment, redactor: &Redactor) -> Result<Self, Vec<String>> {
        match spec.kind {
            "file" => file::read(&spec.settings).map(Origin::Listed),
            "mock" => spec.pairs().map(Origin::Listed),
            "env" => {
                let prefix = spec.prefix()?.to_owned();
                let of_prefix = |(name, value): (&String, &String)| {
                    let rest = name.strip_prefix(&prefix).filter(|rest| !rest.is_empty())?;
                    Some((rest.to_owned(), value.clone()))
                };
                let values = variables.iter().filter_map(of_prefix).collect();
                Ok(Origin::Environment { prefix, values })
            }
            "url" => UrlSource::open(&spec.settings, variables, redactor).map(Origin::Url),
            "cloud" => Err(vec!["secrets of Grafana Cloud are not supported; use url=…".to_owned()]),
            other => {
                let hint =
                    nearest(other, spec::KINDS).map_or_else(String::new, |kind| format!(", such as {kind}"));
                Err(vec![format!("unknown type; expected one of {}{hint}", spec::KINDS.join(", "))])
            }
        }
    }

    async fn get(&self, key: &str) -> Result<String, String> {
        match self {
            Origin::Listed(values) | Origin::Environment { values, .. } => {
                let missing = || {
                    let hint = nearest(key, values.keys().map(String::as_str));
                    let hint = hint.map(|name| format!(" (did you mean '{name}'?)")).unwrap_or_default();
                    format!("no value for the secret '{key}'{hint}")
                };
                values.get(key).cloned().ok_or_else(missing)
            }
            Origin::Url(source) => source.get(key).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(specs: &[&str]) -> Result<Secrets, Vec<String>> {
        let variables = [("APP_TOKEN", "t0ken"), ("APP_", "nameless"), ("HOME", "/root")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Secrets::open(specs.iter().copied(), &variables.into(), Redactor::default())
    }

    fn get(secrets: &Secrets, source: Option<&str>, key: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(secrets.get(source, key)).map(|value| value.to_string())
    }

    #[test]
    fn sources_are_found_by_name_and_one_may_be_the_default() {
        let secrets = open(&["mock=a=1x,b=2=x", "env=name=vars,default,APP_"]).expect("valid");
        assert_eq!(get(&secrets, Some("mock"), "b").as_deref(), Ok("2=x"));
        assert_eq!(get(&secrets, None, "TOKEN").as_deref(), Ok("t0ken"));
        assert_eq!(get(&secrets, Some("vars"), "TOKEN").as_deref(), Ok("t0ken"));
        assert!(secrets.owns_variable("APP_TOKEN") && secrets.owns_variable("K6_SECRET_SOURCE_URL_METHOD"));
        assert!(!secrets.owns_variable("HOME"));
        assert_eq!(
            secrets.redactor().redact("t0ken 2=x 1x"),
            "***SECRET_REDACTED*** ***SECRET_REDACTED*** 1x"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let secrets = open(&["mock=token=v4lue,pass=w0rd", "env=APP_"]).expect("valid");
        for (source, key, expected) in [
            (None, "token", "no secret source with name \"default\" is configured; there are 'env', 'mock'"),
            (
                Some("mok"),
                "token",
                "no secret source with name \"mok\" is configured; there are 'env', 'mock'",
            ),
            (Some("mock"), "tokn", "no value for the secret 'tokn' (did you mean 'token'?), source 'mock'"),
            (Some("mock"), "", "no value for the secret '', source 'mock'"),
        ] {
            assert_eq!(get(&secrets, source, key), Err(expected.to_owned()));
        }
        let none = get(&Secrets::default(), None, "token").expect_err("no source");
        assert!(none.starts_with("no secret sources are configured"), "{none}");
    }

    #[test]
    fn all_problems_are_told_and_no_value() {
        let problems = open(&[
            "mock=s3cret-a",
            "fil=x",
            "file=/nowhere/x",
            "mock=a=1",
            "mock=b=2",
            "env=",
            "url=timeout=s3cret-b,urlTemplate=ftp:x",
        ]);
        let Err(problems) = problems else { panic!("everything was accepted") };
        let told = problems.join("\n");
        for expected in [
            "--secret-source mock: entry 1 has no '=' behind its name",
            "--secret-source fil: unknown type; expected one of file, mock, env, url, such as file",
            "--secret-source file: /nowhere/x: ",
            "--secret-source mock: there is a source named 'mock' already; give this one name=…",
            "--secret-source env: expected the prefix of the variables' names, as in env=APP_SECRET_",
            "--secret-source url: urlTemplate must contain {key}",
            "--secret-source url: timeout ",
        ] {
            assert!(told.contains(expected), "{expected} is missing in {told}");
        }
        assert!(!told.contains("s3cret-a"), "{told}");
    }
}
