//! Goals as configured: parsed here, checked against the metrics of a run once the script has declared its
//! own.

use plimsoll_metrics::{BindError, Expression, Goal, Goals, Operator, Registry, Selector};
use serde_json::{Map, Value};

use crate::{Plan, Problem, Source, nearest::did_you_mean, options::goals::GoalSpecs};

const KEYS: [&str; 4] = ["name", "metric", "target", "critical"];

/// Reads every row; whatever is wrong is noted.
pub(crate) fn parse(specs: &GoalSpecs, source: &Source, problems: &mut Vec<Problem>) -> Vec<Goal> {
    let rows = match specs {
        GoalSpecs::Rows(rows) => rows,
        GoalSpecs::File(path) => {
            let problem = Problem::new("goals", source, "the file of goals was not read");
            problems.push(problem.got(path.as_str()));
            return Vec::new();
        }
    };
    let mut goals: Vec<Goal> = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let mut reader = Row { path: path(place), source, problems };
        let Some(goal) = reader.read(row) else { continue };
        if goals.iter().any(|other| other.name == goal.name) {
            reader.note("name", format!("there is another goal '{}'", goal.name));
        }
        goals.push(goal);
    }
    goals
}

fn path(place: usize) -> String {
    format!("goals[{place}]")
}

/// One row being read.
struct Row<'a> {
    path: String,
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Row<'_> {
    fn note(&mut self, key: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(format!("{}.{key}", self.path), self.source, message));
    }

    fn read(&mut self, row: &Value) -> Option<Goal> {
        let Value::Object(row) = row else {
            let message = format!("must be an object with {}", KEYS.join(", "));
            self.problems.push(Problem::new(&*self.path, self.source, message).got(row.to_string()));
            return None;
        };
        for key in row.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let message = format!("unknown key (keys are {})", KEYS.join(", "));
            let problem = Problem::new(format!("{}.{key}", self.path), self.source, message);
            self.problems.push(problem.hint(did_you_mean(key, KEYS)));
        }
        // All four are read before any is given up, so that all problems are told at once.
        let selector = self.text(row, "metric").and_then(|text| self.parsed("metric", Selector::parse(text)));
        let target = self.bound(row, "target");
        let critical = self.bound(row, "critical");
        let name = if row.contains_key("name") { Some(self.text(row, "name")?.to_owned()) } else { None };
        let (selector, target, critical) = (selector?, target?, critical?);
        self.check_bounds(&target, &critical)?;
        let name = name.unwrap_or_else(|| format!("{selector} {}", target.aggregation()));
        Some(Goal { name, selector, target, critical })
    }

    fn text<'v>(&mut self, row: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
        match row.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => return Some(text),
            Some(Value::Null) | None => self.note(key, "is missing"),
            Some(value) => {
                let path = format!("{}.{key}", self.path);
                let problem = Problem::new(path, self.source, "must be a text").got(value.to_string());
                self.problems.push(problem);
            }
        }
        None
    }

    fn parsed<T, E: ToString>(&mut self, key: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.note(key, error.to_string())).ok()
    }

    fn bound(&mut self, row: &Map<String, Value>, key: &str) -> Option<Expression> {
        let text = self.text(row, key)?;
        let bound = self.parsed(key, Expression::parse(text))?;
        if is_upper(&bound).is_none() {
            self.note(key, format!("'{text}' is not a bound: expected <, <=, > or >="));
            return None;
        }
        Some(bound)
    }

    /// The two bounds must be of one number and one side, and the critical one the looser.
    fn check_bounds(&mut self, target: &Expression, critical: &Expression) -> Option<()> {
        let both = format!("'{}' and the target is '{}'", critical.source(), target.source());
        if critical.aggregation() != target.aggregation() {
            self.note("critical", format!("must be about the same aggregation as the target: it is {both}"));
            return None;
        }
        if is_upper(critical) != is_upper(target) {
            self.note("critical", format!("must be a bound on the same side as the target: it is {both}"));
            return None;
        }
        let is_looser = match is_upper(target) {
            Some(true) => critical.value() >= target.value(),
            _ => critical.value() <= target.value(),
        };
        if !is_looser {
            let hint = "what misses the target may still be good enough; what misses `critical` is not";
            let path = format!("{}.critical", self.path);
            let problem =
                Problem::new(path, self.source, format!("must be looser than the target: it is {both}"));
            self.problems.push(problem.hint(Some(hint.to_owned())));
        }
        is_looser.then_some(())
    }
}

/// Whether an expression bounds its number from above; `None` when it is no bound.
fn is_upper(expression: &Expression) -> Option<bool> {
    match expression.operator() {
        Operator::Less | Operator::LessOrEqual => Some(true),
        Operator::Greater | Operator::GreaterOrEqual => Some(false),
        Operator::Equal | Operator::NotEqual => None,
    }
}

/// Checks that every goal's metric exists and has the aggregation that is asked for.
///
/// To be called when the script's init code has run, because that is where scripts declare metrics.
pub fn check_goals(plan: &Plan, registry: &Registry) -> Vec<Problem> {
    let source = plan.source("goals");
    let problem = |(place, error): &(usize, BindError)| match error {
        BindError::UnknownMetric { metric, nearest, .. } => {
            let path = format!("{}.metric", path(*place));
            let hint = nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?"));
            Problem::new(path, &source, format!("there is no metric '{metric}'")).hint(hint)
        }
        BindError::Unsupported { selector, aggregation, kind, supported, .. } => Problem::new(
            format!("{}.target", path(*place)),
            &source,
            format!("'{selector}' is a {kind} and has no '{aggregation}'; it has {supported}"),
        ),
        BindError::UnknownInWindows { .. } => {
            Problem::new(format!("{}.target", path(*place)), &source, error.to_string())
        }
    };
    let errors = Goals::bind(&plan.goals, registry).err().unwrap_or_default();
    errors.iter().map(problem).collect()
}
