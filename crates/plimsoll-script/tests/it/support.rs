//! Runs a script and hands back everything that can be seen of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use plimsoll_engine::{EventSink, Run, RunConfig, RunEvent, RunOutcome, ScriptPhases};
use plimsoll_metrics::{Sink, Thresholds, Trend};
use plimsoll_plan::options::keyword::ScriptType;
use plimsoll_plan::{OptionsLayer, Origin};
use plimsoll_script::{Bundle, Entry, LoadError, ScriptFactory};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) outcome: RunOutcome,
    pub(crate) bundle: Bundle,
    /// Console and log lines, `level message`, and iterations that threw, `threw message` with their stack.
    pub(crate) log: Vec<String>,
}

impl Ran {
    /// The sum of a counter, the number of non-zero values of a rate, the number of values of a trend; zero
    /// without.
    pub(crate) fn count(&self, metric: &str) -> f64 {
        let metric = self.bundle.registry().by_name(metric).expect("the metric is declared");
        match self.outcome.aggregate.total(metric.id) {
            None => 0.0,
            Some(Sink::Counter(counter)) => counter.sum,
            Some(Sink::Rate(rate)) => rate.nonzero as f64,
            Some(Sink::Trend(trend)) => trend.count() as f64,
            Some(Sink::Gauge(gauge)) => gauge.last,
        }
    }

    /// All values of a trend.
    pub(crate) fn trend(&self, metric: &str) -> Trend {
        let metric = self.bundle.registry().by_name(metric).expect("the metric is declared");
        match self.outcome.aggregate.total(metric.id) {
            Some(Sink::Trend(trend)) => trend.clone(),
            other => panic!("not a trend with values: {other:?}"),
        }
    }

    /// The tags of every series of a metric, as `name=value` lists.
    pub(crate) fn series(&self, metric: &str) -> Vec<String> {
        let id = self.bundle.registry().by_name(metric).expect("the metric is declared").id;
        let series = self.outcome.aggregate.series().filter(|series| series.metric == id);
        let mut lines: Vec<String> = series
            .map(|series| {
                series
                    .tags
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        lines.sort();
        lines
    }

    pub(crate) fn text(&self) -> String {
        self.log.join("\n")
    }
}

/// Writes `files` into a folder, loads `main.js` and runs it.
pub(crate) fn run_files(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_files(folder.path(), files);
    run(&folder.path().join("main.js"), environment).expect("the script loads")
}

/// Runs the text as `main.js`.
pub(crate) fn run_text(text: &str) -> Ran {
    run_files(&[("main.js", text)], &[])
}

pub(crate) fn write_files(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("inside of the folder"))
            .expect("the folder is writable");
        std::fs::write(path, text).expect("the folder is writable");
    }
}

/// Loads the text as `main.js`, expecting that to fail.
pub(crate) fn load_error(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_files(folder.path(), files);
    let error = load_error_of(&folder.path().join("main.js"));
    let folder = folder.path().canonicalize().expect("exists").display().to_string();
    error.replace(&folder, "DIR")
}

/// Loads a script, expecting that to fail.
pub(crate) fn load_error_of(script: &Path) -> String {
    match load(script) {
        Ok(_) => panic!("the script loads"),
        Err(LoadError::Threw(error)) => format!("{error}\n{}", error.stack),
        Err(error) => error.to_string(),
    }
}

fn load(script: &Path) -> Result<Bundle, LoadError> {
    Bundle::load(Entry::read(script, ScriptType::Detect)?, BTreeMap::new())
}

/// Loads and runs a script on the calling thread.
pub(crate) fn run(script: &Path, environment: &[(&str, &str)]) -> Result<Ran, LoadError> {
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let subscriber = tracing_subscriber::registry().with(Capture(Arc::clone(&log)));
    tracing::subscriber::with_default(subscriber, || {
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let bundle = Bundle::load(Entry::read(script, ScriptType::Detect)?, environment)?;
        let outcome = execute(&bundle, &log);
        let log = log.lock().expect("not poisoned").drain(..).collect();
        Ok(Ran { outcome, bundle, log })
    })
}

fn execute(bundle: &Bundle, log: &Arc<Mutex<Vec<String>>>) -> RunOutcome {
    let options = bundle.options_json.as_deref().unwrap_or("{}");
    let options = serde_json::from_str(options).expect("options are JSON");
    let layer = OptionsLayer::from_json(Origin::Script("main.js".into()), &options);
    let plan = plimsoll_plan::resolve(vec![layer]).expect("valid options");
    let thresholds = Thresholds::bind(&plan.thresholds, bundle.registry()).expect("known metrics");
    let script = Arc::new(bundle.script(&plan, plimsoll_net::Options::default()));
    let exports = |name: &str| bundle.functions.iter().any(|function| function == name);
    let phases = ScriptPhases { setup: exports("setup"), teardown: exports("teardown") };
    let config = RunConfig { thresholds, phases, ..RunConfig::default() };
    let log = Arc::clone(log);
    let events = EventSink::new(move |event| {
        if let RunEvent::IterationThrew { error, .. } = event {
            log.lock().expect("not poisoned").push(format!("threw {}\n{}", error.message, error.stack));
        }
    });
    let run = Run::new(Arc::new(plan), ScriptFactory::new(script), config, events);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run.execute_here())
}

/// Collects log lines.
struct Capture(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        if !target.starts_with("console") && target != "plimsoll" {
            return;
        }
        let mut line = event.metadata().level().to_string().to_lowercase();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| match field.name() {
            "message" => write!(line, " {value:?}").expect("a String"),
            "source" => {}
            name => write!(line, " {name}={value:?}").expect("a String"),
        });
        self.0.lock().expect("not poisoned").push(line);
    }
}
