//! `cargo xtask conformance`: other people's test data, run through the product.
//!
//! | data | subject |
//! |---|---|
//! | tree construction tests of html5lib | `parseHTML` of `k6/html` |
//!
//! The data is fetched where its authors publish it, checked against a hash, and kept in
//! `target/conformance`.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::build;
use crate::process::{Running, run_visibly};
use crate::say::say;
use crate::workspace::Workspace;

/// The last release of html5lib; its source archive has the tests (MIT licence).
const URL: &str = "https://files.pythonhosted.org/packages/ac/b6/\
                   b55c3f49042f1df3dcd422b7f224f939892ee94f22abcf503a9b7339eaf2/html5lib-1.1.tar.gz";
const SHA256: &str = "b2e5b40261e20f354d198eae92afc10d750afb487ed5e50f9c4eaf07c184146f";
const CASES: &str = "html5lib-1.1/html5lib/tests/testdata/tree-construction";
const SCRIPT: &str = "crates/plimsoll-script/tests/conformance/html.js";
const LIMIT: Duration = Duration::from_secs(120);

/// Runs all cases; fails when one of them does.
pub(crate) async fn run(workspace: &Workspace) -> Result<ExitCode> {
    let [plimsoll] = build::release(workspace, ["plimsoll"]).await?;
    let folder = fetch(workspace).await?;
    let cases = folder.join("cases.json");
    let all = read_cases(&folder.join(CASES))?;
    ensure!(!all.is_empty(), "no cases in {CASES}");
    std::fs::write(&cases, serde_json::to_vec(&all)?).with_context(|| cases.display().to_string())?;
    let output = parse_all(&plimsoll, &workspace.root().join(SCRIPT), &cases).await?;
    say!("{}", output.trim_end());
    let passed = output.contains(" passed, 0 failed");
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn parse_all(plimsoll: &Path, script: &Path, cases: &Path) -> Result<String> {
    let mut command = Command::new(plimsoll);
    command.args(["run", "--quiet", "--no-summary", "--log-output", "stdout", "--log-format", "raw"]);
    command.arg(script).env("CASES", cases);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = Running::spawn("plimsoll", &mut command)?;
    let captured = tokio::time::timeout(LIMIT, running.capture()).await;
    let captured = captured.with_context(|| format!("no end within {LIMIT:?}"))??;
    ensure!(captured.status.success(), "plimsoll failed:\n{}{}", captured.stdout, captured.stderr);
    Ok(captured.stdout)
}

/// The folder with the unpacked archive.
async fn fetch(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("target/conformance");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    if folder.join(CASES).is_dir() {
        return Ok(folder);
    }
    let steps = [
        format!("curl -sSfL --retry 3 -o html5lib.tar.gz {URL}"),
        format!("echo '{SHA256}  html5lib.tar.gz' | sha256sum --check --quiet"),
        "tar -xzf html5lib.tar.gz".to_owned(),
    ];
    for step in steps {
        let status = run_visibly(Command::new("sh").args(["-c", &step]).current_dir(&folder)).await?;
        ensure!(status.success(), "failed: {step}");
    }
    Ok(folder)
}

/// Name, data and tree of each case that is about whole documents in a browser that runs scripts.
fn read_cases(folder: &Path) -> Result<Vec<[String; 3]>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dat"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        cases.extend(cases_of(&name, &text));
    }
    Ok(cases)
}

fn cases_of(name: &str, text: &str) -> Vec<[String; 3]> {
    let text = format!("\n{text}");
    let parts = text.split("\n#data\n").skip(1).enumerate();
    let cases = parts.filter_map(|(index, part)| {
        let (data, rest) = part.split_once("#errors\n")?;
        if rest.contains("#document-fragment") || rest.contains("#script-off") {
            return None;
        }
        let (_, tree) = rest.split_once("#document\n")?;
        let data = data.strip_suffix('\n').unwrap_or(data);
        Some([format!("{name}:{}", index + 1), data.to_owned(), tree.trim_end_matches('\n').to_owned()])
    });
    cases.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_fragments_are_left_out() {
        let text = "#data\na\nb\n#errors\n(1,1): x\n#document\n| <html>\n|   \"a\n\nb\"\n\n\
                    #data\n#errors\n#document-fragment\ndiv\n#document\n| \"x\"\n\n\
                    #data\n#errors\n#document\n| <html>\n";
        let cases = cases_of("t", text);
        assert_eq!(cases, [["t:1", "a\nb", "| <html>\n|   \"a\n\nb\""], ["t:3", "", "| <html>"]]);
    }
}
