//! Logging in, staying in, logging out, and not getting in.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{desk, desk_with};
use crate::support::{Client, SECRET, fields};

fn with_token(client: &Client, token: &str) -> Client {
    Client { token: Some(token.to_owned()), ..client.clone() }
}

async fn refresh(client: &Client, token: &str) -> crate::support::Reply {
    client.post("/api/v1/auth/refresh", json!({ "refreshToken": token })).await
}

#[tokio::test]
async fn login_gives_tokens_that_work() {
    let desk = desk().await;
    let anybody = desk.anybody();
    let login = anybody.log_in("Agent@Test.com", "password").await.expect(200);
    assert_eq!(login.json()["expiresIn"], 900);
    assert_eq!(login.text("/user/organizationId"), "org_123");
    let me = with_token(&anybody, &login.text("/accessToken")).get("/api/v1/user/me").await.expect(200);
    assert_eq!(me.text("/email"), "agent@test.com");
    assert_eq!(me.text("/role"), "agent");
    assert!(
        !me.json().as_object().expect("a user").keys().any(|key| key.to_lowercase().contains("password"))
    );
}

#[tokio::test]
async fn every_seeded_kind_of_account_can_log_in() {
    let desk = desk().await;
    let accounts = [
        ("agent@test.com", "password"),
        ("admin@test.com", "password"),
        ("loadtest@example.com", "loadtest123"),
        ("user001@example.com", "loadtest-001"),
        ("user250@example.com", "loadtest-250"),
    ];
    for (email, password) in accounts {
        desk.anybody().log_in(email, password).await.expect(200);
    }
}

#[tokio::test]
async fn wrong_credentials_get_one_answer() {
    let desk = desk().await;
    let wrong_password = desk.anybody().log_in("agent@test.com", "guess").await;
    let unknown_account = desk.anybody().log_in("nobody@test.com", "guess").await;
    let first = wrong_password.expect_error(401, "invalid_credentials");
    let second = unknown_account.expect_error(401, "invalid_credentials");
    assert_eq!(first["message"], second["message"]);
}

#[tokio::test]
async fn an_unknown_account_takes_as_long_as_a_wrong_password() {
    let desk = desk().await;
    let client = desk.anybody();
    let time = async |email: &str| {
        let started_at = tokio::time::Instant::now();
        client.log_in(email, "guess").await.expect(401);
        started_at.elapsed()
    };
    // Taken in turns, and the best of many: what else the machine does only makes some of them slower.
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..20 {
        known = known.min(time("agent@test.com").await);
        unknown = unknown.min(time("nobody@test.com").await);
    }
    // Without the decoy an unknown account would answer in a small fraction of the time.
    assert!(unknown > known / 2, "known {known:?}, unknown {unknown:?}");
}

#[tokio::test]
async fn login_names_every_fault() {
    let desk = desk().await;
    let error = desk.anybody().post("/api/v1/auth/login", json!({ "password": 7 })).await;
    assert_eq!(fields(&error.expect_error(400, "validation_failed")), ["email", "password"]);
}

#[tokio::test]
async fn refresh_tokens_work_once_and_reuse_ends_the_session() {
    let desk = desk().await;
    let client = desk.anybody();
    let first = client.log_in("agent@test.com", "password").await.expect(200);
    let second = refresh(&client, &first.text("/refreshToken")).await.expect(200);
    assert_ne!(first.text("/refreshToken"), second.text("/refreshToken"));
    let third = refresh(&client, &second.text("/refreshToken")).await.expect(200);

    refresh(&client, &first.text("/refreshToken")).await.expect_error(401, "refresh_token_reused");

    // The thief's and the owner's tokens are now equally worthless.
    refresh(&client, &third.text("/refreshToken")).await.expect_error(401, "invalid_refresh_token");
    let owner = with_token(&client, &third.text("/accessToken"));
    owner.get("/api/v1/user/me").await.expect_error(401, "session_ended");
    // Other sessions of the account are not concerned.
    desk.agent().await.get("/api/v1/user/me").await.expect(200);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let desk = desk().await;
    let client = desk.anybody();
    let token = client.log_in("agent@test.com", "password").await.text("/refreshToken");
    let (a, b) = tokio::join!(refresh(&client, &token), refresh(&client, &token));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn refresh_tokens_that_are_none_are_refused() {
    let desk = desk().await;
    for token in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"] {
        refresh(&desk.anybody(), token).await.expect_error(401, "invalid_refresh_token");
    }
    let missing = desk.anybody().post("/api/v1/auth/refresh", json!({})).await;
    assert_eq!(fields(&missing.expect_error(400, "validation_failed")), ["refreshToken"]);
}

