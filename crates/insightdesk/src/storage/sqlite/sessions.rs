//! Queries about sessions and their refresh tokens.

use rusqlite::{Connection, params};

use super::{row, users};
use crate::clock::Timestamp;
use crate::storage::{NewRefreshToken, Rotation, SessionId, StorageError, TokenHash};

/// SQLite integers are signed; the bits are what counts.
fn key(id: SessionId) -> i64 {
    id.cast_signed()
}

pub(super) fn open(
    c: &Connection,
    id: SessionId,
    user: &str,
    token: NewRefreshToken,
) -> Result<(), StorageError> {
    c.prepare_cached("INSERT INTO sessions (id, user_id, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![key(id), user, token.expires_at.0])?;
    store_token(c, id, token)
}

fn store_token(c: &Connection, session: SessionId, token: NewRefreshToken) -> Result<(), StorageError> {
    c.prepare_cached("INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![token.hash, key(session), token.expires_at.0])?;
    Ok(())
}

/// What is known about a presented token.
struct Presented {
    session: SessionId,
    user: crate::model::User,
    expires_at: Timestamp,
    is_used: bool,
    is_revoked: bool,
}

fn look_up(c: &Connection, hash: &TokenHash) -> Result<Option<Presented>, StorageError> {
    let mut statement = c.prepare_cached(
        "SELECT u.*, t.session_id, t.expires_at, t.used_at IS NOT NULL AS used, \
                s.revoked_at IS NOT NULL AS revoked \
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id \
         WHERE t.hash = ?1",
    )?;
    row::first(statement.query(params![hash])?, |row| {
        Ok(Presented {
            session: row.get::<_, i64>("session_id")?.cast_unsigned(),
            user: users::read(row)?,
            expires_at: row::time(row, "expires_at")?,
            is_used: row.get("used")?,
            is_revoked: row.get("revoked")?,
        })
    })
}

pub(super) fn rotate(
    c: &Connection,
    hash: &TokenHash,
    next: NewRefreshToken,
) -> Result<Rotation, StorageError> {
    let Some(presented) = look_up(c, hash)? else {
        return Ok(Rotation::Unknown);
    };
    let Presented { session, user, .. } = presented;
    if presented.is_revoked || presented.expires_at <= next.issued_at {
        return Ok(Rotation::Expired);
    }
    if presented.is_used {
        revoke(c, session, next.issued_at)?;
        return Ok(Rotation::Reused { session });
    }
    c.prepare_cached("UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1")?
        .execute(params![hash, next.issued_at.0])?;
    c.prepare_cached("UPDATE sessions SET expires_at = ?2 WHERE id = ?1")?
        .execute(params![key(session), next.expires_at.0])?;
    store_token(c, session, next)?;
    Ok(Rotation::Rotated { user, session })
}

pub(super) fn revoke(c: &Connection, id: SessionId, at: Timestamp) -> Result<(), StorageError> {
    c.prepare_cached("UPDATE sessions SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![key(id), at.0])?;
    Ok(())
}

pub(super) fn revoked(c: &Connection, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, StorageError> {
    let mut statement = c.prepare_cached("SELECT id, revoked_at FROM sessions WHERE revoked_at > ?1")?;
    row::collect(statement.query(params![since.0])?, |row| {
        Ok((row.get::<_, i64>("id")?.cast_unsigned(), row::time(row, "revoked_at")?))
    })
}

pub(super) fn forget_expired(c: &Connection, now: Timestamp) -> Result<usize, StorageError> {
    Ok(c.execute("DELETE FROM sessions WHERE expires_at <= ?1", params![now.0])?)
}
