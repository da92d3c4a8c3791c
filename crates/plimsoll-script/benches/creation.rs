//! What making one VU takes, for the smallest script there is.
//!
//! `cargo bench -p plimsoll-script --bench creation`. All VUs stay alive, as in a run that needs them.

use std::{collections::BTreeMap, io::Write, sync::Arc};

use plimsoll_engine::{Clock, Interrupt, RunState, VuFactory, VuId, WorkerContext};
use plimsoll_metrics::ShardConfig;
use plimsoll_script::{Bundle, ScriptFactory};
use tokio::{task::LocalSet, time::Instant};

const VUS: u32 = 2_000;
/// The first ones also pay for what all share.
const WARM_UP: usize = 10;

const SCRIPT: &str = "import http from 'k6/http';\nexport default function () { http.get('http://a/'); }\n";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("main.js");
    std::fs::write(&path, SCRIPT).expect("the folder is writable");
    let bundle = Bundle::load(
        plimsoll_script::Entry::read(&path, plimsoll_plan::options::keyword::ScriptType::Detect)
            .expect("a script"),
        BTreeMap::new(),
    )
    .expect("the script loads");
    let plan = plimsoll_plan::resolve(vec![]).expect("the defaults are valid");
    let script = bundle.script(&plan, plimsoll_net::Options::default());
    let factory = ScriptFactory::new(Arc::new(script));
    let context =
        WorkerContext::new(0, ShardConfig::default(), Clock::start(), Arc::new(RunState::new(&plan)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut micros = LocalSet::new().block_on(&runtime, make(&factory, &context)).split_off(WARM_UP);
    micros.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| micros[(micros.len() as f64 * share) as usize];
    writeln!(
        std::io::stdout(),
        "making one of {VUS} VUs: median {:.0} µs, p99 {:.0} µs, max {:.0} µs",
        at(0.5),
        at(0.99),
        at(0.999_999),
    )
    .expect("stdout");
}

/// Makes them all; how long each took, in microseconds.
async fn make(factory: &ScriptFactory, context: &WorkerContext) -> Vec<f64> {
    let mut vus = Vec::new();
    let mut micros = Vec::new();
    for id in 1..=VUS {
        let begun = Instant::now();
        vus.push(factory.create(context, VuId(id), Interrupt::new()).await.expect("a VU"));
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    micros
}
