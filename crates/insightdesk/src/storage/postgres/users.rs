//! Queries about accounts.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::pool::Client;
use super::row;
use crate::model::{User, Vocabulary as _};
use crate::storage::{Account, StorageError};

pub(super) async fn account(c: &Client, email: &str) -> Result<Option<Account>, StorageError> {
    let found = row::first(c, "SELECT * FROM users WHERE email = $1", &[&email]).await?;
    let read = |row: &Row| Ok(Account { user: read(row)?, password_hash: row.try_get("password_hash")? });
    found.as_ref().map(read).transpose()
}

pub(super) async fn user<C: GenericClient>(
    c: &C,
    organization: &str,
    id: &str,
) -> Result<Option<User>, StorageError> {
    let sql = "SELECT * FROM users WHERE id = $1 AND organization_id = $2";
    row::first(c, sql, &[&id, &organization]).await?.as_ref().map(read).transpose()
}

pub(super) async fn unknown_emails(c: &Client, emails: &[String]) -> Result<Vec<String>, StorageError> {
    let sql = "SELECT email FROM unnest($1::text[]) AS asked (email) \
               WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.email = asked.email)";
    let rows = row::all(c, sql, &[&emails]).await?;
    row::collect(&rows, |row| Ok(row.try_get(0)?))
}

pub(super) async fn insert<C: GenericClient>(c: &C, account: &Account) -> Result<usize, StorageError> {
    let Account { user, password_hash } = account;
    let sql = "INSERT INTO users (id, name, email, role, organization_id, password_hash, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let role = user.role.as_str();
    let User { id, name, email, organization_id, created_at, .. } = user;
    row::execute(c, sql, &[id, name, email, &role, organization_id, password_hash, created_at]).await
}

pub(super) fn read(row: &Row) -> Result<User, StorageError> {
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        role: row::word(row, "role")?,
        organization_id: row.try_get("organization_id")?,
        created_at: row.try_get("created_at")?,
    })
}
