//! Metrics and life of WebSocket connections.

use crate::server::Server;
use crate::support::{Ran, run_files};

fn run(text: &str) -> Ran {
    let server = Server::start();
    let text = format!(
        "import ws from 'k6/ws';\nimport {{ WebSocket }} from 'k6/websockets';\n\
         import {{ group }} from 'k6';\n{text}"
    );
    run_files(&[("main.js", &text)], &[("SOCKETS", &server.sockets())])
}

fn counts(ran: &Ran) -> [f64; 6] {
    let metrics = ["sessions", "connecting", "session_duration", "msgs_sent", "msgs_received", "ping"];
    metrics.map(|metric| ran.count(&format!("ws_{metric}")))
}

#[test]
fn a_session_feeds_all_metrics() {
    let ran = run("export default function () {
        ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
            socket.on('open', () => {
                socket.send('a'); socket.sendBinary(new ArrayBuffer(1)); socket.ping();
            });
            socket.on('pong', () => socket.close());
        });
    }");
    assert_eq!(ran.text(), "");
    assert_eq!(counts(&ran), [1.0, 1.0, 1.0, 2.0, 2.0, 1.0]);
    assert!(ran.count("data_sent") > 100.0 && ran.count("data_received") > 100.0);
}

#[test]
fn websockets_count_pings_and_close_frames_as_sent() {
    let ran = run("export default function () {
        const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
        socket.onopen = () => { socket.send('a'); socket.ping(); };
        socket.onpong = () => socket.close();
    }");
    assert_eq!(counts(&ran), [1.0, 1.0, 1.0, 3.0, 1.0, 1.0]);
    assert!(ran.count("data_sent") > 100.0 && ran.count("data_received") > 100.0);
}

#[test]
fn a_refused_attempt_is_one_all_the_same() {
    let ran = run("export default function () {
        ws.connect(`${__ENV.SOCKETS}/ws/refuse`, () => {});
        new WebSocket('ws://127.0.0.1:1/');
    }");
    assert_eq!(counts(&ran), [2.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    let tags = ran.series("ws_sessions").join("\n");
    assert!(tags.contains("status=403"), "{tags}");
}

#[test]
fn tags_are_k6s() {
    let ran = run("export default function () {
        const params = { tags: { name: 'mine', my: 1 }, headers: { 'Sec-WebSocket-Protocol': 'a, b' } };
        const url = 'ws://user:x@' + __ENV.SOCKETS.slice(5) + '/ws/echo';
        group('g', () => ws.connect(url, params, (socket) => {
            socket.on('open', () => { socket.send('x'); socket.close(); });
        }));
        const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`, 'c', { tags: { name: 'other' } });
        socket.onopen = () => { socket.send('x'); socket.close(); };
    }");
    let tags = ran.series("ws_msgs_sent");
    let [second, first] = &tags[..] else { panic!("{tags:?}") };
    for part in
        ["group=::g", "my=1", "name=mine", "scenario=default", "status=101", "subproto=b", "url=ws://"]
    {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(!first.contains("user:x"), "{first}");
    for part in ["group= ", "name=other", "url=other", "status=101", "subproto=c"] {
        assert!(second.contains(part), "{part}: {second}");
    }
}

#[test]
fn an_interruption_ends_connections() {
    let ran = run("export const options = { scenarios: { s: {
        executor: 'per-vu-iterations', vus: 2, iterations: 1, maxDuration: '1s', gracefulStop: '0s',
        exec: 'both',
    } } };
    export function both() {
        if (__VU % 2) ws.connect(`${__ENV.SOCKETS}/ws/silent`, () => {});
        else new WebSocket(`${__ENV.SOCKETS}/ws/silent`);
    }");
    assert_eq!(ran.text(), "");
    assert_eq!(counts(&ran), [2.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    assert!(ran.count("data_sent") > 100.0);
}

#[test]
fn one_iteration_leaves_nothing_to_the_next() {
    let ran = run("export const options = { iterations: 2 };
    export default function () {
        const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
        socket.onopen = () => { throw new Error(`iteration ${__ITER}`); };
        socket.onclose = () => console.log('never');
    }");
    let text = ran.text();
    assert!(text.contains("iteration 0") && text.contains("iteration 1"), "{text}");
    assert!(!text.contains("never"));
    assert_eq!(ran.count("ws_sessions"), 2.0);
}

#[test]
fn streams_of_events_are_measured() {
    let server = Server::start();
    let text = "import { EventSource } from 'plimsoll/sse';
    export default () => { new EventSource(`${__ENV.SERVER}/events`, { tags: { my: 1 } }); };";
    let ran = run_files(&[("main.js", text)], &[("SERVER", &server.url())]);
    let metrics = ["sessions", "connecting", "first_event", "event_gap", "events_received"];
    let counts = metrics.map(|metric| ran.count(&format!("sse_{metric}")));
    assert_eq!(counts, [1.0, 1.0, 1.0, 2.0, 3.0]);
    assert!(ran.count("data_received") > 100.0);
    let tags = ran.series("sse_events_received").join("\n");
    assert!(tags.contains("event=tick") && tags.contains("event=message") && tags.contains("my=1"), "{tags}");
}
