//! Bytes of an event stream, in two pieces: no panic, and the same events as in one.
#![no_main]

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use plimsoll_net::event_stream::{EventParser, ServerEvent};

fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (VecDeque<ServerEvent>, Option<u64>) {
    let (mut parser, mut events) = (EventParser::default(), VecDeque::new());
    for piece in pieces {
        parser.feed(piece, &mut events).expect("inputs are far below the limit");
    }
    (events, parser.retry_ms())
}

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    let (first, second) = bytes.split_at(usize::from(cut).min(bytes.len()));
    assert_eq!(events([bytes]), events([first, second]));
});
