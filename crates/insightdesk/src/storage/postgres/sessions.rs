//! Queries about sessions and their refresh tokens.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::pool::Client;
use super::{row, users};
use crate::clock::Timestamp;
use crate::model::User;
use crate::storage::{NewRefreshToken, Rotation, SessionId, StorageError, TokenHash};

/// The integers of SQL are signed; the bits are what counts.
fn key(id: SessionId) -> i64 {
    id.cast_signed()
}

pub(super) async fn open(
    c: &Client,
    id: SessionId,
    user: &str,
    token: NewRefreshToken,
) -> Result<(), StorageError> {
    // One statement is one transaction and one round trip.
    let sql = "WITH session AS (INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, $4)) \
               INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($3, $1, $4)";
    row::execute(c, sql, &[&key(id), &user, &&token.hash[..], &token.expires_at]).await?;
    Ok(())
}

/// What is known about a presented token.
struct Presented {
    session: SessionId,
    user: User,
    expires_at: Timestamp,
    is_used: bool,
    is_revoked: bool,
}

/// Looks a token up and keeps others from using it up until the end of the transaction.
async fn look_up<C: GenericClient>(c: &C, hash: &TokenHash) -> Result<Option<Presented>, StorageError> {
    let sql = "SELECT u.*, t.session_id, t.expires_at, t.used_at IS NOT NULL AS used, \
                      s.revoked_at IS NOT NULL AS revoked \
               FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id \
               WHERE t.hash = $1 FOR UPDATE OF t, s";
    let read = |row: &Row| {
        Ok(Presented {
            session: row.try_get::<_, i64>("session_id")?.cast_unsigned(),
            user: users::read(row)?,
            expires_at: row.try_get("expires_at")?,
            is_used: row.try_get("used")?,
            is_revoked: row.try_get("revoked")?,
        })
    };
    row::first(c, sql, &[&&hash[..]]).await?.as_ref().map(read).transpose()
}

pub(super) async fn rotate(
    c: &mut Client,
    hash: &TokenHash,
    next: NewRefreshToken,
) -> Result<Rotation, StorageError> {
    let transaction = c.transaction().await?;
    let Some(presented) = look_up(&transaction, hash).await? else {
        return Ok(Rotation::Unknown);
    };
    let Presented { session, user, .. } = presented;
    if presented.is_revoked || presented.expires_at <= next.issued_at {
        return Ok(Rotation::Expired);
    }
    if presented.is_used {
        revoke(&transaction, session, next.issued_at).await?;
        transaction.commit().await?;
        return Ok(Rotation::Reused { session });
    }
    let sql = "WITH used AS (UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1), \
                    kept AS (UPDATE sessions SET expires_at = $3 WHERE id = $4) \
               INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ($5, $4, $3)";
    let NewRefreshToken { hash: next_hash, issued_at, expires_at } = next;
    row::execute(&transaction, sql, &[&&hash[..], &issued_at, &expires_at, &key(session), &&next_hash[..]])
        .await?;
    transaction.commit().await?;
    Ok(Rotation::Rotated { user, session })
}

pub(super) async fn revoke<C: GenericClient>(
    c: &C,
    id: SessionId,
    at: Timestamp,
) -> Result<(), StorageError> {
    let sql = "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    row::execute(c, sql, &[&key(id), &at]).await?;
    Ok(())
}

pub(super) async fn revoked(
    c: &Client,
    since: Timestamp,
) -> Result<Vec<(SessionId, Timestamp)>, StorageError> {
    let rows = row::all(c, "SELECT id, revoked_at FROM sessions WHERE revoked_at > $1", &[&since]).await?;
    row::collect(&rows, |row| Ok((row.try_get::<_, i64>(0)?.cast_unsigned(), row.try_get(1)?)))
}

pub(super) async fn forget_expired<C: GenericClient>(c: &C, now: Timestamp) -> Result<usize, StorageError> {
    row::execute(c, "DELETE FROM sessions WHERE expires_at <= $1", &[&now]).await
}
