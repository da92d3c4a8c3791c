//! Options, thresholds and flags that are wrong: everything at once, with the place, the value and a hint.

use crate::support::{Folder, run};

/// A script with these options.
fn script(options: &str) -> String {
    format!("export const options = {options};\nexport default function () {{}}\n")
}

#[tokio::test]
async fn an_unknown_key_is_a_warning() {
    let end = run(&script("{ itertions: 5, iterations: 2 }")).await.code(0);
    assert_eq!(end.count("iterations"), 2);
    end.says(&[
        "level=warning",
        "itertions (from test.js): unknown option, it has no effect (did you mean `iterations`?)",
    ]);
}

#[tokio::test]
async fn wrong_types_are_told_all_at_once() {
    let options = "{ vus: 'many', tags: [1], insecureSkipTLSVerify: 'yes', thresholds: 7 }";
    let end = Folder::with(&script(options)).run("--duration soon --iterations 1.5").await;
    end.code(104).shows_nothing().says(&[
        "there were problems with the test's configuration:",
        r#"vus (from test.js): must be an integer, got \"many\""#,
        "tags (from test.js): must be an object of strings, got [1]",
        r#"insecureSkipTLSVerify (from test.js): must be true or false, got \"yes\""#,
        "thresholds (from test.js): must be an object of arrays, got 7",
        r#"iterations (from --iterations): must be an integer, got \"1.5\""#,
        r#"duration (from --duration): "#,
    ]);
}

#[tokio::test]
async fn wrong_types_inside_of_scenarios() {
    let options = "{ scenarios: {
        one: { executor: 'constant-vus', duration: 'soon', vus: 'three' },
        two: { executor: 'ramping-vus', stages: [{ target: 1 }] },
        'th ree': 3,
    } }";
    run(&script(options)).await.code(104).says(&[
        r#"scenarios.one.duration (from test.js): "#,
        "scenarios.one.vus (from test.js): ",
        "scenarios.two.stages",
        "scenarios.th ree",
    ]);
}

#[tokio::test]
async fn executors_that_are_unknown_or_lack_something() {
    let options = "{ scenarios: {
        steady: { executor: 'constant-vu', duration: '1s' },
        open: { executor: 'constant-arrival-rate', rate: 0, duration: '1s', preAllocatedVUs: 1 },
        ramp: { executor: 'ramping-arrival-rate', stages: [], preAllocatedVUs: 1 },
        manual: { executor: 'externally-controlled', vus: 1 },
    } }";
    run(&script(options)).await.code(104).shows_nothing().says(&[
        "scenarios.steady.executor (from test.js): unknown executor type",
        "hint: did you mean `constant-vus`?",
        "scenarios.open.rate (from test.js): the iteration rate must be more than 0",
        "scenarios.ramp.stages (from test.js): at least one stage is required",
        "scenarios.manual.duration (from test.js): the duration is required",
    ]);
}

#[tokio::test]
async fn malformed_thresholds() {
    let options = "{ thresholds: {
        http_req_duration: ['p95<500', 'p(95)=<500', 'avg<fast'],
        'http_reqs{name': ['count>1'],
    } }";
    run(&script(options)).await.code(104).shows_nothing().says(&[
        "thresholds.http_req_duration (from test.js): malformed threshold expression 'p95<500'",
        "unknown aggregation 'p95'; expected one of count, rate, value, avg, min, max, med, p(N)",
        "malformed threshold expression 'p(95)=<500'",
        "malformed threshold expression 'avg<fast'",
        "thresholds.http_reqs{name (from test.js): ",
    ]);
}

#[tokio::test]
async fn thresholds_on_unknown_metrics_and_aggregations() {
    let options = "{ thresholds: { http_req_duratoin: ['avg<1'], checks: ['p(95)<1'] } }";
    run(&script(options)).await.code(104).shows_nothing().says(&[
        "no metric name 'http_req_duratoin' found; did you mean 'http_req_duration'?",
        "aggregation 'p(95)' is not supported for a rate metric; supported: rate",
    ]);
}

#[tokio::test]
async fn functions_that_are_not_exported() {
    let script = "
        export const options = { scenarios: { buy: { executor: 'shared-iterations', exec: 'bye' } } };
        export function buy() {}";
    run(script).await.code(104).shows_nothing().says(&[
        "scenarios.buy.exec (from test.js): function 'bye' not found in exports",
        "hint: the script exports buy",
    ]);
    let end = Folder::with(script).run("--exec sell").await.code(104);
    end.says(&["exec (from --exec): function 'sell' not found in exports", "hint: the script exports buy"]);
}

#[tokio::test]
async fn options_that_are_not_there_yet() {
    let folder = Folder::with(&script("{}"));
    // Without it, the results are the same.
    let end = folder.run("--traces-output otel").await.code(0);
    end.says(&["level=warning", "option tracesOutput is not supported yet and has no effect"]);
}

#[tokio::test]
async fn flags_that_are_wrong() {
    let folder = Folder::with(&script("{}"));
    for (arguments, message) in [
        ("run --itertions 3 test.js", "unexpected argument '--itertions' found"),
        ("run --itertions 3 test.js", "'--iterations'"),
        ("run", "<SCRIPT>"),
        ("run test.js another.js", "unexpected argument 'another.js' found"),
        ("rnu test.js", "unrecognized subcommand 'rnu'"),
        (
            "run --env 1st=2 test.js",
            "--env 1st=2: a variable's name is made of letters, digits and underscores",
        ),
        ("run --env 1st=2 test.js", "Usage: plimsoll run"),
        ("run --no-data=maybe test.js", "invalid value 'maybe'"),
        ("", "Usage: plimsoll"),
    ] {
        folder.plimsoll(arguments).await.code(255).shows_nothing().says(&[message]);
    }
}

#[tokio::test]
async fn help_and_version_are_asked_for() {
    let folder = Folder::new();
    folder.plimsoll("--help").await.code(0).shows(&["Usage: plimsoll"]);
    folder.plimsoll("run --help").await.code(0).shows(&["--vus", "Exit codes:"]);
    let version = concat!("plimsoll v", env!("CARGO_PKG_VERSION"), " (");
    assert!(folder.plimsoll("version").await.code(0).stdout.starts_with(version));
}
