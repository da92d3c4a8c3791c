//! The answers.

use plimsoll_metrics::{Aggregate, MetricId, Sink, builtin};

use super::comparable::{self, FEWEST_SECONDS};
use super::questions::{self, Direction, Family, Questions};
use super::run::SECOND;
use super::{Answer, Comparison, Cut, Measured, NotComparable, Run, Settings, Verdict};
use crate::statistics::transient::settled_after;
use crate::statistics::{Difference, Noise, Resampling, Row, Scale, Statistic, difference, holm};

/// Resamples for each question. Only their spread is used, which this many tell to within 4 %.
const ROUNDS: usize = 400;
/// The chance of a false alarm in a comparison.
const LEVEL: f64 = 0.05;
/// Shares that differ by less are the same, whatever they are: a tenth of a percent of the requests.
const LEAST_SHARE: f64 = 0.001;
/// Shares are the same when they surely differ by less than that. To be sure of a tenth of a percent would
/// take a hundred thousand requests.
const SAME_SHARE: f64 = 0.01;
/// Rates that differ by less are the same: one in ten seconds.
const LEAST_RATE: f64 = 0.1;

/// Compares two sides.
///
/// # Errors
/// They cannot be compared; the error says why.
pub fn compare(base: &[Run], candidate: &[Run], settings: &Settings) -> Result<Comparison, NotComparable> {
    let mut warnings = comparable::notes(base, candidate, settings.anyway)?;
    let cut = match settings.cut {
        Cut::Fixed(length) => length.as_secs_f64().ceil() as usize,
        Cut::Detect => base.iter().chain(candidate).map(transient).max().unwrap_or(0),
    };
    let seconds = common_seconds(base, candidate, cut)?;
    warnings.extend(comparable::short(seconds));
    let questions = questions::questions(base, candidate);
    let mut asked = Vec::new();
    for questions in &questions {
        let rows =
            |side: &[Run]| side.iter().map(|run| row(run, questions, cut, seconds)).collect::<Vec<_>>();
        let (of_base, of_candidate) = (rows(base), rows(candidate));
        for statistic in &questions.statistics {
            let outcome = measure(questions, *statistic, &of_base, &of_candidate, settings);
            asked.extend(outcome.map(|answer| (questions.family, answer)));
        }
    }
    correct(&mut asked);
    let mut answers: Vec<Answer> = asked.into_iter().map(|(_, answer)| answer).map(judged).collect();
    let verdict = together(&answers);
    // Stable: within a verdict, the order of the questions stays, which is that of their importance.
    answers.sort_by_key(|answer| answer.verdict);
    Ok(Comparison {
        base: base.iter().map(|run| run.name.clone()).collect(),
        candidate: candidate.iter().map(|run| run.name.clone()).collect(),
        seconds,
        cut,
        warnings,
        questions: answers.iter().filter(|answer| answer.verdict != Verdict::Shown).count(),
        answers,
        verdict,
        settings: *settings,
    })
}

/// Seconds until the median latency has settled. At most a third of them is cut.
fn transient(run: &Run) -> usize {
    let row = [builtin::HTTP_REQ_DURATION, builtin::ITERATION_DURATION]
        .into_iter()
        .find_map(|metric| medians(run, metric))
        .unwrap_or_default();
    settled_after(&row, 0..=row.len() / 3)
}

/// The median of each second. A second in which nothing ended counts as its predecessor, and the first ones
/// as the first in which something did: the answers of a service that is still asleep come late.
fn medians(run: &Run, metric: MetricId) -> Option<Vec<f64>> {
    let of = |part: &Aggregate| match part.total(metric) {
        Some(Sink::Trend(trend)) if trend.count() > 0 => Some(trend.med()),
        _ => None,
    };
    let mut last = run.seconds.iter().find_map(of)?;
    let mut next = |part| {
        last = of(part).unwrap_or(last);
        last
    };
    Some(run.seconds.iter().map(&mut next).collect())
}

/// What all runs have after the cut.
fn common_seconds(base: &[Run], candidate: &[Run], cut: usize) -> Result<usize, NotComparable> {
    let shortest =
        base.iter().chain(candidate).min_by_key(|run| run.seconds.len()).ok_or(NotComparable::NoRun)?;
    let has = shortest.seconds.len().saturating_sub(cut);
    if has < FEWEST_SECONDS {
        return Err(NotComparable::FewSeconds { name: shortest.name.clone(), has, cut });
    }
    Ok(has)
}

