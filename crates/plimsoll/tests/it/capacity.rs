//! `plimsoll capacity` and `plimsoll gate`, from outside. That answers are right is shown by simulation in
//! plimsoll-report, and against a server of known capacity by `cargo xtask bench capacity`; here is what the
//! command does with them.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::{Finished, Folder, PATIENCE, Running, server};

/// How often a search is tried on a machine that is too busy.
const ATTEMPTS: usize = 2;

/// A script with an arrival rate, a phase before and one after.
const SCRIPT: &str = "
    import http from 'k6/http';
    export const options = {
        scenarios: {
            a: { executor: 'constant-arrival-rate', rate: 5, duration: '1m', preAllocatedVUs: 2,
                 exec: 'visit' },
            b: { executor: 'constant-vus', vus: 1, duration: '1m', exec: 'visit' },
        },
    };
    export function setup() { console.log('in setup'); return { path: '/' }; }
    export function visit(data) { http.get('http://TARGET' + data.path); }
    export function teardown() { console.log('in teardown'); }";

/// Short plateaus, and a bound that loopback keeps on any machine.
const QUICK: &str = "--slo http_req_duration:p(95)<2000 --plateau-min 1s --plateau-max 3s --start-rate 100";

async fn folder() -> Folder {
    let target = server::answers("text/plain", "hello").await;
    Folder::with(&SCRIPT.replace("TARGET", &target.to_string()))
}

fn record(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("capacity.json")).expect("JSON")
}

/// The search, tried again while this machine is too busy to say anything of the target. If it always is,
/// some load has to have been judged all the same: what is busy for a plateau voids that plateau only.
async fn search(folder: &Folder, arguments: &str) -> Option<Finished> {
    let mut judged = 0;
    for _ in 0..ATTEMPTS {
        let end = folder.plimsoll(arguments).await;
        if end.code != Some(92) {
            return Some(end);
        }
        assert!(end.stdout.contains("generator-limited"), "{}", end.stdout);
        let plateaus = record(folder)["plateaus"].as_array().cloned().unwrap_or_default();
        judged += plateaus.iter().filter(|plateau| plateau["verdict"] != "generator-limited").count();
    }
    assert!(judged > 0, "not a single plateau was judged in {ATTEMPTS} searches");
    None
}

#[tokio::test]
async fn what_is_allowed_and_carried_is_the_answer() {
    let folder = folder().await;
    let arguments = format!("capacity {QUICK} --max-rate 200 --report page.html test.js");
    let Some(end) = search(&folder, &arguments).await else { return };
    let end = end.code(0);
    let end = end.shows(&["no capacity is claimed: the highest load allowed, 200/s, is carried"]);
    end.says(&["in setup", "in teardown", "open model, poisson arrivals", "http_req_failed:rate<0.01"]);
    let record = record(&folder);
    assert_eq!(record["format"], "plimsoll-capacity");
    assert_eq!(record["header"]["scenario"], "a");
    assert_eq!(record["end"]["end"], "limit-not-reached");
    assert_eq!(record["answer"]["atLeast"], 200.0);
    let page = folder.read("page.html");
    assert!(page.contains("<svg") && !page.contains("http://www"), "a page without links");
    folder.plimsoll("gate --capacity >=50/s@95%").await.code(0).shows(&["✓ 200/s was carried"]);
    folder.plimsoll("gate --capacity >=300/s").await.code(90).shows(&["? no capacity is claimed"]);
    folder.plimsoll("gate --capacity >=5vus").await.code(90).shows(&["searched as a rate"]);
    // Nothing is left to do, so that nothing is done.
    let again = folder.plimsoll(&format!("{arguments} --resume")).await.code(0);
    again.shows(&["200/s, is carried"]).says(&["is finished"]).says_nothing_of(&["in setup"]);
    // Other loads are asked of what was found, other arrivals are another search.
    folder.plimsoll(&format!("{arguments} --resume --forecast 500/s")).await.code(0);
    assert_eq!(self::record(&folder)["answer"]["forecast"]["rate"], 500.0);
    let other = folder.plimsoll(&format!("{arguments} --resume --arrivals uniform")).await;
    other.code(255).says(&["arrivals and objectives have to be the same"]);
}

#[tokio::test]
async fn nothing_but_the_target_limits_the_load() {
    let folder = folder().await;
    let flags = "--max-rate 200 --rps 5 --paused --out json=samples.json";
    let Some(end) = search(&folder, &format!("capacity {QUICK} {flags} test.js")).await else { return };
    let end = end.code(0).shows(&["200/s, is carried"]);
    end.says(&["rps (from --rps): 5 requests/s at most", "without effect on a search: --paused, --out"]);
    assert!(!folder.files().contains(&"samples.json".to_owned()), "{:?}", folder.files());
}

