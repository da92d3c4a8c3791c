//! `cargo xtask schemathesis`: InsightDesk held against its own description by a program that is not ours.
//!
//! Schemathesis reads the OpenAPI document and sends what it allows and what it forbids. Fails when the desk
//! answers with a server error, or with a status, type or body that the document does not have.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::build;
use crate::http;
use crate::local_server::LocalServer;
use crate::process;
use crate::say::say;
use crate::stores::{Postgres, Valkey};
use crate::workspace::Workspace;

const PACKAGE: &str = "schemathesis==4.32.5";
const FOLDER: &str = "target/schemathesis";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// Logging out would end the session of all further requests, and faults make them fail.
const LEFT_OUT: [&str; 2] = ["logOut", "setFaults"];
/// The same cases every time: a failure can be looked into.
const SEED: &str = "7";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Keep the data in PostgreSQL and Valkey instead of in memory
    #[arg(long)]
    stores: bool,
    /// Take this InsightDesk instead of building one
    #[arg(long, value_name = "PATH")]
    insightdesk: Option<PathBuf>,
}

/// Builds, starts, asks, stops.
pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let insightdesk =
        build::given_or_release(workspace, "insightdesk", arguments.insightdesk.as_ref()).await?;
    let program = install(&workspace.root().join(FOLDER)).await?;
    let stores =
        if arguments.stores { Some((Postgres::start().await?, Valkey::start().await?)) } else { None };
    let mut command = Command::new(&insightdesk);
    command.args(["serve", "--port", "0", "--log", "error", "--access-token-seconds", "86400"]);
    command.arg("--instrument");
    match &stores {
        Some((postgres, valkey)) => {
            command.args(["--database-url", &postgres.url(), "--valkey-url", &valkey.url()])
        }
        None => command.args(["--database-url", "sqlite::memory:"]),
    };
    let server = LocalServer::start("insightdesk", &mut command).await?;
    let outcome = ask(workspace, &program, &server).await;
    server.stop().await?;
    outcome
}

async fn ask(workspace: &Workspace, program: &Path, server: &LocalServer) -> Result<ExitCode> {
    let token = log_in(server).await?;
    let mut command = Command::new(program);
    // It leaves its notes where it runs.
    command.current_dir(workspace.root().join(FOLDER));
    command.arg("run").arg(format!("{}/api/v1/openapi.json", server.url()));
    command.args(["--checks", CHECKS, "--seed", SEED]);
    for operation in LEFT_OUT {
        command.args(["--exclude-operation-id", operation]);
    }
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "100"]);
    // Not printed: it holds a token, if only one of a server that is about to end.
    command.arg("--header").arg(format!("Authorization: Bearer {token}"));
    say!(progress "running schemathesis against {}", server.url());
    let status = process::Running::spawn("schemathesis", &mut command)?.wait().await?;
    Ok(process::exit_code_of(status))
}

/// An administrator's token: with an agent's, some operations would only ever be refused.
async fn log_in(server: &LocalServer) -> Result<String> {
    let body = r#"{"email":"admin@test.com","password":"password"}"#;
    let answer = http::post(server.address(), "/api/v1/auth/login", body).await?;
    ensure!(answer.status == 200, "logging in was answered with {}", answer.status);
    let answer: Value = serde_json::from_str(&answer.body).context("the answer to logging in")?;
    Ok(answer["accessToken"].as_str().context("no token in the answer")?.to_owned())
}

/// Installs the program in an environment of its own; says where it is.
async fn install(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("bin/st");
    let mark = folder.join("installed");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(program);
    }
    let mut environment = Command::new("python3");
    let mut package = Command::new(folder.join("bin/python"));
    for command in [
        environment.args(["-m", "venv"]).arg(folder),
        package.args(["-m", "pip", "install", "--quiet", PACKAGE]),
    ] {
        let status = process::run_visibly(command.stdin(Stdio::null())).await?;
        ensure!(status.success(), "schemathesis could not be installed; Python and its venv are needed");
    }
    std::fs::write(&mark, PACKAGE).with_context(|| mark.display().to_string())?;
    Ok(program)
}
