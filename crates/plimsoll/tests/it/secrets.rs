//! `k6/secrets`: where secrets come from, and that none of them gets out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::support::{Finished, Folder, finish, server};

/// A secret that looks different in JSON, in URLs and in debug output.
const SECRET: &str = "hunter\"2 ß";

/// What is left of it wherever it is spelled out.
const TELLTALE: &str = "hunter";

const REDACTED: &str = "***SECRET_REDACTED***";

fn holds_no_secret(what: &str, text: &str) {
    assert!(!text.contains(TELLTALE), "a secret is in {what}: {text}");
}

/// A folder with a script and a file of secrets.
fn folder(script: &str) -> Folder {
    let folder = Folder::with(&format!("import secrets from 'k6/secrets';\n{script}"));
    folder.write("secrets.txt", &format!("token={SECRET}\nother=plain-enough\n"));
    folder
}

const LEAKY: &str = r"
    import http from 'k6/http';
    import exec from 'k6/execution';
    import { check, group } from 'k6';
    import { Counter } from 'k6/metrics';
    const used = new Counter('used');
    export const options = { vus: 1, iterations: 1 };
    export async function setup() { return { token: await secrets.get('token') }; }
    export default async function (data) {
      const token = await secrets.get('token');
      exec.vu.metrics.tags.token = token;
      exec.vu.metrics.metadata.token = token;
      console.log(token, { token }, JSON.stringify({ token }), encodeURIComponent(token));
      group(`as ${token}`, () => check(token, { [`has ${token}`]: (t) => t.length === 10 }));
      used.add(1, { by: token });
      http.get(`${__ENV.TARGET}/login?token=${token}`, { tags: { token, name: token } });
      http.get(`http://${encodeURIComponent(token)}.invalid/`);
      exec.test.fail(`because of ${token}`);
      throw new Error(`wrong token ${data.token}`);
    }
    export function handleSummary(data) {
      const text = JSON.stringify(data) + data.setup_data.token;
      return { stdout: text, stderr: text, 'summary.json': text };
    }";

#[tokio::test]
async fn no_text_that_leaves_has_a_secret() {
    let target = server::answers("text/plain", "hello").await;
    let folder = folder(LEAKY);
    let outputs = "--out json=samples.json --report report.html --summary-export export.json \
                   --console-output console.log --system-tags url,name,group,check,error,vu,iter";
    let arguments = format!("--secret-source file=secrets.txt --env TARGET=http://{target} {outputs}");
    let end = folder.run(&arguments).await;
    holds_no_secret("stdout", &end.stdout);
    holds_no_secret("stderr", &end.stderr);
    for file in ["samples.json", "report.html", "export.json", "console.log", "summary.json"] {
        let text = folder.read(file);
        holds_no_secret(file, &text);
        assert!(text.contains(REDACTED), "{file} has no trace of the secret: {text}");
    }
    let console = folder.read("console.log");
    assert_eq!(console.matches(REDACTED).count(), 4, "{console}");
    end.code(110).says(&["wrong token ***SECRET_REDACTED***", "because of ***SECRET_REDACTED***"]);
}

#[tokio::test]
async fn the_summary_and_the_text_report_have_none_either() {
    let script = LEAKY.replace("handleSummary", "unused");
    let target = server::answers("text/plain", "hello").await;
    let folder = folder(&script);
    let arguments = format!(
        "--secret-source file=secrets.txt --env TARGET=http://{target} --report report.txt --log-format json \
         --log-output file=run.log --summary-mode full"
    );
    let end = folder.run(&arguments).await;
    holds_no_secret("the log", &folder.read("run.log"));
    holds_no_secret("the report", &folder.read("report.txt"));
    holds_no_secret("stdout", &end.stdout);
    end.code(110).shows(&[&format!("has {REDACTED}")]);
}

