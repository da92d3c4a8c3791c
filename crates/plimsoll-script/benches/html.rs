//! What a page of 100 KB costs: the time to parse it, its memory, and the time of `find('a').map(…)`.
//!
//! `cargo bench -p plimsoll-script --bench html`. Scripts do the work in their init context, once for each VU
//! that is made; each figure is the median of the differences between two scripts.

use std::{collections::BTreeMap, io::Write, sync::Arc};

use plimsoll_engine::{Clock, Interrupt, RunState, VuFactory, VuId, WorkerContext};
use plimsoll_metrics::ShardConfig;
use plimsoll_script::{Bundle, ScriptFactory};
use tokio::{task::LocalSet, time::Instant};

/// Times that a script parses or searches.
const TIMES: u32 = 50;
const ROUNDS: usize = 7;

/// A table with 600 links, about 100 KB.
const PAGE: &str = "import { parseHTML } from 'k6/html';
const row = (i) => `<tr class=\"row\"><td>${i}</td><td>\
<a href=\"/tickets/${i}?from=list\">Ticket ${i}</a></td>\
<td class=\"text\">The printer on the second floor is out of paper again &amp; beeps</td></tr>\\n`;
let page = '<!doctype html><title>Tickets</title><table>';
for (let i = 0; i < 600; i++) page += row(i);
page += '</table>';
const kept = [];
export default function () {}
";

fn main() {
    let parse = format!("for (let i = 0; i < {TIMES}; i++) kept.push(parseHTML(page));");
    let doc = "const doc = parseHTML(page);";
    let search = format!("for (let i = 0; i < {TIMES}; i++) doc.find('a').map((i, a) => a.attr('href'));");
    let (base, _) = cost("");
    let (parsed, memory) = cost(&parse);
    let (one, _) = cost(doc);
    let (searched, _) = cost(&format!("{doc}{search}"));
    let each = |micros: f64| micros / f64::from(TIMES);
    writeln!(
        std::io::stdout(),
        "a page of 100 KB with 600 links: parsed in {:.0} µs, {:.0} KB of memory; \
        find('a').map(a => a.attr('href')) in {:.0} µs",
        each(parsed - base),
        memory / f64::from(TIMES),
        each(searched - one),
    )
    .expect("stdout");
}

/// Microseconds to make a VU of the page's script with some more text (the median), and the resident memory
/// that the first one takes, in kilobytes.
fn cost(more: &str) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("main.js");
    std::fs::write(&path, format!("{PAGE}{more}\n")).expect("the folder is writable");
    let entry = plimsoll_script::Entry::read(&path, plimsoll_plan::options::keyword::ScriptType::Detect);
    let bundle = Bundle::load(entry.expect("a script"), BTreeMap::new()).expect("the script loads");
    let plan = plimsoll_plan::resolve(vec![]).expect("the defaults are valid");
    let script = bundle.script(&plan, plimsoll_net::Options::default());
    let factory = ScriptFactory::new(Arc::new(script));
    let context =
        WorkerContext::new(0, ShardConfig::default(), Clock::start(), Arc::new(RunState::new(&plan)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = resident();
    let (mut micros, memory) = LocalSet::new().block_on(&runtime, async {
        let (mut micros, mut memory) = (Vec::new(), 0.0);
        for id in 1..=ROUNDS {
            let begun = Instant::now();
            let vu = factory.create(&context, VuId(id as u32), Interrupt::new()).await.expect("a VU");
            micros.push(begun.elapsed().as_secs_f64() * 1e6);
            if id == 1 {
                memory = resident() - before;
            }
            drop(vu);
        }
        (micros, memory)
    });
    micros.sort_unstable_by(f64::total_cmp);
    (micros[ROUNDS / 2], memory)
}

/// Resident memory of this process in kilobytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of the file");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
