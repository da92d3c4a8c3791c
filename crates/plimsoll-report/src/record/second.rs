//! One second of a run: what it was, and its bytes.
//!
//! Names are written once: texts, series and metrics have numbers by the order in which the file mentions
//! them. Encoder and decoder keep the same [`Names`].

use std::sync::Arc;
use std::time::Duration;

use plimsoll_metrics::{
    Aggregate, FoldCounts, Metric, MetricId, MetricKind, Registry, Tags, Timestamp, ValueKind,
};
use rustc_hash::FxHashMap;

use super::bytes::{Get, Malformed, Put};
use super::sinks::{self, Memory};

/// What happened in one second of a run, or as long as it took until somebody looked.
#[derive(Debug, Default)]
pub struct Second {
    /// When the test began, on the samples' clock.
    pub began: Timestamp,
    /// Its end, from the start of the test, the warm-up excepted.
    pub at: Duration,
    /// How long it was; nothing while the run warms up.
    pub length: Duration,
    /// What was measured in it. First and last samples are those of each series in the whole run so far.
    pub part: Aggregate,
    /// What was recorded in it and does not count, since the run was warming up.
    pub warm_up: Aggregate,
    /// Whether the run was warming up at its end.
    pub warming_up: bool,
    /// How much of the run so far was warm-up.
    pub warmed_up: Duration,
    /// Whether scenarios ran when it began: windows of thresholds slide over such seconds. A run with windows
    /// is read when scenarios begin and when they are over, so that no second is half of one kind.
    pub began_in_scenarios: bool,
    /// Whether, at its end, no scenario would start another iteration: lower bounds on counters are not
    /// judged any more then.
    pub has_ceased: bool,
    /// VUs that were active at its end.
    pub vus: u32,
    /// Iterations that were started in it.
    pub started: u64,
    /// Iterations that came to their end in it, those of the warm-up included.
    pub complete: u64,
    /// Iterations that were cut off in it.
    pub interrupted: u64,
    /// Iterations that arrival rates planned for it.
    pub planned: f64,
    /// How far the scenarios are that have started.
    pub scenarios: Vec<ScenarioState>,
}

/// How far a scenario is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioState {
    /// Its name.
    pub name: Arc<str>,
    /// Its executor.
    pub executor: Arc<str>,
    /// From the start of the test to its start, the warm-up excepted.
    pub start: Duration,
    /// How long it has been going on, the warm-up excepted.
    pub length: Duration,
    /// VUs that were made while it ran.
    pub made_on_demand: u32,
    /// Iterations that were due and never started.
    pub dropped: u64,
}

/// More series than the caps of all workers of a large machine allow.
const MOST_SERIES: usize = 4_000_000;

/// Bits of the byte that says of which kind a second is.
const WARMING_UP: u8 = 1;
const BEGAN_IN_SCENARIOS: u8 = 2;
const HAS_CEASED: u8 = 4;

/// A thousand million a second for nine years.
const MOST_SAMPLES: u64 = 1 << 58;

/// What has a number in a file.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u64>,
    /// Metrics by their number in the file, which is their place in the registry of the run.
    metrics: Vec<MetricId>,
    series: Vec<(MetricId, Tags)>,
    places: FxHashMap<(MetricId, Tags), u64>,
    /// How many samples have been read, so that no sum of counts ever overflows.
    samples: u64,
}

impl Names {
    /// Makes the metrics of the header known.
    pub(super) fn with(metrics: Vec<MetricId>) -> Self {
        Self { metrics, ..Self::default() }
    }

    fn count(&mut self, samples: u64) -> Result<(), Malformed> {
        let sum = self.samples.checked_add(samples).filter(|sum| *sum < MOST_SAMPLES);
        self.samples = sum.ok_or(Malformed("there are too many samples"))?;
        Ok(())
    }

    fn put_text(&mut self, out: &mut Vec<u8>, text: &str) {
        if let Some(number) = self.numbers.get(text) {
            return out.put(number + 1);
        }
        out.put(0);
        out.put_bytes(text.as_bytes());
        self.add_text(text);
    }

