//! The command `inspect`, and what scripts see of their consolidated options.

use serde_json::{Value, json};

use crate::support::{Finished, Folder, finish, run};

const SCRIPT: &str = "
    export const options = { vus: 3, duration: 90000, thresholds: { iterations: ['count>0'] } };
    export default function () { throw new Error('not to be run'); }";

fn options(end: &Finished) -> Value {
    serde_json::from_str(&end.stdout).unwrap_or_else(|error| panic!("{error}; {end}"))
}

#[tokio::test]
async fn options_are_k6s_json() {
    let end = Folder::with(SCRIPT).plimsoll("inspect test.js").await.code(0);
    assert!(
        end.stdout.starts_with("{\n  \"paused\": null,\n  \"vus\": 3,\n  \"duration\": \"1m30s\",\n"),
        "{end}"
    );
    let options = options(&end);
    assert_eq!(options["thresholds"], json!({ "iterations": ["count>0"] }));
    assert_eq!((&options["scenarios"], options.get("maxVUs")), (&Value::Null, None));
    end.says_nothing_of(&["not to be run"]);
}

#[tokio::test]
async fn requirements_are_derived_from_all_layers() {
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("inspect --execution-requirements --sources=json --vus 7 test.js");
    command.env("K6_TAGS", "a:b");
    let options = options(&finish(command).await.code(0));
    assert_eq!((&options["totalDuration"], &options["maxVUs"]), (&json!("2m0s"), &json!(7)));
    let scenario = &options["scenarios"]["default"];
    assert_eq!((&scenario["executor"], &scenario["vus"]), (&json!("constant-vus"), &json!(7)));
    let sources = json!({
        "vus": "--vus", "duration": "test.js", "scenarios": "derived from vus, duration",
        "thresholds": "test.js", "tags": "K6_TAGS",
    });
    assert_eq!(options["sources"], sources);
}

#[tokio::test]
async fn exit_codes_are_those_of_run() {
    for (arguments, script, code, says) in [
        ("", "export const options = { vus: 'x' }; export default () => {}", 104, "vus (from test.js)"),
        ("--blacklist-ip 300.1.1.1", SCRIPT, 104, "blacklistIPs (from --blacklist-ip)"),
        ("", "export default () => {", 107, "SyntaxError"),
        ("", "throw new Error('kaputt')", 107, "kaputt"),
        ("--sources=tree", SCRIPT, 255, "table, json"),
        ("--exec nobody", SCRIPT, 104, "function 'nobody' not found"),
    ] {
        let end = Folder::with(script).plimsoll(&format!("inspect {arguments} test.js")).await;
        end.code(code).shows_nothing().says(&[says]);
    }
}

#[tokio::test]
async fn the_environment_is_hidden_unless_asked_for() {
    let folder = Folder::with(
        "export const options = { tags: { home: `${__ENV.PLACE} ${__ENV.GIVEN}` } };\n\
         export default function () { }",
    );
    for (flags, variable, expected) in [
        ("", "", "undefined yes"),
        ("--include-system-env-vars", "", "here yes"),
        ("", "true", "here yes"),
        ("--include-system-env-vars=false", "true", "undefined yes"),
    ] {
        let mut command = folder.command(&format!("inspect -e GIVEN=yes {flags} test.js"));
        command.env("PLACE", "here").env("K6_INCLUDE_SYSTEM_ENV_VARS", variable);
        assert_eq!(options(&finish(command).await.code(0))["tags"]["home"], expected, "{flags} {variable}");
    }
}

#[tokio::test]
async fn the_scripts_own_options_are_completed_in_vus() {
    let script = "
        export const options = { throw: true };
        console.log(`init ${__VU} ${options.tags} ${options.vus}`);
        export default function () { console.log(JSON.stringify(options)); }
        export function teardown() { console.log(`teardown ${options.tags.a} ${options.vus}`); }";
    let end = Folder::with(script).run("--vus 2 --tag a=b").await.code(0);
    end.says(&[
        "init 0 undefined undefined",
        "init 1 undefined undefined",
        r#"{\"throw\":true,\"vus\":2,\"tags\":{\"a\":\"b\"},\"scenarios\":{\"default\":"#,
        "teardown b 2",
    ]);
}

#[tokio::test]
async fn frozen_options_stay_as_they_are() {
    let script = "
        export const options = Object.freeze({ throw: true });
        export default function () { console.log(JSON.stringify(options)); }";
    Folder::with(script).run("--vus 1").await.code(0).says(&[r#"msg="{\"throw\":true}""#]);
}

#[tokio::test]
async fn test_options_have_scenarios_and_thresholds() {
    let script = "
        import exec from 'k6/execution';
        export const options = { iterations: 2, thresholds: { iterations: ['count==2'] } };
        export default function () {
            const seen = exec.test.options;
            console.log(`${seen.scenarios.default.iterations} ${seen.thresholds.iterations} ${seen.vus}`);
        }";
    run(script).await.code(0).says(&["2 count==2 undefined"]);
}
