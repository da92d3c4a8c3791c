//! `bench fairness`: what an endless loop in one virtual user does to the latencies of the others.
//!
//! Everything runs on one core, so that the busy user and the polite ones share a thread: the hardest case.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::Spread;
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How long each run lasts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each of the two runs is made
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        for (is_busy, p99s) in [(false, &mut alone), (true, &mut beside)] {
            let mut command = plimsoll.script(&script(workspace, "busy_neighbour.js"), &target.url());
            command.env("DURATION", format!("{}s", arguments.seconds));
            command.env("BUSY", if is_busy { "1" } else { "0" });
            let limit = Duration::from_secs(arguments.seconds.into()) + PATIENCE;
            let summary = plimsoll.run(&mut command, Some(cores.generator), limit).await?;
            p99s.push(
                p99_ms(&summary).with_context(|| format!("no p(99) of http_req_duration in:\n{summary}"))?,
            );
        }
    }
    target.stop().await?;
    say!("p(99) of http_req_duration of 10 polite virtual users on one core");
    for (name, p99s) in [("alone", &alone), ("beside while(true){}", &beside)] {
        if let Some(Spread { median, min, max }) = Spread::of(p99s) {
            say!("{name:<22} {median:>8.2} ms ({min:.2} – {max:.2})");
        }
    }
    Ok(())
}

/// The figure of the summary's line `http_req_duration...: med=1.2ms p(99)=3.4ms max=5ms`.
fn p99_ms(summary: &str) -> Option<f64> {
    let line = summary.lines().find(|line| line.trim_start().starts_with("http_req_duration"))?;
    milliseconds(line.split_whitespace().find_map(|word| word.strip_prefix("p(99)="))?)
}

/// A duration as the summary prints it: one number and one unit, or minutes and more as `1m2s`.
fn milliseconds(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 5] = [("ns", 1e-6), ("µs", 1e-3), ("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let (minutes, rest) =
        text.split_once('m').filter(|(_, rest)| !rest.starts_with('s')).unwrap_or(("0", text));
    let minutes: f64 = minutes.parse().ok()?;
    let (number, unit) = UNITS.into_iter().find_map(|(name, unit)| Some((rest.strip_suffix(name)?, unit)))?;
    Some(minutes * 60e3 + number.parse::<f64>().ok()? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_unit_of_the_summary() {
        let cases = [
            ("640ns", 0.000_64),
            ("842.5µs", 0.842_5),
            ("1.25ms", 1.25),
            ("2.5s", 2500.0),
            ("1m2s", 62_000.0),
        ];
        for (text, expected) in cases {
            let read = milliseconds(text).expect("well-formed");
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        }
        assert_eq!(milliseconds("12"), None);
    }

    #[test]
    fn the_p99_is_taken_from_the_line_of_the_metric() {
        let summary =
            "  http_req_blocked......: p(99)=9ms\n  http_req_duration.....: med=1ms p(99)=3.5ms max=4ms\n";
        assert_eq!(p99_ms(summary), Some(3.5));
        assert_eq!(p99_ms("nothing"), None);
    }
}
