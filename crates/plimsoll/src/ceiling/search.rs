//! The search for a ceiling: as fast as it goes first, then the highest rate whose measurement is VALID.
//!
//! A closed model without limit says where saturation is, but not what may be asked for: at saturation
//! everything is late. So rates below it are tried, each for some seconds, from high to low; the first one
//! that is reached with a VALID measurement is the ceiling.
//!
//! VUs that pause may never saturate a machine. While more of them bring more, rates go on from there, each
//! half as much again, until one is not reached: it stands for saturation then.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plimsoll_engine::{EventSink, Run, RunConfig, RunEnd, RunEvent, RunOutcome, ScriptPhases};
use plimsoll_metrics::{Sink, builtin, tag};
use plimsoll_net::Proxies;
use plimsoll_plan::options::workload::ScenarioSpecs;
use plimsoll_report::validity::{self, Validity};
use plimsoll_report::{Observations, Trust};
use plimsoll_script::ScriptFactory;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::cli::TestArguments;
use crate::failure::Failure;
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::vitals::Monitor;
use crate::{network, signals, verdict};

/// Numbers of VUs that loop without limit, until more of them bring next to nothing.
const VUS: [u32; 5] = [5, 25, 100, 400, 1_600];
/// What counts as something.
const WORTHWHILE: f64 = 1.1;
/// By how much rates grow while they are reached.
const GROWTH: f64 = 1.5;
/// More VUs than this are not made to find out what a machine can do: each has a JavaScript of its own.
const MOST_VUS: f64 = 10_000.0;
/// Shares of the fastest rate that are tried.
const SHARES: [f64; 9] = [0.95, 0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15];
/// A rate is reached when so many of its iterations were started.
const REACHED: f64 = 0.98;
/// More failed requests, or iterations, than this mean that the null target is no stand-in for the script's.
const FAILURES: f64 = 0.01;

/// A search under way.
pub(crate) struct Calibration<'a> {
    pub(crate) arguments: &'a TestArguments,
    pub(crate) log: &'a Log,
    pub(crate) signals: &'a signals::Watch,
    /// Conducts the runs.
    pub(crate) runtime: Runtime,
    /// Where every connection goes.
    pub(crate) target: SocketAddr,
    /// How long each load is kept up.
    pub(crate) length: Duration,
    /// The function that iterations call.
    pub(crate) function: String,
}