    fn add_text(&mut self, text: &str) -> Arc<str> {
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), self.texts.len() as u64);
        self.texts.push(Arc::clone(&text));
        text
    }

    fn text(&mut self, get: &mut Get<'_>) -> Result<Arc<str>, Malformed> {
        let Some(number) = get.number()?.checked_sub(1) else { return Ok(self.add_text(get.text()?)) };
        let known = usize::try_from(number).ok().and_then(|number| self.texts.get(number));
        known.cloned().ok_or(Malformed("a text is not there"))
    }

    /// Writes the metrics that have been declared since the last call.
    fn put_metrics(&mut self, out: &mut Vec<u8>, registry: &[Metric]) {
        let new = registry.get(self.metrics.len()..).unwrap_or_default();
        out.put(new.len() as u64);
        for metric in new {
            out.put_bytes(metric.name.as_bytes());
            out.push(metric.kind as u8);
            out.push(metric.contains as u8);
            self.metrics.push(metric.id);
        }
    }

    fn read_metrics(&mut self, get: &mut Get<'_>, registry: &Registry) -> Result<(), Malformed> {
        for _ in 0..get.count()? {
            let name = get.text()?;
            let kind = metric_kind(get.byte()?)?;
            let contains = value_kind(get.byte()?)?;
            let id = registry.declare(name, kind, contains);
            self.metrics.push(id.map_err(|_| Malformed("a metric cannot be what it is said to be"))?);
        }
        Ok(())
    }

    fn is_new(&self, metric: MetricId, tags: &Tags) -> bool {
        !self.places.contains_key(&(metric, tags.clone()))
    }

    /// Writes the series that have samples for the first time.
    fn put_series(&mut self, out: &mut Vec<u8>, parts: [&Aggregate; 2]) {
        let mut new: Vec<(MetricId, Tags)> = Vec::new();
        for series in parts.iter().flat_map(|part| part.series()) {
            if self.is_new(series.metric, series.tags) {
                self.add_series(series.metric, series.tags.clone());
                new.push((series.metric, series.tags.clone()));
            }
        }
        out.put(new.len() as u64);
        for (metric, tags) in new {
            out.put(metric.index() as u64);
            out.put(tags.iter().len() as u64);
            for (name, value) in tags.iter() {
                self.put_text(out, name);
                self.put_text(out, value);
            }
        }
    }

    fn add_series(&mut self, metric: MetricId, tags: Tags) {
        self.places.insert((metric, tags.clone()), self.series.len() as u64);
        self.series.push((metric, tags));
    }

    fn read_series(&mut self, get: &mut Get<'_>) -> Result<(), Malformed> {
        for _ in 0..get.count()? {
            let metric =
                usize::try_from(get.number()?).ok().and_then(|place| self.metrics.get(place).copied());
            let metric = metric.ok_or(Malformed("a metric is not there"))?;
            let mut pairs = Vec::new();
            for _ in 0..get.count()? {
                pairs.push((self.text(get)?, self.text(get)?));
            }
            let tags = Tags::new(pairs);
            if self.series.len() >= MOST_SERIES || !self.is_new(metric, &tags) {
                return Err(Malformed("a series is there twice, or there are too many"));
            }
            self.add_series(metric, tags);
        }
        Ok(())
    }
}

fn metric_kind(byte: u8) -> Result<MetricKind, Malformed> {
    use MetricKind::{Counter, Gauge, Rate, Trend};
    let kinds = [Counter, Gauge, Rate, Trend];
    kinds.into_iter().find(|kind| *kind as u8 == byte).ok_or(Malformed("a kind of metric is unknown"))
}

