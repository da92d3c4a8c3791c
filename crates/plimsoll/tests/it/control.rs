//! The control API from outside: as the k6-operator uses it, as a person uses it, and as nobody should.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::{Finished, Folder, PATIENCE, Running, server};

const CONTROLLED: &str = "
    import { sleep } from 'k6';
    export const options = { scenarios: { x: {
        executor: 'externally-controlled', vus: 1, maxVUs: 2, duration: 0,
    } } };
    export default function () { sleep(0.02); }
    export function teardown() { console.log('torn down'); }";

const PAUSED: &str = "
    import { check, group, sleep } from 'k6';
    import { Counter } from 'k6/metrics';
    const orders = new Counter('orders');
    export const options = {
        vus: 2, duration: '1h',
        thresholds: { 'orders': ['count<0'], 'checks{kind:odd}': ['rate>0'] },
    };
    export function setup() { console.log('in setup'); return { from: 'setup' }; }
    export default function (data) {
        group('shop', () => check(1, { 'holds': (one) => one === 1 }, { kind: 'odd' }));
        orders.add(2);
        console.log('data ' + JSON.stringify(data));
        sleep(0.05);
    }
    export function teardown(data) { console.log('torn down with ' + JSON.stringify(data)); }";

/// A program with a control API, and where that is.
struct Controlled {
    run: Running,
    address: String,
}

impl Controlled {
    async fn start(script: &str, arguments: &str) -> Self {
        let address = server::reserved();
        let run = Folder::with(script).start(&format!("--address {address} {arguments}"));
        let controlled = Controlled { run, address };
        controlled.wait_until("/ping", |answer| answer.body == "ok").await;
        controlled
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        ask(&self.address, method, path, body).await.expect("an answer")
    }

    async fn patch(&self, attributes: Value) -> Answer {
        let document = json!({ "data": { "attributes": attributes, "id": "default", "type": "status" } });
        self.ask("PATCH", "/v1/status", &document.to_string()).await
    }

    /// The attributes of the status.
    /// Without the verdict on the measurement, which depends on the machine.
    async fn status(&self) -> Value {
        self.status_and_validity().await.0
    }

    async fn status_and_validity(&self) -> (Value, Value) {
        let mut status = self.ask("GET", "/v1/status", "").await.json()["data"]["attributes"].take();
        let validity = status.as_object_mut().and_then(|it| it.remove("validity")).expect("validity");
        (status, validity)
    }

