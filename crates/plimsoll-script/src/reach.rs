//! Which of the larger built-ins a script can reach.
//!
//! Every VU has a runtime of its own, and each family of built-ins costs it some kilobytes, typed arrays
//! alone 18 of about 108 (measured on rquickjs 0.12.2 as resident memory over 500 runtimes). A family is left
//! out when none of the words that lead to it occurs in the script's sources outside of comments: in code or
//! in strings, so that the guess errs on the side of having it. Sources with a word that gives access to the
//! global object by computed names have everything.

use rustc_hash::FxHashSet;

/// A family of built-ins that may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Date,
    RegExp,
    Proxy,
    MapSet,
    TypedArrays,
    WeakRef,
    DomException,
    Performance,
    /// `atob` and `btoa`.
    Base64,
    Eval,
    /// `setTimeout` and its like.
    Timers,
    /// `open` and `require`.
    Files,
    /// `TextEncoder` and `TextDecoder`.
    TextCoding,
    /// The global `crypto`.
    Crypto,
    /// The global `CryptoKey`.
    CryptoKey,
    /// `URL` and `URLSearchParams`.
    Url,
    StructuredClone,
    Blob,
    /// `GoError`.
    HostError,
    /// The classes of `k6/experimental/streams`.
    Streams,
}

/// The words that lead to each family. Those of host functions count too: `binary` responses are
/// ArrayBuffers.
const WORDS: &[(Family, &[&str])] = &[
    // Databases answer with dates.
    (Family::Date, &["Date", "sql"]),
    (Family::RegExp, &["RegExp", "match", "matchAll", "replace", "replaceAll", "search", "split"]),
    (Family::Proxy, &["Proxy", "SharedArray", "csv"]),
    (Family::MapSet, &["Map", "Set", "WeakMap", "WeakSet", "groupBy", "streams", "Blob"]),
    (
        Family::TypedArrays,
        &[
            "ArrayBuffer",
            "SharedArrayBuffer",
            "Atomics",
            "DataView",
            "Int8Array",
            "Uint8Array",
            "Uint8ClampedArray",
            "Int16Array",
            "Uint16Array",
            "Int32Array",
            "Uint32Array",
            "BigInt64Array",
            "BigUint64Array",
            "Float16Array",
            "Float32Array",
            "Float64Array",
            "binary",
            "open",
            "b64decode",
            "randomBytes",
            "TextEncoder",
            "TextDecoder",
            "subtle",
            "Blob",
        ],
    ),
    (Family::WeakRef, &["WeakRef", "FinalizationRegistry"]),
    (Family::DomException, &["DOMException", "getRandomValues", "subtle", "atob", "btoa", "structuredClone"]),
    (Family::Base64, &["atob", "btoa"]),
    (Family::Performance, &["performance"]),
    (Family::Eval, &["eval", "Function"]),
    (Family::Timers, &["setTimeout", "setInterval", "clearTimeout", "clearInterval"]),
    (Family::Files, &["open", "require"]),
    (Family::TextCoding, &["TextEncoder", "TextDecoder"]),
    (Family::Crypto, &["crypto", "webcrypto"]),
    (Family::CryptoKey, &["CryptoKey"]),
    (Family::Url, &["URL", "URLSearchParams"]),
    (Family::StructuredClone, &["structuredClone"]),
    (Family::Blob, &["Blob"]),
    (Family::HostError, &["GoError"]),
    (Family::Streams, &["streams", "Blob"]),
];

/// Whoever says one of these may reach anything.
const EVERYTHING: [&str; 5] = ["globalThis", "global", "eval", "Function", "constructor"];

/// The families that a script can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach(u32);

impl Reach {
    pub(crate) const EVERYTHING: Self = Reach(u32::MAX);

    /// What scripts with these sources can reach.
    pub(crate) fn of<'a>(sources: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = FxHashSet::default();
        let mut regexes = false;
        for source in sources {
            words.extend(source.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')));
            // A slash that is neither a comment's nor a URL's may begin a regular expression.
            regexes |= may_hold_regex(source);
        }
        if EVERYTHING.iter().any(|word| words.contains(word)) {
            return Reach::EVERYTHING;
        }
        let mut reach = Reach(0);
        for (family, leading) in WORDS {
            if leading.iter().any(|word| words.contains(word)) {
                reach = reach.with(*family);
            }
        }
        if regexes { reach.with(Family::RegExp) } else { reach }
    }

    pub(crate) fn contains(self, family: Family) -> bool {
        self.0 & (1 << family as u16) != 0
    }

    fn with(self, family: Family) -> Self {
        Reach(self.0 | 1 << family as u16)
    }
}

/// Whether a line has a `/` that is not part of `//`, `/*` or `*/` and not between word characters, dots or
/// braces, as in URLs, paths and most divisions. Wrongly answering yes costs four kilobytes a VU.
fn may_hold_regex(source: &str) -> bool {
    let bytes = source.as_bytes();
    let path_like = |byte: u8| byte.is_ascii_alphanumeric() || b"_.}:/*-".contains(&byte);
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').any(|(at, _)| {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        !path_like(before) && !b"/* ".contains(&after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_mentioned_is_left_out() {
        let reach = Reach::of([
            "import http from 'k6/http'; // https://x/y\nexport default () => http.get(`${b}/a/b`);",
        ]);
        assert_eq!(reach, Reach(0));
        let reach = Reach::of(["const now = Date.now();", "x.replace('a', 'b')"]);
        assert!(
            reach.contains(Family::Date) && reach.contains(Family::RegExp) && !reach.contains(Family::MapSet)
        );
    }

    #[test]
    fn databases_answer_with_dates() {
        assert!(Reach::of(["import sql from 'k6/x/sql';"]).contains(Family::Date));
    }

    #[test]
    fn regular_expressions_are_seen() {
        for text in ["const r = /a+/;", "f(/x/)", "return /[/]/.test(s)", "a = b\n/re/.exec(c)"] {
            assert!(Reach::of([text]).contains(Family::RegExp), "{text}");
        }
    }

    #[test]
    fn access_by_computed_name_reaches_everything() {
        assert_eq!(Reach::of(["globalThis['Da' + 'te']"]), Reach::EVERYTHING);
        assert_eq!(Reach::of(["[].constructor"]), Reach::EVERYTHING);
    }
}