#[tokio::test]
async fn a_real_prometheus_is_observed() {
    let page = "pool_busy{pool=\"a\",name=\"x\"} 3\npool_busy{pool=\"b\",name=\"y\"} 4\n";
    let target = server::answers("text/plain; version=0.0.4", page).await;
    let prometheus = Database::scraping(target).await;
    let folder = Folder::with(&SCRIPT.replace("TARGET", &target.to_string()));
    let scraped = async {
        while prometheus.query("pool_busy", now()).await.len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, scraped).await.expect("it is scraped every second");
    let observe = |query: &str| format!("--observe prometheus=http://{},query={query}", prometheus.address);
    for (query, why) in [("pool_busy", "the query has 2 series"), ("sum(", "parse error")] {
        let end = folder.plimsoll(&format!("capacity {QUICK} {} test.js", observe(query))).await;
        end.code(104).says(&[why]);
    }

    let pool = observe("sum(pool_busy{name=~\"x|y\",pool!=\"c\"}),limit=10,name=pool");
    let nothing = observe("no_such_series");
    let flags = "--plateau-min 2s --plateau-max 4s --start-rate 100 --max-rate 200";
    let slo = "--slo http_req_duration:p(95)<2000";
    let Some(end) = search(&folder, &format!("capacity {slo} {flags} {pool} {nothing} test.js")).await else {
        return;
    };
    end.code(0).says(&["the query has no result, as yet"]);
    let record = record(&folder);
    let plateaus = record["plateaus"].as_array().expect("plateaus").iter();
    let seen: Vec<&Value> = plateaus.map(|plateau| &plateau["figures"]["observed"]["pool"]).collect();
    assert!(seen.iter().any(|pool| **pool == 7.0), "{seen:?}");
    assert!(seen.iter().all(|pool| pool.is_null() || **pool == 7.0), "{seen:?}");
}

/// In seconds since 1970.
fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64()
}