/// What is told after each step.
pub(crate) enum Step<'a> {
    /// So many VUs without limit reached this rate.
    Saturated(u32, &'a Reached),
    /// This rate was tried.
    Tried(f64, &'a Reached),
}

/// What a load came to.
#[derive(Debug)]
pub(crate) struct Reached {
    /// The part of what was asked for that was started.
    share: f64,
    pub(crate) iterations_per_second: f64,
    pub(crate) requests_per_second: f64,
    pub(crate) validity: Validity,
    mean_iteration: Duration,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Load {
    Looping { vus: u32 },
    Arriving { per_second: f64, vus: u32 },
}

impl Calibration<'_> {
    /// Finds the ceiling.
    ///
    /// # Errors
    /// When the script does not run against a null target, or no rate is VALID.
    pub(crate) fn search(&self, mut tell: impl FnMut(Step<'_>)) -> Result<Reached, Failure> {
        let (fastest, is_saturated) = self.saturate(&mut tell)?;
        let mean_iteration = fastest.mean_iteration;
        let mut most = fastest.iterations_per_second;
        if !is_saturated {
            most = self.climb(most, mean_iteration, &mut tell)?;
        }
        let mut last = None;
        for share in SHARES {
            let per_second = round(most * share);
            let vus = vus(per_second, mean_iteration).min(MOST_VUS) as u32;
            let reached = self.measure(Load::Arriving { per_second, vus })?;
            tell(Step::Tried(per_second, &reached));
            if reached.is_carried() {
                return Ok(reached);
            }
            last = Some(reached);
        }
        let why = last.map(|reached| reached.shortfall()).unwrap_or_default();
        Err(Failure::Calibration(format!(
            "no rate could be confirmed, not even a seventh of the fastest: {why}; is this machine busy?"
        )))
    }

    /// The first rate above this one that is more than the machine can do.
    fn climb(
        &self,
        from: f64,
        mean_iteration: Duration,
        tell: &mut impl FnMut(Step<'_>),
    ) -> Result<f64, Failure> {
        let mut per_second = round(from * GROWTH);
        while vus(per_second, mean_iteration) <= MOST_VUS {
            let load = Load::Arriving { per_second, vus: vus(per_second, mean_iteration) as u32 };
            let reached = self.measure(load)?;
            tell(Step::Tried(per_second, &reached));
            if !reached.is_carried() {
                return Ok(per_second);
            }
            per_second = round(per_second * GROWTH);
        }
        Err(Failure::Calibration(format!(
            "the pauses of the script, not this machine, are the limit: an iteration takes {:.1} s, so that \
             {MOST_VUS} VUs make no more than {:.0}/s, and this machine can do more; calibrate with shorter \
             pauses, such as by a variable of the script's own (-e), or another function (--exec)",
            mean_iteration.as_secs_f64(),
            MOST_VUS / mean_iteration.as_secs_f64().max(f64::MIN_POSITIVE),
        )))
    }

    /// The fastest that loops without limit come to, and whether more VUs bring next to nothing more.
    fn saturate(&self, tell: &mut impl FnMut(Step<'_>)) -> Result<(Reached, bool), Failure> {
        let (mut fastest, mut is_saturated): (Option<Reached>, bool) = (None, false);
        for vus in VUS {
            let reached = self.measure(Load::Looping { vus })?;
            tell(Step::Saturated(vus, &reached));
            let before = fastest.as_ref().map_or(0.0, |fastest| fastest.iterations_per_second);
            let is_worthwhile = reached.iterations_per_second >= before * WORTHWHILE;
            if reached.iterations_per_second > before {
                fastest = Some(reached);
            }
            if !is_worthwhile {
                is_saturated = true;
                break;
            }
        }
        let fastest = fastest.map(|fastest| (fastest, is_saturated));
        fastest.ok_or_else(|| {
            let seconds = self.length.as_secs_f64();
            Failure::Calibration(format!(
                "no iteration came to its end within {seconds} s: raise --seconds above what one takes"
            ))
        })
    }

    fn measure(&self, load: Load) -> Result<Reached, Failure> {
        let test = LoadedTest::load(&self.arguments_for(load), SystemEnvironment::Visible, self.log)?;
        let LoadedTest { bundle, plan } = &test;
        let mut net = network::options(plan).map_err(Failure::Options)?;
        (net.everywhere, net.proxies) = (Some(self.target), Proxies::default());
        let factory = ScriptFactory::new(Arc::new(bundle.script(plan, net)));
        let phases = ScriptPhases { setup: test.exports("setup"), teardown: test.exports("teardown") };
        let mut config = RunConfig { phases, ..RunConfig::default() };
        let monitor = Monitor::new();
        monitor.attach(&mut config);
        let noting = monitor.clone();
        let thrown = Arc::new(Mutex::new(Thrown::default()));
        let counting = Arc::clone(&thrown);
        let events = EventSink::new(move |event| {
            noting.note(&event);
            counting.lock().unwrap_or_else(PoisonError::into_inner).note(&event);
        });
        let run = Run::new(Arc::clone(plan), factory, config, events);
        self.signals.guard(run.control());
        let state = run.state();
        // Loading a script takes a runtime of its own, so this one is not for the search as a whole.
        let outcome = self.runtime.block_on(async {
            tokio::select! {
                outcome = run.execute() => outcome,
                never = monitor.watch(&state) => match never {},
            }
        });
        if outcome.end != RunEnd::Completed {
            return Err(Failure::Ended {
                why: verdict::why(&outcome.end).unwrap_or_default(),
                end: outcome.end,
            });
        }
        stands_in(&outcome)?;
        thrown.lock().unwrap_or_else(PoisonError::into_inner).refuse(&outcome)?;
        asks_something(&outcome)?;
        Ok(Reached::of(load, &monitor.observe(plan, &outcome), &outcome))
    }

    /// The user's arguments with another load.
    fn arguments_for(&self, load: Load) -> TestArguments {
        let mut arguments = self.arguments.clone();
        // Scenarios that the script has itself do not count then.
        arguments.exec = Some(self.function.clone());
        let options = &mut arguments.options;
        (options.vus, options.duration, options.iterations, options.stages) = (None, None, None, None);
        let scenario = load.scenario(self.length);
        options.scenarios = Some(ScenarioSpecs(Map::from_iter([("default".to_owned(), scenario)])));
        options.no_thresholds = Some(true);
        options.paused = Some(false);
        options.out = Some(Vec::new());
        options.warmup = Some(Duration::ZERO);
        options.rps = Some(0);
        arguments
    }
}

impl Load {
    fn scenario(self, length: Duration) -> Value {
        let duration = format!("{}ms", length.as_millis());
        match self {
            Self::Looping { vus } => json!({
                "executor": "constant-vus",
                "vus": vus,
                "duration": duration,
                "gracefulStop": "5s",
            }),
            // Rates are whole numbers: of a minute, where a second has too few.
            Self::Arriving { per_second, vus } => {
                let (unit, rate) =
                    if per_second >= 100.0 { ("1s", per_second) } else { ("1m", per_second * 60.0) };
                json!({
                    "executor": "constant-arrival-rate",
                    "rate": rate.round().max(1.0) as u64,
                    "timeUnit": unit,
                    "duration": duration,
                    "preAllocatedVUs": vus,
                    "maxVUs": vus.saturating_mul(4).max(1_000),
                    "gracefulStop": "5s",
                })
            }
        }
    }
}

impl Reached {
    /// Loops go on until their last iteration ends, and so does their time. Arrivals have the time in which
    /// they come, however long iterations take.
    fn of(load: Load, observations: &Observations, outcome: &RunOutcome) -> Self {
        let scenarios = outcome.state.scenarios().iter();
        let started: u64 = scenarios.map(|scenario| scenario.progress.started_iterations()).sum();
        let (iterations, seconds) = match load {
            Load::Looping { .. } => (observations.iterations, observations.vitals.elapsed),
            Load::Arriving { .. } => (started, observations.starting),
        };
        let seconds = seconds.max(f64::MIN_POSITIVE);
        let mean_ms = match outcome.aggregate.total(builtin::ITERATION_DURATION) {
            Some(Sink::Trend(durations)) => durations.avg(),
            _ => 0.0,
        };
        Self {
            share: observations.planned.map_or(1.0, |planned| started as f64 / planned.max(1) as f64),
            iterations_per_second: iterations as f64 / seconds,
            requests_per_second: observations.requests as f64 / seconds,
            validity: validity::judge(observations),
            mean_iteration: Duration::from_secs_f64(mean_ms / 1e3),
        }
    }

    /// Whether the machine can do it.
    fn is_carried(&self) -> bool {
        self.validity.verdict == Trust::Valid && self.share >= REACHED
    }

    /// Why it is no ceiling.
    fn shortfall(&self) -> String {
        if self.validity.verdict == Trust::Valid {
            let percent = self.share * 100.0;
            return format!("{percent:.0} % of its iterations were started");
        }
        self.validity.headline()
    }
}

/// What iterations threw.
#[derive(Default)]
struct Thrown {
    count: u64,
    first: String,
}

impl Thrown {
    fn note(&mut self, event: &RunEvent) {
        if let RunEvent::IterationThrew { error, .. } = event {
            self.count += 1;
            if self.count == 1 {
                self.first.clone_from(&error.message);
            }
        }
    }

    /// An iteration that throws has not done what it would have done.
    fn refuse(&self, outcome: &RunOutcome) -> Result<(), Failure> {
        let all = outcome.state.complete_iterations();
        if self.count as f64 <= all as f64 * FAILURES {
            return Ok(());
        }
        Err(Failure::Calibration(format!(
            "{} of {all} iterations threw an exception ({}); does the script expect another answer than the \
             null target gives? --body TEXT is its answer to every request",
            self.count, self.first
        )))
    }
}

/// How many VUs a rate is given: half as many again as are busy on average.
fn vus(per_second: f64, mean_iteration: Duration) -> f64 {
    (per_second * mean_iteration.as_secs_f64() * 1.5).ceil().max(50.0)
}

/// Two digits are as exact as a machine is from one second to the next.
fn round(per_second: f64) -> f64 {
    if per_second < 1.0 {
        return per_second;
    }
    let step = 10_f64.powf(per_second.log10().floor() - 1.0);
    (per_second / step).floor() * step
}

/// A ceiling is one of requests.
fn asks_something(outcome: &RunOutcome) -> Result<(), Failure> {
    if outcome.aggregate.total(builtin::HTTP_REQS).is_some() || outcome.state.complete_iterations() == 0 {
        return Ok(());
    }
    Err(Failure::Calibration(
        "the script makes no HTTP requests, and the null target answers nothing else: what it does has no \
         ceiling that could be measured"
            .to_owned(),
    ))
}

/// Checks that the null target answers what the script asks.
fn stands_in(outcome: &RunOutcome) -> Result<(), Failure> {
    let (mut all, mut failed, mut example) = (0, 0, String::new());
    for series in outcome.aggregate.series_of(builtin::HTTP_REQS) {
        let count = series.sink.count();
        all += count;
        let code = series.tags.value(tag::ERROR_CODE).and_then(|code| code.parse::<u32>().ok());
        if code.is_some_and(|code| code < 1400) {
            failed += count;
            let tags = [tag::NAME, tag::ERROR].map(|tag| series.tags.value(tag).unwrap_or_default());
            example = format!("{}: {}", tags[0], tags[1]);
        }
    }
    if failed as f64 <= all as f64 * FAILURES {
        return Ok(());
    }
    Err(Failure::Calibration(format!(
        "{failed} of {all} requests were not answered by the null target, which speaks HTTP/1.1 without TLS \
         and nothing else ({example}); have the script use http:// URLs, such as by -e BASE_URL=http://target"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_take_vus() {
        assert!((vus(1_000.0, Duration::from_millis(5)) - 50.0).abs() < 1e-9, "never fewer");
        assert!((vus(2_400.0, Duration::from_secs(1)) - 3_600.0).abs() < 1e-9);
        assert!(vus(2_400.0, Duration::from_secs(5)) > MOST_VUS, "too many to be made");
    }

    #[test]
    fn rates_are_round_and_loads_are_scenarios() {
        for (rate, rounded) in [(0.4, 0.4), (7.46, 7.4), (123.0, 120.0), (18_432.0, 18_000.0)] {
            assert!((round(rate) - rounded).abs() < 1e-9, "{rate}");
        }
        let length = Duration::from_millis(2_500);
        let slow = Load::Arriving { per_second: 7.4, vus: 10 }.scenario(length);
        assert_eq!((&slow["rate"], &slow["timeUnit"]), (&json!(444), &json!("1m")));
        let fast = Load::Arriving { per_second: 18_000.0, vus: 10 }.scenario(length);
        assert_eq!((&fast["rate"], &fast["duration"]), (&json!(18_000), &json!("2500ms")));
    }
}
