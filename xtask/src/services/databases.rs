//! Prometheus and InfluxDB, from the system's packages: what outputs push to.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::system;
use crate::say::say;

/// Packages of Debian, the programs in them, and what to look for elsewhere.
const SERVERS: [(&str, &str, &str); 2] = [
    ("prometheus", "prometheus", "prometheus (2.40 or later)"),
    ("influxdb", "influxd", "InfluxDB (1.6 or a later 1.x)"),
];

/// Finds them, or installs them.
pub(super) async fn ensure() -> Result<()> {
    for (package, program, what) in SERVERS {
        if let Some(found) = find(program) {
            say!(progress "{package}: {}", found.display());
            continue;
        }
        if !system::is_root() {
            bail!("{program} is not here: install {what}");
        }
        system::install(package).await.with_context(|| format!("install {what}"))?;
        let installed =
            find(program).with_context(|| format!("{package} was installed, and is not there"))?;
        say!(progress "{package}: installed as {}", installed.display());
    }
    Ok(())
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|program| program.is_file())
}
