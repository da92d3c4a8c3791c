//! Access tokens: JSON Web Tokens, HS256, believed without a look into the database.
//!
//! Start with [`AccessTokens`].

use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::{Role, User};
use crate::storage::SessionId;

const ISSUER: &str = "insightdesk";

/// What a token says about its bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The user's id.
    #[serde(rename = "sub")]
    pub user: String,
    #[serde(rename = "org")]
    pub organization: String,
    pub role: Role,
    /// The login it descends from, in hexadecimal: JavaScript cannot hold 64-bit numbers.
    #[serde(rename = "sid", with = "hexadecimal")]
    pub session: SessionId,
    iss: String,
    iat: i64,
    exp: i64,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the access token has expired")]
    Expired,
    #[error("the access token is not valid")]
    Invalid,
}

/// Issues and verifies tokens with one secret.
pub(crate) struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    lifetime: Duration,
}

impl AccessTokens {
    pub(crate) fn new(secret: &[u8], lifetime: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0; // One machine, one clock: expired is expired.
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            lifetime,
        }
    }

    pub(crate) fn issue(&self, user: &User, session: SessionId) -> String {
        let now = Timestamp::now().seconds();
        let claims = Claims {
            user: user.id.clone(),
            organization: user.organization_id.clone(),
            role: user.role,
            session,
            iss: ISSUER.to_owned(),
            iat: now,
            exp: now.saturating_add_unsigned(self.lifetime.as_secs()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .expect("claims are plain JSON and the key fits the algorithm")
    }

    pub(crate) fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        match jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => Err(TokenError::Expired),
            Err(_) => Err(TokenError::Invalid),
        }
    }
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{id:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        User {
            id: "user_1".to_owned(),
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
            role: Role::Agent,
            organization_id: "org_1".to_owned(),
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn what_was_issued_is_believed() {
        let tokens = AccessTokens::new(b"secret", Duration::from_secs(60));
        let claims = tokens.verify(&tokens.issue(&user(), u64::MAX)).expect("fresh token");
        assert_eq!((claims.user.as_str(), claims.session, claims.role), ("user_1", u64::MAX, Role::Agent));
    }

    #[test]
    fn another_secret_another_time_or_a_changed_letter_is_not() {
        let tokens = AccessTokens::new(b"secret", Duration::from_secs(60));
        let token = tokens.issue(&user(), 1);
        assert_eq!(AccessTokens::new(b"other", Duration::ZERO).verify(&token), Err(TokenError::Invalid));
        assert_eq!(tokens.verify(&token.replacen('.', ".e", 1)), Err(TokenError::Invalid));
        let stale = AccessTokens::new(b"secret", Duration::ZERO).issue(&user(), 1);
        std::thread::sleep(Duration::from_millis(1001));
        assert_eq!(tokens.verify(&stale), Err(TokenError::Expired));
    }

    #[test]
    fn an_unsigned_token_is_not() {
        let tokens = AccessTokens::new(b"secret", Duration::from_secs(60));
        let signed = tokens.issue(&user(), 1);
        let payload = signed.split('.').nth(1).expect("three parts");
        // {"alg":"none"} and no signature.
        assert_eq!(tokens.verify(&format!("eyJhbGciOiJub25lIn0.{payload}.")), Err(TokenError::Invalid));
    }
}
