//! The answer and the plateaus as text.

use std::fmt::Write as _;

use super::{
    answer::Recovery,
    bottleneck::Bottleneck,
    figures::Figures,
    knees::Knee,
    plateau::{Plateau, Purpose, Verdict},
    record::{Header, Record},
    scaling::{Forecast, Scaling},
    search::{End, Model},
};
use crate::format;
use plimsoll_plan::options::keyword::TimeUnit;

/// A load with its unit: `640/s`, `12 VUs`.
#[must_use]
pub fn load(model: Model, load: f64) -> String {
    format!("{load:.0$}{1}", digits(model, load), model.unit())
}

/// The same rounded down, for what is claimed or was carried: rounding must not make it more than it is.
#[must_use]
pub fn load_down(model: Model, load: f64) -> String {
    down(model, load, digits(model, load))
}

/// The lower end of an interval, rounded down. VUs have a digit more: an interval may be narrower than one.
#[must_use]
pub fn low_end(model: Model, load: f64) -> String {
    down(model, load, end_digits(model, load))
}

fn high_end(model: Model, load: f64) -> String {
    format!("{load:.0$}{1}", end_digits(model, load), model.unit())
}

fn digits(model: Model, load: f64) -> usize {
    match model {
        Model::Closed => 0,
        Model::Open if load >= 100.0 => 0,
        Model::Open if load >= 10.0 => 1,
        Model::Open => 2,
    }
}

fn end_digits(model: Model, load: f64) -> usize {
    if model == Model::Closed { 1 } else { digits(model, load) }
}

fn down(model: Model, load: f64, digits: usize) -> String {
    let step = 0.1_f64.powi(digits as i32);
    // A number that is one of those shown must not become the next lower one for its last bit.
    let steps = (load / step + 1e-6).floor();
    format!("{:.digits$}{}", steps * step, model.unit())
}

/// All of it: the answer first, then the table.
#[must_use]
pub fn render(record: &Record) -> String {
    let mut text = String::from("\n");
    for line in lines(record) {
        let _ = writeln!(text, "  {line}");
    }
    text.push('\n');
    text.push_str(&table(record));
    text
}

/// The answer, a line for each thing there is to say.
#[must_use]
pub fn lines(record: &Record) -> Vec<String> {
    let (answer, header) = (&record.answer, &record.header);
    let mut lines = vec![headline(record)];
    if let Some(capacity) = &answer.capacity {
        let whereabouts = capacity.endpoint.as_deref().map(|at| format!(", at {at}")).unwrap_or_default();
        lines.push(format!("gives way first:  {}{whereabouts}", capacity.gives_way));
        if capacity.requests > 0.0 {
            lines.push(format!("in requests:      {:.0}/s", capacity.requests));
        }
        lines.push(match answer.confirmed {
            Some(confirmed) => format!("carried twice:    {}", load_down(header.model, confirmed)),
            None => "carried twice:    no load could be confirmed".to_owned(),
        });
    }
    let knee = |knee: Knee| {
        format!("between {} and {}", load(header.model, knee.low), load(header.model, knee.high))
    };
    if let Some(at) = answer.throughput_knee {
        lines.push(format!("throughput knee:  {}", knee(at)));
    }
    if let Some(at) = answer.latency_knee {
        lines.push(format!("latency knee:     {} (twice the median of the lowest load)", knee(at)));
    }
    if let Some(headroom) = &answer.headroom {
        let at_least = headroom.at_least.map(|share| format!(" (at least {:.0} %)", share * 100.0));
        lines.push(format!(
            "headroom:         {:.0} % at {}{}{}",
            headroom.share * 100.0,
            load(header.model, headroom.current),
            at_least.unwrap_or_default(),
            provisional(record)
        ));
    }
    lines.push(format!("recovery:         {}", recovery(header.model, &answer.recovery)));
    lines.extend(little(record));
    lines.extend(bottleneck(&answer.bottleneck));
    lines.extend(answer.scaling.as_ref().map(scaling));
    lines.extend(answer.forecast.as_ref().map(|asked| forecast(asked) + provisional(record)));
    lines
}

/// What rests on a capacity is as sure as that is.
fn provisional(record: &Record) -> &'static str {
    match &record.answer.capacity {
        Some(capacity) if capacity.provisional => " (of a capacity that is provisional)",
        _ => "",
    }
}

