//! What outputs write of a run under load, read by programs that nobody here wrote.

use std::collections::BTreeMap;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::database::Database;
use crate::support::{Finished, Folder, finish, server};

/// 2,000 iterations with a request, a check and two metrics of its own.
const SCRIPT: &str = "import http from 'k6/http';
     import { check, group } from 'k6';
     import { Counter, Trend } from 'k6/metrics';
     const orders = new Counter('orders');
     const size = new Trend('size');
     export const options = {
       vus: 20, iterations: 2000, tags: { team: 'a&b, \"c\"' },
       thresholds: { http_reqs: ['count>=2000'], checks: ['rate>2'] },
     };
     export default function () {
       const res = group('desk', () => http.get(`${__ENV.URL}/tickets/${__ITER}?q=a,b`));
       check(res, { 'status is 200': (r) => r.status === 200 });
       orders.add(3, { kind: 'new', disk: 'C:\\\\ temp\\\\' });
       size.add(res.body.length);
     }";

/// Runs the script and requires that no sample was lost.
async fn run(arguments: &str) -> (Folder, Finished) {
    let address = server::answers("text/plain", "hello").await;
    let folder = Folder::with(SCRIPT);
    let end = folder.run(&format!("-e URL=http://{address} {arguments}")).await;
    (folder, end.code(99).says_nothing_of(&["not written"]))
}

/// What jq prints of a file in the folder.
async fn jq(folder: &Folder, expression: &str, file: &str) -> String {
    let mut command = Command::new("jq");
    command.args(["-r", "-s", expression]).arg(folder.path(file)).stdin(Stdio::null());
    let jq = finish(piped(command)).await.code(0);
    jq.stdout.trim().to_owned()
}

fn piped(mut command: Command) -> Command {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What each metric counts in the summary, by its number of samples.
const COUNTED: [(&str, u64); 7] = [
    ("http_reqs", 2_000),
    ("http_req_duration", 2_000),
    ("http_req_failed", 2_000),
    ("checks", 2_000),
    ("iterations", 2_000),
    ("orders", 2_000),
    ("size", 2_000),
];

#[tokio::test]
async fn jq_finds_every_sample() {
    let (folder, end) = run("--out json=samples.json").await;
    assert_eq!(end.count("http_reqs"), 2_000, "{}", end.stdout);
    let counts = jq(
        &folder,
        "map(select(.type == \"Point\")) | group_by(.metric) | map([.[0].metric, length])
         | .[] | @tsv",
        "samples.json",
    )
    .await;
    let counts: BTreeMap<_, _> = counts.lines().filter_map(|line| line.split_once('\t')).collect();
    for (metric, count) in COUNTED {
        assert_eq!(counts.get(metric), Some(&count.to_string().as_str()), "{metric} of {counts:?}");
    }
    let fields = "[.[] | select(.type == \"Point\" and .metric == \"http_reqs\")][0].data
                  | [.value, .tags.team, .tags.group, .tags.method, .tags.status, (.time | length > 20)]
                  | @tsv";
    assert_eq!(jq(&folder, fields, "samples.json").await, "1\ta&b, \"c\"\t::desk\tGET\t200\ttrue");
    let urls = "map(select(.metric == \"http_reqs\" and .type == \"Point\").data.tags
                | .url | endswith(\"?q=a,b\")) | all";
    assert_eq!(jq(&folder, urls, "samples.json").await, "true");
    let once = "map(select(.type == \"Metric\")) | group_by(.metric) | map(length) | max";
    assert_eq!(jq(&folder, once, "samples.json").await, "1");
    let last = "last | [.type, .data.thresholdsFailed, .data.failing[0]] | @tsv";
    assert_eq!(jq(&folder, last, "samples.json").await, "Summary\ttrue\tchecks");
}

/// The specification's gate: `grep -q '"thresholdsFailed":true' results.json`.
#[tokio::test]
async fn grep_tells_a_failed_run_from_a_good_one() {
    for (wanted, code, found) in [(1, 0, 1), (3, 99, 0)] {
        let folder = Folder::with(&format!(
            "export const options = {{ iterations: 2, thresholds: {{ iterations: ['count>={wanted}'] }} }};
             export default function () {{}}"
        ));
        folder.run("--out json=results.json").await.code(code);
        let mut grep = Command::new("grep");
        grep.args(["-q", "\"thresholdsFailed\":true"]).arg(folder.path("results.json"));
        finish(piped(grep)).await.code(found);
    }
}

/// Batches of several workers reach each output in an order of its own.
fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test]
async fn compressed_files_and_several_outputs_at_once_hold_every_sample() {
    let outputs = "--out json=a.json.gz --out json=b.json.zst --out csv=c.csv --out csv=d.csv.gz";
    let (folder, _) = run(outputs).await;
    let mut lines = Vec::new();
    let commands = [("gzip", "a.json.gz"), ("zstd", "b.json.zst"), ("cat", "c.csv"), ("gzip", "d.csv.gz")];
    for (program, file) in commands {
        let mut command = Command::new(program);
        if program != "cat" {
            command.arg("-dc");
        }
        command.arg(folder.path(file));
        lines.push(sorted(&finish(piped(command)).await.code(0).stdout));
    }
    let requests = |text: &str, mark: &str| text.lines().filter(|line| line.starts_with(mark)).count();
    let point = "{\"metric\":\"http_reqs\",\"type\":\"Point\"";
    assert!(lines[0] == lines[1], "the same lines in both");
    assert_eq!(requests(&lines[0], point), 2_000);
    assert!(lines[2] == lines[3], "the same rows in both");
    for (metric, count) in COUNTED {
        assert_eq!(requests(&lines[2], &format!("{metric},")) as u64, count, "{metric}");
    }
    assert!(lines[2].contains(",\"team=a&b, \"\"c\"\"\","), "{}", &lines[2][..2_000]);
}

#[tokio::test]
async fn settings_that_are_wrong_are_told_before_the_run() {
    let folder = Folder::with("export default function () { throw new Error('it ran'); }");
    let mut command = folder.command(
        "run --quiet --out csv=fileNam=x --out influxdbb=http://u:secret@h --out json=/nowhere/x test.js",
    );
    command.env("K6_CSV_TIME_FORMAT", "iso");
    let end = finish(command).await.code(255).says_nothing_of(&["it ran", "secret"]);
    end.says(&[
        "output 'csv': K6_CSV_TIME_FORMAT is 'iso', expected unix, unix_milli",
        "output 'csv' has no option 'fileNam' (did you mean 'fileName'?)",
        "unknown output 'influxdbb' (did you mean 'influxdb'?)",
    ]);
    assert_eq!(folder.files(), ["test.js"]);
}

/// `/dev/full` takes nothing, as a disk without room.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_file_that_was_not_written_is_no_success() {
    let folder = Folder::with(
        "export const options = { iterations: 2, thresholds: { iterations: [`count>=${__ENV.WANTED}`] } };
         export default function () {}",
    );
    for (wanted, code) in [(1, 255), (3, 99)] {
        let end = folder.run(&format!("-e WANTED={wanted} --out csv=/dev/full")).await.code(code);
        let end = end.says(&["cannot write to '/dev/full'", "samples were not written"]);
        assert_eq!(end.stderr.matches("cannot write to").count(), 1, "{}", end.stderr);
    }
}

