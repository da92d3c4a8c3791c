//! What a fresh desk starts with: two organisations, people, tickets, a knowledge base.
//!
//! The data is the same on every desk apart from times, which are relative to the moment of seeding, and
//! password hashes, which are salted. Adding it twice adds nothing. Start with [`seed`].

mod articles;
mod people;
mod tickets;

use crate::clock::Timestamp;
use crate::storage::{SeedData, SeedReport, Storage, StorageError};

/// The organisation of the specification's realtime test and of `agent@test.com`.
const ORG_TEST: &str = "org_123";
/// The organisation of the specification's database test and of `loadtest@example.com`.
const ORG_LOADTEST: &str = "org_loadtest";

/// Adds what is missing of the seed data.
///
/// Passwords are hashed only for people who are not there yet, on all cores: some 250 of them, each with a
/// salt of its own, take about a second of processor time.
pub(crate) async fn seed(storage: &dyn Storage) -> Result<SeedReport, StorageError> {
    let now = Timestamp::now();
    let people = people::people();
    let emails = people.iter().map(|person| person.email.clone()).collect();
    let missing = storage.unknown_emails(emails).await?;
    let newcomers: Vec<_> = people.into_iter().filter(|person| missing.contains(&person.email)).collect();
    let accounts = tokio::task::spawn_blocking(move || people::accounts(newcomers, now));
    let tickets = tickets::tickets(now);
    let data = SeedData {
        organizations: vec![
            (ORG_TEST.to_owned(), "Test Organization".to_owned()),
            (ORG_LOADTEST.to_owned(), "Load Test Organization".to_owned()),
        ],
        accounts: accounts.await.map_err(|_| StorageError::Lost)?,
        comments: tickets::comments(&tickets),
        tickets,
        categories: articles::categories(),
        articles: articles::articles(now),
    };
    storage.seed(data).await
}
