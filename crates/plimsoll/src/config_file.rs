//! The config file: the lowest layer of options, in JSON.
//!
//! It is the file of `--config` or `K6_CONFIG`, else plimsoll's own in the folder for settings, else k6's
//! there. A file that was asked for must exist; the others need not.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use plimsoll_plan::{OptionsLayer, Origin, Problem, Source};

use crate::cli::ConfigArgument;

/// More than this is not a file of options.
const MAX_BYTES: u64 = 16 << 20;

/// Reads the file's options; without a file there is no layer. What is wrong with the file is in the layer,
/// so that it is reported with all other problems.
pub(crate) fn layer(argument: Option<&ConfigArgument>) -> Option<OptionsLayer> {
    match argument {
        Some(ConfigArgument { path, source }) => {
            let text = read(path).map_err(|error| Problem::new("config", source, unreadable(path, &error)));
            Some(layer_of(path, text))
        }
        None => default_paths(|name| std::env::var_os(name)).into_iter().find_map(|path| match read(&path) {
            Err(error) if is_absence(&error) => None,
            text => {
                let source = Source::ConfigFile(path.display().to_string());
                let text = text.map_err(|error| Problem::new("config", &source, unreadable(&path, &error)));
                Some(layer_of(&path, text))
            }
        }),
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}

/// Reads a file of JSON that is not too large to be one.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    Ok(text)
}

fn layer_of(path: &Path, text: Result<String, Problem>) -> OptionsLayer {
    let origin = Origin::ConfigFile(path.display().to_string());
    let options = text.and_then(|text| serde_json::from_str(&text).map_err(|error| malformed(path, &error)));
    match options {
        Ok(options) => OptionsLayer::from_json(origin, &options),
        Err(problem) => {
            let mut layer = OptionsLayer::new(origin);
            layer.problems.push(problem);
            layer
        }
    }
}

/// What is wrong with a text that is no JSON, as a place and words.
pub(crate) fn malformed(path: &Path, error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let place = Source::ConfigFile(format!("{}:{line}:{column}", path.display()));
    let message = error.to_string();
    let what = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
    Problem::new("config", &place, format!("malformed JSON: {what}"))
}

/// The files to look for, the first that exists counts. `variable` reads the environment.
fn default_paths(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let settings = if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else if cfg!(windows) {
        folder("AppData")
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    let file = |folder: PathBuf| ["plimsoll", "k6"].map(|owner| folder.join(owner).join("config.json"));
    settings.map(file).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn our_own_file_is_looked_for_first() {
        let paths = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
            let paths = default_paths(|name| find(name).map(|(_, value)| value.into()));
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        let home = ["/h/.config/plimsoll/config.json", "/h/.config/k6/config.json"];
        assert_eq!(paths(&[("HOME", "/h")]), home);
        assert_eq!(paths(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "not/absolute")]), home);
        assert_eq!(
            paths(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]),
            ["/x/plimsoll/config.json", "/x/k6/config.json"]
        );
        assert!(paths(&[]).is_empty());
    }

    #[test]
    fn malformed_json_has_its_place() {
        let layer = layer_of(Path::new("c.json"), Ok("{\n  \"vus\": 3\n  \"tags\": {}\n}".to_owned()));
        assert_eq!(
            layer.problems[0].to_string(),
            "config (from c.json:3:3): malformed JSON: expected `,` or `}`"
        );
    }

    #[test]
    fn its_keys_are_options_and_more() {
        let layer =
            layer_of(Path::new("c.json"), Ok(r#"{ "vus": "x", "linger": true, "vuss": 1 }"#.to_owned()));
        assert_eq!(layer.linger, Some(true));
        assert_eq!(layer.problems[0].to_string(), "vus (from c.json): must be an integer, got \"x\"");
        assert_eq!(layer.warnings.len(), 1);
    }
}
