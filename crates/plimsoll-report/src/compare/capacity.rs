//! Two searches for the capacity compared, by their `capacity.json`.
//!
//! A capacity has its own 95 % interval, so that nothing is resampled here: one question, higher is better.

use std::f64::consts::SQRT_2;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Settings, Verdict};
use crate::capacity::record::{FORMAT, VERSION};
use crate::statistics::student;

/// What of a `capacity.json` is compared. Its other parts are for other readers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Search {
    format: String,
    version: u32,
    header: Asked,
    end: Option<End>,
    answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct End {
    end: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Asked {
    script: Option<String>,
    scenario: String,
    model: Value,
    arrivals: Option<String>,
    objectives: Vec<Objective>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Objective {
    text: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    capacity: Option<Found>,
    at_least: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Found {
    #[serde(flatten)]
    capacity: Capacity,
    /// Whether the search came to no end.
    provisional: bool,
    /// Whether the interval is only from a load that was carried to one that was not.
    #[serde(default)]
    bracket: bool,
}

/// The highest load within the objectives, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Iterations per second, or VUs.
    pub load: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end; infinite where the most that was allowed is carried. JSON has no such number: there it
    /// is `null`.
    pub high: f64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The base's.
    pub base: Capacity,
    /// The candidate's.
    pub candidate: Capacity,
    /// By how much the candidate's is higher, as a share.
    pub change: f64,
    /// The 95 % interval of that.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// What it comes to.
    #[serde(serialize_with = "word")]
    pub verdict: Verdict,
    /// What makes it less sure.
    pub warnings: Vec<String>,
}

/// Why two searches are not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlike {
    /// Not of this form.
    #[error("it is not the record of a search for the capacity: {0}")]
    Form(String),
    /// They asked for different things.
    #[error("they are not comparable: the base asked for {base}, the candidate for {candidate}")]
    Asked {
        /// What the base asked for.
        base: String,
        /// What the candidate asked for.
        candidate: String,
    },
    /// One has no answer.
    #[error("the {0} has found no capacity")]
    NoCapacity(&'static str),
    /// One was cut short.
    #[error("they are not comparable: the search of the {0} was cut short, its capacity is provisional")]
    Provisional(&'static str),
}

impl Search {
    /// Whether a file looks like one: records of runs do not begin like that.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.trim_ascii_start().starts_with(b"{")
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Self, Unlike> {
        let search: Self = serde_json::from_slice(bytes).map_err(|error| Unlike::Form(error.to_string()))?;
        if search.format != FORMAT {
            return Err(Unlike::Form(format!("its format is '{}'", search.format)));
        }
        if search.version != VERSION {
            let version = search.version;
            return Err(Unlike::Form(format!("its version is {version}, expected {VERSION}")));
        }
        Ok(search)
    }

    fn asked(&self) -> String {
        let objectives: Vec<_> =
            self.header.objectives.iter().map(|objective| objective.text.as_str()).collect();
        let arrivals =
            self.header.arrivals.as_ref().map_or_else(String::new, |arrivals| format!(", {arrivals}"));
        let Asked { model, scenario, .. } = &self.header;
        format!("{model}{arrivals} of {scenario} within {}", objectives.join(", "))
    }

    /// The highest load allowed, if that is carried.
    fn most_allowed(&self) -> Option<f64> {
        let is_carried = self.end.as_ref().is_some_and(|end| end.end == "limit-not-reached");
        self.answer.at_least.filter(|_| is_carried && self.answer.capacity.is_none())
    }

    /// The answer of one side, which the text names so.
    fn found(
        &self,
        side: &'static str,
        anyway: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Capacity, Unlike> {
        if let Some(load) = self.most_allowed() {
            warnings.push(format!(
                "the {side} carries {load}, the most that it was asked: its capacity is not below that"
            ));
            return Ok(Capacity { load, low: load, high: f64::INFINITY });
        }
        let Found { capacity, provisional, bracket } =
            self.answer.capacity.ok_or(Unlike::NoCapacity(side))?;
        if bracket {
            warnings.push(format!("the interval of the {side} is from a load it carried to one it did not"));
        }
        match (provisional, anyway) {
            (false, _) => {}
            (true, true) => warnings.push(Unlike::Provisional(side).to_string()),
            (true, false) => return Err(Unlike::Provisional(side)),
        }
        Ok(capacity)
    }
}

/// Compares two searches.
///
/// # Errors
/// They asked for different things, or one has found nothing.
pub fn compare(base: &Search, candidate: &Search, settings: &Settings) -> Result<Compared, Unlike> {
    let asked = (base.asked(), candidate.asked());
    let mut warnings = Vec::new();
    if asked.0 != asked.1 {
        let unlike = Unlike::Asked { base: asked.0, candidate: asked.1 };
        if !settings.anyway {
            return Err(unlike);
        }
        warnings.push(unlike.to_string());
    }
    if let (Some(one), Some(other)) = (&base.header.script, &candidate.header.script)
        && one != other
    {
        warnings.push(format!("the scripts differ: {one} and {other}"));
    }
    let base = base.found("base", settings.anyway, &mut warnings)?;
    let candidate = candidate.found("candidate", settings.anyway, &mut warnings)?;
    Ok(compared(base, candidate, warnings, settings))
}

fn compared(base: Capacity, candidate: Capacity, warnings: Vec<String>, settings: &Settings) -> Compared {
    let critical = student::critical(0.95, f64::INFINITY);
    if base.high.is_infinite() || candidate.high.is_infinite() {
        let noise = critical * SQRT_2 * settings.run_noise;
        return bounded(base, candidate, noise, warnings, settings);
    }
    let error = |one: Capacity| (one.high / one.low).ln() / (2.0 * critical);
    let noise = 2.0 * settings.run_noise * settings.run_noise;
    let error = (error(base).powi(2) + error(candidate).powi(2) + noise).sqrt();
    let effect = (candidate.load / base.load).ln();
    let (low, high) = (effect - critical * error, effect + critical * error);
    let floor = settings.min_effect.ln_1p();
    let verdict = if !error.is_finite() {
        Verdict::CannotTell
    } else if effect.abs() >= floor && low * high > 0.0 {
        if effect > 0.0 { Verdict::Better } else { Verdict::Worse }
    } else if low > -floor && high < floor {
        Verdict::Same
    } else {
        Verdict::CannotTell
    };
    Compared {
        base,
        candidate,
        change: effect.exp_m1(),
        low: low.exp_m1(),
        high: high.exp_m1(),
        verdict,
        warnings,
    }
}

/// One side, or both, carried the most that was allowed: what is known of it begins there and has no end.
fn bounded(
    base: Capacity,
    candidate: Capacity,
    noise: f64,
    warnings: Vec<String>,
    settings: &Settings,
) -> Compared {
    let low = (candidate.low / base.high).ln() - noise;
    let high = (candidate.high / base.low).ln() + noise;
    let floor = settings.min_effect.ln_1p();
    let verdict = match (low >= floor, high <= -floor) {
        (true, _) => Verdict::Better,
        (_, true) => Verdict::Worse,
        _ => Verdict::CannotTell,
    };
    let change = candidate.load / base.load - 1.0;
    let (low, high) = (low.exp_m1(), high.exp_m1());
    Compared { base, candidate, change, low, high, verdict, warnings }
}

impl Compared {
    /// For the terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { base, candidate, change, low, high, verdict, .. } = self;
        let percent = |share: &f64| format!("{:+.1} %", 100.0 * share);
        let side = |one: &Capacity| match one.high.is_finite() {
            true => format!("{:.1} ({:.1} to {:.1})", one.load, one.low, one.high),
            false => format!("{:.1} at least", one.low),
        };
        let interval = match (*low > -1.0, high.is_finite()) {
            (true, true) => format!("{} to {}", percent(low), percent(high)),
            (true, false) => format!("{} at least", percent(low)),
            (false, true) => format!("{} at most", percent(high)),
            (false, false) => "how sure that is, is not known".to_owned(),
        };
        let mut text = format!(
            "{}: the capacity changes by {} ({interval})\n\nbase:       {}\ncandidate:  {}\n",
            verdict.as_str().to_uppercase(),
            percent(change),
            side(base),
            side(candidate),
        );
        self.warnings.iter().for_each(|warning| text.push_str(&format!("note: {warning}\n")));
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers and texts are JSON") + "\n"
    }

    /// For merge requests.
    #[must_use]
    pub fn markdown(&self) -> String {
        let text = self.text();
        let (head, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        format!("### {head}\n\n```text\n{rest}```\n")
    }
}

fn word<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(super::json::word(*verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(load: f64, objective: &str) -> Value {
        let (low, high) = (0.98 * load, 1.02 * load);
        let objectives = [serde_json::json!({ "text": objective })];
        serde_json::json!({
            "format": "plimsoll-capacity",
            "version": 1,
            "header": {
                "scenario": "default", "model": "open", "arrivals": "poisson", "objectives": objectives,
            },
            "answer": { "capacity": { "load": load, "low": low, "high": high, "provisional": false } },
        })
    }

    fn read(document: &Value) -> Result<Search, Unlike> {
        Search::read(document.to_string().as_bytes())
    }

    fn search(load: f64, objective: &str) -> Search {
        read(&document(load, objective)).unwrap()
    }

    fn verdict(base: f64, candidate: f64) -> Verdict {
        compare(&search(base, "p95"), &search(candidate, "p95"), &Settings::default()).unwrap().verdict
    }

    #[test]
    fn less_is_worse() {
        assert_eq!(verdict(1_000.0, 850.0), Verdict::Worse);
        assert_eq!(verdict(1_000.0, 1_200.0), Verdict::Better);
        assert_eq!(verdict(1_000.0, 1_001.0), Verdict::Same);
        assert_eq!(verdict(1_000.0, 960.0), Verdict::CannotTell);
    }

    #[test]
    fn the_most_that_was_allowed_is_a_lower_bound() {
        let most = |load: f64| {
            let mut most = document(load, "p95");
            most["end"] = serde_json::json!({ "end": "limit-not-reached" });
            most["answer"] = serde_json::json!({ "capacity": null, "atLeast": load });
            read(&most).unwrap()
        };
        let of = |base: &Search, candidate: &Search| compare(base, candidate, &Settings::default()).unwrap();
        let found = search(1_000.0, "p95");
        let better = of(&found, &most(1_500.0));
        assert_eq!(better.verdict, Verdict::Better);
        let text = better.text();
        assert!(text.contains("at least)\n") && text.contains("1500.0 at least\n"), "{text}");
        assert!(text.contains("note: the candidate carries 1500, the most"), "{text}");
        assert!(better.json().contains("\"high\": null"), "{}", better.json());
        assert_eq!(of(&found, &most(1_000.0)).verdict, Verdict::CannotTell);
        let worse = of(&most(1_500.0), &found);
        assert_eq!(worse.verdict, Verdict::Worse);
        assert!(worse.text().contains("% at most)"), "{}", worse.text());
        assert_eq!(of(&most(500.0), &found).verdict, Verdict::CannotTell);
        assert_eq!(of(&most(500.0), &most(500.0)).verdict, Verdict::CannotTell);
        // A search that came to no end has carried something, too, but that says nothing of what it could.
        let mut ended = document(1.0, "p95");
        ended["end"] = serde_json::json!({ "end": "budget" });
        ended["answer"] = serde_json::json!({ "capacity": null, "atLeast": 900.0 });
        let refused = compare(&found, &read(&ended).unwrap(), &Settings::default()).unwrap_err();
        assert_eq!(refused, Unlike::NoCapacity("candidate"));
    }

    #[test]
    fn an_interval_that_begins_at_nothing_is_no_number() {
        let mut wide = document(1_000.0, "p95");
        wide["answer"]["capacity"]["low"] = 0.0.into();
        let compared = compare(&read(&wide).unwrap(), &search(1_000.0, "p95"), &Settings::default()).unwrap();
        assert_eq!(compared.verdict, Verdict::CannotTell);
        let text = compared.text();
        assert!(text.contains("(how sure that is, is not known)") && !text.contains("inf"), "{text}");
    }

    #[test]
    fn other_scripts_are_noted() {
        let mut other = document(1_000.0, "p95");
        other["header"]["script"] = "b.js".into();
        let mut base = document(1_000.0, "p95");
        base["header"]["script"] = "a.js".into();
        let of = |base: &Value, other: &Value| {
            compare(&read(base).unwrap(), &read(other).unwrap(), &Settings::default()).unwrap().warnings
        };
        assert_eq!(of(&base, &other), ["the scripts differ: a.js and b.js"]);
        assert!(of(&base, &base).is_empty());
    }

    #[test]
    fn other_questions_have_other_answers() {
        let refused = compare(&search(1.0, "p(95)<200"), &search(1.0, "p(95)<100"), &Settings::default());
        let told = refused.unwrap_err().to_string();
        assert!(told.ends_with("the candidate for \"open\", poisson of default within p(95)<100"), "{told}");
        assert!(matches!(Search::read(b"{}"), Err(Unlike::Form(_))));
        let mut later = document(1.0, "p95");
        later["version"] = 7.into();
        assert!(read(&later).unwrap_err().to_string().ends_with("its version is 7, expected 1"));
    }

    #[test]
    fn other_arrivals_are_another_question_and_half_a_search_is_no_answer() {
        let mut spread = document(1_000.0, "p95");
        spread["header"]["arrivals"] = "uniform".into();
        let mut half = document(1_000.0, "p95");
        half["answer"]["capacity"]["provisional"] = true.into();
        let base = search(1_000.0, "p95");
        let anyway = Settings { anyway: true, ..Settings::default() };
        for (other, why) in [(spread, "\"open\", uniform of default"), (half, "candidate was cut short")] {
            let other = read(&other).unwrap();
            let told = compare(&base, &other, &Settings::default()).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
            let compared = compare(&base, &other, &anyway).unwrap();
            assert!(compared.warnings.iter().any(|warning| warning.contains(why)), "{compared:?}");
        }
    }
}
