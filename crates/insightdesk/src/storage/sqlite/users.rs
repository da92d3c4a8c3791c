//! Queries about accounts.

use rusqlite::{Connection, Row, params};

use super::row;
use crate::model::User;
use crate::storage::{Account, StorageError};

pub(super) fn account(c: &Connection, email: &str) -> Result<Option<Account>, StorageError> {
    let mut statement = c.prepare_cached("SELECT * FROM users WHERE email = ?1")?;
    row::first(statement.query(params![email])?, |row| {
        Ok(Account { user: read(row)?, password_hash: row.get("password_hash")? })
    })
}

pub(super) fn user(c: &Connection, organization: &str, id: &str) -> Result<Option<User>, StorageError> {
    let mut statement = c.prepare_cached("SELECT * FROM users WHERE id = ?1 AND organization_id = ?2")?;
    row::first(statement.query(params![id, organization])?, read)
}

pub(super) fn unknown_emails(c: &Connection, emails: Vec<String>) -> Result<Vec<String>, StorageError> {
    let mut statement = c.prepare_cached("SELECT 1 FROM users WHERE email = ?1")?;
    let mut unknown = Vec::new();
    for email in emails {
        if !statement.exists(params![email])? {
            unknown.push(email);
        }
    }
    Ok(unknown)
}

pub(super) fn insert(c: &Connection, account: &Account) -> Result<usize, StorageError> {
    let Account { user, password_hash } = account;
    let mut statement = c.prepare_cached(
        "INSERT INTO users (id, name, email, role, organization_id, password_hash, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(params![
        user.id,
        user.name,
        user.email,
        crate::model::Vocabulary::as_str(user.role),
        user.organization_id,
        password_hash,
        user.created_at.0,
    ])?)
}

pub(super) fn read(row: &Row<'_>) -> Result<User, StorageError> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: row::word(row, "role")?,
        organization_id: row.get("organization_id")?,
        created_at: row::time(row, "created_at")?,
    })
}