    async fn wait_until(&self, path: &str, is_so: impl Fn(&Answer) -> bool) {
        let look = async {
            loop {
                if ask(&self.address, "GET", path, "").await.is_ok_and(|answer| is_so(&answer)) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, look).await.expect("in time");
    }

    async fn wait_for_status(&self, name: &str, value: Value) {
        let is_so = |answer: &Answer| answer.json()["data"]["attributes"][name] == value;
        self.wait_until("/v1/status", is_so).await;
    }

    /// Runs one of the commands against it.
    async fn command(&self, command: &str) -> Finished {
        Folder::new().plimsoll(&format!("{command} --address {}", self.address)).await
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error that it is.
    #[track_caller]
    fn error(&self, status: u16, title: &str) -> String {
        let error = &self.json()["errors"][0];
        assert_eq!((self.status, &error["title"]), (status, &json!(title)), "{self:?}");
        assert_eq!(error["status"], status.to_string());
        error["detail"].as_str().expect("a detail").to_owned()
    }
}

/// One request on a connection of its own.
async fn ask(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}");
    say(address, &format!("{head}\r\n\r\n{body}")).await
}

async fn say(address: &str, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer in time")?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
}

/// The operator starts every runner paused, asks until all are there, resumes them, and may stop them.
#[tokio::test]
async fn as_the_operator_does() {
    let mut test = Controlled::start(PAUSED, "--paused --tag testid=7").await;
    test.wait_for_status("status", json!(4)).await;
    let waiting = json!({
        "status": 4, "paused": true, "vus": 0, "vus-max": 2, "stopped": false, "running": false,
        "tainted": false,
    });
    assert_eq!(test.status_and_validity().await, (waiting, Value::Null));
    let resume = r#"{"data":{"attributes":{"paused":false},"id":"default","type":"status"}}"#;
    let resumed = test.ask("PATCH", "/v1/status", resume).await;
    assert_eq!((resumed.status, &resumed.json()["data"]["attributes"]["paused"]), (200, &json!(false)));
    assert!(resumed.head.contains("content-type: application/json"), "{}", resumed.head);
    test.run.says("data {\\\"from\\\":\\\"setup\\\"}").await;
    test.wait_for_status("tainted", json!(true)).await;
    let running = json!({
        "status": 7, "paused": false, "vus": 2, "vus-max": 2, "stopped": false, "running": true,
        "tainted": true,
    });
    assert_eq!(test.status().await, running);
    let stopped = test.patch(json!({ "stopped": true })).await;
    assert_eq!(stopped.json()["data"]["attributes"]["stopped"], true);
    let end = test.run.finish().await.code(103).shows(&["TOTAL RESULTS", "stopped through the control API"]);
    end.says(&["torn down with"]);
}

#[tokio::test]
async fn metrics_and_groups_are_k6s() {
    let test = Controlled::start(PAUSED, "").await;
    test.wait_until("/v1/metrics/orders", |answer| answer.status == 200).await;
    let orders = test.ask("GET", "/v1/metrics/orders", "").await.json()["data"].take();
    assert_eq!((&orders["type"], &orders["id"]), (&json!("metrics"), &json!("orders")));
    let attributes = &orders["attributes"];
    assert_eq!(attributes["type"], "counter");
    assert_eq!((&attributes["contains"], &attributes["tainted"]), (&json!("default"), &json!(true)));
    let (count, rate) = (&attributes["sample"]["count"], &attributes["sample"]["rate"]);
    assert!(count.as_u64() >= Some(2) && rate.as_f64() > Some(0.0), "{orders}");
    let all = test.ask("GET", "/v1/metrics", "").await.json()["data"].take();
    let sample = |id: &str| {
        let metric = all.as_array().expect("a list").iter().find(|metric| metric["id"] == id);
        let sample = &metric.unwrap_or_else(|| panic!("no {id} in {all}"))["attributes"]["sample"];
        sample.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(sample("iteration_duration"), "avg max med min p(90) p(95)");
    assert_eq!((sample("checks").as_str(), sample("vus").as_str()), ("rate", "value"));
    // A metric's part, with its braces encoded or not.
    for id in ["checks%7Bkind%3Aodd%7D", "checks{kind:odd}"] {
        let part = test.ask("GET", &format!("/v1/metrics/{id}"), "").await.json();
        assert_eq!(part["data"]["attributes"]["sample"]["rate"], 1, "{id}");
    }
    let groups = test.ask("GET", "/v1/groups", "").await.json()["data"].take();
    let (root, shop) = (
        &groups[0],
        groups.as_array().and_then(|all| all.iter().find(|one| one["attributes"]["name"] == "shop")),
    );
    let shop = shop.expect("the group");
    assert_eq!((&root["attributes"]["path"], &root["attributes"]["checks"]), (&json!(""), &Value::Null));
    assert_eq!(root["relationships"]["parent"]["data"], Value::Null);
    assert_eq!(shop["relationships"]["parent"]["data"], json!({ "type": "groups", "id": root["id"] }));
    let check = &shop["attributes"]["checks"][0];
    assert_eq!((&check["path"], &check["fails"]), (&json!("::shop::holds"), &json!(0)));
    let id = shop["id"].as_str().expect("text");
    assert_eq!(test.ask("GET", &format!("/v1/groups/{id}"), "").await.json()["data"]["id"], id);
    test.patch(json!({ "stopped": true })).await;
    test.run.finish().await.code(103);
}

/// One machine sets the test up, the others get its data.
#[tokio::test]
async fn setup_data_are_handed_over() {
    let mut first = Controlled::start(PAUSED, "--paused --no-setup --no-teardown").await;
    assert_eq!(first.ask("GET", "/v1/setup", "").await.json()["data"]["attributes"]["data"], Value::Null);
    let set_up = first.ask("POST", "/v1/setup", "").await.json();
    let expected =
        json!({ "type": "setupData", "id": "default", "attributes": { "data": { "from": "setup" } } });
    assert_eq!(set_up["data"], expected);
    first.run.says("in setup").await;
    first.ask("PUT", "/v1/setup", "{ nonsense").await.error(400, "Invalid data");
    let given = first.ask("PUT", "/v1/setup", r#"{"from":"elsewhere"}"#).await.json();
    assert_eq!(given["data"]["attributes"]["data"]["from"], "elsewhere");
    first.patch(json!({ "paused": false })).await;
    first.run.says("data {\\\"from\\\":\\\"elsewhere\\\"}").await;
    first.ask("PUT", "/v1/setup", "{}").await.error(409, "Setup error");
    first.ask("POST", "/v1/setup", "").await.error(409, "Setup error");
    assert_eq!(first.ask("POST", "/v1/teardown", "").await.status, 200);
    first.run.says("torn down with {\\\"from\\\":\\\"elsewhere\\\"}").await;
    first.patch(json!({ "stopped": true })).await;
    first.run.finish().await.code(103);
}

#[tokio::test]
async fn a_setup_that_throws_is_told() {
    let script = "export function setup() { throw new Error('kaputt'); } export default function () {}";
    let test = Controlled::start(script, "--paused").await;
    let detail = test.ask("POST", "/v1/setup", "").await.error(500, "Error executing setup");
    assert!(detail.contains("kaputt"), "{detail}");
    test.patch(json!({ "stopped": true })).await;
    test.run.finish().await.code(103);
}

#[tokio::test]
async fn commands_control_a_test() {
    let test = Controlled::start(CONTROLLED, "").await;
    test.wait_for_status("vus", json!(1)).await;
    let status = test.command("status").await.code(0);
    let expected = "status: 7\npaused: false\nvus: 1\nvus-max: 2\nstopped: false\nrunning: true\n\
        tainted: false\nvalidity: ";
    assert!(status.stdout.starts_with(expected), "{}", status.stdout);
    test.command("scale --vus 2").await.code(0).shows(&["\nvus: 2\nvus-max: 2\n"]);
    let refused = test.command("scale --vus 3").await.code(255).shows_nothing();
    refused.says(&["Execution config error: can't have 3 VUs while there may be 2 at most"]);
    test.command("scale --vus 3 --max 4").await.code(0).shows(&["\nvus: 3\nvus-max: 4\n"]);
    test.command("pause").await.code(0).shows(&["paused: true"]);
    test.wait_for_status("vus", json!(0)).await;
    test.command("resume").await.code(0).shows(&["paused: false"]);
    test.wait_for_status("vus", json!(3)).await;
    test.wait_until("/v1/metrics/iterations", |answer| answer.status == 200).await;
    test.command("stats").await.code(0).shows(&["- name: iterations\n  type: counter\n", "    count: "]);
    test.command("scale").await.code(255).says(&["--vus"]);
    test.run.signal("INT");
    test.run.finish().await.code(105).says(&["torn down", "the test is scaled: vus: 3 vus-max: 4"]);
}

#[tokio::test]
async fn only_what_the_test_can_do_is_done() {
    let test = Controlled::start(PAUSED, "").await;
    test.wait_for_status("status", json!(7)).await;
    let detail = test.patch(json!({ "paused": true })).await.error(500, "Pause error");
    assert_eq!(detail, "scenario 'default' (constant-vus) cannot be paused once the test runs");
    test.patch(json!({ "vus": 3 })).await.error(500, "Execution config error");
    test.patch(json!({ "vus-max": 3 })).await.error(500, "Execution config error");
    assert_eq!(test.status().await["paused"], false);
    test.patch(json!({ "stopped": true })).await;
    test.run.finish().await.code(103);
}

#[tokio::test]
async fn who_lingers_can_still_be_asked() {
    let mut test = Controlled::start(PAUSED, "--linger --iterations 3 --no-teardown").await;
    test.run.says("lingering until").await;
    let ended = json!({
        "status": 9, "paused": false, "vus": 0, "vus-max": 2, "stopped": false, "running": false,
        "tainted": true,
    });
    let (status, validity) = test.status_and_validity().await;
    assert_eq!(status, ended);
    assert!(["VALID", "SUSPECT", "INVALID"].map(Value::from).contains(&validity), "{validity}");
    let iterations = test.ask("GET", "/v1/metrics/iterations", "").await;
    assert_eq!(iterations.json()["data"]["attributes"]["sample"]["count"], 3);
    assert_eq!(test.ask("POST", "/v1/teardown", "").await.status, 200);
    test.run.says("torn down with {\\\"from\\\":\\\"setup\\\"}").await;
    test.patch(json!({ "stopped": true })).await;
    assert_eq!(test.status().await, ended);
    let again = test.ask("GET", "/v1/metrics/iterations", "").await;
    assert_eq!(again.body, iterations.body, "the time of the test has ended");
    test.run.signal("INT");
    test.run.finish().await.code(99).shows(&["crossed"]);
}

#[tokio::test]
async fn bad_requests_get_answers() {
    let test = Controlled::start(CONTROLLED, "--paused").await;
    test.ask("PATCH", "/v1/status", "{").await.error(400, "Invalid data");
    test.ask("PATCH", "/v1/status", "").await.error(400, "Invalid data");
    test.patch(json!({ "vus": -1 })).await.error(400, "Invalid data");
    test.patch(json!({ "vus-max": 9_999_999 })).await.error(400, "Execution config error");
    test.ask("GET", "/v1/metrics/nothing", "").await.error(404, "Not Found");
    test.ask("GET", "/v1/groups/nothing", "").await.error(404, "Not Found");
    for (method, path) in
        [("POST", "/v1/status"), ("DELETE", "/v1/metrics"), ("PUT", "/v1/groups/x"), ("GET", "/v1/teardown")]
    {
        let answer = test.ask(method, path, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (405, ""), "{method} {path}");
    }
    for path in ["/", "/ping", "/v1/nothing", "/anything"] {
        assert_eq!(test.ask("GET", path, "").await.body, "ok", "{path}");
    }
    let huge = "PUT /v1/setup HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n";
    say(&test.address, huge).await.expect("an answer").error(413, "Too large");
    // The server may hang up on what it does not want to read, which loses its answer now and then.
    let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(60_000));
    assert!(!say(&test.address, &head).await.is_ok_and(|answer| answer.status != 431));
    assert_eq!(say(&test.address, "nonsense\r\n\r\n").await.expect("an answer").status, 400);
    assert_eq!(test.status().await["paused"], true);
    test.patch(json!({ "stopped": true })).await;
    test.run.finish().await.code(103).says_nothing_of(&["torn down"]);
}

#[tokio::test]
async fn addresses_that_cannot_be_bound() {
    let holder = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let held = holder.local_addr().expect("an address").to_string();
    let folder = Folder::with("export default function () { console.log('ran'); }");
    let end = folder.run(&format!("--address {held}")).await.code(106).shows_nothing();
    end.says(&[&format!("the control API cannot listen at {held}")]).says_nothing_of(&["ran"]);
    folder.run("--address nonsense").await.code(106).says(&["expected HOST:PORT"]);
    let mut command = folder.command("run --quiet test.js");
    command.env("K6_ADDRESS", &held);
    let end = crate::support::finish(command).await.code(0);
    end.says(&["level=warning", "no control API at", "K6_ADDRESS", "msg=ran"]);
}

#[tokio::test]
async fn whoever_else_can_reach_it_is_warned_of() {
    let folder = Folder::with("export default function () {}");
    let end = folder.run("--address 0.0.0.0:0").await.code(0);
    end.says(&["level=warning", "whoever can reach it can stop the test"]);
    folder.run("--address :0").await.code(0).says_nothing_of(&["level=warning"]);
}

#[tokio::test]
async fn without_a_test_commands_say_so() {
    let nobody = server::nobody().await;
    for command in ["pause", "resume", "scale --vus 1", "stats", "status"] {
        let end = Folder::new().plimsoll(&format!("{command} --address {nobody}")).await;
        end.code(255).shows_nothing().says(&[&format!("no test listens at {nobody}"), "with --address?"]);
    }
    let other = server::answers("text/plain", "hello").await;
    let end = Folder::new().plimsoll(&format!("status --address {other}")).await;
    end.code(255).says(&["gave no proper answer"]);
}

#[tokio::test]
async fn waiting_without_a_control_api_is_warned_of_and_can_be_interrupted() {
    let mut run = Folder::with(PAUSED).start("--paused");
    run.says("nobody can resume it").await;
    run.signal("TERM");
    run.finish().await.code(105).says_nothing_of(&["in setup", "torn down"]);
}

#[tokio::test]
async fn banner_and_progress_tell_of_control() {
    let address = server::reserved();
    let folder = Folder::with(CONTROLLED);
    let command = folder.command(&format!("run --paused --address {address} test.js"));
    let test = Controlled { run: Running::start(command, folder), address };
    test.wait_until("/ping", |answer| answer.body == "ok").await;
    test.wait_for_status("status", json!(4)).await;
    test.patch(json!({ "stopped": true })).await;
    test.run.finish().await.code(103).says(&[
        &format!("control: http://{}, waits to be resumed", test.address),
        "x: 1 looping VUs until stopped, controlled from outside (maxVUs: 2, gracefulStop: 30s)",
        "1 scenario, 2 max VUs, no end:",
        "the test is paused: its VUs are there, and it waits to be resumed",
        "ended before it began, with 2 VUs initialised",
        "externally controlled",
    ]);
}
