//! Observes the target beside the search: a process of this machine, a page of metrics, a Prometheus server.
//!
//! Every source is asked on its own, so that one that is slow or gone keeps nobody waiting; what it does not
//! answer is missing. Samples carry the time at which the answer was there.
//!
//! | module | subject |
//! |---|---|
//! | `source` | one thing to observe, and how it is written |
//! | `page` | pages of plain HTTP |
//! | `process` | processes of this machine |

mod page;
mod process;
mod source;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use plimsoll_report::capacity::Resource;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use self::source::{Reading, Source, Unread};

/// How often the target is looked at.
const PERIOD: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(2);

/// Samples by name, each with the time at which it was there.
type Samples = BTreeMap<String, Vec<(Instant, f64)>>;

/// What is observed, and the samples so far.
#[derive(Clone)]
pub(super) struct Observing {
    sources: Rc<[Source]>,
    /// As they were at the start: a process that has ended has no limits any more.
    resources: Rc<[Resource]>,
    samples: Rc<RefCell<Samples>>,
}

impl Observing {
    /// Reads what was asked for.
    pub(super) fn of(texts: &[String]) -> Result<Self, Vec<String>> {
        let (good, bad): (Vec<_>, Vec<_>) =
            texts.iter().map(|text| Source::parse(text)).partition(Result::is_ok);
        let sources: Vec<Source> = good.into_iter().flatten().collect();
        let resources: Vec<Resource> = sources.iter().flat_map(Source::resources).collect();
        let mut problems: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
        problems.extend(twice(&resources));
        if !problems.is_empty() {
            return Err(problems.iter().map(|why| problem(why)).collect());
        }
        Ok(Self { sources: sources.into(), resources: resources.into(), samples: Rc::default() })
    }

    /// Asks all sources once, so that mistakes are told before the search. A series that is not there yet may
    /// come with the load, and is a warning.
    pub(super) async fn begin(&self) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        for source in &*self.sources {
            match ask(source).await {
                Ok(_) => {}
                Err(Unread::Missing(why)) => {
                    tracing::warn!(
                        target: "plimsoll",
                        "observe: {}: {why}, as yet; it is looked for again and again",
                        source.text()
                    );
                }
                Err(Unread::Refused(why)) => problems.push(problem(&format!("{}: {why}", source.text()))),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Asks all sources again and again, for as long as it is polled.
    pub(super) async fn watch(&self) -> std::convert::Infallible {
        let mut asking = JoinSet::new();
        for at in 0..self.sources.len() {
            let (sources, samples) = (Rc::clone(&self.sources), Rc::clone(&self.samples));
            asking.spawn_local(async move { ask_on(&sources[at], &samples).await });
        }
        while asking.join_next().await.is_some() {}
        std::future::pending().await
    }

    /// The resources, with their limits.
    pub(super) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The mean of each between two instants.
    pub(super) fn means(&self, from: Instant, to: Instant) -> BTreeMap<String, f64> {
        let samples = self.samples.borrow();
        let mean = |samples: &Vec<(Instant, f64)>| {
            let within = samples.iter().filter(|(at, _)| *at >= from && *at <= to);
            let (sum, count) = within.fold((0.0, 0), |(sum, count), (_, value)| (sum + value, count + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        samples.iter().filter_map(|(name, samples)| Some((name.clone(), mean(samples)?))).collect()
    }
}

fn problem(why: &str) -> String {
    format!("  - observe: {why}")
}

/// Names of which there are several: their numbers could not be told apart.
fn twice(resources: &[Resource]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let again = resources.iter().find(|resource| !seen.insert(resource.name.as_str()))?;
    Some(format!(
        "two sources are called '{}', expected a name for each\n    hint: name=TEXT gives another name",
        again.name
    ))
}

async fn ask(source: &Source) -> Result<Vec<Reading>, Unread> {
    let late = |_| Err(Unread::Refused("no answer in time".to_owned()));
    timeout(PATIENCE, source.read()).await.unwrap_or_else(late)
}

/// Asks one source until the search is over.
async fn ask_on(source: &Source, samples: &RefCell<Samples>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut before, mut seen, mut warned) = (BTreeMap::new(), false, false);
    loop {
        ticks.tick().await;
        match ask(source).await {
            Ok(readings) => {
                seen = true;
                // Under load an answer takes its time, and it counts what came meanwhile, too.
                let at = Instant::now();
                for Reading { name, value, grows } in readings.into_iter().filter(Reading::is_number) {
                    let last = before.insert(name.clone(), (at, value));
                    let value = if grows { growth(last, (at, value)) } else { Some(value) };
                    samples.borrow_mut().entry(name).or_default().extend(value.map(|value| (at, value)));
                }
            }
            // What was never there was told at the start.
            Err(Unread::Missing(_)) if !seen => {}
            Err(why) if !std::mem::replace(&mut warned, true) => {
                tracing::warn!(target: "plimsoll", "cannot observe {}: {why}", source.text());
            }
            Err(_) => {}
        }
    }
}

/// By how much a counter grew per second. One that has become less began anew.
fn growth(before: Option<(Instant, f64)>, (at, value): (Instant, f64)) -> Option<f64> {
    let (then, earlier) = before?;
    let seconds = (at - then).as_secs_f64();
    (seconds > 0.0 && value >= earlier).then(|| (value - earlier) / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn two_of_the_same_name_are_refused() {
        let one = "metrics=http://a/m,series=pool,limit=4";
        let two = "metrics=http://b/m,series=pool,limit=9";
        let Err(problems) = Observing::of(&texts(&[one, two])) else { panic!("they are mixed") };
        assert!(problems[0].contains("'pool'") && problems[0].contains("name="), "{problems:?}");
        assert!(Observing::of(&texts(&[one, &format!("{two},name=other")])).is_ok());
        let process = format!("process={}", std::process::id());
        assert!(Observing::of(&texts(&[&process, &process])).is_err());
    }

    #[tokio::test]
    async fn what_is_not_there_is_told_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let source = format!("metrics=http://me:secret@{address}/m,series=pool");
        let observing = Observing::of(&[source]).expect("well written");
        let problems = observing.begin().await.expect_err("nobody is there");
        assert!(problems[0].contains(&address.to_string()), "{problems:?}");
        assert!(!problems[0].contains("secret"), "{problems:?}");
    }

    #[test]
    fn counters_grow_by_the_second_and_begin_anew() {
        let then = Instant::now();
        let now = then + Duration::from_secs(2);
        assert_eq!(growth(Some((then, 4.0)), (now, 10.0)), Some(3.0));
        assert_eq!(growth(Some((then, 4.0)), (now, 1.0)), None);
        assert_eq!(growth(None, (now, 1.0)), None);
    }
}
