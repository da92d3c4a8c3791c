//! Responses from HTTP/1.x bytes, in whatever pieces they arrive.
//!
//! ```text
//!           1xx: again
//!            ,----,
//!   start -> Head -+-> Length(n) --n bytes-----------> Done
//!                  +-> Chunked ----last chunk--------> Done
//!                  +-> UntilClose --end of stream----> Done
//!                  '-> Done  (HEAD, 204, 304, 101, length 0)
//! ```
//!
//! The decoder never trusts its input: every part has a limit, and whatever the bytes are, it either asks for
//! more, finishes, or fails.

use bytes::Bytes;

use super::chunked::Chunked;
use super::head::{self, Framing, Head};
use crate::error::NetError;
use crate::http::request::{Method, Request};
use crate::http::response::{Headers, Response};
use crate::options::Limits;

/// Informational responses in front of the real one.
const MAX_INFORMATIONAL: u8 = 16;

#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    limits: Limits,
    answers_head: bool,
    discard_body: bool,
    informational: u8,
    /// A head that did not arrive in one piece; empty otherwise.
    partial_head: PartialHead,
    head: Option<(Head, Headers)>,
    body: Body,
    /// Whether bytes came after the response, which nobody asked for.
    surplus: bool,
    /// The surplus itself, when another protocol begins there.
    beyond: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    Length { left: u64 },
    Chunked(Chunked),
    UntilClose,
    Done,
}

#[derive(Debug, Default)]
struct PartialHead {
    bytes: Vec<u8>,
    has_status_line: bool,
}

/// What is kept of the body.
#[derive(Debug, Default)]
struct Body {
    /// All of it, when it arrived in one piece.
    whole: Option<Bytes>,
    /// The pieces so far, when it did not.
    pieces: Vec<u8>,
    len: u64,
}

impl Decoder {
    pub(super) fn new(request: &Request, limits: Limits) -> Self {
        Self {
            state: State::Head,
            limits,
            answers_head: request.method == Method::HEAD,
            discard_body: request.discard_response_body,
            informational: 0,
            partial_head: PartialHead::default(),
            head: None,
            body: Body::default(),
            surplus: false,
            beyond: Vec::new(),
        }
    }

    /// The response, once it is complete, and whether its connection may carry another exchange.
    pub(super) fn take_answer(&mut self) -> Option<(Response, bool)> {
        if !matches!(self.state, State::Done) {
            return None;
        }
        let (head, headers) = self.head.take()?;
        let body = std::mem::take(&mut self.body);
        let response = Response {
            status: head.status,
            protocol: head.protocol,
            headers,
            body_len: body.len,
            body: body.whole.unwrap_or_else(|| body.pieces.into()),
        };
        Some((response, head.keep_alive && !self.surplus))
    }

    /// Whether status and headers of the response are there.
    pub(super) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Whether all that came were whole 1xx heads.
    pub(super) fn is_between_heads(&self) -> bool {
        matches!(self.state, State::Head) && self.informational > 0 && self.partial_head.bytes.is_empty()
    }

    /// Status and headers of the response, once they are there.
    pub(super) fn head(&self) -> Option<Response> {
        let (head, headers) = self.head.as_ref()?;
        Some(Response {
            status: head.status,
            protocol: head.protocol,
            headers: headers.clone(),
            body_len: 0,
            body: Bytes::new(),
        })
    }

