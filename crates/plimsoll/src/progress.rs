//! Progress on stderr: a headline and a line per scenario. Redrawn in place on a terminal, repeated now and then
//! elsewhere; without escape codes unless it is a terminal.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::{RunState, ScenarioContext};
use plimsoll_plan::duration;

/// How often a terminal is redrawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How often the lines are repeated where they stay, in a log file say.
const REPEAT: Duration = Duration::from_secs(10);
/// Width of a bar in characters.
const BAR: usize = 40;

/// Shows a run's progress until it is dropped.
pub(crate) struct Progress {
    state: Arc<RunState>,
    terminal: bool,
    lines: usize,
}

impl Progress {
    pub(crate) fn new(state: Arc<RunState>) -> Self {
        Progress { state, terminal: std::io::stderr().is_terminal(), lines: 0 }
    }

    /// Draws for as long as it is polled.
    pub(crate) async fn show(&mut self) {
        let period = if self.terminal { REDRAW } else { REPEAT };
        let mut ticks = tokio::time::interval(period);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.draw();
        }
    }

    /// Draws once.
    pub(crate) fn draw(&mut self) {
        let text = render(&self.state);
        let mut out = String::new();
        if self.terminal && self.lines > 0 {
            // Up to the first line of the last drawing, and clear from there.
            let _ = write!(out, "\x1b[{}A\x1b[J", self.lines);
        }
        self.lines = text.lines().count();
        out.push_str(&text);
        // Progress that cannot be shown is no reason to stop a test.
        let _ = std::io::stderr().write_all(out.as_bytes());
    }
}

fn render(state: &RunState) -> String {
    let vus = state.initialised_vus();
    let width = vus.to_string().len().max(2);
    let mut text = format!(
        "running ({}), {:0width$}/{vus:0width$} VUs, {} complete and {} interrupted iterations\n",
        clock(state.test_elapsed()),
        state.active_vus(),
        state.complete_iterations(),
        state.interrupted_iterations(),
    );
    let name_width =
        state.scenarios().iter().map(|scenario| scenario.name.chars().count()).max().unwrap_or(0);
    for scenario in state.scenarios() {
        let _ = writeln!(text, "{}", line(scenario, name_width));
    }
    text
}

fn line(scenario: &ScenarioContext, name_width: usize) -> String {
    let progress = &scenario.progress;
    let fraction = progress.fraction();
    let filled = (fraction * BAR as f64) as usize;
    let bar: String = (0..BAR)
        .map(|at| {
            if at < filled {
                '='
            } else if at == filled {
                '>'
            } else {
                '-'
            }
        })
        .collect();
    let mark = if fraction >= 1.0 { '✓' } else { ' ' };
    let elapsed =
        progress.started_at().map(|start| start.elapsed()).unwrap_or_default().min(progress.duration);
    let mut line = format!(
        "{:name_width$} {mark} [{bar}] {} VUs  {}/{}",
        scenario.name,
        progress.active_vus(),
        clock(elapsed),
        duration::format(progress.duration),
    );
    if let Some(total) = progress.total_iterations {
        let _ = write!(line, "  {}/{total} iters", progress.complete_iterations());
    }
    if progress.dropped_iterations() > 0 {
        let _ = write!(line, "  {} dropped", progress.dropped_iterations());
    }
    line
}

/// `0m04.2s`: constant width while it counts, so that lines do not jump.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let tenths = elapsed.subsec_millis() / 100;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}.{tenths}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes:02}m{seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_keep_their_width() {
        assert_eq!(clock(Duration::from_millis(4_240)), "0m04.2s");
        assert_eq!(clock(Duration::from_secs(3_661)), "1h01m01s");
    }
}
