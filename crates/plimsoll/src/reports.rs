//! A result as files, and what a workflow on GitHub is told of it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use plimsoll_report::{Format, Report, Style, github, markdown};

use crate::{environment, files};

/// GitHub takes no more for a step
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
const MOST_OF_A_STEP: usize = 1 << 20;

/// Writes a result in the form that the file's name ends with, in `otherwise` where that says nothing. With
/// `.gz` behind that it is compressed.
pub(crate) fn write(path: &Path, report: &Report<'_>, otherwise: Format) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| files::not_written(path, &error))?;
    }
    write_as(path, report, format_of(path).unwrap_or(otherwise))
}

/// Writes a result in that form, whatever the name ends with; compressed, if that is `.gz`.
pub(crate) fn write_as(path: &Path, report: &Report<'_>, format: Format) -> Result<(), String> {
    let text = report.render(format, &Style::default());
    if is_compressed(path) { files::write(path, compressed(&text)) } else { files::write(path, text) }
}

/// The form that a file's name ends with, compressed or not.
pub(crate) fn format_of(path: &Path) -> Option<Format> {
    let name = if is_compressed(path) { Path::new(path.file_stem()?) } else { path };
    Format::of_extension(name.extension()?.to_str()?)
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory takes everything")
}

/// Whether a workflow on GitHub is to be told: as the flag says, else when this is one.
pub(crate) fn is_for_github(flag: Option<bool>) -> bool {
    flag.unwrap_or_else(|| environment::variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"))
}

/// Annotates what fails the run, and adds the result to the summary of the job. What cannot be written there
/// fails nothing.
pub(crate) fn tell_github(report: &Report<'_>) {
    // The runner reads both streams of a step; stdout is for what was asked for.
    let _ = io::stderr().write_all(github::annotations(report).as_bytes());
    let Some(path) = environment::variable("GITHUB_STEP_SUMMARY") else { return };
    let text = markdown::render(report.summary);
    let open = || OpenOptions::new().create(true).append(true).open(&path);
    let written = match text.len() {
        length if length > MOST_OF_A_STEP => Err(io::Error::other("it is larger than 1 MiB")),
        _ => open().and_then(|mut file| file.write_all(text.as_bytes())),
    };
    if let Err(error) = written {
        tracing::warn!(target: "plimsoll", "the summary of the job could not be written to {path}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_form() {
        for (name, format) in [
            ("report.html", Some(Format::Html)),
            ("a/report.JSON.gz", Some(Format::Json)),
            ("report.gz", None),
            (".gz", None),
            ("report", None),
        ] {
            assert_eq!(format_of(Path::new(name)), format, "{name}");
        }
    }
}
