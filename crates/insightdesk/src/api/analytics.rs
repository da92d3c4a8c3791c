//! The dashboard.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::caller::Caller;
use super::error::ApiError;
use super::reply::json_bytes;
use crate::clock::Timestamp;
use crate::model::{Priority, Status, Vocabulary as _};
use crate::storage::Dashboard;

/// How old the numbers may be.
const LIFETIME: Duration = Duration::from_secs(5);
/// How many days are shown, today included.
const DAYS: i64 = 14;

/// An organisation's numbers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Numbers {
    total: u64,
    /// Tickets in each status.
    by_status: BTreeMap<&'static str, u64>,
    /// Tickets of each priority, whatever their status.
    by_priority: BTreeMap<&'static str, u64>,
    /// The last fourteen days in UTC, oldest first.
    per_day: Vec<Day>,
    /// Of tickets that are neither resolved nor closed; null when there are none.
    average_age_seconds: Option<i64>,
    generated_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
struct Day {
    /// `2026-01-31`.
    date: String,
    created: u64,
    resolved: u64,
}

pub(crate) async fn dashboard(State(desk): State<App>, Caller(claims): Caller) -> Result<Response, ApiError> {
    let key = format!("dashboard:{}", claims.organization);
    let known = desk.cache.get(&key).await;
    desk.cache_counters.note(known.is_some());
    if let Some(body) = known {
        return Ok(json_bytes(body));
    }
    let now = Timestamp::now();
    let first_day = now.day() - DAYS + 1;
    let dashboard = desk.storage.dashboard(&claims.organization, first_day).await?;
    let body = serde_json::to_vec(&Numbers::new(&dashboard, now)).expect("our own types serialise");
    let body = bytes::Bytes::from(body);
    desk.cache.put(&key, body.clone(), LIFETIME).await;
    Ok(json_bytes(body))
}

impl Numbers {
    fn new(dashboard: &Dashboard, now: Timestamp) -> Self {
        let mut by_status: BTreeMap<_, _> = Status::ALL.iter().map(|status| (status.as_str(), 0)).collect();
        let mut by_priority: BTreeMap<_, _> = Priority::ALL.iter().map(|word| (word.as_str(), 0)).collect();
        for (status, priority, group) in &dashboard.groups {
            *by_status.entry(status.as_str()).or_default() += group.count;
            *by_priority.entry(priority.as_str()).or_default() += group.count;
        }
        Self {
            total: by_status.values().sum(),
            by_status,
            by_priority,
            per_day: days(dashboard, now),
            average_age_seconds: average_age_seconds(dashboard, now),
            generated_at: now,
        }
    }
}

/// Every day of the period, those without tickets included.
fn days(dashboard: &Dashboard, now: Timestamp) -> Vec<Day> {
    let counts: BTreeMap<_, _> =
        dashboard.days.iter().map(|&(day, created, resolved)| (day, (created, resolved))).collect();
    let day = |day| {
        let (created, resolved) = counts.get(&day).copied().unwrap_or_default();
        Day { date: Timestamp::of_day(day).date(), created, resolved }
    };
    (now.day() - DAYS + 1..=now.day()).map(day).collect()
}

fn average_age_seconds(dashboard: &Dashboard, now: Timestamp) -> Option<i64> {
    let open = dashboard.groups.iter().filter(|(status, ..)| !status.is_settled());
    let (count, created_ms_sum) = open.fold((0, 0), |(count, sum), (.., group)| {
        (count + i128::from(group.count), sum + i128::from(group.created_ms_sum))
    });
    let age_ms = i128::from(now.0) - created_ms_sum.checked_div(count)?;
    i64::try_from(age_ms / 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TicketGroup;

    #[test]
    fn ages_count_only_open_tickets() {
        let group = |count, created_ms_sum| TicketGroup { count, created_ms_sum };
        let groups = vec![
            (Status::Open, Priority::Low, group(1, 1_000)),
            (Status::Pending, Priority::High, group(1, 5_000)),
            (Status::Closed, Priority::Low, group(9, 0)),
        ];
        let dashboard = Dashboard { groups, days: vec![(0, 3, 2)] };
        let numbers = Numbers::new(&dashboard, Timestamp(13_000));
        assert_eq!(numbers.average_age_seconds, Some(10));
        assert_eq!((numbers.total, numbers.by_status["OPEN"], numbers.by_priority["LOW"]), (11, 1, 10));
        let today = numbers.per_day.last().expect("fourteen days");
        assert_eq!((numbers.per_day.len(), today.date.as_str(), today.created), (14, "1970-01-01", 3));
    }

    #[test]
    fn no_ticket_has_no_age() {
        assert_eq!(average_age_seconds(&Dashboard::default(), Timestamp(0)), None);
    }
}
