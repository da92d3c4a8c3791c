//! Frames of a server, in two pieces: no panic, and no message larger than the limit.
#![no_main]

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use plimsoll_net::websocket::{Decoder, Deflate, Event};

const LIMIT: usize = 4096;

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    let (first, second) = bytes.split_at(usize::from(cut).min(bytes.len()));
    let mut decoder = Decoder::new(LIMIT, Some(Deflate::default()));
    let mut events = VecDeque::new();
    let _ = decoder.feed(first, &mut events).and_then(|()| decoder.feed(second, &mut events));
    for event in events {
        match event {
            Event::Text(text) => assert!(text.len() <= LIMIT),
            Event::Binary(bytes) => assert!(bytes.len() <= LIMIT),
            Event::Ping(bytes) | Event::Pong(bytes) => assert!(bytes.len() <= 125),
            Event::Close { reason, .. } => assert!(reason.len() <= 123),
        }
    }
});
