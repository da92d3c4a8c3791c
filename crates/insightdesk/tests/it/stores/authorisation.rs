//! Who may do what: every route that the desk describes, asked by everybody there is.

use hyper::Method;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::desk;
use crate::support::{Client, Desk, Reply, SECRET};

/// Somebody who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Garbage,
    Expired,
    Forged,
    StrangersAgent,
    StrangersAdmin,
    Agent,
    Admin,
}

const CALLERS: [Caller; 8] = [
    Caller::Nobody,
    Caller::Garbage,
    Caller::Expired,
    Caller::Forged,
    Caller::StrangersAgent,
    Caller::StrangersAdmin,
    Caller::Agent,
    Caller::Admin,
];

/// What occurs in our tickets and nowhere else.
const MARK: &str = "xylophone";

/// A token that claims to be an administrator's.
fn token(secret: &str, lifetime: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let now = i64::try_from(now.as_secs()).expect("a time");
    let claims = json!({
        "sub": "user_admin_test_com", "org": "org_123", "role": "admin", "sid": "0000000000000007",
        "iss": "insightdesk", "iat": now - 60, "exp": now + lifetime,
    });
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes()))
        .expect("a token")
}

impl Caller {
    /// A client with a session of its own, since one of the routes ends it.
    async fn client(self, desk: &Desk) -> Client {
        let with = |token: String| Client { token: Some(token), ..desk.anybody() };
        match self {
            Self::Nobody => desk.anybody(),
            Self::Garbage => with("garbage".to_owned()),
            Self::Expired => with(token(SECRET, -1)),
            Self::Forged => with(token("another secret that is long enough", 60)),
            Self::StrangersAgent => desk.stranger().await,
            Self::StrangersAdmin => desk.client("admin@example.com", "loadtest123").await,
            Self::Agent => desk.agent().await,
            Self::Admin => desk.admin().await,
        }
    }

    /// The status that this caller must get from a route which answers `success` to those who may.
    fn expected(self, operation: &Operation, success: u16) -> u16 {
        let Operation { is_public, is_for_admins, is_about_a_ticket, .. } = *operation;
        match self {
            _ if is_public => success,
            Self::Nobody | Self::Garbage | Self::Expired | Self::Forged => 401,
            Self::Agent | Self::StrangersAgent if is_for_admins => 403,
            Self::StrangersAgent | Self::StrangersAdmin if is_about_a_ticket => 404,
            _ => success,
        }
    }
}

/// A row of the desk's own description.
struct Operation {
    name: String,
    method: Method,
    path: String,
    is_public: bool,
    is_for_admins: bool,
    is_about_a_ticket: bool,
    success: u16,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let responses = operation["responses"].as_object().expect("responses");
            let success = responses.keys().find(|status| status.starts_with('2')).expect("a success");
            operations.push(Operation {
                name: operation["operationId"].as_str().expect("a name").to_owned(),
                method: Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method"),
                path: path.clone(),
                is_public: operation["security"].is_null(),
                is_for_admins: responses.contains_key("403"),
                is_about_a_ticket: path.contains("/tickets/{id}"),
                success: success.parse().expect("a status"),
            });
        }
    }
    operations
}

/// A body that the route takes.
fn body(name: &str, desk_token: &str) -> Value {
    match name {
        "logIn" => json!({ "email": "agent@test.com", "password": "password" }),
        "refresh" => json!({ "refreshToken": desk_token }),
        "createTicket" => json!({ "title": "new", "description": "new", "priority": "LOW" }),
        "updateTicket" => json!({ "priority": "HIGH" }),
        "addComment" => json!({ "content": "new" }),
        _ => json!({}),
    }
}

async fn ask(caller: Caller, desk: &Desk, operation: &Operation, owner: &Client) -> Reply {
    let title = format!("{MARK} {caller:?}");
    let ticket = owner.create_ticket(&title).await;
    let path = operation.path.replace("{id}", &ticket).replace("{slug}", "api-faq");
    let path = if operation.name == "searchTickets" { format!("{path}?q={MARK}") } else { path };
    let login = desk.anybody().log_in("agent@test.com", "password").await;
    let body = body(&operation.name, &login.text("/refreshToken"));
    let headers = [("content-type", "application/json")];
    let body = body.to_string().into();
    caller.client(desk).await.send(operation.method.clone(), &path, &headers, body).await
}

#[tokio::test]
async fn every_route_opens_to_those_who_may_and_to_nobody_else() {
    let desk = desk().await;
    let owner = desk.agent().await;
    let document = desk.anybody().get("/api/v1/openapi.json").await.json();
    let operations = operations(&document);
    assert_eq!(operations.len(), 20);
    assert_eq!(operations.iter().filter(|operation| operation.is_for_admins).count(), 1);
    for operation in &operations {
        for caller in CALLERS {
            let reply = ask(caller, &desk, operation, &owner).await;
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            let expected = caller.expected(operation, operation.success);
            assert_eq!(reply.status, expected, "{caller:?} {}: {text}", operation.name);
            let is_ours = matches!(caller, Caller::Agent | Caller::Admin);
            assert!(is_ours || !text.contains(MARK), "{caller:?} {}: {text}", operation.name);
            if reply.status == 401 {
                assert_eq!(reply.header("www-authenticate"), "Bearer");
            }
        }
    }
}