fn value_kind(byte: u8) -> Result<ValueKind, Malformed> {
    let kinds = [ValueKind::Default, ValueKind::Time, ValueKind::Data];
    kinds.into_iter().find(|kind| *kind as u8 == byte).ok_or(Malformed("a kind of value is unknown"))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn duration(get: &mut Get<'_>) -> Result<Duration, Malformed> {
    get.number().map(Duration::from_nanos)
}

impl Second {
    /// Appends it. `base` is the time that times of samples are counted from.
    pub(super) fn encode(&self, names: &mut Names, registry: &Registry, base: u64) -> Vec<u8> {
        let mut out = Vec::new();
        names.put_metrics(&mut out, &registry.all());
        names.put_series(&mut out, [&self.part, &self.warm_up]);
        out.put_signed(self.began.0.wrapping_sub(base) as i64);
        for time in [self.at, self.length, self.warmed_up] {
            out.put(nanos(time));
        }
        let bit = |is_set, bit| if is_set { bit } else { 0 };
        out.push(
            bit(self.warming_up, WARMING_UP)
                | bit(self.began_in_scenarios, BEGAN_IN_SCENARIOS)
                | bit(self.has_ceased, HAS_CEASED),
        );
        for number in [u64::from(self.vus), self.started, self.complete, self.interrupted] {
            out.put(number);
        }
        out.put_float(self.planned);
        self.put_scenarios(names, &mut out);
        for part in [&self.part, &self.warm_up] {
            put_part(&mut out, names, part, base);
        }
        out
    }

    fn put_scenarios(&self, names: &mut Names, out: &mut Vec<u8>) {
        out.put(self.scenarios.len() as u64);
        for scenario in &self.scenarios {
            names.put_text(out, &scenario.name);
            names.put_text(out, &scenario.executor);
            out.put(nanos(scenario.start));
            out.put(nanos(scenario.length));
            out.put(u64::from(scenario.made_on_demand));
            out.put(scenario.dropped);
        }
    }

    pub(super) fn decode(
        bytes: &[u8],
        names: &mut Names,
        registry: &Registry,
        base: u64,
    ) -> Result<Self, Malformed> {
        let mut get = Get(bytes);
        names.read_metrics(&mut get, registry)?;
        names.read_series(&mut get)?;
        let began = Timestamp(base.wrapping_add(get.signed()? as u64));
        let [at, length, warmed_up] = [duration(&mut get)?, duration(&mut get)?, duration(&mut get)?];
        let kind = get.byte()?;
        let mut second = Second {
            began,
            at,
            length,
            warmed_up,
            warming_up: kind & WARMING_UP != 0,
            began_in_scenarios: kind & BEGAN_IN_SCENARIOS != 0,
            has_ceased: kind & HAS_CEASED != 0,
            vus: get.small()?,
            started: get.tally()?,
            complete: get.tally()?,
            interrupted: get.tally()?,
            planned: get.float()?,
            ..Second::default()
        };
        for _ in 0..get.count()? {
            second.scenarios.push(ScenarioState {
                name: names.text(&mut get)?,
                executor: names.text(&mut get)?,
                start: duration(&mut get)?,
                length: duration(&mut get)?,
                made_on_demand: get.small()?,
                dropped: get.tally()?,
            });
        }
        let mut memory = Memory::default();
        second.part = read_part(&mut get, names, base, &mut memory)?;
        second.warm_up = read_part(&mut get, names, base, &mut memory)?;
        if get.is_empty() { Ok(second) } else { Err(Malformed("there is more than a second")) }
    }
}

fn put_part(out: &mut Vec<u8>, names: &Names, part: &Aggregate, base: u64) {
    let FoldCounts { samples, series } = part.folds();
    out.put(samples);
    out.put(series);
    out.put(part.series().count() as u64);
    let (mut place, mut times) = (0_i64, sinks::Times::from(base));
    for series in part.series() {
        let number = names.places[&(series.metric, series.tags.clone())] as i64;
        out.put_signed(number - place);
        place = number + 1;
        times.put(out, series.first, series.last);
        sinks::put(out, series.sink, base);
    }
}

fn read_part(
    get: &mut Get<'_>,
    names: &mut Names,
    base: u64,
    memory: &mut Memory,
) -> Result<Aggregate, Malformed> {
    let mut part = Aggregate::new();
    let folds = FoldCounts { samples: get.number()?, series: get.number()? };
    names.count(folds.samples)?;
    names.count(folds.series)?;
    part.add_folds(folds);
    let (mut place, mut times) = (0_i64, sinks::Times::from(base));
    for _ in 0..get.count()? {
        let number = place.checked_add(get.signed()?).ok_or(Malformed("a series is not there"))?;
        let series = usize::try_from(number).ok().and_then(|number| names.series.get(number));
        let (metric, tags) = series.cloned().ok_or(Malformed("a series is not there"))?;
        place = number + 1;
        let span = times.read(get)?;
        let sink = sinks::read(get, metric.kind(), base, memory)?;
        names.count(sink.count())?;
        part.add(metric, &tags, &sink, span);
    }
    Ok(part)
}