/// Every sample is a point of its own, also those of one instant.
#[tokio::test]
async fn influxdb_has_every_sample() {
    let influxdb = Database::influxdb().await;
    let (_, end) = run(&format!("--out influxdb=http://{}/load", influxdb.address)).await;
    assert_eq!(end.count("http_reqs"), 2_000, "{}", end.stdout);
    let answer = influxdb.ask("/query?db=load&q=SELECT%20count(value),sum(value)%20FROM%20/.*/").await;
    let series = answer["results"][0]["series"].as_array().expect("measurements");
    for (metric, count) in COUNTED {
        let found = series.iter().find(|one| one["name"] == metric);
        let found = found.unwrap_or_else(|| panic!("no {metric} in {answer}"));
        assert_eq!(found["values"][0][1], count, "{metric}");
    }
    let orders = series.iter().find(|one| one["name"] == "orders").expect("orders");
    assert_eq!(orders["values"][0][2], 6_000);
    let disk = "/query?db=load&q=SELECT%20count(value)%20FROM%20orders%20WHERE%20disk='C:%20temp'";
    let on_disk = &influxdb.ask(disk).await["results"][0]["series"][0]["values"][0][1];
    assert_eq!(*on_disk, 2_000, "backslashes do not break a point");
    let urls = "/query?db=load&q=SELECT%20count(distinct(url))%20FROM%20http_reqs%20WHERE%20status='200'";
    let urls = influxdb.ask(urls).await["results"][0]["series"][0]["values"][0][1].as_u64();
    assert!(urls.is_some_and(|urls| urls > 10), "{urls:?}");
}

#[tokio::test]
async fn a_dead_server_is_told_of_and_costs_no_iterations() {
    let folder = Folder::with(
        "import { sleep } from 'k6';
         export const options = { vus: 2, iterations: 20 };
         export default function () { sleep(0.01); }",
    );
    let address = server::nobody().await;
    let end = folder.run(&format!("--out influxdb=http://me:secret@{address}/k6")).await.code(0);
    assert_eq!(end.count("iterations"), 20);
    let target = format!("cannot push to http://{address}: cannot connect to it: Connection refused");
    end.says(&[&target, "samples were not written"]).says_nothing_of(&["secret"]);
}
