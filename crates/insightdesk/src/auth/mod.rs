//! Who is calling, and how they proved it: passwords, access tokens, sessions.
//!
//! [`Authenticator`] is the whole login protocol without HTTP: log in, refresh, log out, check a token. Its
//! parts: [`password`] (argon2id on bounded threads), [`access_token`] (signed, short-lived),
//! [`refresh_token`] (opaque, rotated), [`revocation`] (sessions whose access tokens must not be believed any
//! more).

pub(crate) mod access_token;
pub(crate) mod password;
pub(crate) mod refresh_token;
pub(crate) mod revocation;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use self::access_token::{AccessTokens, Claims, TokenError};
use self::password::Passwords;
use self::refresh_token::RefreshToken;
use self::revocation::Revocations;
use crate::bus::{Bus, Event};
use crate::clock::Timestamp;
use crate::model::User;
use crate::occupancy::OccupancyReading;
use crate::storage::{NewRefreshToken, Rotation, SessionId, Storage, StorageError};

/// How long the database is left alone before it is asked again.
const CATCH_UP_PAUSE: Duration = Duration::from_millis(500);

/// How long tokens live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    pub access: Duration,
    pub refresh: Duration,
}

/// What a client holds after logging in.
#[derive(Debug)]
pub(crate) struct Grant {
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in: u64,
    pub user: User,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    /// Deliberately one answer for an unknown account and a wrong password.
    #[error("the email address or the password is wrong")]
    WrongCredentials,
    #[error("the refresh token is unknown, expired or revoked")]
    BadRefreshToken,
    #[error("the refresh token was used before; its session is revoked, log in again")]
    ReusedRefreshToken,
    #[error(transparent)]
    BadAccessToken(#[from] TokenError),
    #[error("the session was ended; log in again")]
    SessionEnded,
    #[error("too many logins at once")]
    Overloaded,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The login protocol.
pub(crate) struct Authenticator {
    storage: Arc<dyn Storage>,
    bus: Arc<dyn Bus>,
    passwords: Passwords,
    access_tokens: AccessTokens,
    revocations: Revocations,
    lifetimes: Lifetimes,
}

impl Authenticator {
    /// Takes over where the data left off: sessions that were revoked stay revoked.
    pub(crate) async fn start(
        storage: Arc<dyn Storage>,
        bus: Arc<dyn Bus>,
        passwords: Passwords,
        secret: &[u8],
        lifetimes: Lifetimes,
    ) -> Result<Self, StorageError> {
        let revocations = Revocations::new(lifetimes.access);
        let access_tokens = AccessTokens::new(secret, lifetimes.access);
        let authenticator = Self { storage, bus, passwords, access_tokens, revocations, lifetimes };
        authenticator.catch_up(authenticator.horizon()).await?;
        Ok(authenticator)
    }

    /// No token that was issued before is still good.
    pub(crate) fn horizon(&self) -> Timestamp {
        Timestamp::now().plus_ms(-millis(self.lifetimes.access))
    }

    /// Learns from the database which sessions were revoked while nobody could say so.
    async fn catch_up(&self, since: Timestamp) -> Result<HashSet<SessionId>, StorageError> {
        let revoked = self.storage.revoked_sessions(since).await?;
        for &(session, at) in &revoked {
            self.revocations.add(session, at);
        }
        Ok(revoked.into_iter().map(|(session, _)| session).collect())
    }

    /// Learns which sessions were revoked since then. Until the database says it, it is asked again.
    pub(crate) async fn insist_on_catching_up(&self, since: Timestamp) -> HashSet<SessionId> {
        loop {
            match self.catch_up(since).await {
                Ok(revoked) => return revoked,
                Err(error) => tracing::warn!(%error, "cannot learn which sessions were revoked"),
            }
            tokio::time::sleep(CATCH_UP_PAUSE).await;
        }
    }

    /// How many threads verify passwords, and how busy they are.
    pub(crate) fn password_threads(&self) -> (usize, OccupancyReading) {
        self.passwords.threads()
    }

    /// Exchanges a password for tokens.
    ///
    /// An unknown account costs the same hashing as a known one, so that the time to answer does not tell
    /// them apart.
    pub(crate) async fn log_in(&self, email: &str, password: String) -> Result<Grant, AuthError> {
        let account = self.storage.account(email).await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let is_right = self.passwords.verify(password, hash).await.map_err(|_| AuthError::Overloaded)?;
        let Some(account) = account.filter(|_| is_right) else {
            return Err(AuthError::WrongCredentials);
        };
        let (token, stored) = self.new_refresh_token();
        let session = rand::random();
        self.storage.open_session(session, &account.user.id, stored).await?;
        Ok(self.grant(account.user, session, token))
    }

    /// Exchanges a refresh token for new tokens.
    pub(crate) async fn refresh(&self, presented: &str) -> Result<Grant, AuthError> {
        let presented = RefreshToken::parse(presented).ok_or(AuthError::BadRefreshToken)?;
        let (token, stored) = self.new_refresh_token();
        match self.storage.rotate_refresh_token(presented.hash(), stored).await? {
            Rotation::Rotated { user, session } => Ok(self.grant(user, session, token)),
            Rotation::Unknown | Rotation::Expired => Err(AuthError::BadRefreshToken),
            Rotation::Reused { session } => {
                self.announce_revocation(session, stored.issued_at);
                tracing::warn!(session = format_args!("{session:016x}"), "a refresh token was used twice");
                Err(AuthError::ReusedRefreshToken)
            }
        }
    }

    /// Ends a session: its tokens of both kinds stop working.
    pub(crate) async fn log_out(&self, session: SessionId) -> Result<(), AuthError> {
        let now = Timestamp::now();
        self.storage.revoke_session(session, now).await?;
        self.announce_revocation(session, now);
        Ok(())
    }

    /// Checks an access token without asking the database.
    pub(crate) fn check(&self, token: &str) -> Result<Claims, AuthError> {
        let claims = self.access_tokens.verify(token)?;
        if self.has_ended(claims.session) { Err(AuthError::SessionEnded) } else { Ok(claims) }
    }

    /// Whether a session is known to have ended while tokens of it may be around.
    pub(crate) fn has_ended(&self, session: SessionId) -> bool {
        self.revocations.contains(session)
    }

    /// Believes what another instance announced.
    pub(crate) fn heed(&self, event: &Event) {
        if let Event::SessionRevoked { session, at } = *event {
            self.revocations.add(session, at);
        }
    }

    fn announce_revocation(&self, session: SessionId, at: Timestamp) {
        // This instance must know before the client hears back; the others learn a moment later.
        self.revocations.add(session, at);
        self.bus.publish(Event::SessionRevoked { session, at });
    }

    fn new_refresh_token(&self) -> (RefreshToken, NewRefreshToken) {
        let token = RefreshToken::random();
        let issued_at = Timestamp::now();
        let expires_at = issued_at.plus_ms(millis(self.lifetimes.refresh));
        let stored = NewRefreshToken { hash: token.hash(), issued_at, expires_at };
        (token, stored)
    }

    fn grant(&self, user: User, session: SessionId, refresh_token: RefreshToken) -> Grant {
        Grant {
            access_token: self.access_tokens.issue(&user, session),
            refresh_token: refresh_token.into_text(),
            expires_in: self.lifetimes.access.as_secs(),
            user,
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
