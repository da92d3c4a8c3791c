//! What the engine itself records: iterations, dropped iterations, and the gauges of VUs.

use std::time::Duration;

use plimsoll_metrics::{SeriesId, Shard, Symbol, TagKey, TagSetId, Timestamp, builtin, tag};
use plimsoll_plan::{Options, options::tags::SystemTag};

use crate::state::{RunState, ScenarioContext};
use crate::vu::CallEnd;

/// Records the iterations of one VU. Series are looked up when the tags change, which is next to never.
#[derive(Debug, Default)]
pub(crate) struct IterationRecorder {
    known: Option<(TagSetId, [SeriesId; 2])>,
    known_lateness: Option<(TagSetId, SeriesId)>,
}

impl IterationRecorder {
    /// Records a complete iteration; `late` is there if the schedule wanted it at a certain time.
    #[inline]
    pub(crate) fn record(
        &mut self,
        shard: &mut Shard,
        call_end: &CallEnd,
        took: Duration,
        late: Option<Duration>,
        at: Timestamp,
    ) {
        let &CallEnd { tags, ref context, .. } = call_end;
        let [iterations, duration] = match self.known {
            Some((known, series)) if known == tags => series,
            _ => self.look_up(shard, tags),
        };
        shard.record_with(iterations, 1.0, at, context);
        shard.record_with(duration, took.as_nanos() as f64 / 1e6, at, context);
        if let Some(late) = late {
            let lateness = match self.known_lateness {
                Some((known, series)) if known == tags => series,
                _ => self.look_up_lateness(shard, tags),
            };
            shard.record_with(lateness, late.as_nanos() as f64 / 1e6, at, context);
        }
    }

    #[cold]
    fn look_up_lateness(&mut self, shard: &mut Shard, tags: TagSetId) -> SeriesId {
        let series = shard.series(builtin::ITERATION_LATENESS, tags);
        self.known_lateness = Some((tags, series));
        series
    }

    #[cold]
    fn look_up(&mut self, shard: &mut Shard, tags: TagSetId) -> [SeriesId; 2] {
        let series =
            [builtin::ITERATIONS, builtin::ITERATION_DURATION].map(|metric| shard.series(metric, tags));
        self.known = Some((tags, series));
        series
    }
}

/// Records iterations of one scenario that were never started. The series is looked up once.
#[derive(Debug, Default)]
pub(crate) struct DropRecorder(Option<SeriesId>);

impl DropRecorder {
    /// Records `count` of them, as one sample.
    pub(crate) fn record(
        &mut self,
        shard: &mut Shard,
        options: &Options,
        scenario: &ScenarioContext,
        count: u64,
        at: Timestamp,
    ) {
        let series = *self.0.get_or_insert_with(|| dropped_series(shard, options, scenario));
        shard.record(series, count as f64, at);
    }
}

fn dropped_series(shard: &mut Shard, options: &Options, scenario: &ScenarioContext) -> SeriesId {
    let mut tags = run_tags(shard, options);
    if options.system_tags.contains(SystemTag::Scenario) {
        tags.push((tag::SCENARIO, shard.symbol(&scenario.name)));
    }
    tags.extend(scenario.tags.iter().map(|(name, value)| (shard.tag_key(name), shard.symbol(value))));
    let tags = shard.tag_set(&tags);
    shard.series(builtin::DROPPED_ITERATIONS, tags)
}

/// Records how many VUs are active, and how many there are.
pub(crate) fn record_vus(shard: &mut Shard, options: &Options, state: &RunState, at: Timestamp) {
    let tags = run_tags(shard, options);
    let tags = shard.tag_set(&tags);
    let values = [(builtin::VUS, state.active_vus()), (builtin::VUS_MAX, state.initialised_vus())];
    for (metric, value) in values {
        let series = shard.series(metric, tags);
        shard.record(series, f64::from(value), at);
    }
}

fn run_tags(shard: &mut Shard, options: &Options) -> Vec<(TagKey, Symbol)> {
    options.tags.iter().map(|(name, value)| (shard.tag_key(name), shard.symbol(value))).collect()
}
