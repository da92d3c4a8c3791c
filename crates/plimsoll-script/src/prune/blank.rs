//! A text with pieces of it replaced by blanks.

use oxc_span::Span;

/// Something to be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// A statement. A semicolon takes its place: without one, what stands before and after it might be read
    /// as one expression.
    Statement(Span),
    /// One of several names in braces, with the comma behind it.
    Name(Span),
    /// All names of an `import`, with `from`: what is left runs the module.
    Clause(Span),
}

/// The text without these; `None` when there are none.
pub(super) fn without(text: &str, cuts: &[Cut]) -> Option<String> {
    if cuts.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for cut in cuts {
        let (span, first) = match cut {
            Cut::Statement(span) => (*span, b';'),
            Cut::Name(span) => (Span::new(span.start, comma_after(text, span.end)), b' '),
            Cut::Clause(span) => (*span, b' '),
        };
        let piece = &mut bytes[span.start as usize..span.end as usize];
        piece.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        if let (Some(byte), true) = (piece.first_mut(), first == b';') {
            *byte = first;
        }
    }
    // Whole characters were replaced, each byte by a blank.
    String::from_utf8(bytes).ok()
}

/// Where the comma behind a name ends; the name's own end when none follows.
fn comma_after(text: &str, end: u32) -> u32 {
    let mut rest = &text[end as usize..];
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else if let Some(rest) = rest.strip_prefix(',') {
            return (text.len() - rest.len()) as u32;
        } else {
            return end;
        }
    }
}
