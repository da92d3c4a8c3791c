//! Where the repository is, what cargo knows about it, and which files it holds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout that this command belongs to.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The parent of this package's folder: as cargo says when it runs us, else where we were compiled.
    pub(crate) fn locate() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().map_or_else(|| package.clone(), Path::to_path_buf);
        Self { root }
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `cargo`, the one that runs us, started in the root.
    pub(crate) fn cargo(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(cargo_program());
        command.current_dir(&self.root);
        command
    }

    /// The resolved dependency graph as built for one platform (a target triple).
    pub(crate) fn metadata(&self, platform: &str) -> Result<Metadata> {
        MetadataCommand::new()
            .cargo_path(cargo_program())
            .manifest_path(self.root.join("Cargo.toml"))
            .other_options(["--filter-platform".to_owned(), platform.to_owned()])
            .exec()
            .context("cargo metadata")
    }

    /// Name and version of every package that a full build for one platform compiles, tests included, one per
    /// line: `serde v1.0.0`, with more behind it. The graph of [`Self::metadata`] also holds optional
    /// dependencies that no enabled feature reaches.
    pub(crate) fn built_packages(&self, platform: &str) -> Result<String> {
        let listing = Command::new(cargo_program())
            .args(["tree", "--workspace", "--edges", "normal,build,dev", "--target", platform])
            .args(["--prefix", "none", "--format", "{p}"])
            .current_dir(&self.root)
            .output()
            .context("cargo tree")?;
        ensure!(listing.status.success(), "cargo tree: {}", String::from_utf8_lossy(&listing.stderr).trim());
        String::from_utf8(listing.stdout).context("cargo tree")
    }

    /// Paths of all files that git tracks or would track, relative to the root, sorted.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()
            .context("git ls-files")?;
        ensure!(
            listing.status.success(),
            "git ls-files: {}",
            String::from_utf8_lossy(&listing.stderr).trim()
        );
        let listing = String::from_utf8(listing.stdout).context("git ls-files: a path that is not UTF-8")?;
        let mut files: Vec<String> = listing
            .split_terminator('\0')
            .filter(|path| self.root.join(path).is_file())
            .map(str::to_owned)
            .collect();
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }
}

fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
