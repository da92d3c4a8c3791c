//! Bytes to events, in whatever pieces they arrive.
//!
//! Nothing is trusted: every part has a limit, and whatever the bytes are, the decoder asks for more, gives
//! events, or fails.

use std::collections::VecDeque;

use super::deflate::Deflate;
use super::frame::{Header, Opcode};
use super::{Event, WebSocketError};

/// Bytes of a frame that memory is set aside for before they are there.
const RESERVED: usize = 1 << 20;

/// Reads what a server sends.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// `None` when compression was not agreed on.
    deflate: Option<Deflate>,
    /// A frame of which something is missing; empty otherwise.
    partial: Vec<u8>,
    message: Option<Message>,
    /// Whether a close frame has come.
    is_closed: bool,
}

/// A message whose last frame is still to come.
#[derive(Debug)]
struct Message {
    is_text: bool,
    compressed: bool,
    bytes: Vec<u8>,
}

impl Decoder {
    /// A decoder for messages of at most `limit` bytes.
    pub fn new(limit: usize, deflate: Option<Deflate>) -> Self {
        Self { limit, deflate, partial: Vec::new(), message: None, is_closed: false }
    }

    /// Takes in what arrived, and adds what it completes to `events`. What follows a close frame is ignored.
    ///
    /// # Errors
    /// What is wrong with the bytes. The connection is of no use afterwards.
    pub fn feed(&mut self, mut input: &[u8], events: &mut VecDeque<Event>) -> Result<(), WebSocketError> {
        while !input.is_empty() && !self.is_closed {
            if self.partial.is_empty() {
                input = self.whole_frames(input, events)?;
                self.partial.extend_from_slice(input);
                return Ok(());
            }
            let missing = self.missing()?;
            let (taken, rest) = input.split_at(missing.min(input.len()));
            self.partial.extend_from_slice(taken);
            input = rest;
            if self.missing()? == 0 {
                let frame = std::mem::take(&mut self.partial);
                let rest = self.whole_frames(&frame, events)?;
                debug_assert!(rest.is_empty(), "the frame was complete");
            }
        }
        Ok(())
    }

    /// How many bytes the frame that came in part needs at least; none when it is complete.
    fn missing(&mut self) -> Result<usize, WebSocketError> {
        let Some(header) = Header::parse(&self.partial)? else {
            // One more byte at a time: a header has 14 at most.
            return Ok(1);
        };
        self.check_size(header)?;
        let whole = header.size + header.length as usize;
        self.partial.reserve_exact((whole - self.partial.len()).min(RESERVED));
        Ok(whole - self.partial.len())
    }

    /// Reads the frames that are complete; returns the bytes behind them.
    fn whole_frames<'a>(
        &mut self,
        mut input: &'a [u8],
        events: &mut VecDeque<Event>,
    ) -> Result<&'a [u8], WebSocketError> {
        while let Some(header) = Header::parse(input)? {
            self.check_size(header)?;
            let end = header.size + header.length as usize;
            let Some(payload) = input.get(header.size..end) else { break };
            input = &input[end..];
            events.extend(self.frame(header, payload)?);
            if self.is_closed {
                return Ok(&[]);
            }
        }
        Ok(input)
    }

    fn check_size(&self, header: Header) -> Result<(), WebSocketError> {
        let before = self.message.as_ref().filter(|_| header.opcode == Opcode::Continuation);
        let before = before.map_or(0, |message| message.bytes.len());
        let limit = self.limit;
        let room = limit.saturating_sub(before) as u64;
        if header.length > room { Err(WebSocketError::TooLarge { limit }) } else { Ok(()) }
    }

    fn frame(&mut self, header: Header, payload: &[u8]) -> Result<Option<Event>, WebSocketError> {
        match header.opcode {
            Opcode::Ping => Ok(Some(Event::Ping(payload.to_vec()))),
            Opcode::Pong => Ok(Some(Event::Pong(payload.to_vec()))),
            Opcode::Close => {
                self.is_closed = true;
                close(payload).map(Some)
            }
            Opcode::Text | Opcode::Binary => self.begin(header, payload),
            Opcode::Continuation => self.go_on(header, payload),
        }
    }

    fn begin(&mut self, header: Header, payload: &[u8]) -> Result<Option<Event>, WebSocketError> {
        if self.message.is_some() {
            return Err(WebSocketError::protocol("a message begins within another"));
        }
        if header.compressed && self.deflate.is_none() {
            return Err(WebSocketError::protocol("a compressed message, which was not agreed on"));
        }
        let is_text = header.opcode == Opcode::Text;
        let message = Message { is_text, compressed: header.compressed, bytes: payload.to_vec() };
        if header.is_final {
            return self.complete(message).map(Some);
        }
        self.message = Some(message);
        Ok(None)
    }

    fn go_on(&mut self, header: Header, payload: &[u8]) -> Result<Option<Event>, WebSocketError> {
        let Some(mut message) = self.message.take() else {
            return Err(WebSocketError::protocol("a continuation of nothing"));
        };
        if header.compressed {
            return Err(WebSocketError::protocol("reserved bits are set"));
        }
        message.bytes.extend_from_slice(payload);
        if header.is_final {
            return self.complete(message).map(Some);
        }
        self.message = Some(message);
        Ok(None)
    }

    fn complete(&self, message: Message) -> Result<Event, WebSocketError> {
        let bytes = match self.deflate.as_ref().filter(|_| message.compressed) {
            Some(deflate) => deflate.expand(&message.bytes, self.limit)?,
            None => message.bytes,
        };
        if !message.is_text {
            return Ok(Event::Binary(bytes));
        }
        String::from_utf8(bytes).map(Event::Text).map_err(|_| WebSocketError::Utf8("text message"))
    }
}

