//! The phases against a server that delays each of them by chance.
//!
//! What must hold always: the phases add up, and all delays are somewhere in them. That each delay is in its
//! own phase needs a machine that runs the client when it should; on a busy one some rounds show otherwise.

use std::io::Write;
use std::time::Duration;

use crate::support::{HELLO, Server, client, get, pause, read_bytes, read_head, request, soon};

const UPLOAD: usize = 24 * 1024 * 1024;

/// Delays as the path says: `/<before reading the body>/<before the head>/<before the last byte>`.
fn slow_server() -> Server {
    Server::start(|_, mut stream| {
        // Or an upload could vanish in the system's buffers before anybody reads it.
        socket2::SockRef::from(&stream).set_recv_buffer_size(256 * 1024).unwrap();
        while let Some(head) = read_head(&mut stream) {
            let path = head.split(' ').nth(1).unwrap();
            let delays: Vec<u64> = path[1..].split('/').map(|part| part.parse().unwrap()).collect();
            pause(delays[0]);
            if head.starts_with("POST") {
                read_bytes(&mut stream, UPLOAD);
            }
            pause(delays[1]);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na").unwrap();
            pause(delays[2]);
            stream.write_all(b"b").unwrap();
        }
    })
}

/// Pseudo-random milliseconds below 40, the same in every run.
fn delays() -> impl Iterator<Item = u64> {
    let mut seed = 12_345_u64;
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % 40
    })
}

#[tokio::test]
async fn each_delay_shows_in_its_phase_and_they_add_up() {
    const ROUNDS: usize = 30;
    const ENOUGH: usize = 4;
    let server = slow_server();
    let client = client();
    let mut delays = delays();
    let mut clear_rounds = 0;
    for round in 0..ROUNDS {
        let delay = [(); 3].map(|()| delays.next().unwrap());
        let mut upload = request("POST", server.url(&format!("/{}/{}/{}", delay[0], delay[1], delay[2])));
        upload.body = Some(vec![0; UPLOAD].into());
        let exchange = client.exchange(&upload, soon()).await;
        assert!(exchange.result.is_ok());
        let timings = exchange.timings;
        assert_eq!(timings.sending + timings.waiting + timings.receiving, timings.duration());
        assert_eq!(timings.blocked + timings.duration(), exchange.ended_at - exchange.started_at);
        assert!(timings.duration() >= Duration::from_millis(delay.iter().sum()), "{delay:?} {timings:?}");
        assert!(timings.blocked >= timings.looking_up + timings.connecting + timings.tls_handshaking);
        assert_eq!(timings.connecting.is_zero(), round > 0);
        let phases = [timings.sending, timings.waiting, timings.receiving];
        clear_rounds +=
            usize::from(phases.iter().zip(delay).all(|(phase, ms)| *phase >= Duration::from_millis(ms)));
        if clear_rounds == ENOUGH {
            return;
        }
    }
    panic!("only {clear_rounds} of {ROUNDS} rounds had each delay in its phase");
}

/// A worker that has other things to do for a while.
async fn busy(time: Duration) {
    std::thread::sleep(time);
}

#[tokio::test]
async fn an_answer_that_waits_for_its_worker_does_not_look_slow() {
    const STALL: Duration = Duration::from_millis(500);
    let server = Server::answering(HELLO);
    let client = client();
    assert!(get(&client, server.url("/")).await.result.is_ok());
    let (exchange, ()) = tokio::join!(get(&client, server.url("/")), busy(STALL));
    let timings = exchange.timings;
    assert!(exchange.reused_connection && exchange.result.is_ok());
    if cfg!(target_os = "linux") {
        assert_eq!(timings.blocked + timings.duration(), exchange.ended_at - exchange.started_at);
        assert!(timings.generator_delay > STALL / 2, "{timings:?}");
        assert!(timings.duration() < STALL / 2, "{timings:?}");
    }
}
