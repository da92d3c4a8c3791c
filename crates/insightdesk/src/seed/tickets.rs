//! A thousand tickets, `ticket_1` to `ticket_1000`: the first 600 belong to `org_123`, the others to
//! `org_loadtest`.
//!
//! They are about what customers write about, so that the suite's searches (urgent, billing, support,
//! technical, test) find something.

use super::people::user_id;
use super::{ORG_LOADTEST, ORG_TEST};
use crate::clock::Timestamp;
use crate::model::{Comment, Priority, Status, Ticket};

const TICKETS: u64 = 1000;
const TICKETS_OF_ORG_TEST: u64 = 600;
const DAY_MS: i64 = 86_400_000;

/// A subject and what customers say about it.
const SUBJECTS: &[(&str, &str)] = &[
    ("Cannot log in after password reset", "The reset link works, but the new password is refused."),
    ("Billing: charged twice this month", "Two identical charges appear on the card statement."),
    ("Invoice shows the wrong VAT number", "Please correct the billing details and send it again."),
    ("Urgent: production webhook stopped firing", "No events since this morning; our orders are stuck."),
    ("Export to CSV times out", "Large exports end with an error page after a minute."),
    ("Technical question about the API", "Which technical limits apply to concurrent requests?"),
    ("How do I invite a colleague?", "I cannot find the button; support told me it is in the settings."),
    ("Dashboard numbers look wrong", "The chart shows more resolved tickets than we ever had."),
    ("Slow search results", "Searching for a customer takes several seconds."),
    ("Test environment is unreachable", "The test instance answers with a certificate error."),
    ("Feature request: dark mode", "Our night shift would be grateful."),
    ("Mobile app crashes on start", "It began after the latest update; reinstalling did not help."),
    ("Cancel my subscription", "Please confirm the cancellation and the final billing date."),
    ("Urgent support needed: data missing", "Yesterday's imports are gone, we need help at once."),
    ("Single sign-on certificate expires", "We must rotate the technical certificate next week."),
    ("Email notifications arrive late", "Customers hear about answers hours after we send them."),
];

const DETAILS: &[&str] = &[
    "It happens in every browser we tried.",
    "Only some of our users are affected.",
    "A screenshot is attached to the original message.",
    "We have already restarted everything on our side.",
    "This worked without trouble until last week.",
    "Please call back during office hours.",
];

/// A number that looks random and is the same every time (the finaliser of SplitMix64).
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Picks one of `items` with a number.
fn pick<T>(items: &[T], number: u64) -> &T {
    let index = number % items.len() as u64;
    &items[usize::try_from(index).expect("smaller than the length of a slice")]
}

/// The tickets, the oldest reported thirty days before `now`.
pub(super) fn tickets(now: Timestamp) -> Vec<Ticket> {
    (1..=TICKETS).map(|number| ticket(number, now)).collect()
}

fn ticket(number: u64, now: Timestamp) -> Ticket {
    let chance = |aspect: u64| mix(number * 16 + aspect);
    let organization = if number <= TICKETS_OF_ORG_TEST { ORG_TEST } else { ORG_LOADTEST };
    let (title, story) = pick(SUBJECTS, chance(0));
    let status = status(chance(1) % 100);
    let age_ms = chance(2).cast_signed().rem_euclid(30 * DAY_MS);
    let created_at = now.plus_ms(-age_ms);
    let updated_at = created_at.plus_ms(age_ms / 2);
    Ticket {
        id: format!("ticket_{number}"),
        title: format!("{title} (#{number})"),
        description: format!("{story} {}", pick(DETAILS, chance(3))),
        status,
        priority: priority(chance(4) % 100),
        organization_id: organization.to_owned(),
        assignee_id: (chance(5) % 3 > 0).then(|| agent(organization)),
        created_by: Some(agent(organization)),
        created_at,
        updated_at,
        resolved_at: status.is_settled().then_some(updated_at),
    }
}

fn status(percent: u64) -> Status {
    match percent {
        0..35 => Status::Open,
        35..55 => Status::InProgress,
        55..65 => Status::Pending,
        65..85 => Status::Resolved,
        _ => Status::Closed,
    }
}

fn priority(percent: u64) -> Priority {
    match percent {
        0..30 => Priority::Low,
        30..70 => Priority::Medium,
        70..92 => Priority::High,
        _ => Priority::Urgent,
    }
}

fn agent(organization: &str) -> String {
    user_id(if organization == ORG_TEST { "agent@test.com" } else { "loadtest@example.com" })
}

/// A first answer to every fourth ticket.
pub(super) fn comments(tickets: &[Ticket]) -> Vec<Comment> {
    let answered = tickets.iter().step_by(4);
    answered
        .map(|ticket| Comment {
            id: format!("comment_{}", ticket.id),
            ticket_id: ticket.id.clone(),
            author_id: agent(&ticket.organization_id),
            content: "Thank you for the report; we are looking into it.".to_owned(),
            created_at: ticket.updated_at,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tickets_are_the_same_every_time_and_of_every_kind() {
        let now = Timestamp(1_767_225_600_000);
        let tickets = tickets(now);
        assert_eq!(tickets, super::tickets(now));
        assert_eq!(tickets.len(), 1000);
        assert!(tickets.iter().all(|ticket| ticket.created_at <= now && ticket.updated_at <= now));
        for word in ["urgent", "billing", "support", "technical", "test"] {
            let found = tickets.iter().filter(|ticket| ticket.title.to_lowercase().contains(word)).count();
            assert!(found > 20, "{word}: {found}");
        }
    }
}
