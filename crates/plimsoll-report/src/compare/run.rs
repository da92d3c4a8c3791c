//! A run as it is compared.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, Registry, Rule};

use serde_json::Value;

use crate::record::{End, Record};

/// A run: its seconds, and the load it was under.
#[derive(Debug)]
pub struct Run {
    /// What it is called: the name of its file.
    pub name: String,
    /// What it was under.
    pub load: Load,
    /// Its seconds, the warm-up excepted.
    pub seconds: Vec<Aggregate>,
    /// Its metrics.
    pub registry: Registry,
    /// Its thresholds: what they judge is important, and which way is better.
    pub rules: Vec<Rule>,
}

/// What decides whether two runs can be compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Load {
    /// The script.
    pub script: String,
    /// What ran: one line a scenario.
    pub scenarios: Vec<String>,
    /// The instance's part of the load.
    pub segment: String,
    /// The machine.
    pub machine: String,
    /// Why the measurement cannot be trusted, if so.
    pub invalid: Option<String>,
    /// Why it ended before its time, if it did.
    pub ended_early: Option<String>,
    /// Whether its record ends before the run did.
    pub cut_off: bool,
    /// Iterations that were due and never started, of all that were due.
    pub dropped: f64,
}

/// Parts of a record are taken for seconds.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Records are read between two seconds, too, where scenarios begin: what is shorter than a second by less
/// than that is one all the same.
const SLACK: f64 = 0.25;

/// A last second that is shorter than this share of one does not count: its rates would be those of a moment.
const WHOLE: f64 = 0.5;

impl Run {
    /// The run of a record.
    #[must_use]
    pub fn of(name: &str, record: &Record) -> Self {
        let mut parts: Vec<(f64, Aggregate)> = Vec::new();
        let (mut planned, mut dropped) = (0.0, 0);
        for second in record.seconds() {
            planned += second.planned;
            dropped = dropped.max(second.scenarios.iter().map(|scenario| scenario.dropped).sum());
            let length = second.length.as_secs_f64();
            if second.warming_up || length <= 0.0 {
                continue;
            }
            match parts.last_mut() {
                Some((known, part)) if *known < 1.0 - SLACK && *known + length < 1.0 + SLACK => {
                    *known += length;
                    part.merge_all(&second.part);
                }
                _ => parts.push((length, second.part)),
            }
        }
        if parts.last().is_some_and(|(length, _)| *length < WHOLE) {
            parts.pop();
        }
        Self {
            name: name.to_owned(),
            load: Load {
                dropped: if planned > 0.0 { dropped as f64 / planned } else { 0.0 },
                ..Load::of(record)
            },
            seconds: parts.into_iter().map(|(_, part)| part).collect(),
            registry: record.registry().clone(),
            rules: record.bound().thresholds.rules().to_vec(),
        }
    }
}

impl Load {
    fn of(record: &Record) -> Self {
        let header = &record.header;
        let machine = &header.machine;
        Self {
            script: header.script.clone(),
            scenarios: header.scenarios.clone(),
            segment: header.segment.clone(),
            machine: format!(
                "{} ({} {}, {} processors)",
                machine.host, machine.os, machine.arch, machine.processors
            ),
            invalid: record.end.as_ref().and_then(invalid),
            ended_early: record.end.as_ref().and_then(|end| end.run.ended_early.clone()),
            cut_off: record.end.is_none(),
            dropped: 0.0,
        }
    }
}

/// Why the measurement cannot be trusted, when its record says so. Read by name: records of runs that were
/// not judged have no such entry.
fn invalid(end: &End) -> Option<String> {
    let run = serde_json::to_value(&end.run).ok()?;
    let validity = run.get("validity")?;
    let first = validity.pointer("/reasons/0/observed").and_then(Value::as_str);
    let verdict = validity.get("verdict")?.as_str()?;
    let is_worst = verdict.eq_ignore_ascii_case("invalid");
    is_worst.then(|| first.unwrap_or("its record says no more").to_owned())
}
