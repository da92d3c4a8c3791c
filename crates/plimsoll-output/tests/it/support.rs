//! Runs with a few samples.

use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_metrics::{
    Expression, MetricId, Registry, SampleBatch, SampleContext, Selector, Shard, ShardConfig, Threshold,
    ThresholdSpec, Timestamp,
};
use plimsoll_output::manager::Failure;
use plimsoll_output::settings::Variables;
use plimsoll_output::{Event, Manager, Output, OutputSpec, RunEnd, RunStart};

/// 2026-11-23T07:59:21.675414644Z
pub(crate) const NOON: Timestamp = Timestamp(1_795_420_761_675_414_644);

/// k6's, and `vu`, which is never a column.
const SYSTEM_TAGS: [&str; 15] = [
    "proto",
    "subproto",
    "status",
    "method",
    "url",
    "name",
    "group",
    "check",
    "error",
    "error_code",
    "tls_version",
    "scenario",
    "service",
    "expected_response",
    "vu",
];

pub(crate) fn shard() -> Shard {
    Shard::new(ShardConfig { raw: Some(2_000_000), ..ShardConfig::default() })
}

pub(crate) fn record(shard: &mut Shard, metric: MetricId, tags: &[(&str, &str)], value: f64) {
    record_with(shard, metric, tags, value, &SampleContext::default());
}

pub(crate) fn record_with(
    shard: &mut Shard,
    metric: MetricId,
    tags: &[(&str, &str)],
    value: f64,
    context: &SampleContext,
) {
    let pairs: Vec<_> = tags.iter().map(|(name, value)| (shard.tag_key(name), shard.symbol(value))).collect();
    let tags = shard.tag_set(&pairs);
    let series = shard.series(metric, tags);
    shard.record_with(series, value, NOON, context);
}

/// So many samples of one series.
pub(crate) fn batch(samples: usize) -> SampleBatch {
    let mut shard = shard();
    for _ in 0..samples {
        record(&mut shard, plimsoll_metrics::builtin::ITERATIONS, &[], 1.0);
    }
    shard.take_raw().expect("raw samples are on")
}

pub(crate) fn run_start(thresholds: &[(&str, &[&str])]) -> RunStart {
    let spec = |(selector, expressions): &(&str, &[&str])| ThresholdSpec {
        selector: Selector::parse(selector).expect(selector),
        thresholds: expressions
            .iter()
            .map(|text| Threshold::new(Expression::parse(text).expect(text)))
            .collect(),
    };
    RunStart {
        registry: Registry::new(),
        thresholds: thresholds.iter().map(spec).collect(),
        system_tags: SYSTEM_TAGS.map(str::to_owned).into(),
        expected_response_tag: true,
    }
}

/// Failures as they are announced.
#[derive(Clone, Default)]
pub(crate) struct Announced(Arc<Mutex<Vec<String>>>);

impl Announced {
    pub(crate) fn listener(&self) -> Failure {
        let list = Arc::clone(&self.0);
        Arc::new(move |output, event| {
            let text = match event {
                Event::Failed(error) => with_causes(error),
                Event::Trouble { error, outlook } => format!("{outlook:?}: {}", with_causes(error)),
                Event::Recovered => "recovered".to_owned(),
            };
            list.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{output}: {text}"));
        })
    }

    pub(crate) fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

pub(crate) async fn manager(outputs: Vec<Box<dyn Output>>) -> Manager {
    Manager::start(outputs, run_start(&[]), Announced::default().listener())
        .await
        .expect("every output starts")
}

/// An output of which only the argument is given.
pub(crate) fn output(argument: &str) -> Box<dyn Output> {
    OutputSpec::parse(argument, &Variables::new()).expect("a valid argument").build()
}

/// Writes batches to a JSON output and ends it.
pub(crate) async fn write_json(path: &str, run: RunStart, batches: Vec<SampleBatch>, end: RunEnd) {
    write(&format!("json={path}"), run, batches, end).await;
}

/// Writes batches to an output and ends it.
pub(crate) async fn write(argument: &str, run: RunStart, batches: Vec<SampleBatch>, end: RunEnd) {
    let outputs = vec![output(argument)];
    let manager = Manager::start(outputs, run, Announced::default().listener()).await.expect("it opens");
    let sender = manager.sender();
    batches.into_iter().for_each(|batch| sender.send(batch));
    let reports = manager.finish(end).await;
    assert!(reports.iter().all(|report| report.error.is_none() && report.lost == 0), "{reports:?}");
}
