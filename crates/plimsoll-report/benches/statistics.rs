//! How well the statistics keep what they promise, on simulated runs and synthetic plateaus whose truth is
//! known.
//!
//! `cargo bench -p plimsoll-report --bench statistics` prints everything; behind `--`, `coverage`, `pairs` or
//! `model` choose. The figures stand in the guide.

#[path = "../tests/it/simulated.rs"]
mod simulated;
#[path = "../tests/it/synthetic.rs"]
mod synthetic;

use std::io::{self, Write};

use plimsoll_report::statistics::Statistic;

use simulated::{Service, alarms, holds};
use synthetic::{OTHERS, is_refused, recover};

/// From steady to unruly.
const SERVICES: [(&str, Service); 4] = [
    ("independent seconds", Service::CALM),
    ("memory of seconds (0.5)", Service { wander: 0.05, memory: 0.5, ..Service::CALM }),
    ("long memory (0.8)", Service { wander: 0.05, memory: 0.8, ..Service::CALM }),
    (
        "bursts (10 % of the time)",
        Service { burst: 2.0, burst_share: 0.1, burst_seconds: 2.0, ..Service::CALM },
    ),
];

fn main() -> io::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|one| one == name);
    let mut out = io::stdout().lock();
    if wanted("coverage") {
        coverage(&mut out)?;
    }
    if wanted("pairs") {
        pairs(&mut out)?;
    }
    if wanted("model") {
        model(&mut out)?;
    }
    Ok(())
}

fn coverage(out: &mut impl Write) -> io::Result<()> {
    const RUNS: u64 = 1_000;
    writeln!(out, "95 % intervals that hold the truth, of {RUNS} simulated runs at 100/s\n")?;
    writeln!(out, "{:<27} {:>7} {:>8} {:>8} {:>8} {:>8}", "", "seconds", "med", "p(95)", "p(99)", "avg")?;
    for (name, service) in SERVICES {
        for seconds in [30, 60, 120, 300] {
            write!(out, "{name:<27} {seconds:>7}")?;
            let quantiles = [0.5, 0.95, 0.99].map(Statistic::Quantile);
            for statistic in quantiles.into_iter().chain([Statistic::Mean]) {
                write!(out, " {:>7.1}%", 100.0 * holds(&service, seconds, statistic, RUNS, 1).0)?;
            }
            writeln!(out)?;
        }
    }
    writeln!(out)
}

fn pairs(out: &mut impl Write) -> io::Result<()> {
    const PAIRS: usize = 200;
    const BETWEEN: f64 = 0.01;
    writeln!(
        out,
        "{PAIRS} pairs of runs over three endpoints, identical runs {} % apart\n",
        100.0 * BETWEEN
    )?;
    writeln!(
        out,
        "{:<27} {:>7} {:>6} {:>22} {:>24}",
        "", "seconds", "rate", "same: called different", "10 % slower: p(95) found"
    )?;
    for (seconds, rate) in [(60, 150), (60, 300), (120, 600)] {
        for (name, service) in SERVICES {
            let service = Service { rate, between: BETWEEN, ..service };
            let (alarmed, _) = alarms(&service, seconds, 1.0, PAIRS, 1);
            let (_, found) = alarms(&service, seconds, 1.1, PAIRS, 2);
            let shares = [alarmed, found].map(|share| 100.0 * share);
            writeln!(out, "{name:<27} {seconds:>7} {rate:>6} {:>21.1}% {:>23.1}%", shares[0], shares[1])?;
        }
    }
    writeln!(out)
}

fn model(out: &mut impl Write) -> io::Result<()> {
    const SETS: u64 = 200;
    writeln!(out, "{SETS} services that follow the law, measured at several plateaus\n")?;
    writeln!(
        out,
        "{:<9} {:<6} {:>9}   within 10 % of the truth; in brackets, intervals that hold it",
        "plateaus", "noise", "accepted"
    )?;
    for (plateaus, noise) in [12, 20].into_iter().flat_map(|n| [0.005, 0.01, 0.02, 0.03].map(|x| (n, x))) {
        let sets: Vec<_> = (0..SETS).filter_map(|seed| recover(plateaus, noise, seed).ok()).collect();
        write!(
            out,
            "{plateaus:<9} {:<6} {:>8.1}%  ",
            format!("{} %", 100.0 * noise),
            100.0 * sets.len() as f64 / SETS as f64
        )?;
        for place in 0..5 {
            let share = |count: usize, of: usize| 100.0 * count as f64 / of as f64;
            let near = sets.iter().filter(|set| (set[place].1 - 1.0).abs() <= 0.1).count();
            let held = sets.iter().filter(|set| set[place].2).count();
            let name = sets.first().map_or("", |set| set[place].0);
            write!(out, "  {name} {:.1}% ({:.1}%)", share(near, SETS as usize), share(held, sets.len()))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "\n{SETS} sets of 10 plateaus of services that do not, noise 2 %\n")?;
    for (name, throughput) in OTHERS {
        let refused = (0..SETS).filter(|seed| is_refused(throughput, 0.02, *seed)).count();
        writeln!(out, "{name:<15} refused {:>5.1}%", 100.0 * refused as f64 / SETS as f64)?;
    }
    Ok(())
}
