//! Options from script, environment and flags, and what `__ENV` holds.

use crate::support::{Folder, finish};

const SCRIPT: &str = "
    import exec from 'k6/execution';
    export const options = { vus: 1, iterations: 2 };
    export default function () { console.log(`${exec.instance.vusInitialized} VUs, ${__ENV.PLACE}`); }
    export function other() { console.log('the other one'); }";

#[tokio::test]
async fn the_environment_overrides_the_script_and_flags_override_both() {
    let folder = Folder::with(SCRIPT);
    let script = folder.run("").await.code(0);
    assert_eq!(script.count("iterations"), 2);
    script.says(&["1 VUs, "]);

    let mut command = folder.command("run --quiet test.js");
    command.env("K6_VUS", "3").env("K6_ITERATIONS", "6");
    let environment = finish(command).await.code(0);
    assert_eq!(environment.count("iterations"), 6);
    environment.says(&["3 VUs, "]);

    let mut command = folder.command("run --quiet --vus 4 --iterations 8 test.js");
    command.env("K6_VUS", "3").env("K6_ITERATIONS", "6");
    let flags = finish(command).await.code(0);
    assert_eq!(flags.count("iterations"), 8);
    flags.says(&["4 VUs, "]);
}

#[tokio::test]
async fn durations_and_stages_replace_iterations() {
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("run test.js");
    command.env("K6_DURATION", "1s");
    finish(command).await.code(0).says(&["1 looping VUs for 1s (gracefulStop: 30s)"]);
    folder
        .plimsoll("run --stage 500ms:2,500ms:0 test.js")
        .await
        .code(0)
        .says(&["Up to 2 looping VUs for 1s over 2 stages"]);
}

#[tokio::test]
async fn wrong_values_name_their_variable() {
    let folder = Folder::with(SCRIPT);
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_VUS", "three").env("K6_DURATION", "soon");
    let end = finish(command).await.code(104);
    end.says(&[r#"vus (from K6_VUS): must be an integer, got \"three\""#, "duration (from K6_DURATION)"]);
}

#[tokio::test]
async fn variables_for_the_script() {
    let folder = Folder::with(SCRIPT);
    folder.run("-e PLACE=here").await.code(0).says(&["1 VUs, here"]);
    folder.run("--env PLACE=a=b").await.code(0).says(&["1 VUs, a=b"]);
    folder.run("-e PLACE").await.code(0).says(&["msg=\"1 VUs, \""]);
    for (flag, expected) in
        [("", "outside"), ("-e PLACE=inside", "inside"), ("--include-system-env-vars=false", "undefined")]
    {
        let mut command = folder.command(&format!("run --quiet {flag} test.js"));
        command.env("PLACE", "outside");
        finish(command).await.code(0).says(&[&format!("1 VUs, {expected}")]);
    }
}

#[tokio::test]
async fn another_function() {
    let end = Folder::with(SCRIPT).run("--exec other").await.code(0);
    end.says(&["the other one"]).says_nothing_of(&["1 VUs"]);
}

#[tokio::test]
async fn tags_reach_every_sample() {
    let script = "
        import { check } from 'k6';
        export const options = { thresholds: {
            'checks{build:42}': ['rate==1'],
            'iterations{stage:night}': ['count==1'],
            'checks{build:43}': ['rate==1'],
        } };
        export default function () { check(1, { one: () => true }); }";
    let end = Folder::with(script).run("--tag build=42 --tag stage=night").await.code(99);
    end.says(&["thresholds on metrics 'checks{build:43}' had no data"]);
}
