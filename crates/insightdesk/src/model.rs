//! What a support desk is made of: users, tickets, comments, articles, and the rules between ticket states.
//!
//! Knows neither HTTP nor SQL. The types serialise to the JSON that clients see. Start with [`Ticket`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A closed set of words that is stored and transmitted as text.
pub trait Vocabulary: Copy + Sized + 'static {
    /// Every word, in order of rank.
    const ALL: &'static [Self];

    /// The word as stored and transmitted.
    fn as_str(self) -> &'static str;

    /// The meaning of a word, or `None` when it is not in the set.
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == word)
    }

    /// `A, B or C`, for messages.
    fn choices() -> String {
        let words: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
        match words.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl Vocabulary for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

vocabulary! {
    /// What a user may do.
    Role {
        /// Works on tickets.
        Agent = "agent",
        /// May also delete tickets.
        Admin = "admin",
    }
}

vocabulary! {
    /// How pressing a ticket is, least first.
    Priority {
        /// Whenever there is time.
        Low = "LOW",
        /// The usual.
        Medium = "MEDIUM",
        /// Before the usual.
        High = "HIGH",
        /// Now.
        Urgent = "URGENT",
    }
}

vocabulary! {
    /// Where a ticket is in its life.
    Status {
        /// Nobody works on it yet.
        Open = "OPEN",
        /// Somebody does.
        InProgress = "IN_PROGRESS",
        /// Waiting for the customer.
        Pending = "PENDING",
        /// Answered; may be reopened.
        Resolved = "RESOLVED",
        /// Over for good.
        Closed = "CLOSED",
    }
}

impl Status {
    /// Whether a ticket may go from this status to `next`.
    ///
    /// | from \ to     | OPEN | IN_PROGRESS | PENDING | RESOLVED | CLOSED |
    /// |---------------|------|-------------|---------|----------|--------|
    /// | `OPEN`        |  –   |      ✓      |    ✓    |    ✓     |   ✓    |
    /// | `IN_PROGRESS` |  ✓   |      –      |    ✓    |    ✓     |   ✓    |
    /// | `PENDING`     |  ✓   |      ✓      |    –    |    ✓     |   ✓    |
    /// | `RESOLVED`    |  ✓   |      ✓      |         |    –     |   ✓    |
    /// | `CLOSED`      |      |             |         |          |   –    |
    ///
    /// Staying (–) is always allowed and changes nothing.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (from, to) if from == to => true,
            (Self::Closed, _) | (Self::Resolved, Self::Pending) => false,
            _ => true,
        }
    }

    /// Whether the work is done: such a ticket no longer ages.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// `user_…`.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// Address to log in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// The tenant they belong to.
    pub organization_id: String,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A customer's problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// `ticket_…`.
    pub id: String,
    /// One line.
    pub title: String,
    /// The whole story.
    pub description: String,
    /// Where it is in its life.
    pub status: Status,
    /// How pressing it is.
    pub priority: Priority,
    /// The tenant it belongs to.
    pub organization_id: String,
    /// Who works on it.
    pub assignee_id: Option<String>,
    /// Who reported it.
    pub created_by: Option<String>,
    /// When it was reported.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was resolved or closed, if it is.
    pub resolved_at: Option<Timestamp>,
}

/// A remark on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// `comment_…`.
    pub id: String,
    /// The ticket it is about.
    pub ticket_id: String,
    /// Who wrote it.
    pub author_id: String,
    /// What they wrote.
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}

/// An entry of a list of articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArticleSummary {
    /// `article_…`.
    pub id: String,
    /// The last segment of its address.
    pub slug: String,
    /// Its headline.
    pub title: String,
    /// The slug of its category.
    pub category: String,
    /// The first lines.
    pub excerpt: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A page of the public knowledge base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Article {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// The text, in Markdown.
    pub content: String,
}

/// A shelf of the knowledge base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// How many articles it holds.
    pub article_count: u64,
}

/// How many tickets share a status or a priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TicketGroup {
    /// Tickets in the group.
    pub count: u64,
    /// The sum of their creation times in milliseconds, from which the average age follows.
    pub created_ms_sum: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_is_final_and_staying_is_always_allowed() {
        for &status in Status::ALL {
            assert!(status.may_become(status));
            assert_eq!(Status::Closed.may_become(status), status == Status::Closed);
        }
    }

    #[test]
    fn a_resolved_ticket_is_reopened_before_it_waits() {
        assert!(!Status::Resolved.may_become(Status::Pending));
        assert!(Status::Resolved.may_become(Status::Open));
        assert!(Status::Open.may_become(Status::Resolved));
    }

    #[test]
    fn words_round_trip() {
        for &role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Priority::parse("urgent"), None);
        assert_eq!(Priority::choices(), "LOW, MEDIUM, HIGH or URGENT");
    }
}