#[tokio::test]
async fn refresh_tokens_expire() {
    let desk = desk_with(|config| config.refresh_token_lifetime = Duration::from_millis(50)).await;
    let client = desk.anybody();
    let token = client.log_in("agent@test.com", "password").await.text("/refreshToken");
    tokio::time::sleep(Duration::from_millis(100)).await;
    refresh(&client, &token).await.expect_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn logout_ends_the_session_also_after_a_restart() {
    let desk = desk().await;
    let login = desk.anybody().log_in("agent@test.com", "password").await.expect(200);
    let client = with_token(&desk.anybody(), &login.text("/accessToken"));
    client.post("/api/v1/auth/logout", Value::Null).await.expect(204);
    client.get("/api/v1/user/me").await.expect_error(401, "session_ended");
    refresh(&client, &login.text("/refreshToken")).await.expect(401);

    let crate::support::Desk { running, database, folder: _folder } = desk;
    running.shutdown().await;
    let jwt_secret = Some(SECRET.to_owned());
    let config = insightdesk::Config { database, jwt_secret, ..Default::default() };
    let again = insightdesk::spawn(config).await.expect("a desk");
    let client = Client { addr: again.addr(), ..client };
    client.get("/api/v1/user/me").await.expect_error(401, "session_ended");
}

#[tokio::test]
async fn tokens_that_are_expired_forged_or_malformed_are_refused() {
    let desk = desk().await;
    let sign = |secret: &str, algorithm, exp: i64| {
        let claims = json!({
            "sub": "user_agent_test_com", "org": "org_123", "role": "admin", "sid": "0000000000000001",
            "iss": "insightdesk", "iat": 0, "exp": exp,
        });
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).expect("a token")
    };
    let far = 4_000_000_000;
    let cases = [
        (sign(SECRET, Algorithm::HS256, 1), "token_expired"),
        (sign("another secret", Algorithm::HS256, far), "invalid_token"),
        (sign(SECRET, Algorithm::HS512, far), "invalid_token"),
        ("not.a.token".to_owned(), "invalid_token"),
        ("x".repeat(5000), "invalid_token"),
    ];
    for (token, code) in cases {
        let reply = with_token(&desk.anybody(), &token).get("/api/v1/user/me").await;
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        reply.expect_error(401, code);
    }
    // The same claims, signed properly, are believed: the cases above fail for the right reason.
    with_token(&desk.anybody(), &sign(SECRET, Algorithm::HS256, far))
        .get("/api/v1/user/me")
        .await
        .expect(200);
}

#[tokio::test]
async fn logins_do_not_stall_other_requests() {
    let desk = desk_with(|config| config.login_concurrency = 1).await;
    let client = desk.agent().await;
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let client = client.clone();
        logins.spawn(async move { client.log_in("agent@test.com", "guess").await.status });
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut answered = 0;
    while logins.try_join_next().is_none() || logins.len() > 50 {
        client.get("/api/v1/user/me").await.expect(200);
        answered += 1;
    }
    assert!(logins.join_all().await.iter().all(|&status| status == 401));
    assert!(answered > 0);
}