fn close(payload: &[u8]) -> Result<Event, WebSocketError> {
    match payload {
        [] => Ok(Event::Close { code: None, reason: String::new() }),
        [_] => Err(WebSocketError::protocol("a close frame with half a code")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            // Those that have a meaning on the wire, and those that may be agreed on.
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(WebSocketError::Protocol(format!("invalid close code {code}").into()));
            }
            let reason = str::from_utf8(reason).map_err(|_| WebSocketError::Utf8("close frame"))?;
            Ok(Event::Close { code: Some(code), reason: reason.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;

    /// A frame as a server sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..=125 => bytes.push(length as u8),
            length @ 126..=0xffff => {
                bytes.push(126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(payload);
        bytes
    }

    fn decode<'a>(
        pieces: impl IntoIterator<Item = &'a [u8]>,
        limit: usize,
    ) -> Result<Vec<Event>, WebSocketError> {
        let mut decoder = Decoder::new(limit, Some(Deflate::default()));
        let mut events = VecDeque::new();
        for piece in pieces {
            decoder.feed(piece, &mut events)?;
        }
        Ok(events.into())
    }

    #[test]
    fn messages_may_be_in_parts_with_control_frames_between() {
        let wire = [frame(0x01, b"Hel"), frame(0x89, b"p"), frame(0x80, b"lo"), frame(0x82, &[1])].concat();
        let expected = [Event::Ping(b"p".into()), Event::Text("Hello".into()), Event::Binary(vec![1])];
        assert_eq!(decode([&wire[..]], LIMIT).unwrap(), expected);
        assert_eq!(decode(wire.chunks(1), LIMIT).unwrap(), expected);
    }

    #[test]
    fn nothing_counts_after_a_close_frame() {
        let wire = [frame(0x88, b"\x03\xe8bye"), frame(0x81, b"late"), vec![0xff; 10]].concat();
        let expected = [Event::Close { code: Some(1000), reason: "bye".into() }];
        for cut in 0..wire.len() {
            assert_eq!(decode([&wire[..cut], &wire[cut..]], LIMIT).unwrap(), expected, "cut at {cut}");
        }
        assert_eq!(
            decode([&frame(0x88, b"")[..]], LIMIT).unwrap(),
            [Event::Close { code: None, reason: String::new() }]
        );
    }

    #[test]
    fn violations_are_told_apart() {
        let cases: [(Vec<u8>, Option<u16>); 10] = [
            (frame(0x80, b"x"), Some(1002)),
            ([frame(0x01, b"x"), frame(0x81, b"y")].concat(), Some(1002)),
            ([frame(0x01, b"x"), frame(0xc0, b"y")].concat(), Some(1002)),
            (frame(0x88, b"\x03"), Some(1002)),
            (frame(0x88, b"\x03\xed"), Some(1002)),
            (frame(0x88, b"\x03\xe8\xff"), Some(1007)),
            (frame(0x81, b"\xff"), Some(1007)),
            (frame(0xc1, &[0xff; 9]), Some(1002)),
            (frame(0x81, &[b'x'; 65]), Some(1009)),
            ([frame(0x01, &[b'x'; 40]), frame(0x80, &[b'x'; 40])].concat(), Some(1009)),
        ];
        for (wire, code) in cases {
            assert_eq!(decode([&wire[..]], 64).unwrap_err().close_code(), code, "{wire:?}");
            assert_eq!(decode(wire.chunks(1), 64).unwrap_err().close_code(), code, "{wire:?}");
        }
    }

    #[test]
    fn an_announced_length_takes_no_memory() {
        let mut decoder = Decoder::new(usize::MAX, None);
        let mut events = VecDeque::new();
        decoder.feed(&[0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0, 7], &mut events).unwrap();
        decoder.feed(&[7], &mut events).unwrap();
        assert!(decoder.partial.capacity() <= 2 * RESERVED);
    }

    fn wire() -> impl Strategy<Value = Vec<u8>> {
        let payload = prop::collection::vec(prop::sample::select(b"ab \xc3\xa4".to_vec()), 0..200);
        let first = prop::sample::select(vec![0x01, 0x02, 0x80, 0x00, 0x81, 0x82, 0x89, 0x8a, 0xc2, 0x88]);
        prop::collection::vec((first, payload), 0..8)
            .prop_map(|frames| frames.iter().flat_map(|(first, payload)| frame(*first, payload)).collect())
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(wire in wire(), cuts in prop::collection::vec(any::<usize>(), 0..8)) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (wire.len() + 1)).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &wire[pair[0]..pair[1]]);
            prop_assert_eq!(decode(pieces, 300), decode([&wire[..]], 300));
        }

        #[test]
        fn any_bytes_at_all_are_survived(wire in prop::collection::vec(any::<u8>(), 0..300)) {
            let whole = decode([&wire[..]], 64);
            prop_assert_eq!(decode(wire.chunks(1), 64), whole);
        }
    }
}