fn row(run: &Run, questions: &Questions, cut: usize, seconds: usize) -> Row {
    let metric = run.registry.by_name(&questions.subject.metric);
    let select = |part: &Aggregate| part.select(metric.as_ref()?.id, &questions.filter);
    let sinks: Vec<Option<Sink>> = run.seconds[cut..cut + seconds].iter().map(select).collect();
    Row::of_sinks(sinks.iter().map(Option::as_ref), SECOND)
}

/// An answer without its verdict; nothing where both sides have counted nothing.
fn measure(
    questions: &Questions,
    statistic: Statistic,
    base: &[Row],
    candidate: &[Row],
    settings: &Settings,
) -> Option<Answer> {
    if base.iter().chain(candidate).all(|row| row.samples() == 0.0) {
        return None;
    }
    let how = Resampling { seed: settings.seed, rounds: ROUNDS, ..Resampling::default() };
    let outcome = difference(base, candidate, statistic, Noise(settings.run_noise), &how).map(|difference| {
        let (low, high) = difference.interval(1.0 - LEVEL);
        let floor = floor(questions, statistic, &difference, settings);
        let margin = if statistic == Statistic::Share { floor.max(SAME_SHARE) } else { floor };
        Measured { difference, low, high, floor, margin, p: difference.p() }
    });
    Some(Answer {
        subject: questions.subject.clone(),
        statistic,
        contains: questions.contains,
        direction: questions.direction,
        outcome,
        verdict: Verdict::Shown,
    })
}

/// The smallest effect of interest on the scale of the difference.
fn floor(questions: &Questions, statistic: Statistic, difference: &Difference, settings: &Settings) -> f64 {
    let base = difference.base.abs();
    let absolute = match (statistic, questions.contains) {
        (Statistic::Share, _) => LEAST_SHARE,
        (Statistic::PerSecond, _) => LEAST_RATE,
        (_, plimsoll_metrics::ValueKind::Time) => settings.min_time_ms,
        _ => 0.0,
    };
    match (difference.scale, statistic) {
        (Scale::Ratio, _) => settings.min_effect.max(absolute / base).ln_1p(),
        // Five percent of 99 % of checks would be nearly five times all that failed.
        (Scale::Difference, Statistic::Share) => absolute.max(settings.min_effect * base.min(1.0 - base)),
        (Scale::Difference, _) => absolute.max(settings.min_effect * base),
    }
}

/// Corrects for the number of questions, each family with half of the level.
fn correct(asked: &mut [(Family, Answer)]) {
    let families = [Family::Whole, Family::Endpoint];
    let counts = |answer: &Answer| answer.direction != Direction::Neutral && answer.outcome.is_ok();
    let sizes =
        families.map(|family| asked.iter().filter(|(of, answer)| *of == family && counts(answer)).count());
    let share = if sizes.iter().all(|size| *size > 0) { 2.0 } else { 1.0 };
    for family in families {
        let members = asked.iter_mut().filter(|(of, answer)| *of == family && counts(answer));
        let mut measured: Vec<&mut Measured> =
            members.filter_map(|(_, answer)| answer.outcome.as_mut().ok()).collect();
        let adjusted = holm(&measured.iter().map(|measured| measured.p).collect::<Vec<_>>());
        for (measured, p) in measured.iter_mut().zip(adjusted) {
            measured.p = (share * p).min(1.0);
        }
    }
}

fn judged(mut answer: Answer) -> Answer {
    answer.verdict = match (&answer.outcome, answer.direction) {
        (_, Direction::Neutral) => Verdict::Shown,
        (Err(_), _) => Verdict::CannotTell,
        (Ok(measured), direction) => verdict(measured, direction),
    };
    answer
}

fn verdict(measured: &Measured, direction: Direction) -> Verdict {
    let Measured { difference, low, high, floor, margin, p } = measured;
    if *p <= LEVEL && difference.effect.abs() >= *floor {
        let rises = difference.effect > 0.0;
        return if rises == (direction == Direction::Higher) { Verdict::Better } else { Verdict::Worse };
    }
    if *low > -margin && *high < *margin { Verdict::Same } else { Verdict::CannotTell }
}

/// Worse if anything is; better if anything is, and nothing worse. What cannot be told of an endpoint, of
/// which there are many with few requests, does not keep the whole from being the same.
fn together(answers: &[Answer]) -> Verdict {
    let any = |verdict| answers.iter().any(|answer| answer.verdict == verdict);
    let whole = answers.iter().filter(|answer| answer.subject.endpoint.is_none());
    if any(Verdict::Worse) {
        Verdict::Worse
    } else if any(Verdict::Better) {
        Verdict::Better
    } else if whole.clone().any(|answer| answer.verdict == Verdict::CannotTell) || !any(Verdict::Same) {
        Verdict::CannotTell
    } else {
        Verdict::Same
    }
}
