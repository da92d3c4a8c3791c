//! The command `version`.

use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::summary;

/// The k6 whose scripts, options and archives are understood.
const K6_VERSION: &str = "2.2";

/// Prints the version.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn version(as_json: bool) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let text = if as_json {
        let facts = json!({ "version": version, "k6_version": K6_VERSION, "os": os, "arch": architecture });
        format!("{facts:#}\n")
    } else {
        format!("plimsoll v{version} ({os}/{architecture})\n")
    };
    summary::print(&text).map(|()| Exit::Success).map_err(|error| Failure::Write(vec![error]))
}
