//! The answers that clients had, as the generator wrote them down, and what can be read from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};

/// Milliseconds since 1970, the clock that scripts have.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// One answer, or that there was none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    asked_at: u64,
    took_ms: u64,
    /// 0 when there was none.
    status: u16,
    /// The ticket that was acknowledged.
    pub(super) ticket: Option<String>,
}

impl Answer {
    /// From a line of the console: `… answer 1700000000000 12 201 ticket_7"`.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("answer ")?;
        let mut words = rest.trim_end_matches('"').split(' ');
        Some(Self {
            asked_at: words.next()?.parse().ok()?,
            took_ms: words.next()?.parse().ok()?,
            status: words.next()?.parse().ok()?,
            ticket: words.next().filter(|id| *id != "-").map(str::to_owned),
        })
    }
}

/// All answers of a run.
pub(super) fn read(file: &Path) -> Result<Vec<Answer>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let parse = |line| Answer::parse(line).with_context(|| format!("not an answer: {line}"));
    let answers = text.lines().map(parse).collect::<Result<Vec<_>>>()?;
    ensure!(!answers.is_empty(), "there was no answer at all");
    Ok(answers)
}

/// When something broke, when mending it began and was done, and when the next thing broke.
pub(super) struct Window {
    pub(super) began: u64,
    pub(super) mending: u64,
    pub(super) mended: u64,
    pub(super) ended: u64,
}

/// What clients noticed.
#[derive(Default, Debug)]
pub(super) struct Noticed {
    pub(super) by_status: BTreeMap<u16, usize>,
    pub(super) longest_ms: u64,
    /// From mended to the end of the last request that failed.
    pub(super) recovered_ms: u64,
}

impl Window {
    /// What clients noticed who asked in this window.
    pub(super) fn noticed(&self, answers: &[Answer]) -> Noticed {
        let mut noticed = Noticed::default();
        let asked = answers.iter().filter(|answer| (self.began..self.ended).contains(&answer.asked_at));
        for answer in asked {
            *noticed.by_status.entry(answer.status).or_default() += 1;
            noticed.longest_ms = noticed.longest_ms.max(answer.took_ms);
            // Those who asked while it was broken may hear of it later; what counts is who asked afterwards,
            // and when they all were well again.
            if !(200..300).contains(&answer.status) && answer.asked_at >= self.mending {
                let after = (answer.asked_at + answer.took_ms).saturating_sub(self.mended);
                noticed.recovered_ms = noticed.recovered_ms.max(after);
            }
        }
        noticed
    }
}

impl Noticed {
    pub(super) fn answers(&self) -> usize {
        self.by_status.values().sum()
    }

    pub(super) fn count(&self, matches: impl Fn(u16) -> bool) -> usize {
        self.by_status.iter().filter(|&(&status, _)| matches(status)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_from_a_line_of_the_console() {
        let line = r#"time="2026-11-24T10:57:55Z" level=info msg="answer 1700 12 201 ticket_9""#;
        let answer = Answer::parse(line).expect("an answer");
        let ticket = Some("ticket_9".to_owned());
        assert_eq!(answer, Answer { asked_at: 1700, took_ms: 12, status: 201, ticket });
        let line = r#"level=info msg="answer 1700 12 503 -""#;
        assert_eq!(Answer::parse(line).expect("an answer").ticket, None);
        assert_eq!(Answer::parse("something else"), None);
    }

    #[test]
    fn recovery_ends_with_the_last_failure_of_those_who_asked_after_mending_began() {
        let answer = |asked_at, took_ms, status| Answer { asked_at, took_ms, status, ticket: None };
        let answers = [
            answer(5, 1, 503),
            answer(12, 900, 503),
            answer(21, 4, 503),
            answer(31, 9, 503),
            answer(33, 20, 200),
            answer(70, 1, 503),
        ];
        let noticed = Window { began: 10, mending: 20, mended: 30, ended: 60 }.noticed(&answers);
        assert_eq!((noticed.answers(), noticed.count(|status| status == 503)), (4, 3));
        assert_eq!((noticed.longest_ms, noticed.recovered_ms), (900, 10));
    }
}