#[tokio::test]
async fn the_control_api_shows_none() {
    let script = "
        import exec from 'k6/execution';
        export const options = { scenarios: { waits: { executor: 'externally-controlled', vus: 1, maxVUs: 1,
          duration: '1h' } } };
        export async function setup() { return { token: await secrets.get('token') }; }
        export default async function () { console.log('at work'); while (true) {} }";
    let folder = folder(script);
    let address = server::reserved();
    let mut running = folder.start(&format!("--secret-source file=secrets.txt --address {address}"));
    running.says("at work").await;
    let url = format!("http://{address}/v1/setup");
    let asking = format!(
        "import http from 'k6/http';
         export default function () {{ console.log(http.get('{url}').body); }}"
    );
    let answer = crate::support::run(&asking).await.code(0);
    holds_no_secret("the answer", &answer.stderr);
    answer.says(&[REDACTED]);
    running.signal("INT");
    holds_no_secret("the log", &running.finish().await.stderr);
}

#[tokio::test]
async fn options_and_archives_have_none() {
    let script = "
        const token = await secrets.get('token');
        export const options = { tags: { token }, userAgent: `agent ${token}` };
        export default function () {}";
    let folder = folder(script);
    for arguments in ["inspect", "inspect --sources=table", "inspect --sources"] {
        let end =
            folder.plimsoll(&format!("{arguments} --secret-source file=secrets.txt test.js")).await.code(0);
        holds_no_secret(arguments, &end.stdout);
        end.shows(&[REDACTED]);
    }
    let mut command = folder.command(
        "archive --include-system-env-vars --secret-source env=name=vars,APP_ \
         --secret-source file=default,secrets.txt test.js",
    );
    command.env("APP_TOKEN", SECRET).env("K6_SECRET_SOURCE_URL_HEADER_X", SECRET).env("KEPT", "kept");
    finish(command).await.code(0);
    let archive =
        String::from_utf8_lossy(&std::fs::read(folder.path("archive.tar")).expect("there")).into_owned();
    holds_no_secret("the archive", &archive);
    assert!(archive.contains("\"KEPT\""), "the other variables are there");
}

#[tokio::test]
async fn sources_are_chosen_by_name() {
    let script = "
        export default async function () {
          const values = [await secrets.get('token'), await secrets.source('vars').get('TOKEN'),
            await secrets.source('mock').get('a')];
          console.log(values.map((value) => value.length), __ENV.APP_TOKEN, __ENV.KEPT);
          await secrets.source('mock').get('b').catch((error) => console.log(error.message));
          await secrets.source('none').get('b').catch((error) => console.log(error.message));
        }";
    let mut command = folder(script).command(
        "run --quiet --log-format raw --secret-source file=default,secrets.txt \
         --secret-source env=name=vars,APP_ --secret-source mock=a=xyz test.js",
    );
    let home = folder(script);
    command.current_dir(home.path("")).env("APP_TOKEN", "twelve chars").env("KEPT", "kept");
    finish(command).await.code(0).says(&[
        "[ 10, 12, 3 ] undefined kept",
        "no value for the secret 'b' (did you mean 'a'?), source 'mock'",
        "no secret source with name \"none\" is configured; there are 'file', 'mock', 'vars'",
    ]);
}

