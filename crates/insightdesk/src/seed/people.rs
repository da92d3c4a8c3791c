//! The accounts: those that the specification names, an administrator for each organisation, and the virtual
//! users of the load-test suite.

use serde::Deserialize;

use super::{ORG_LOADTEST, ORG_TEST};
use crate::auth::password;
use crate::clock::Timestamp;
use crate::model::{Role, User};
use crate::storage::Account;

/// The file that the suite's scripts read, so that both always know the same people.
const USERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../load-tests/data/users.json"));

/// Somebody before they have an account.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub email: String,
    password: String,
    name: String,
    role: Role,
    organization_id: String,
}

/// Everybody.
pub(super) fn people() -> Vec<Person> {
    let person = |email: &str, password: &str, name: &str, role, organization: &str| Person {
        email: email.to_owned(),
        password: password.to_owned(),
        name: name.to_owned(),
        role,
        organization_id: organization.to_owned(),
    };
    let mut people = vec![
        person("agent@test.com", "password", "Test Agent", Role::Agent, ORG_TEST),
        person("admin@test.com", "password", "Test Admin", Role::Admin, ORG_TEST),
        person("loadtest@example.com", "loadtest123", "Load Tester", Role::Agent, ORG_LOADTEST),
        person("admin@example.com", "loadtest123", "Load Test Admin", Role::Admin, ORG_LOADTEST),
    ];
    let users: Vec<Person> =
        serde_json::from_str(USERS).expect("the suite's users.json is tested to be valid");
    people.extend(users);
    people
}

/// Gives everybody an account. Blocks while it hashes the passwords.
pub(super) fn accounts(people: Vec<Person>, now: Timestamp) -> Vec<Account> {
    let passwords: Vec<_> = people.iter().map(|person| person.password.as_str()).collect();
    let hashes = password::hash_all(&passwords);
    let account = |(person, password_hash): (Person, String)| Account {
        user: User {
            id: user_id(&person.email),
            name: person.name,
            email: person.email,
            role: person.role,
            organization_id: person.organization_id,
            created_at: now,
        },
        password_hash,
    };
    people.into_iter().zip(hashes).map(account).collect()
}

/// `user_agent_test_com`: the same on every desk, so that scripts may name people.
pub(super) fn user_id(email: &str) -> String {
    let word: String = email.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("user_{word}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_suite_has_its_virtual_users() {
        let people = people();
        let emails: HashSet<_> = people.iter().map(|person| &person.email).collect();
        let ids: HashSet<_> = people.iter().map(|person| user_id(&person.email)).collect();
        assert!(people.len() >= 204);
        assert_eq!((emails.len(), ids.len()), (people.len(), people.len()), "everybody is somebody else");
    }
}