/// The answer in one sentence.
#[must_use]
pub fn headline(record: &Record) -> String {
    let Record { header, answer, .. } = record;
    let model = header.model;
    if let Some(capacity) = &answer.capacity {
        let provisional = match (&record.end, capacity.provisional) {
            (Some(End::NotConfirmed), _) => ", but no load near it was carried twice",
            (Some(End::Found), true) => ", but far more was carried when it was to be overloaded",
            (_, true) => ", as far as it was searched",
            (_, false) => "",
        };
        let (low, high) = (load_down(model, capacity.low), load(model, capacity.high));
        let range = match capacity.bracket {
            true if is_carried(record, capacity.low) => {
                format!("bracket: {low} was carried, {high} was not")
            }
            true => format!("bracket: {high} was not carried, {low} looked well"),
            false => {
                format!(
                    "95 % interval {} to {}",
                    low_end(model, capacity.low),
                    high_end(model, capacity.high)
                )
            }
        };
        let load = load_down(model, capacity.load);
        return format!("capacity: {load} within the objectives ({range}){provisional}");
    }
    let carried = |at| format!("; {} was carried", load_down(model, at));
    let at_least = answer.at_least.map(carried).unwrap_or_default();
    let why = match &record.end {
        Some(end) => why(header, end),
        None => "the search is not over".to_owned(),
    };
    format!("no capacity is claimed: {why}{at_least}")
}

/// Whether a plateau at this load was carried, rather than left undecided.
fn is_carried(record: &Record, load: f64) -> bool {
    let at = |plateau: &Plateau| (plateau.load - load).abs() <= 1e-9 * load;
    record.plateaus.iter().any(|entry| entry.plateau.verdict == Verdict::Held && at(&entry.plateau))
}

/// Why a search ended, in words.
#[must_use]
pub fn why(header: &Header, end: &End) -> String {
    let limits = &header.limits;
    let objective = |place: &usize| header.objectives.get(*place).map_or("", |asked| asked.text.as_str());
    match end {
        End::Found => "the limit is found".to_owned(),
        End::LimitNotReached => {
            let flag = if header.model == Model::Open { "--max-rate" } else { "--max-vus" };
            format!("the highest load allowed, {}, is carried (see {flag})", load(header.model, limits.most))
        }
        End::Undecided { why } => {
            let most = load(header.model, limits.most);
            format!("whether the highest load allowed, {most}, is carried could not be decided: {why}")
        }
        End::NotConfirmed => "no load near the limit was carried twice".to_owned(),
        End::NotHeld => {
            format!("not even {} is carried within the objectives", load(header.model, limits.least))
        }
        End::GeneratorLimited { why } => {
            format!("generator-limited: the generator, not the target, is at its limit ({why})")
        }
        End::NoVus => "all VUs are busy although the objectives are met (see --max-vus)".to_owned(),
        End::NoData { objective: place } => {
            format!("no sample reached the objective '{}'", objective(place))
        }
        End::Broken { why } => format!("{why} whatever the load is"),
        End::NotRecovered { seconds } => {
            format!("the target did not come back within {seconds:.0} s without load")
        }
        End::Budget => format!("the budget of {:.0} s was not enough", limits.budget),
        End::Interrupted => "it was interrupted".to_owned(),
    }
}

fn recovery(model: Model, recovery: &Recovery) -> String {
    match recovery {
        Recovery::NotTested => "not tested".to_owned(),
        Recovery::Recovers { load: at, .. } => {
            format!("after an overload it carries {} again", load_down(model, *at))
        }
        Recovery::Metastable { load: at, seconds, recovers_at } => {
            let at_last = match recovers_at {
                Some(down_to) => format!("; it recovers at {}", load_down(model, *down_to)),
                None => "; no load was found at which it recovers".to_owned(),
            };
            format!(
                "METASTABLE: after an overload it does not carry {} any more, which it carried before \
                 (observed for {seconds:.0} s){at_last}",
                load(model, *at)
            )
        }
        Recovery::CannotTell { why } => format!("cannot tell: {why}"),
    }
}

/// Plateaus whose numbers do not fit together.
fn little(record: &Record) -> Option<String> {
    let steady = record.plateaus.iter().filter(|entry| entry.plateau.verdict == Verdict::Held);
    let (good, bad): (Vec<_>, Vec<_>) = steady.partition(|entry| entry.figures.obeys_little());
    if good.is_empty() && bad.is_empty() {
        return None;
    }
    Some(match bad.first() {
        None => format!("Little's law:     holds on all {} plateaus that were carried", good.len()),
        Some(first) => format!(
            "Little's law:     does NOT hold on {} of {} plateaus: at {} there were {:.1} iterations \
             under way, expected {:.1}",
            bad.len(),
            good.len() + bad.len(),
            load(record.header.model, first.plateau.load),
            first.figures.in_flight,
            first.figures.little
        ),
    })
}

