//! A gate: a condition on the capacity that a build must meet, such as `>=1200/s@95%`.

use std::str::FromStr;

use super::{record::Record, search::Model, text};

/// A condition on the lower end of the capacity's interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    load: f64,
    model: Model,
}

/// Why a text is no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no gate: {why} (expected such as '>=1200/s@95%' or '>=50vus@95%')")]
pub struct GateError {
    text: String,
    why: &'static str,
}

/// What a gate says of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// It is met.
    Met(String),
    /// It is not.
    Missed(String),
    /// The record has no capacity to be judged.
    NoCapacity(String),
}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let error = |why| GateError { text: text.to_owned(), why };
        let rest = text.trim().strip_prefix(">=").ok_or_else(|| error("it does not begin with >="))?;
        let (load, confidence) = rest.split_once('@').unwrap_or((rest, "95%"));
        if confidence.trim().trim_end_matches('%').trim() != "95" {
            return Err(error("intervals of capacities are those of 95 %"));
        }
        let load = load.trim().to_ascii_lowercase();
        let (number, model) = match (load.strip_suffix("/s"), load.strip_suffix("vus")) {
            (Some(number), _) => (number, Model::Open),
            (_, Some(number)) => (number, Model::Closed),
            _ => return Err(error("the unit is missing")),
        };
        let number: f64 = number.trim().parse().map_err(|_| error("the load is no number"))?;
        if !(number.is_finite() && number > 0.0) {
            return Err(error("the load has to be more than zero"));
        }
        Ok(Self { load: number, model })
    }
}

impl Gate {
    /// Judges a record.
    #[must_use]
    pub fn judge(&self, record: &Record) -> Passage {
        // As it was written, so that no rounding makes it the same as what is found.
        let wanted = format!("{}{}", self.load, self.model.unit());
        let model = record.header.model;
        if model != self.model {
            let found = if model == Model::Open { "a rate" } else { "a number of VUs" };
            return Passage::NoCapacity(format!(
                "{wanted} is wanted, but the capacity was searched as {found}"
            ));
        }
        let answer = &record.answer;
        if let Some(capacity) = &answer.capacity {
            let load = text::load_down(model, capacity.load);
            let low = match capacity.bracket {
                true => text::load_down(model, capacity.low),
                false => text::low_end(model, capacity.low),
            };
            if record.end == Some(super::End::NotConfirmed) {
                return Passage::NoCapacity(format!("no load near the capacity of {load} was carried twice"));
            }
            if capacity.provisional && record.end == Some(super::End::Found) {
                return Passage::NoCapacity(format!("far more than the capacity of {load} was carried"));
            }
            if capacity.provisional {
                return Passage::NoCapacity(format!("the search did not come to its end (so far {load})"));
            }
            let facts = match capacity.bracket {
                true => format!("the capacity is above {low}, which was carried"),
                false => format!("the capacity is {load}, at least {low} with 95 % confidence"),
            };
            return match capacity.low >= self.load {
                true => Passage::Met(format!("{facts}, and {wanted} is wanted")),
                false => Passage::Missed(format!("{facts}, but {wanted} is wanted")),
            };
        }
        match (&record.end, answer.at_least) {
            (Some(super::End::LimitNotReached), Some(carried)) if carried >= self.load => {
                let carried = text::load_down(model, carried);
                Passage::Met(format!(
                    "{carried} was carried without reaching a limit, and {wanted} is wanted"
                ))
            }
            _ => Passage::NoCapacity(text::headline(record)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Answer, Capacity, End, Header, Limits};

    /// The record of a search that found this capacity, with its interval.
    fn record(model: Model, (low, load, high): (f64, f64, f64)) -> Record {
        let limits = Limits {
            start: 1.0,
            least: 1.0,
            most: 1e5,
            precision: 0.02,
            shortest: 3.0,
            longest: 20.0,
            budget: 600.0,
            recovery: true,
        };
        let capacity = Capacity {
            load,
            low,
            high,
            bracket: false,
            gives_way: String::new(),
            endpoint: None,
            requests: load,
            provisional: false,
        };
        Record {
            format: String::new(),
            version: 1,
            header: Header {
                script: String::new(),
                scenario: String::new(),
                model,
                arrivals: None,
                started: String::new(),
                objectives: Vec::new(),
                limits,
            },
            end: Some(End::Found),
            seconds: 300.0,
            answer: Answer { capacity: Some(capacity), ..Answer::default() },
            plateaus: Vec::new(),
        }
    }

    #[test]
    fn no_rounding_makes_what_is_missed_look_met() {
        let gate: Gate = ">=1200/s@95%".parse().expect("a gate");
        let rate = record(Model::Open, (1_199.6, 1_210.7, 1_230.2));
        let told = "the capacity is 1210/s, at least 1199/s with 95 % confidence, but 1200/s is wanted";
        assert_eq!(gate.judge(&rate), Passage::Missed(told.to_owned()));

        let gate: Gate = ">=43vus".parse().expect("a gate");
        let users = record(Model::Closed, (42.58, 42.9, 43.24));
        let told = "the capacity is 42 VUs, at least 42.5 VUs with 95 % confidence, but 43 VUs is wanted";
        assert_eq!(gate.judge(&users), Passage::Missed(told.to_owned()));
        let headline = "capacity: 42 VUs within the objectives (95 % interval 42.5 VUs to 43.2 VUs)";
        assert_eq!(text::headline(&users), headline);
    }

    #[test]
    fn gates_are_read() {
        assert_eq!(">=1200/s@95%".parse(), Ok(Gate { load: 1200.0, model: Model::Open }));
        assert_eq!(" >= 50 VUs".parse(), Ok(Gate { load: 50.0, model: Model::Closed }));
        for (text, why) in [
            ("1200/s", "begin with >="),
            (">=1200", "unit"),
            (">=x/s", "no number"),
            (">=0/s", "more than zero"),
            (">=10/s@99%", "95 %"),
        ] {
            let error = text.parse::<Gate>().expect_err(text).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