    /// What is there of the body since the last call; nothing of it is kept.
    pub(super) fn take_piece(&mut self) -> Bytes {
        let body = std::mem::take(&mut self.body);
        body.whole.unwrap_or_else(|| body.pieces.into())
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// What came behind the head of a 101.
    pub(super) fn take_beyond(&mut self) -> Bytes {
        std::mem::take(&mut self.beyond).into()
    }

    /// Takes in what arrived.
    pub(super) fn feed(&mut self, mut input: &[u8]) -> Result<(), NetError> {
        while !input.is_empty() {
            match &mut self.state {
                State::Head => self.feed_head(&mut input)?,
                State::Length { left } => {
                    let data;
                    (data, input) =
                        input.split_at(input.len().min(usize::try_from(*left).unwrap_or(usize::MAX)));
                    let announced = *left;
                    *left -= data.len() as u64;
                    if *left == 0 {
                        self.state = State::Done;
                    }
                    self.keep(data, Some(announced))?;
                }
                State::Chunked(chunked) => {
                    let data = chunked.next_data(&mut input)?;
                    if chunked.is_done() {
                        self.state = State::Done;
                    }
                    self.keep(data, None)?;
                }
                State::UntilClose => self.keep(std::mem::take(&mut input), None)?,
                State::Done => {
                    self.surplus = true;
                    if self.head.as_ref().is_some_and(|(head, _)| head.status == 101) {
                        self.beyond.extend_from_slice(input);
                    }
                    break;
                }
            }
        }
        Ok(())
    }

    /// The peer closed its side.
    pub(super) fn end_of_stream(&mut self) -> Result<(), NetError> {
        match self.state {
            State::UntilClose => self.state = State::Done,
            State::Done => {}
            State::Head if self.partial_head.bytes.is_empty() && self.informational == 0 => {
                return Err(NetError::Eof);
            }
            State::Head | State::Length { .. } | State::Chunked(_) => return Err(NetError::UnexpectedEof),
        }
        Ok(())
    }

    /// Looks for the end of the head, first where it arrived, then behind what is left of it from earlier.
    fn feed_head(&mut self, input: &mut &[u8]) -> Result<(), NetError> {
        if self.partial_head.bytes.is_empty() {
            match head::parse(input, self.answers_head)? {
                Some(head) => {
                    let headers = head.headers(input);
                    *input = &input[head.length..];
                    self.start_body(head, headers)?;
                }
                None => self.partial_head.append(input, self.limits)?,
            }
            return Ok(());
        }
        let earlier = self.partial_head.bytes.len();
        if !self.partial_head.extend_and_look(input) {
            return self.partial_head.check(input, self.limits);
        }
        match head::parse(&self.partial_head.bytes, self.answers_head)? {
            Some(head) => {
                let headers = head.headers(&self.partial_head.bytes);
                *input = &input[head.length.saturating_sub(earlier).min(input.len())..];
                self.partial_head = PartialHead::default();
                self.start_body(head, headers)
            }
            None => self.partial_head.check(input, self.limits),
        }
    }

    fn start_body(&mut self, head: Head, headers: Headers) -> Result<(), NetError> {
        if head.length > self.limits.head_bytes {
            return Err(head_too_large(self.limits));
        }
        if head.is_informational() {
            self.informational += 1;
            let limit = MAX_INFORMATIONAL.into();
            let too_many = NetError::TooLarge { part: "series of 1xx heads", limit, unit: "heads" };
            return if self.informational > MAX_INFORMATIONAL { Err(too_many) } else { Ok(()) };
        }
        self.state = match head.framing {
            Framing::Length(0) => State::Done,
            Framing::Length(left) if !self.discard_body && left > self.limits.body_bytes as u64 => {
                return Err(body_too_large(self.limits));
            }
            Framing::Length(left) => State::Length { left },
            Framing::Chunked => State::Chunked(Chunked::new(self.limits.head_bytes)),
            Framing::UntilClose => State::UntilClose,
        };
        self.head = Some((head, headers));
        Ok(())
    }

    /// Adds `data` to the body, of which `announced` bytes were still to come if that is known.
    fn keep(&mut self, data: &[u8], announced: Option<u64>) -> Result<(), NetError> {
        let is_whole = self.body.len == 0 && announced == Some(data.len() as u64);
        self.body.len += data.len() as u64;
        if self.discard_body {
            return Ok(());
        }
        if self.body.len > self.limits.body_bytes as u64 {
            return Err(body_too_large(self.limits));
        }
        if is_whole {
            self.body.whole = Some(Bytes::copy_from_slice(data));
            return Ok(());
        }
        if let (0, Some(announced)) = (self.body.pieces.capacity(), announced) {
            // Address space for all of it, within the limit: memory is taken as the bytes arrive, and never
            // twice, as when a vector grows. Where there is not that much, it has to grow.
            let _ = self.body.pieces.try_reserve_exact(announced as usize);
        }
        self.body.pieces.extend_from_slice(data);
        Ok(())
    }
}

impl PartialHead {
    /// Keeps the first piece, in which the parser found no fault and no end.
    fn append(&mut self, input: &mut &[u8], limits: Limits) -> Result<(), NetError> {
        self.extend_and_look(input);
        self.check(input, limits)
    }

