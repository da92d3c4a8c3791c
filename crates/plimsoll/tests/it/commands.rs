//! The commands around a run: a first script, completions, the version; and all of it under k6's name.

use crate::support::{Folder, finish, server};

#[tokio::test]
async fn a_first_script_runs_as_it_is() {
    let target = server::answers("text/html", "<p>hello</p>").await;
    for template in ["minimal", "protocol"] {
        let folder = Folder::new();
        let end = folder.plimsoll(&format!("new --template {template} first.js")).await.code(0);
        end.shows(&["first.js was written", "plimsoll run --env BASE_URL=http://localhost:3001 first.js"]);
        assert!(folder.read("first.js").contains("staging.example.com first.js\n"), "its own name");
        let arguments = format!("run --quiet --vus 2 --iterations 4 --env BASE_URL=http://{target} first.js");
        let end = folder.plimsoll(&arguments).await.code(0);
        assert_eq!(end.count("iterations"), 4);
        end.says_nothing_of(&["level=error", "source=stacktrace"]);
    }
}

#[tokio::test]
async fn the_options_of_a_first_script_are_valid_as_they_are() {
    for template in ["minimal", "protocol"] {
        let folder = Folder::new();
        folder.plimsoll(&format!("new --template {template}")).await.code(0);
        folder.plimsoll("archive script.js").await.code(0).says_nothing_of(&["level=warning"]);
    }
}

#[tokio::test]
async fn an_existing_file_is_kept() {
    let folder = Folder::new();
    folder.write("script.js", "mine");
    let end = folder.plimsoll("new").await.code(255).shows_nothing();
    end.says(&["script.js is already there", "hint: --force"]);
    assert_eq!(folder.read("script.js"), "mine");
    folder.plimsoll("new --force").await.code(0);
    assert!(folder.read("script.js").contains("export default function"));
}

#[tokio::test]
async fn templates_may_be_ones_own() {
    let folder = Folder::new();
    folder.write("team.js", "// {{ .ScriptName }}\n");
    folder.plimsoll("new --template team.js login.js").await.code(0);
    assert_eq!(folder.read("login.js"), "// login.js\n");
    let end = folder.plimsoll("new --template browser other.js").await.code(255);
    end.says(&["the template browser could not be read", "minimal and protocol"]);
    assert_eq!(folder.files(), ["login.js", "team.js"]);
}

#[tokio::test]
async fn completions_for_every_shell() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let end = folder.plimsoll(&format!("completions {shell}")).await.code(0);
        end.shows(&["plimsoll", "summary-trend-stats", "archive-out"]);
    }
    folder.plimsoll("completion bash").await.code(0).shows(&["_plimsoll()"]);
    folder.plimsoll("completions tcsh").await.code(255).shows_nothing().says(&["possible values: bash"]);
}

#[tokio::test]
async fn the_version_as_text_and_as_json() {
    let folder = Folder::new();
    let version = env!("CARGO_PKG_VERSION");
    folder.plimsoll("version").await.code(0).shows(&[&format!("plimsoll v{version} (")]);
    let end = folder.plimsoll("version --json").await.code(0);
    let facts: serde_json::Value = serde_json::from_str(&end.stdout).expect("JSON");
    assert_eq!(facts["version"], version);
    assert!(facts["os"].is_string() && facts["arch"].is_string() && facts["k6_version"].is_string());
}

#[tokio::test]
#[cfg(unix)]
async fn the_program_answers_to_the_name_k6() {
    let folder = Folder::with("export default () => console.log('as k6');");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_plimsoll"), folder.path("k6")).expect("a link");
    let k6 = async |arguments: &str| finish(folder.command_of(folder.path("k6"), arguments)).await;
    k6("run --quiet test.js").await.code(0).says(&["msg=\"as k6\""]);
    k6("archive test.js").await.code(0);
    k6("run --quiet archive.tar").await.code(0).says(&["msg=\"as k6\""]);
    k6("version").await.code(0).shows(&[env!("CARGO_PKG_VERSION")]);
    k6("--help").await.code(0).shows(&["Usage: k6 [OPTIONS] <COMMAND>"]);
    k6("run").await.code(255).says(&["Usage: k6 run"]);
    k6("completions bash").await.code(0).shows(&["_k6()"]);
    k6("new").await.code(0).shows(&["k6 run --env BASE_URL"]);
}