#[tokio::test]
async fn users_are_driven_where_there_is_no_rate() {
    let folder = folder().await;
    let flags = "--scenario b --start-rate 1 --max-vus 2 --plateau-min 1s --plateau-max 3s";
    let slo = "--slo http_req_duration:p(95)<2000";
    let Some(end) = search(&folder, &format!("capacity {slo} {flags} test.js")).await else { return };
    end.code(0).shows(&["2 VUs"]).says(&["closed model, looping VUs"]);
    assert_eq!(record(&folder)["header"]["model"], "closed");
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told_at_once() {
    let nobody = server::nobody().await;
    let folder = Folder::with(&SCRIPT.replace("TARGET", &nobody.to_string()));
    let Some(end) = search(&folder, &format!("capacity {QUICK} test.js")).await else { return };
    end.code(90).shows(&["100 % of the requests failed whatever the load is"]);
}

#[tokio::test]
async fn an_objective_that_nothing_reaches_is_told() {
    let folder = folder().await;
    let slo = "--slo http_req_duration{name:nowhere}:p(95)<200";
    let flags = "--plateau-min 1s --plateau-max 3s --start-rate 20";
    let Some(end) = search(&folder, &format!("capacity {slo} {flags} test.js")).await else { return };
    end.code(90).shows(&["no sample reached the objective 'http_req_duration{name:nowhere}:p(95)<200'"]);
}

#[tokio::test]
async fn an_objective_of_a_url_sees_what_is_sent_there() {
    let target = server::answers("text/plain", "hello").await;
    // A URL with a number in it is recorded as a pattern, unless somebody asks for just that one.
    let script = "
        import http from 'k6/http';
        export const options = {
            scenarios: { a: { executor: 'constant-arrival-rate', rate: 5, duration: '1m',
                              preAllocatedVUs: 2 } },
        };
        export default function () { http.get('http://TARGET/articles/12345'); }";
    let folder = Folder::with(&script.replace("TARGET", &target.to_string()));
    let slo = format!("--slo http_req_duration{{url:http://{target}/articles/12345}}:p(95)<2000");
    let flags = "--plateau-min 1s --plateau-max 3s --start-rate 200 --max-rate 200";
    let Some(end) = search(&folder, &format!("capacity {slo} {flags} test.js")).await else { return };
    end.code(0).shows(&["200/s, is carried"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let folder = folder().await;
    for (flags, code, why) in [
        ("", 104, "nothing says what has to hold"),
        ("--slo http_req_durations:p(95)<9", 104, "did you mean 'http_req_duration'"),
        ("--slo http_req_duration:max<9", 104, "ask for a percentile"),
        ("--slo http_req_duration:p(95)<9 --scenario checkout", 104, "there is a, b"),
        ("--slo http_req_duration:p(95)<9 --budget 1s", 104, "too short for a single plateau"),
        ("--slo http_req_duration:p(95)<9 --min-rate 50 --max-rate 20", 104, "is more than the most"),
        ("--slo http_req_duration:p(95)<9 --observe disk", 104, "expected process="),
        ("--slo http_req_duration:p(95)<9 --max-rate 50vus", 104, "a number of VUs is given, and a rate"),
        ("--slo http_req_duration:p(95)<9 --scenario b --current-rate 5/s", 104, "a rate is given"),
        ("--slo http_req_duration:p(95)<9 --max-rate fast", 255, "expected a load"),
        ("--slo http_req_duration:p(95)<9 --precision 0%", 255, "from 0.1% to 50%"),
        ("--slo http_req_duration:p(95)<9 --max-vus 2000000", 255, "1..=1000000"),
        ("--slo http_req_duration:p(95)<9 --resume", 255, "capacity.json cannot be used"),
        ("--slo http_req_duration:p(95)<9 --record none/a.json", 255, "none/a.json could not be written"),
        ("--slo http_req_duration:p(95)<9 --report none/a.html", 255, "none/a.html could not be written"),
        ("--slo http_req_duration:p(95)<9 --execution-segment 0:1/2", 104, "expected the whole load"),
        ("--slo http_req_duration:p(95)<9 --observe process=0", 104, "process 0: "),
    ] {
        let end = folder.plimsoll(&format!("capacity {flags} test.js")).await;
        end.code(code).says(&[why]);
    }
}

#[tokio::test]
#[cfg(unix)]
async fn an_interrupt_keeps_what_was_seen() {
    let target = server::answers("text/plain", "hello").await;
    let folder = Folder::with(&SCRIPT.replace("TARGET", &target.to_string()));
    let command = folder.command(&format!("capacity {QUICK} --max-rate 200 test.js"));
    let mut run = Running::start(command, folder);
    run.says("climb").await;
    run.signal("INT");
    let (end, folder) = run.finish_and_leave().await;
    let end = end.code(105).shows(&["it was interrupted", "climb"]);
    end.says(&["stopping the test because of SIGINT", "in teardown"]);
    // Numbers that are read and written again may differ in their last digit.
    let whole = |record: &Value| -> Vec<(String, usize)> {
        let plateaus = record["plateaus"].as_array().into_iter().flatten();
        let shown =
            |plateau: &Value| format!("{}{}{}", plateau["load"], plateau["purpose"], plateau["verdict"]);
        let moments = |plateau: &Value| plateau["moments"].as_array().map_or(0, Vec::len);
        let all = plateaus.map(|plateau| (shown(plateau), moments(plateau)));
        all.filter(|(shown, _)| !shown.contains("ended") && !shown.contains("generator")).collect()
    };
    let before = record(&folder);

    // One that ends before its first plateau leaves what there is.
    let broken = SCRIPT.replace("TARGET", &target.to_string()).replace("console.log('in setup')", "throw 1");
    folder.write("broken.js", &broken);
    let end = folder.plimsoll(&format!("capacity {QUICK} --max-rate 200 --resume broken.js")).await;
    end.code(107).says(&["was found with the script test.js"]);
    assert_eq!(record(&folder), before);

    let Some(_) = search(&folder, &format!("capacity {QUICK} --max-rate 200 --resume test.js")).await else {
        return;
    };
    let (kept, now) = (whole(&before), whole(&record(&folder)));
    assert!(now.len() >= kept.len() && now[..kept.len()] == kept[..], "{kept:?} {now:?}");
}

#[tokio::test]
async fn a_gate_reads_records_only() {
    let folder = Folder::new();
    folder.write("a.json", r#"{"format":"plimsoll-capacity","version":7}"#);
    folder.write("b.json", r#"{"metrics":{}}"#);
    for (arguments, why) in [
        (">=10/s none.json", "none.json cannot be used"),
        (">=10/s a.json", "another version: 7, expected 1"),
        (">=10/s b.json", "expected 'plimsoll-capacity'"),
        ("10/s a.json", "begin with >="),
    ] {
        folder.plimsoll(&format!("gate --capacity {arguments}")).await.code(255).says(&[why]);
    }
}
