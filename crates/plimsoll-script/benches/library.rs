//! What a VU costs that imports a library of one megabyte: loaded as plimsoll does, compiled once for all
//! VUs and without what they cannot reach, and naively, each VU compiling the text for itself.
//!
//! `cargo bench -p plimsoll-script --bench library`. Each loader is measured in a process of its own: the
//! slope of resident memory between two numbers of VUs, all of which stay alive.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use plimsoll_engine::{Clock, Interrupt, RunState, VuFactory, VuId, WorkerContext};
use plimsoll_metrics::ShardConfig;
use plimsoll_plan::options::keyword::ScriptType;
use plimsoll_script::{Bundle, Entry, ScriptFactory};
use rquickjs::{Context, Module, Runtime};
use tokio::task::LocalSet;

/// The size of the library.
const LIBRARY_BYTES: usize = 1 << 20;
/// The numbers of VUs between which the slope is taken.
const FEW: u32 = 5;
const MANY: u32 = 45;

/// A script that takes one function by its name, and one that takes the library as a whole.
const BY_NAME: &str =
    "import { work1 } from './library.js';\nexport default function () { work1([1], {}); }\n";
const AS_A_WHOLE: &str =
    "import * as all from './library.js';\nexport default function () { all.work1([1], {}); }\n";

/// A way of loading it, and what it costs in KB per VU.
type Loader = (&'static str, fn() -> f64);

const LOADERS: [Loader; 3] =
    [("named", || shared(BY_NAME)), ("whole", || shared(AS_A_WHOLE)), ("naive", naive)];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match LOADERS.iter().find(|(name, _)| arguments.iter().any(|argument| argument == name)) {
        Some((_, measure)) => writeln!(std::io::stdout(), "{:.1}", measure()).expect("stdout"),
        None => compare(),
    }
}

fn compare() {
    let [named, whole, naive] = LOADERS.map(|(name, _)| measured(name));
    let ratio = |kilobytes: f64| kilobytes / naive * 100.0;
    writeln!(
        std::io::stdout(),
        "a library of {} KB costs each VU {naive:.0} KB when it compiles the text\n\
         compiled once, as a whole: {whole:.0} KB, {:.0} %\n\
         compiled once, one function by name: {named:.0} KB, {:.1} %",
        LIBRARY_BYTES >> 10,
        ratio(whole),
        ratio(named),
    )
    .expect("stdout");
}

fn measured(loader: &str) -> f64 {
    let output = Command::new(std::env::current_exe().expect("a running program")).arg(loader).output();
    let output = output.expect("it can be run again");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{loader}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// KB per VU as plimsoll loads it.
fn shared(script: &str) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("library.js"), library()).expect("the folder is writable");
    let path = folder.path().join("main.js");
    std::fs::write(&path, script).expect("the folder is writable");
    let entry = Entry::read(&path, ScriptType::Detect).expect("a script");
    let bundle = Bundle::load(entry, BTreeMap::new()).expect("the script loads");
    let plan = plimsoll_plan::resolve(vec![]).expect("the defaults are valid");
    let factory = ScriptFactory::new(Arc::new(bundle.script(&plan, plimsoll_net::Options::default())));
    let context =
        WorkerContext::new(0, ShardConfig::default(), Clock::start(), Arc::new(RunState::new(&plan)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let mut vus = Vec::new();
        let mut few = 0.0;
        for id in 1..=MANY {
            vus.push(factory.create(&context, VuId(id), Interrupt::new()).await.expect("a VU"));
            if id == FEW {
                few = resident_kb();
            }
        }
        slope(few)
    })
}

/// KB per VU when each compiles the library's text.
fn naive() -> f64 {
    let library = library();
    let mut vus = Vec::new();
    let mut few = 0.0;
    for id in 1..=MANY {
        let runtime = Runtime::new().expect("a runtime");
        let context = Context::full(&runtime).expect("a context");
        context.with(|ctx| {
            Module::declare(ctx.clone(), "library.js", library.as_str()).expect("valid");
            let script = Module::declare(ctx.clone(), "main.js", BY_NAME).expect("valid");
            let (_, evaluation) = script.eval().expect("it runs");
            evaluation.finish::<()>().expect("it runs");
        });
        vus.push((runtime, context));
        if id == FEW {
            few = resident_kb();
        }
    }
    slope(few)
}

fn slope(few: f64) -> f64 {
    (resident_kb() - few) / f64::from(MANY - FEW)
}

/// Functions, classes and tables as libraries have them. `#` is the number of the piece.
const PIECE: &str = "/**
 * Collects what matches under its name.
 * @param {Array} list what there is
 */
export function work#(list, options) {
  const limit = options.limit# || #;
  const found = [];
  for (const item of list) {
    if (item && item.name === 'name#' && found.length < limit) {
      found.push({ item, at: found.length, label: `item ${item.name} of #` });
    }
  }
  return found.map((entry) => entry.label).concat(table#.names);
}
const table# = { names: ['a#', 'b#'], size: #, nested: { deep: true } };
export class Type# {
  constructor(value) { this.value = value; }
  get double() { return 2 * this.value; }
  merge(other) { return new Type#(this.value + other.value); }
}
";

fn library() -> String {
    let mut text = String::new();
    for n in 0.. {
        if text.len() >= LIBRARY_BYTES {
            break;
        }
        text.push_str(&PIECE.replace('#', &n.to_string()));
    }
    text
}

/// Resident memory of this process, in KB of 1,024 bytes.
fn resident_kb() -> f64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is in there");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}