#[tokio::test]
async fn the_variable_names_one_source() {
    let folder = folder("export default async () => console.log((await secrets.get('other')).length);");
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_SECRET_SOURCE", "file=secrets.txt");
    finish(command).await.code(0).says(&["msg=12"]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_flags_is_told_at_once() {
    let folder = folder("export default function () {}");
    folder.write("broken.txt", "a=1\nswordfish\n");
    let arguments = "--secret-source file=broken.txt --secret-source fle=x --secret-source mock=hunter2 \
                     --secret-source file=name=gone,nowhere.txt --secret-source url";
    let end = folder.run(arguments).await.code(104);
    end.says(&[
        "--secret-source file: broken.txt, line 2: expected NAME=VALUE",
        "--secret-source fle: unknown type; expected one of file, mock, env, url, such as file",
        "--secret-source mock: entry 1 has no '=' behind its name",
        "--secret-source file: nowhere.txt: No such file",
        "--secret-source url: urlTemplate is missing",
    ])
    .says_nothing_of(&["swordfish", TELLTALE])
    .shows_nothing();
}

/// A service of secrets: `/key` answers `{"data":{"value":"KEY of CALLER"}}`, every second request is too
/// much for it. Gives its address and how often it was asked.
async fn vault() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut lines = BufReader::new(stream).lines();
            let mut head = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if line.is_empty() {
                    break;
                }
                head.push(line);
            }
            let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
            let caller = head.iter().find_map(|line| line.strip_prefix("X-Caller: ")).unwrap_or("nobody");
            let body = format!("{{\"data\":{{\"value\":\"{TELLTALE} {} of {caller}\"}}}}", &path[1..]);
            let (status, body) = match count.fetch_add(1, Relaxed) {
                _ if path == "/missing" => ("404 Not Found", String::new()),
                _ if path == "/large" => ("200 OK", "x".repeat(30_000)),
                n if n % 2 == 0 => ("503 Busy", String::new()),
                _ => ("200 OK", body),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            // Who asks for too much hangs up.
            let _ = lines.get_mut().write_all((head + &body).as_bytes()).await;
        }
    });
    (address, asked)
}

async fn ask_vault(script: &str, settings: &str) -> (Finished, usize) {
    let (address, asked) = vault().await;
    let source = format!("url=urlTemplate=http://{address}/{{key}},retryBackoff=10ms,{settings}");
    let folder = folder(script);
    let end = folder.run(&format!("--log-format raw --secret-source {source}")).await;
    (end, asked.load(Relaxed))
}

#[tokio::test]
async fn a_service_is_asked_once_for_all_vus() {
    let script = "
        export const options = { vus: 20, iterations: 60 };
        export default async function () {
          const token = await secrets.get('token');
          if (token !== ['hunt', 'er'].join('') + ' token of me') throw new Error(token);
          console.log(`is ${token}`);
        }";
    let (end, asked) = ask_vault(script, "headers.X-Caller=me,responsePath=data.value").await;
    assert_eq!(asked, 2, "one refusal, one answer; {end}");
    assert_eq!(end.count("iterations"), 60);
    holds_no_secret("stderr", &end.stderr);
    end.code(0).says(&["is ***SECRET_REDACTED***"]);
}

#[tokio::test]
async fn what_a_service_refuses_is_told_without_its_answer() {
    let script = "
        export default async function () {
          for (const name of ['missing', 'large', 'token', 'busy']) {
            await secrets.get(name).catch((error) => console.log(error.message));
          }
        }";
    let (end, asked) = ask_vault(script, "maxRetries=0,responsePath=data.nothing").await;
    assert_eq!(asked, 4, "{end}");
    holds_no_secret("stderr", &end.stderr);
    end.code(0).says(&[
        "failed to get the secret 'missing': status code 404, source 'url'",
        "failed to get the secret 'large': ",
        "failed to get the secret 'token': status code 503, source 'url'",
        "failed to get the secret 'busy': the answer has nothing at data.nothing, source 'url'",
    ]);
}

#[tokio::test]
async fn settings_of_a_service_may_be_in_a_file() {
    let (address, _) = vault().await;
    let folder = folder("export default async () => console.log((await secrets.get('a')).length);");
    folder.write(
        "vault.json",
        &format!(
            r#"{{ "urlTemplate": "http://{address}/{{key}}", "headers": {{ "X-Caller": "file" }},
                 "responsePath": "data.value", "retryBackoff": "10ms", "maxRetries": 2 }}"#
        ),
    );
    let end = folder.run("--log-format raw --secret-source url=config=vault.json").await.code(0);
    assert_eq!(end.stderr.trim(), "hunter a of file".len().to_string());
}