    /// Adds `input` and says whether parsing is worth another try: when the first line is complete, so that a
    /// peer that speaks something else is found out, and at an empty line. Never otherwise, or a peer that
    /// sends byte by byte would cost quadratic time.
    fn extend_and_look(&mut self, input: &[u8]) -> bool {
        let earlier = self.bytes.len();
        self.bytes.extend_from_slice(input);
        let mut line_ends = memchr::memchr_iter(b'\n', &self.bytes[earlier.saturating_sub(2)..]);
        let is_new_status_line = !self.has_status_line && memchr::memchr(b'\n', input).is_some();
        self.has_status_line |= is_new_status_line;
        is_new_status_line
            || line_ends.any(|at| {
                let next = &self.bytes[earlier.saturating_sub(2) + at + 1..];
                next.starts_with(b"\n") || next.starts_with(b"\r\n")
            })
    }

    /// All of `input` is in; the head may still grow.
    fn check(&self, input: &mut &[u8], limits: Limits) -> Result<(), NetError> {
        *input = &[];
        if self.bytes.len() > limits.head_bytes { Err(head_too_large(limits)) } else { Ok(()) }
    }
}

fn head_too_large(limits: Limits) -> NetError {
    NetError::TooLarge { part: "head", limit: limits.head_bytes as u64, unit: "bytes" }
}

fn body_too_large(limits: Limits) -> NetError {
    NetError::TooLarge { part: "body", limit: limits.body_bytes as u64, unit: "bytes" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::url::Url;

    fn decoder(limits: Limits) -> Decoder {
        Decoder::new(&Request::new(Method::GET, Url::parse("http://h/").unwrap()), limits)
    }

    /// Feeds the pieces, then the end of the stream, until the response is complete.
    fn decode<'a>(
        pieces: impl IntoIterator<Item = &'a [u8]>,
        limits: Limits,
    ) -> Result<(Response, bool), NetError> {
        let mut decoder = decoder(limits);
        for piece in pieces {
            decoder.feed(piece)?;
        }
        match decoder.take_answer() {
            Some(answer) => Ok(answer),
            None => decoder.end_of_stream().map(|()| decoder.take_answer().expect("the stream ended")),
        }
    }

    fn decode_whole(text: &str) -> Result<(Response, bool), NetError> {
        decode([text.as_bytes()], Limits::default())
    }

    fn shown(answer: Result<(Response, bool), NetError>) -> String {
        answer.map_or_else(
            |error| error.to_string(),
            |(response, reusable)| format!("{} {:?} {reusable}", response.status_text(), response.body),
        )
    }

    #[test]
    fn bodies_end_where_the_head_says() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 OK b\"hello\" true"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", "200 OK b\"hello\" false"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "unexpected EOF"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                "200 OK b\"hi\" true",
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", "unexpected EOF"),
            ("HTTP/1.1 200 OK\r\n\r\nhello", "200 OK b\"hello\" false"),
            ("HTTP/1.1 204 No Content\r\n\r\n", "204 No Content b\"\" true"),
            ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 b\"\" true"),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                "200 OK b\"x\" true",
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", "unexpected EOF"),
            ("HTTP/1.1 200 OK\r\nContent-", "unexpected EOF"),
            ("", "EOF"),
        ];
        for (wire, expected) in cases {
            assert_eq!(shown(decode_whole(wire)), expected, "{wire:?}");
        }
    }

    #[test]
    fn limits_hold() {
        let limits = Limits { head_bytes: 64, body_bytes: 8 };
        let long_head = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(64));
        let too_large =
            |wire: &str| matches!(decode([wire.as_bytes()], limits), Err(NetError::TooLarge { .. }));
        assert!(too_large(&long_head));
        assert!(too_large(&long_head[..65]), "without an end in sight");
        assert!(too_large("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
        assert!(too_large("HTTP/1.1 200 OK\r\n\r\n123456789"));
        assert!(too_large("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789"));
        assert!(too_large(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(17)));
    }

    #[test]
    fn discarded_bodies_are_counted_and_unlimited() {
        let mut request = Request::new(Method::GET, Url::parse("http://h/").unwrap());
        request.discard_response_body = true;
        let mut decoder = Decoder::new(&request, Limits { head_bytes: 64, body_bytes: 1 });
        decoder.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        let (response, reusable) = decoder.take_answer().unwrap();
        assert_eq!((response.body.len(), response.body_len, reusable), (0, 5, true));
    }

    #[test]
    fn another_protocol_is_found_out_at_its_first_line() {
        let mut decoder = decoder(Limits::default());
        decoder.feed(b"SSH-").unwrap_err();
        let mut decoder = self::decoder(Limits::default());
        decoder.feed(b"HTTP").unwrap();
        decoder.feed(b"/9 banner\r\n").unwrap_err();
    }

    /// Valid responses of all framings.
    fn response_bytes() -> impl Strategy<Value = Vec<u8>> {
        let fields = prop::collection::vec(("X-[A-Za-z]{1,8}", "[ -~]{0,20}"), 0..6);
        let body = prop::collection::vec(any::<u8>(), 0..200);
        (200u16..600, fields, body, 0usize..3, prop::option::of(1usize..60), any::<bool>()).prop_map(
            |(status, fields, body, interim, chunk, until_close)| {
                let mut wire = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(interim).into_bytes();
                wire.extend(format!("HTTP/1.1 {status} Some Reason\r\n").bytes());
                for (name, value) in fields {
                    wire.extend(format!("{name}: {value}\r\n").bytes());
                }
                match chunk {
                    Some(size) => push_chunked(&mut wire, &body, size),
                    None if until_close => wire.extend([b"\r\n", body.as_slice()].concat()),
                    None => {
                        wire.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
                        wire.extend(body);
                    }
                }
                wire
            },
        )
    }

    fn push_chunked(wire: &mut Vec<u8>, body: &[u8], size: usize) {
        wire.extend(b"Transfer-Encoding: chunked\r\n\r\n");
        for chunk in body.chunks(size) {
            wire.extend(format!("{:x};ext\r\n", chunk.len()).bytes());
            wire.extend([chunk, b"\r\n"].concat());
        }
        wire.extend(b"0\r\nTrailer: x\r\n\r\n");
    }

    /// Where a stream is cut into pieces; positions count from its start again when they are past its end.
    fn cuts() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(any::<usize>(), 0..12)
    }

    fn pieces<'a>(wire: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (wire.len() + 1)).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|pair| &wire[pair[0]..pair[1]]).collect()
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(wire in response_bytes(), cuts in cuts()) {
            let (whole, whole_reusable) = decode([wire.as_slice()], Limits::default()).unwrap();
            let (cut, cut_reusable) = decode(pieces(&wire, &cuts), Limits::default()).unwrap();
            prop_assert_eq!(whole.status, cut.status);
            prop_assert!(whole.headers.iter().eq(cut.headers.iter()));
            prop_assert_eq!(whole.body, cut.body);
            prop_assert_eq!((whole.body_len, whole_reusable), (cut.body_len, cut_reusable));
            let bytes: Vec<&[u8]> = wire.chunks(1).collect();
            prop_assert_eq!(decode(bytes, Limits::default()).unwrap().0.status, whole.status);
        }

        #[test]
        fn any_bytes_at_all_are_survived(wire in prop::collection::vec(any::<u8>(), 0..300), cuts in cuts()) {
            let _ = decode(pieces(&wire, &cuts), Limits::default());
        }

        #[test]
        fn damaged_responses_are_survived(
            wire in response_bytes(),
            damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8),
            cuts in cuts(),
        ) {
            let mut wire = wire;
            for (at, byte) in damage {
                let length = wire.len();
                wire[at % length] = byte;
            }
            let limits = Limits { head_bytes: 4096, body_bytes: 4096 };
            if let Ok((response, _)) = decode(pieces(&wire, &cuts), limits) {
                prop_assert!(response.body.len() <= 4096);
                response.headers.iter().for_each(drop);
            }
        }
    }
}