fn bottleneck(found: &Bottleneck) -> Option<String> {
    Some(match found {
        Bottleneck::NotObserved => return None,
        Bottleneck::Named { resource, evidence } => format!("bound by:         {resource} ({evidence})"),
        Bottleneck::CannotTell { why } => format!("bound by:         cannot tell: {why}"),
    })
}

fn scaling(scaling: &Scaling) -> String {
    let without = |left_out: &usize| match left_out {
        0 => String::new(),
        some => format!(" ({some} more left out: Little's law does not hold on them)"),
    };
    match scaling {
        Scaling::Refused { left_out, why } => format!("model:            none: {why}{}", without(left_out)),
        Scaling::Accepted { alpha, beta, ceiling, r_squared, plateaus, left_out, .. } => format!(
            "model:            at most {:.0}/s ({:.0} to {:.0}); contention {:.3}, coherency {:.5}, R² \
             {r_squared:.3} over {plateaus} plateaus{}",
            ceiling.value,
            ceiling.low,
            ceiling.high,
            alpha.value,
            beta.value,
            without(left_out)
        ),
    }
}

fn forecast(forecast: &Forecast) -> String {
    let wanted = format!("{:.0}/s with {:.0} % to spare", forecast.rate, forecast.headroom * 100.0);
    let Forecast { instances, at_least, at_most, notes, .. } = forecast;
    match (instances, at_least, at_most) {
        (Some(instances), Some(least), Some(most)) => format!(
            "instances:        {instances} for {wanted} ({least} to {most}), provided that {}",
            notes.join("; ")
        ),
        _ => format!("instances:        cannot be told for {wanted}: {}", notes.join("; ")),
    }
}

const HEADS: [&str; 10] =
    ["load", "for", "reached", "time", "p50", "p95", "p99", "failed", "under way", "verdict"];

/// A table of all plateaus.
#[must_use]
pub fn table(record: &Record) -> String {
    let rows: Vec<[String; 10]> = record
        .plateaus
        .iter()
        .map(|entry| row(record.header.model, &entry.plateau, &entry.figures))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADS[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut text = String::new();
    for cells in std::iter::once(HEADS.map(str::to_owned)).chain(rows) {
        text.push(' ');
        for (column, cell) in cells.iter().enumerate() {
            let width = widths[column];
            let _ = match column {
                1 | 9 => write!(text, " {cell:<width$}"),
                _ => write!(text, " {cell:>width$}"),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// A plateau in one line.
#[must_use]
pub fn row(model: Model, plateau: &Plateau, figures: &Figures) -> [String; 10] {
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format::duration(ms, TimeUnit::Auto));
    [
        load(model, plateau.load),
        purpose(plateau.purpose).to_owned(),
        format!("{:.1}/s", figures.throughput),
        format!("{:.1}s", plateau.seconds()),
        ms(figures.p50),
        ms(figures.p95),
        ms(figures.p99),
        format::share(figures.failed),
        format!("{:.1}", figures.in_flight),
        verdict(plateau, figures),
    ]
}

/// What a plateau was held for, in a word.
#[must_use]
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Climb => "climb",
        Purpose::Narrow => "narrow",
        Purpose::Refine => "refine",
        Purpose::Confirm => "confirm",
        Purpose::Overload => "overload",
        Purpose::Return => "return",
    }
}

/// The verdict with its reason.
#[must_use]
pub fn verdict(plateau: &Plateau, figures: &Figures) -> String {
    let word = plateau.verdict.as_str();
    match &plateau.verdict {
        Verdict::CannotTell { why } | Verdict::Collapsed { why, .. } | Verdict::GeneratorLimited { why } => {
            format!("{word}: {why}")
        }
        Verdict::Failed { .. } => match &figures.endpoint {
            Some(endpoint) => format!("{word} at {endpoint}"),
            None => word.to_owned(),
        },
        Verdict::Held | Verdict::NoVus | Verdict::NoData { .. } | Verdict::Ended => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_is_rounded_down() {
        for (model, load, claimed, end) in [
            (Model::Open, 1_199.6, "1199/s", "1199/s"),
            (Model::Open, 123.4, "123/s", "123/s"),
            (Model::Open, 99.99, "99.9/s", "99.9/s"),
            (Model::Open, 10.3, "10.3/s", "10.3/s"),
            (Model::Open, 0.29, "0.29/s", "0.29/s"),
            (Model::Closed, 42.78, "42 VUs", "42.7 VUs"),
            (Model::Closed, 43.0, "43 VUs", "43.0 VUs"),
        ] {
            assert_eq!((load_down(model, load).as_str(), low_end(model, load).as_str()), (claimed, end));
        }
    }
}
