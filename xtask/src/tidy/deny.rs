//! Reads `deny.toml`, the one table of what dependencies may be. Those who have cargo-deny can run that on it
//! too.
//!
//! Only the part that [`super::dependencies`] applies is read; cargo-deny itself checks the rest of the
//! format.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::semver::{Version, VersionReq};
use spdx::Licensee;
use toml::Spanned;

/// The file's name, as problems cite it.
pub(crate) const PATH: &str = "deny.toml";

/// The tables of `deny.toml`, parsed.
#[derive(Debug)]
pub(crate) struct Deny {
    /// The target triple that the dependency graph is resolved for.
    pub(crate) platform: String,
    /// Licences that any package may have.
    pub(crate) allowed: Vec<Licensee>,
    /// Packages that may have others.
    pub(crate) exceptions: Vec<LicenceException>,
    /// Versions that may be there beside another one.
    pub(crate) skips: Vec<Skip>,
    /// Where packages may come from.
    pub(crate) registries: Vec<String>,
}

/// A package that may have licences beyond the general list.
#[derive(Debug)]
pub(crate) struct LicenceException {
    pub(crate) line: usize,
    pub(crate) package: PackageSpec,
    pub(crate) allowed: Vec<Licensee>,
    /// cargo-deny has no field for it, so it is the comment above the entry.
    pub(crate) has_reason: bool,
}

/// A version that does not count as a duplicate.
#[derive(Debug)]
pub(crate) struct Skip {
    pub(crate) line: usize,
    pub(crate) package: PackageSpec,
    pub(crate) has_reason: bool,
}

/// `name` or `name@version`, the version as in a manifest.
#[derive(Debug)]
pub(crate) struct PackageSpec {
    pub(crate) name: String,
    version: VersionReq,
}

impl PackageSpec {
    fn parse(text: &str) -> Result<Self> {
        let (name, version) = text.split_once('@').unwrap_or((text, "*"));
        let version = VersionReq::parse(version).with_context(|| format!("the version in `{text}`"))?;
        Ok(Self { name: name.to_owned(), version })
    }

    /// Whether a package is meant.
    pub(crate) fn matches(&self, name: &str, version: &Version) -> bool {
        self.name == name && self.version.matches(version)
    }
}

impl Deny {
    /// Reads and parses the file in the root of the workspace.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(PATH)).context(PATH)?;
        Self::parse(&text).context(PATH)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let file: file::Deny = toml::from_str(text)?;
        let [platform] = <[String; 1]>::try_from(file.graph.targets)
            .map_err(|targets| anyhow::anyhow!("graph.targets: one is expected, got {targets:?}"))?;
        ensure!(!file.licenses.allow.is_empty(), "licenses.allow is empty");
        let exceptions = file.licenses.exceptions.into_iter().map(|entry| LicenceException::new(text, entry));
        let skips = file.bans.skip.into_iter().map(|entry| Skip::new(text, entry));
        Ok(Self {
            platform,
            allowed: licensees(&file.licenses.allow)?,
            exceptions: exceptions.collect::<Result<_>>()?,
            skips: skips.collect::<Result<_>>()?,
            registries: file.sources.allow_registry,
        })
    }
}

impl LicenceException {
    fn new(text: &str, entry: Spanned<file::Exception>) -> Result<Self> {
        let line = line_at(text, entry.span().start);
        let comment_above =
            text.lines().nth(line.wrapping_sub(2)).is_some_and(|above| above.trim().starts_with('#'));
        let entry = entry.into_inner();
        Ok(Self {
            line,
            package: PackageSpec::parse(&entry.package)?,
            allowed: licensees(&entry.allow)?,
            has_reason: comment_above,
        })
    }
}

impl Skip {
    fn new(text: &str, entry: Spanned<file::Skip>) -> Result<Self> {
        let line = line_at(text, entry.span().start);
        let entry = entry.into_inner();
        let has_reason = entry.reason.is_some_and(|reason| !reason.trim().is_empty());
        Ok(Self { line, package: PackageSpec::parse(&entry.package)?, has_reason })
    }
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    names.iter().map(|name| Licensee::parse(name).with_context(|| format!("the licence `{name}`"))).collect()
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The file as it is written. Names are cargo-deny's.
mod file {
    use serde::Deserialize;
    use toml::Spanned;

    #[derive(Deserialize)]
    pub(super) struct Deny {
        pub(super) graph: Graph,
        pub(super) licenses: Licenses,
        pub(super) bans: Bans,
        pub(super) sources: Sources,
    }

    #[derive(Deserialize)]
    pub(super) struct Graph {
        pub(super) targets: Vec<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Licenses {
        pub(super) allow: Vec<String>,
        pub(super) exceptions: Vec<Spanned<Exception>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Exception {
        #[serde(rename = "crate")]
        pub(super) package: String,
        pub(super) allow: Vec<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Bans {
        pub(super) skip: Vec<Spanned<Skip>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Skip {
        #[serde(rename = "crate")]
        pub(super) package: String,
        pub(super) reason: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Sources {
        pub(super) allow_registry: Vec<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_own_file_is_understood() {
        let deny = Deny::read(crate::workspace::Workspace::locate().root()).expect("it parses");
        assert_eq!(deny.platform, "x86_64-unknown-linux-gnu");
    }

    #[test]
    fn a_package_is_meant_by_name_and_by_compatible_version() {
        let spec = PackageSpec::parse("syn@2").expect("well-formed");
        let version = |text: &str| Version::parse(text).expect("well-formed");
        assert!(spec.matches("syn", &version("2.0.119")));
        assert!(!spec.matches("syn", &version("3.0.10")) && !spec.matches("quote", &version("2.0.0")));
        assert!(PackageSpec::parse("syn").expect("well-formed").matches("syn", &version("9.9.9")));
    }

    #[test]
    fn a_wrong_licence_name_is_refused_by_name() {
        let text = "[graph]\ntargets = [\"x\"]\n[licenses]\nallow = [\"MTI\"]\nexceptions = []\n\
            [bans]\nskip = []\n[sources]\nallow-registry = []\n";
        let error = format!("{:#}", Deny::parse(text).expect_err("no such licence"));
        assert!(error.starts_with("the licence `MTI`"), "{error}");
    }
}
