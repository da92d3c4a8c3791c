//! The certificate of ceilings: a small JSON file, found again by the script's text and the machine. Each
//! function that iterations may call has a ceiling of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plimsoll_report::Observations;
use plimsoll_report::validity::CeilingUse;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{environment, files};

/// What was found out about a script on a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Certificate {
    /// The script, as it was named.
    pub(crate) script: String,
    /// What the certificate holds for.
    pub(crate) subject: Subject,
    /// The ceilings, by the function that iterations call.
    pub(crate) functions: BTreeMap<String, Ceiling>,
}

/// What was found out about one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ceiling {
    /// The highest rate of iterations that was reached with a VALID measurement.
    pub(crate) iterations_per_second: f64,
    /// The rate of requests then.
    pub(crate) requests_per_second: f64,
    /// When it was measured, RFC 3339.
    pub(crate) measured_at: String,
    /// How large the answers were.
    pub(crate) body_bytes: usize,
}

/// A script on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// Of the script's text.
    pub(crate) script_sha256: String,
    /// The model of the processors.
    pub(crate) cpu: String,
    /// How many of them the generator may use.
    pub(crate) cpus: usize,
    /// System and architecture.
    pub(crate) system: String,
    /// The version of plimsoll.
    pub(crate) version: String,
}

impl Subject {
    /// A script on this machine; `None` when its text cannot be read (again), as that of standard input.
    pub(crate) fn of(script: &Path) -> Option<Self> {
        let text = std::fs::read(script).ok()?;
        Some(Self {
            script_sha256: hex(&Sha256::digest(&text)),
            cpu: cpu_model(),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// A name that no other script and no other machine has.
    fn file_name(&self) -> String {
        let Self { script_sha256, cpu, cpus, system, version } = self;
        let machine = Sha256::digest(format!("{cpu}\n{cpus}\n{system}\n{version}"));
        format!("{}-{}.json", &script_sha256[..16], &hex(&machine)[..8])
    }
}

impl Certificate {
    /// Where it is kept unless somebody says otherwise; `None` without a home.
    pub(crate) fn standard_path(subject: &Subject) -> Option<PathBuf> {
        Some(environment::state_folder()?.join("ceilings").join(subject.file_name()))
    }

    /// The certificate of a script on this machine. Without one, or with one that cannot be read, there is
    /// nothing to say.
    pub(crate) fn find(script: &Path) -> Option<Self> {
        let subject = Subject::of(script)?;
        Self::read(&Self::standard_path(&subject)?, &subject)
    }

    fn read(path: &Path, subject: &Subject) -> Option<Self> {
        let text = std::fs::read(path).ok()?;
        let certificate: Self = serde_json::from_slice(&text).ok()?;
        (certificate.subject == *subject).then_some(certificate)
    }

    /// Takes over the other functions' ceilings, if a certificate on the same subject is there.
    pub(crate) fn with_others_in(mut self, path: &Path) -> Self {
        let others = Self::read(path, &self.subject).map(|known| known.functions).unwrap_or_default();
        for (function, ceiling) in others {
            self.functions.entry(function).or_insert(ceiling);
        }
        self
    }

    /// Writes it, with the folders around it.
    ///
    /// # Errors
    /// What cannot be written, in words.
    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| files::not_written(path, &error))?;
        }
        let json = serde_json::to_string_pretty(self).expect("names and numbers");
        files::write(path, format!("{json}\n"))
    }

    /// How near a run came to the ceiling of what its iterations call, if that is known and one function.
    pub(crate) fn used_by(&self, observations: &Observations) -> CeilingUse {
        let ceiling = observations.function.as_ref().and_then(|function| self.functions.get(function));
        let of_requests = observations.requests > 0;
        let per_second = ceiling.map_or(0.0, |ceiling| match of_requests {
            true => ceiling.requests_per_second,
            false => ceiling.iterations_per_second,
        });
        CeilingUse { per_second, of_requests, reached: observations.per_second() }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As Linux names it; empty elsewhere.
fn cpu_model() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.trim().strip_prefix(':'));
    model.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_script_has_another_certificate() {
        let folder = tempfile::tempdir().expect("a folder");
        let subject = |text: &str| {
            let path = folder.path().join("script.js");
            std::fs::write(&path, text).expect("a file");
            Subject::of(&path).expect("readable")
        };
        let (one, other) = (subject("one"), subject("other"));
        assert_ne!(one.file_name(), other.file_name());
        assert_eq!(one.file_name(), subject("one").file_name());
        assert_eq!(Subject::of(Path::new("/no/such/script.js")), None);
    }

    #[test]
    fn each_function_has_its_ceiling() {
        let folder = tempfile::tempdir().expect("a folder");
        let (script, path) = (folder.path().join("script.js"), folder.path().join("ceilings.json"));
        std::fs::write(&script, "one").expect("a file");
        let certificate = |function: &str, requests_per_second| Certificate {
            script: "script.js".to_owned(),
            subject: Subject::of(&script).expect("readable"),
            functions: BTreeMap::from([(
                function.to_owned(),
                Ceiling {
                    iterations_per_second: 10.0,
                    requests_per_second,
                    measured_at: String::new(),
                    body_bytes: 2,
                },
            )]),
        };
        for (function, rate) in [("look", 1.0), ("buy", 20.0), ("look", 40.0)] {
            certificate(function, rate).with_others_in(&path).write(&path).expect("written");
        }
        let all = certificate("other", 5.0).with_others_in(&path);
        let ceiling = |function: Option<&str>| {
            let function = function.map(str::to_owned);
            all.used_by(&Observations { function, requests: 1, ..Observations::default() }).per_second
        };
        assert_eq!((ceiling(Some("look")), ceiling(Some("buy"))), (40.0, 20.0));
        assert_eq!((ceiling(Some("default")), ceiling(None)), (0.0, 0.0));
        std::fs::write(&script, "another").expect("a file");
        assert_eq!(certificate("other", 5.0).with_others_in(&path).functions.len(), 1);
    }
}
