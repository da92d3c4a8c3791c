//! Redis's protocol, RESP 2: commands to bytes, bytes to answers.
//!
//! Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. It is pure: who has no bytes asks
//! its connection for more. Every part of an answer is bounded.

/// The longest line: a status, an error, a number.
const LINE_LIMIT: usize = 64 << 10;
/// The bytes of one answer; a single value of a server has no more.
const ANSWER_LIMIT: usize = 512 << 20;
/// The elements of one answer, in all of its arrays.
const ELEMENT_LIMIT: usize = 10_000_000;
/// How deep arrays may be nested.
const DEPTH_LIMIT: usize = 32;

/// What a server answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Nil,
    Status(String),
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<Answer>),
    Error(String),
}

/// A command with its arguments as bytes.
pub(super) fn command<A: AsRef<[u8]>>(words: &[A]) -> Vec<u8> {
    let length: usize = words.iter().map(|word| word.as_ref().len() + 16).sum();
    let mut bytes = Vec::with_capacity(length + 16);
    bytes.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words.iter().map(AsRef::as_ref) {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Reads one answer from bytes that come piece by piece.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    /// Bytes of the buffer that were understood.
    at: usize,
    /// Arrays that lack elements: how many, and those that are there.
    open: Vec<(usize, Vec<Answer>)>,
    elements: usize,
    received: usize,
}

impl Decoder {
    /// Takes more bytes; gives the answer when it is complete.
    ///
    /// # Errors
    /// What the bytes are that they should not be.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Option<Answer>, String> {
        self.received += bytes.len();
        if self.received > ANSWER_LIMIT + LINE_LIMIT {
            return Err(format!("the answer has more than {} MiB", ANSWER_LIMIT >> 20));
        }
        self.buffer.drain(..std::mem::take(&mut self.at));
        self.buffer.extend_from_slice(bytes);
        while let Some(item) = self.item()? {
            if let Some(answer) = self.place(item) {
                return if self.at == self.buffer.len() {
                    Ok(Some(answer))
                } else {
                    Err("the answer has something behind it".to_owned())
                };
            }
        }
        Ok(None)
    }

    /// The next value that is complete. Arrays are opened here and closed by [`Self::place`].
    fn item(&mut self) -> Result<Option<Answer>, String> {
        loop {
            let rest = &self.buffer[self.at..];
            let Some(end) = memchr(rest) else {
                return if rest.len() > LINE_LIMIT { Err("a line is too long".to_owned()) } else { Ok(None) };
            };
            let line = std::str::from_utf8(&rest[..end]).map_err(|_| malformed())?;
            let (kind, text) = line.split_at_checked(1).ok_or_else(malformed)?;
            let after = self.at + end + 2;
            let number = || text.parse::<i64>().map_err(|_| malformed());
            let answer = match kind {
                "+" => Answer::Status(text.to_owned()),
                "-" => Answer::Error(text.to_owned()),
                ":" => Answer::Number(number()?),
                "$" | "*" if text == "-1" => Answer::Nil,
                "$" => {
                    let length = usize::try_from(number()?).map_err(|_| malformed())?;
                    if length > ANSWER_LIMIT {
                        return Err(format!("a value of {length} bytes is too large"));
                    }
                    let Some(value) = self.buffer.get(after..after + length + 2) else { return Ok(None) };
                    let value = value.strip_suffix(b"\r\n").ok_or_else(malformed)?.to_vec();
                    self.at = after + length + 2;
                    return Ok(Some(Answer::Bytes(value)));
                }
                "*" => {
                    let count = usize::try_from(number()?).map_err(|_| malformed())?;
                    self.at = after;
                    if count == 0 {
                        return Ok(Some(Answer::List(Vec::new())));
                    }
                    self.open_array(count)?;
                    continue;
                }
                _ => return Err(malformed()),
            };
            self.at = after;
            return Ok(Some(answer));
        }
    }

    fn open_array(&mut self, count: usize) -> Result<(), String> {
        self.elements = self.elements.saturating_add(count);
        if self.elements > ELEMENT_LIMIT || self.open.len() >= DEPTH_LIMIT {
            return Err(format!("an array of {count} is too large, or nested too deeply"));
        }
        // No more room than what has arrived can fill.
        self.open.push((count, Vec::with_capacity(count.min(1024))));
        Ok(())
    }

    /// Puts a value into the innermost open array; gives the whole when all are closed.
    fn place(&mut self, mut value: Answer) -> Option<Answer> {
        loop {
            let Some((missing, elements)) = self.open.last_mut() else { return Some(value) };
            elements.push(value);
            *missing -= 1;
            if *missing > 0 {
                return None;
            }
            let (_, elements) = self.open.pop().expect("it was there");
            value = Answer::List(elements);
        }
    }
}

