//! Sockets that mean harm: none may bring down the desk, occupy it, or hear of another tenant.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::support::raw_socket::{frame, opened, text_frame};
use crate::support::socket::Socket;
use crate::support::{Desk, PATIENCE, desk};

const SOCKETS: usize = 600;
const POLLS: usize = 1000;
/// Of another tenant's tickets, and nowhere else.
const MARK: &str = "xylophone";

/// What a client says, more or less in the protocol's words. `ticket` is another tenant's.
fn packet(ticket: &str) -> impl Strategy<Value = String> + use<> {
    let theirs = [
        r#"420["subscribe",{"channel":"tickets:org_123"}]"#.to_owned(),
        format!(r#"421["subscribe",{{"channel":"ticket:{ticket}"}}]"#),
        format!(r#"422["typing",{{"ticketId":"{ticket}"}}]"#),
        r#"42["subscribe",{"channel":"tickets:org_loadtest"},{"channel":"tickets:org_123"}]"#.to_owned(),
    ];
    let malformed = [
        "",
        "0",
        "1",
        "2",
        "2probe",
        "3",
        "5",
        "6",
        "4",
        "40",
        "41",
        "42",
        "43",
        "44",
        "47",
        "42[]",
        "42[[]]",
        "42null",
        "42[\"subscribe\"]",
        "42[7]",
        "42[\"connect\"]",
        "42[\"disconnect\"]",
        "42[\"session:0\",{}]",
        "40/admin,",
        "40/,{\"token\":7}",
        "42/nowhere,[\"ping\",{}]",
        "430[]",
        "4299999999999999999999[\"subscribe\",{}]",
        "42[\"ping\",{\"timestamp\":1e400}]",
        "451-[\"subscribe\",{\"_placeholder\":true,\"num\":0}]",
        "45999999999-[\"subscribe\"]",
        "460-0[]",
        "42[\"subscribe\",{\"channel\":\"ticket:\\u0000\"}]",
        "42[\"typing\",{\"ticketId\":\"' OR ''='\"}]",
    ];
    let deep = prop::sample::select(vec![100, 10_000]);
    prop_oneof![
        2 => prop::sample::select(theirs.to_vec()),
        2 => prop::sample::select(malformed.map(str::to_owned).to_vec()),
        1 => "[0-6][0-6]?[ -~]{0,40}",
        1 => any::<String>(),
        1 => deep.prop_map(|depth| format!("420[\"subscribe\",{}", "[".repeat(depth))),
    ]
}

/// What comes over the wire: mostly frames as they should be.
fn wire(ticket: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let text = packet(ticket).prop_map(|packet| frame(0x81, packet.as_bytes()));
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        8 => text,
        1 => bytes().prop_map(|bytes| frame(0x82, &bytes)),
        // Any opcode and flags, reserved ones included.
        1 => (any::<u8>(), bytes()).prop_map(|(first, bytes)| frame(first, &bytes)),
        // More than anybody may send, as far as the length says.
        1 => Just([&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat()),
        // Not masked, as only servers may.
        1 => Just(b"\x81\x0242".to_vec()),
        1 => bytes(),
    ]
}

fn frames(ticket: &str) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> + use<> {
    let joined = prop_oneof![3 => Just(text_frame("40")), 1 => Just(Vec::new())];
    let rest = prop::collection::vec(wire(ticket), 1..12);
    (joined, rest).prop_map(|(joined, rest)| (joined, rest.concat()))
}

/// Says all that, and returns what was heard until nothing more came.
///
/// The first words are left time for an answer: for the next ones the desk may hang up before it gave it.
async fn converse(addr: SocketAddr, token: String, (joined, rest): (Vec<u8>, Vec<u8>)) -> String {
    let mut stream = opened(addr, &token).await;
    let mut heard = Vec::new();
    let silence = Duration::from_millis(300);
    for bytes in [joined, rest] {
        // The desk may hang up in the middle.
        let _ = stream.write_all(&bytes).await;
        while let Ok(Ok(1..)) = timeout(silence, stream.read_buf(&mut heard)).await {}
    }
    String::from_utf8_lossy(&heard).into_owned()
}

async fn until_none_is_open(desk: &Desk) {
    let until = Instant::now() + PATIENCE;
    while desk.gauge("insightdesk_sockets_open").await > 0 {
        assert!(Instant::now() < until, "sockets that are gone count as open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_frame_makes_the_desk_fail_or_tells_of_another_tenant() {
    let desk = desk().await;
    let (agent, stranger) = (desk.agent().await, desk.stranger().await);
    let token = stranger.token.expect("logged in");
    let ticket = agent.create_ticket(MARK).await;
    let owner = agent.clone();
    let announcing = tokio::spawn(async move {
        loop {
            owner.create_ticket(MARK).await;
        }
    });
    // The same cases every time: a failure can be looked into.
    let mut runner = TestRunner::deterministic();
    let strategy = frames(&ticket);
    let mut clients = JoinSet::new();
    let mut joined = 0;
    for n in 0..SOCKETS {
        let bytes = strategy.new_tree(&mut runner).expect("frames").current();
        clients.spawn(converse(desk.running.addr(), token.clone(), bytes));
        if n % 50 == 49 {
            for heard in std::mem::take(&mut clients).join_all().await {
                assert!(!heard.contains(MARK), "{heard}");
                joined += usize::from(heard.contains("40{\"sid\""));
            }
        }
    }
    assert!(joined > SOCKETS / 2, "{joined} got as far as speaking");
    announcing.abort();
    until_none_is_open(&desk).await;
    let mut socket = Socket::connect(&agent, &["websocket"]).await;
    socket.subscribe("tickets:org_123").await;
    let id = agent.create_ticket("still here").await;
    while socket.expect("ticket:created").await["data"]["ticketId"] != id {}
}

/// The same by polling, where packets are bodies and everything else is in the query.
fn poll(token: &str, ticket: &str) -> impl Strategy<Value = (String, Vec<u8>)> + use<> {
    let names = ["EIO", "transport", "sid", "token", "t", "b64", "j"].map(str::to_owned).to_vec();
    let known = ["4", "3", "websocket", "polling", "AAAAAAAAAAAAAAAA", "%00", "%ff"].map(str::to_owned);
    let values = [&known[..], &[token.to_owned()]].concat();
    let value = prop_oneof![prop::sample::select(values), "[ -~]{0,20}".prop_map(|text| percent(&text))];
    let query = prop::collection::vec((prop::sample::select(names), value), 0..6)
        .prop_map(|pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>());
    let body = prop_oneof![
        prop::collection::vec(packet(ticket), 0..5).prop_map(|packets| packets.join("\x1e").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..300),
    ];
    (query.prop_map(|pairs| pairs.join("&")), body)
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn post(addr: SocketAddr, query: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.expect("accepted");
    let head = format!(
        "POST /socket.io/?{query} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("an answer or an end in time");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_poll_makes_the_desk_fail_or_tells_of_another_tenant() {
    let desk = desk().await;
    let (agent, stranger) = (desk.agent().await, desk.stranger().await);
    let token = stranger.token.clone().expect("logged in");
    let ticket = agent.create_ticket(MARK).await;
    let mut runner = TestRunner::deterministic();
    let strategy = poll(&token, &ticket);
    let mut refused = 0;
    for n in 0..POLLS {
        let (mut query, body) = strategy.new_tree(&mut runner).expect("a poll").current();
        if n % 4 == 0 {
            // A session that there is, of a client that goes on to talk nonsense.
            let hello = stranger.get("/socket.io/?EIO=4&transport=polling").await.expect(200);
            let hello = String::from_utf8_lossy(&hello.body).into_owned();
            let hello: serde_json::Value = serde_json::from_str(&hello[1..]).expect("JSON");
            query = format!("EIO=4&transport=polling&sid={}", hello["sid"].as_str().expect("a session"));
        }
        let answer = post(desk.running.addr(), &query, &body).await;
        assert!(!answer.starts_with("HTTP/1.1 5") && !answer.contains(MARK), "{query}: {answer}");
        refused += usize::from(answer.starts_with("HTTP/1.1 4"));
    }
    assert!(refused > POLLS / 4, "{refused}");
    let mut socket = Socket::connect(&agent, &["polling"]).await;
    assert_eq!(socket.ask("typing", json!({ "ticketId": ticket })).await, json!({ "ok": true }));
}
