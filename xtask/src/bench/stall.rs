//! `bench stall`: one stall of the target in the middle of a run, and what the response times say of it.
//!
//! The value from the schedule: of `n` requests in `s` seconds, those due within a stall of `d` wait for what
//! is left of it, evenly from `d` to nothing. The slowest hundredth of all are `s / 100` seconds of schedule,
//! so that the 99th percentile is `d − s / 100`, and the usual answer time where that is negative.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::arrivals::Arrivals;
use super::cores::Cores;
use super::generator::Generator;
use super::statistics::{Spread, Thousands};
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Iterations per second
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long each run lasts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(3..))]
    seconds: u32,
    /// How long the target stalls
    #[arg(long, default_value_t = 1_400, value_parser = clap::value_parser!(u16).range(1..))]
    stall_ms: u16,
    /// How often each run is made
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// One number of virtual users, round by round.
struct Case {
    name: &'static str,
    vus: u32,
    dropped: Vec<f64>,
    response_p99: Vec<f64>,
    duration_p99: Vec<f64>,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let Arguments { rate, seconds, rounds, stall_ms, .. } = *arguments;
    let stall = Duration::from_millis(stall_ms.into());
    let due_meanwhile = u64::from(rate) * u64::from(stall_ms) / 1000;
    let enough = u32::try_from(due_meanwhile + due_meanwhile / 10 + 50)?;
    let mut cases = [Case::new("enough VUs", enough), Case::new("few VUs", 100)];
    for round in 1..=rounds {
        for case in &mut cases {
            say!(progress "round {round} of {rounds}: {} VUs", case.vus);
            let load = Arrivals { rate, seconds, pre_allocated_vus: case.vus, max_vus: case.vus };
            let meanwhile = stall_in_the_middle(&target, seconds, stall);
            let ran = load.apply(workspace, &plimsoll, &target, Some(cores.generator), meanwhile).await?;
            case.dropped.push(ran.dropped());
            case.response_p99.push(ran.p99_ms("http_req_response_time")?);
            case.duration_p99.push(ran.p99_ms("http_req_duration")?);
        }
    }
    target.stop().await?;
    say!(
        "a stall of {} ms at {}/s for {seconds} s, medians of {rounds} rounds",
        stall_ms,
        Thousands(rate.into())
    );
    print(&cases, scheduled_p99_ms(stall, seconds));
    Ok(())
}

/// Waits for the load, and stalls the target when a third of it is over.
async fn stall_in_the_middle(target: &Target, seconds: u32, stall: Duration) -> Result<()> {
    while target.ledger().await?.requests == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_secs(seconds.into()) / 3).await;
    target.stall(stall).await
}

/// See the module. Requests that do not wait for the stall take next to no time.
fn scheduled_p99_ms(stall: Duration, seconds: u32) -> f64 {
    stall.saturating_sub(Duration::from_secs(seconds.into()) / 100).as_secs_f64() * 1e3
}

impl Case {
    fn new(name: &'static str, vus: u32) -> Self {
        Self { name, vus, dropped: vec![], response_p99: vec![], duration_p99: vec![] }
    }
}

fn print(cases: &[Case], scheduled: f64) {
    say!("p(99) from the schedule: {scheduled:.1} ms\n");
    say!(
        "{:<12} {:>7} {:>9}   {:>14} {:>8}   {:>17}",
        "",
        "VUs",
        "dropped",
        "response p99",
        "off by",
        "req duration p99"
    );
    for case in cases {
        let medians =
            [&case.dropped, &case.response_p99, &case.duration_p99].map(|values| Spread::of(values));
        let [Some(dropped), Some(response), Some(duration)] = medians else { continue };
        say!(
            "{:<12} {:>7} {:>9}   {:>11.1} ms {:>7.1}%   {:>14.1} ms",
            case.name,
            Thousands(case.vus.into()),
            Thousands(dropped.median),
            response.median,
            (response.median / scheduled - 1.0) * 100.0,
            duration.median,
        );
    }
    say!("\nDropped iterations wait for nothing and are in no percentile.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_says_how_long_the_slowest_hundredth_waits() {
        let stall = Duration::from_millis(1400);
        // The same by counting: 60,000 requests, of which the 600 slowest lie above the percentile.
        let mut waits: Vec<f64> = (0..60_000).map(|i| (1400.0 - f64::from(i) * 0.5).max(0.0)).collect();
        waits.sort_by(f64::total_cmp);
        assert!((scheduled_p99_ms(stall, 30) - waits[59_400]).abs() <= 0.5, "{}", waits[59_400]);
        assert_eq!(scheduled_p99_ms(stall, 300), 0.0);
    }
}