/// Where the line ends.
fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .take(LINE_LIMIT)
        .position(|byte| *byte == b'\r')
        .filter(|end| bytes.get(end + 1) == Some(&b'\n'))
}

fn malformed() -> String {
    "the answer is not Redis's protocol".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8]) -> Result<Option<Answer>, String> {
        Decoder::default().feed(bytes)
    }

    #[test]
    fn commands_are_arrays_of_bytes() {
        assert_eq!(command(&["GET", "ä"]), "*2\r\n$3\r\nGET\r\n$2\r\nä\r\n".as_bytes());
    }

    #[test]
    fn answers_are_read() {
        for (bytes, expected) in [
            ("+OK\r\n", Answer::Status("OK".into())),
            ("-ERR no\r\n", Answer::Error("ERR no".into())),
            (":-7\r\n", Answer::Number(-7)),
            ("$-1\r\n", Answer::Nil),
            ("*-1\r\n", Answer::Nil),
            ("*0\r\n", Answer::List(vec![])),
            ("$0\r\n\r\n", Answer::Bytes(vec![])),
            (
                "*3\r\n$4\r\na\r\nb\r\n*2\r\n:1\r\n$-1\r\n+x\r\n",
                Answer::List(vec![
                    Answer::Bytes(b"a\r\nb".to_vec()),
                    Answer::List(vec![Answer::Number(1), Answer::Nil]),
                    Answer::Status("x".into()),
                ]),
            ),
        ] {
            assert_eq!(decode(bytes.as_bytes()), Ok(Some(expected)), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let deep = "*1\r\n".repeat(DEPTH_LIMIT + 1);
        for bytes in [
            "HTTP/1.1 400\r\n",
            "\r\n",
            "$x\r\n",
            "$-2\r\n",
            "$1\r\nabc",
            "*99999999\r\n",
            "+a\r\n+b\r\n",
            &deep,
        ] {
            assert!(decode(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
        assert!(decode("$999999999\r\n".as_bytes()).is_err_and(|why| why.contains("too large")));
        assert!(decode(&vec![b'+'; LINE_LIMIT + 2]).is_err());
    }

    fn answer() -> impl Strategy<Value = Answer> {
        let leaf = prop_oneof![
            Just(Answer::Nil),
            any::<i64>().prop_map(Answer::Number),
            "[a-zA-Z ]{0,9}".prop_map(Answer::Status),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Answer::Bytes),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| proptest::collection::vec(inner, 0..5).prop_map(Answer::List))
    }

    fn encode(answer: &Answer) -> Vec<u8> {
        match answer {
            Answer::Nil => b"$-1\r\n".to_vec(),
            Answer::Status(text) => format!("+{text}\r\n").into_bytes(),
            Answer::Error(text) => format!("-{text}\r\n").into_bytes(),
            Answer::Number(number) => format!(":{number}\r\n").into_bytes(),
            Answer::Bytes(bytes) => [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
            Answer::List(items) => {
                let items = items.iter().flat_map(encode);
                format!("*{}\r\n", answer_len(answer)).into_bytes().into_iter().chain(items).collect()
            }
        }
    }

    fn answer_len(answer: &Answer) -> usize {
        if let Answer::List(items) = answer { items.len() } else { 0 }
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_answer(answer in answer(), size in 1usize..9) {
            let bytes = encode(&answer);
            let mut decoder = Decoder::default();
            let mut decoded = None;
            for piece in bytes.chunks(size) {
                prop_assert_eq!(&decoded, &None);
                decoded = decoder.feed(piece).expect("valid");
            }
            prop_assert_eq!(decoded, Some(answer));
        }

        #[test]
        fn no_bytes_are_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
