//! Hides secrets in texts that leave the process.
//!
//! It knows nothing of where texts go. Start from [`Redactor::redact`].

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;
use url::form_urlencoded;

/// What stands in a secret's place, as in k6.
const REDACTED: &str = "***SECRET_REDACTED***";

/// The secrets that scripts were given. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Whether there is anything to hide; all that a run without secrets looks at.
    armed: AtomicBool,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    spellings: BTreeSet<String>,
    /// Finds all spellings; `None` after one was added.
    finder: Option<Arc<AhoCorasick>>,
}

impl Redactor {
    /// From now on this text is hidden, also as it is written in URLs and in JSON.
    pub fn add(&self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        known.spellings.extend(spellings(secret));
        known.finder = None;
        self.0.armed.store(true, Ordering::Release);
    }

    /// The text with its secrets replaced.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.0.armed.load(Ordering::Acquire) {
            return Cow::Borrowed(text);
        }
        let Some(finder) = self.finder() else { return Cow::Borrowed(text) };
        let mut redacted = String::new();
        let mut end = 0;
        for found in finder.find_iter(text) {
            redacted.push_str(&text[end..found.start()]);
            redacted.push_str(REDACTED);
            end = found.end();
        }
        if end == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(&text[end..]);
        Cow::Owned(redacted)
    }

    /// The same for all texts and keys of a JSON value.
    pub fn redact_json(&self, value: &mut Value) {
        if !self.0.armed.load(Ordering::Acquire) {
            return;
        }
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.redact(text) {
                    *text = redacted;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(members) => {
                for (key, mut member) in std::mem::take(members) {
                    self.redact_json(&mut member);
                    members.insert(self.redact(&key).into_owned(), member);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn finder(&self) -> Option<Arc<AhoCorasick>> {
        if let Some(finder) = &self.0.known.read().unwrap_or_else(PoisonError::into_inner).finder {
            return Some(Arc::clone(finder));
        }
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.finder.is_none() {
            let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&known.spellings);
            // Building fails beyond 2^31 bytes of secrets, more than sources hold.
            known.finder = built.ok().map(Arc::new);
        }
        known.finder.clone()
    }
}

/// A secret as it appears in texts: itself, inside of JSON and of debug output, in URLs and in forms.
fn spellings(secret: &str) -> impl Iterator<Item = String> {
    let inner = |quoted: String| quoted[1..quoted.len() - 1].to_owned();
    let json = inner(Value::from(secret).to_string());
    let debug = inner(format!("{secret:?}"));
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    // What `encodeURIComponent` leaves alone and forms do not.
    let component = form.replace('+', "%20");
    let lenient = ["%21", "%27", "%28", "%29", "%7E"].into_iter().zip(["!", "'", "(", ")", "~"]);
    let component_of_scripts =
        lenient.fold(component.clone(), |text, (code, plain)| text.replace(code, plain));
    let in_path = in_url("http://h/", secret);
    let in_query = in_url("http://h/?", secret);
    let all = [secret.to_owned(), json, debug, form, component, component_of_scripts];
    all.into_iter().chain(in_path).chain(in_query)
}

/// The secret as the client writes it in a URL; `None` where it would not stay in its place.
fn in_url(before: &str, secret: &str) -> Option<String> {
    let url = plimsoll_net::Url::parse(&format!("{before}{secret}")).ok()?;
    url.as_str().strip_prefix(before).filter(|written| written.len() >= secret.len()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn knowing(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.add(secret));
        redactor
    }

    #[test]
    fn nothing_changes_as_long_as_nothing_is_known() {
        assert!(matches!(knowing(&[]).redact("text"), Cow::Borrowed("text")));
        assert!(matches!(knowing(&[""]).redact("text"), Cow::Borrowed("text")));
        assert!(matches!(knowing(&["other"]).redact("text"), Cow::Borrowed("text")));
    }

    #[test]
    fn the_longest_secret_is_hidden_and_clones_share() {
        let redactor = knowing(&["pass", "password"]);
        let clone = redactor.clone();
        redactor.add("late");
        assert_eq!(
            clone.redact("a password, a pass; late"),
            format!("a {REDACTED}, a {REDACTED}; {REDACTED}")
        );
    }

    #[test]
    fn secrets_are_found_however_they_are_written() {
        let secret = "p\"a ß\\+ss&'(1)";
        let redactor = knowing(&[secret]);
        for text in [
            json!({ "token": secret }).to_string(),
            format!("{secret:?}"),
            form_urlencoded::Serializer::new(String::new()).append_pair("t", secret).finish(),
            "https://h/p%22a%20%C3%9F%5C%2Bss%26'(1)?x".to_owned(),
            plimsoll_net::Url::parse(&format!("http://h/?q={secret}")).expect("a URL").as_str().to_owned(),
        ] {
            let redacted = redactor.redact(&text);
            assert!(redacted.contains(REDACTED) && !redacted.contains("ss"), "{text} became {redacted}");
        }
    }

    #[test]
    fn json_keeps_its_form() {
        let mut value = json!({ "s3": ["x s3 y", 3, { "a": "s3" }], "n": 33 });
        knowing(&["s3", "3"]).redact_json(&mut value);
        let expected = json!({
            REDACTED: [format!("x {REDACTED} y"), 3, { "a": REDACTED }],
            "n": 33
        });
        assert_eq!(value, expected);
    }

    proptest! {
        #[test]
        fn no_secret_is_left_and_nothing_else_is_lost(
            secret in "[a-z\"\\\\é ]{1,8}", before in "[A-Z0-9]{0,20}", after in "[A-Z0-9]{0,20}",
        ) {
            let redacted = knowing(&[&secret]).redact(&format!("{before}{secret}{after}")).into_owned();
            prop_assert_eq!(redacted, format!("{before}{REDACTED}{after}"));
        }
    }
}
