//! URLs as load scripts write them.
//!
//! Not the WHATWG algorithm: like k6 (that is, Go), a [`Url`] keeps what was written. Dot segments stay, the
//! host's case goes out in the `Host` header as given, an empty path is requested as `/`. Bytes that may not
//! stand in a request line (spaces, quotes, non-ASCII) are percent-encoded; escapes that are already there
//! are left alone. International host names become punycode.
//!
//! Parsing happens once; a [`Url`] is an `Arc` and clones for free, so a caller can cache it by its text.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::NetError;
use crate::http::auth::Credentials;

/// A parsed URL; cloning shares it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    text: Box<str>,
    masked: Option<Box<str>>,
    scheme: Scheme,
    origin: Option<Arc<Origin>>,
    authority: Box<str>,
    target: Box<str>,
    basic_authorization: Option<Box<str>>,
}

/// What stands before the colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
    /// Anything else, in lower case; empty for a relative URL.
    Other(Box<str>),
}

/// Where connections go: two URLs with equal origins can share one.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub secure: bool,
    /// Name or address in lower case, without the brackets of an IPv6 address.
    pub host: Box<str>,
    /// The port as written, or the scheme's own. Values above 65535 parse, and fail when dialed.
    pub port: u32,
}

impl Url {
    /// Parses an absolute URL. Relative ones and unknown schemes parse too, and fail with their own error
    /// when an exchange is asked for.
    pub fn parse(text: &str) -> Result<Self, NetError> {
        parse(text).map_err(|reason| NetError::InvalidUrl { url: text.into(), reason: reason.into() })
    }

    /// The text as it was given, credentials included.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The text with user name and password replaced by `****`.
    pub fn masked(&self) -> &str {
        self.0.masked.as_deref().unwrap_or(&self.0.text)
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme {
        &self.0.scheme
    }

    /// Host and, if it was written, port, as the `Host` header has them.
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// Path and query as the request line has them.
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.0.target.split('?').next().unwrap_or_default()
    }

    /// Host name or address in lower case, empty when there is none.
    pub fn host(&self) -> &str {
        self.0.origin.as_ref().map_or("", |origin| &origin.host)
    }

    /// Whether the scheme is `https`.
    pub fn is_secure(&self) -> bool {
        self.0.scheme == Scheme::Https
    }

    /// The value of the `Authorization` header that the URL's credentials stand for.
    pub fn basic_authorization(&self) -> Option<&str> {
        self.0.basic_authorization.as_deref()
    }

    /// The user and the password that stand in the URL, decoded.
    pub fn credentials(&self) -> Option<Credentials> {
        let encoded = self.basic_authorization()?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Credentials { user: user.to_owned(), password: password.to_owned() })
    }

    /// Where to connect, or why that is impossible.
    pub fn origin(&self) -> Result<&Arc<Origin>, NetError> {
        match (&self.0.scheme, &self.0.origin) {
            (Scheme::Other(scheme), _) => Err(NetError::UnsupportedScheme(scheme.clone())),
            (_, None) => Err(NetError::NoHost),
            (_, Some(origin)) => Ok(origin),
        }
    }

    /// The text without user name, password and fragment: what a `Referer` header says.
    pub fn without_credentials(&self) -> String {
        match self.0.masked {
            Some(_) => format!("{}://{}{}", self.0.scheme.as_str(), self.authority(), self.target()),
            None => self.as_str().split('#').next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether `reference` depends on the URL of the document that it is found in.
    pub(crate) fn is_relative(reference: &str) -> bool {
        !has_scheme(reference)
    }

    /// Resolves a reference found in a response to this URL, such as a `Location`.
    pub fn join(&self, reference: &str) -> Result<Self, NetError> {
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        let scheme = self.0.scheme.as_str();
        if reference.starts_with("//") {
            return Self::parse(&format!("{scheme}:{reference}"));
        }
        let split = reference.find(['?', '#']).unwrap_or(reference.len());
        let (path, suffix) = reference.split_at(split);
        let path_and_query = match path {
            "" if suffix.starts_with('?') => self.path().to_owned(),
            "" => self.target().to_owned(),
            _ if path.starts_with('/') => remove_dot_segments(path),
            _ => remove_dot_segments(&format!("{}{path}", directory_of(self.path()))),
        };
        Self::parse(&format!("{scheme}://{}{path_and_query}{suffix}", self.authority()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.masked())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Scheme {
    /// The scheme in lower case.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Other(name) => name,
        }
    }

    fn default_port(&self) -> u32 {
        if *self == Self::Https { 443 } else { 80 }
    }
}

fn parse(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("invalid control character in URL".into());
    }
    let without_fragment = text.split('#').next().unwrap_or_default();
    let (scheme, rest) = split_scheme(without_fragment)?;
    let Some(rest) = rest.strip_prefix("//") else {
        return Ok(Url(Arc::new(Parts::without_host(text, scheme, rest)?)));
    };
    let split = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path_and_query) = rest.split_at(split);
    let (userinfo, host_and_port) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host),
        None => (None, authority),
    };
    let (host, port) = split_port(host_and_port)?;
    let ascii_host = host_to_ascii(host)?;
    let origin = (!ascii_host.is_empty()).then(|| {
        Arc::new(Origin {
            secure: scheme == Scheme::Https,
            host: ascii_host.trim_matches(['[', ']']).to_ascii_lowercase().into(),
            port: port.unwrap_or_else(|| scheme.default_port()),
        })
    });
    Ok(Url(Arc::new(Parts {
        text: text.into(),
        masked: userinfo.map(|userinfo| mask(text, userinfo)),
        origin,
        authority: format!("{ascii_host}{}", &host_and_port[host.len()..]).into(),
        target: target(path_and_query)?,
        basic_authorization: userinfo.map(basic_authorization).transpose()?,
        scheme,
    })))
}

impl Parts {
    fn without_host(text: &str, scheme: Scheme, rest: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.into(),
            masked: None,
            scheme,
            origin: None,
            authority: "".into(),
            target: target(rest)?,
            basic_authorization: None,
        })
    }
}

fn split_scheme(text: &str) -> Result<(Scheme, &str), String> {
    if text.starts_with(':') {
        return Err("missing protocol scheme".into());
    }
    if !has_scheme(text) {
        return Ok((Scheme::Other("".into()), text));
    }
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let scheme = match name.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.into()),
    };
    Ok((scheme, rest))
}

fn has_scheme(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && end.is_some_and(|end| text[end..].starts_with(':'))
}

fn split_port(host_and_port: &str) -> Result<(&str, Option<u32>), String> {
    let after_bracket = match host_and_port.strip_prefix('[') {
        Some(rest) => rest.find(']').ok_or("missing ']' in host")? + 2,
        None => 0,
    };
    let Some(colon) = host_and_port[after_bracket..].find(':').map(|at| at + after_bracket) else {
        return if after_bracket == 0 || after_bracket == host_and_port.len() {
            Ok((host_and_port, None))
        } else {
            Err(format!("invalid port {:?} after host", &host_and_port[after_bracket..]))
        };
    };
    let (host, port) = host_and_port.split_at(colon);
    let digits = &port[1..];
    if colon != after_bracket && after_bracket != 0 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("invalid port {port:?} after host"));
    }
    // An absurdly long number saturates: it is refused when dialed, as 99999 is.
    Ok((host, (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))))
}

fn host_to_ascii(host: &str) -> Result<String, String> {
    if let Some(bad) =
        host.chars().find(|c| matches!(c, ' ' | '^' | '{' | '}' | '|' | '\\' | '`' | '%' | '<' | '>' | '"'))
    {
        return Err(format!("invalid character {:?} in host name", bad.to_string()));
    }
    if host.is_ascii() {
        return Ok(host.to_owned());
    }
    url::Host::parse(host)
        .map(|ascii| ascii.to_string())
        .map_err(|error| format!("invalid host name {host:?}: {error}"))
}

/// The request target: `/` when the path is empty, with what may not be sent raw percent-encoded.
fn target(path_and_query: &str) -> Result<Box<str>, String> {
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    check_escapes(path)?;
    let mut target = String::with_capacity(path_and_query.len() + 1);
    if !path.starts_with('/') {
        target.push('/');
    }
    percent_encode(path, &mut target, |byte| {
        byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*[]%".contains(&byte)
    });
    if let Some(query) = query {
        target.push('?');
        percent_encode(query, &mut target, |byte| byte.is_ascii_graphic());
    }
    Ok(target.into())
}

fn check_escapes(path: &str) -> Result<(), String> {
    for (at, _) in path.match_indices('%') {
        let digits = path.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
            let shown: String = path[at..].chars().take(3).collect();
            return Err(format!("invalid URL escape {shown:?}"));
        }
    }
    Ok(())
}

fn percent_encode(text: &str, out: &mut String, keep: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        if keep(byte) {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String");
        }
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

fn basic_authorization(userinfo: &str) -> Result<Box<str>, String> {
    check_escapes(userinfo).map_err(|_| "invalid userinfo".to_owned())?;
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let mut credentials = percent_decode(user);
    credentials.push(b':');
    credentials.extend(percent_decode(password));
    Ok(format!("Basic {}", STANDARD.encode(credentials)).into())
}

fn mask(text: &str, userinfo: &str) -> Box<str> {
    let stars = if userinfo.contains(':') { "****:****" } else { "****" };
    text.replacen(&format!("//{userinfo}@"), &format!("//{stars}@"), 1).into()
}

fn directory_of(path: &str) -> &str {
    path.rfind('/').map_or("/", |slash| &path[..=slash])
}

/// RFC 3986 section 5.2.4.
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
        if last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn place(text: &str) -> (String, u32, String, String) {
        let url = url(text);
        let origin = url.origin().unwrap();
        (origin.host.to_string(), origin.port, url.authority().to_owned(), url.target().to_owned())
    }

    #[test]
    fn urls_keep_what_was_written() {
        let cases = [
            ("http://h", ("h", 80, "h", "/")),
            ("https://h", ("h", 443, "h", "/")),
            (
                "HTTP://Example.Test:8080/A/../b?q=1#f",
                ("example.test", 8080, "Example.Test:8080", "/A/../b?q=1"),
            ),
            ("http://h?q", ("h", 80, "h", "/?q")),
            ("http://h:/x", ("h", 80, "h:", "/x")),
            ("http://[::1]:81/", ("::1", 81, "[::1]:81", "/")),
            ("http://[::1]/", ("::1", 80, "[::1]", "/")),
            ("http://h:99999/", ("h", 99999, "h:99999", "/")),
            (
                "http://bücher.test/ü?ü=ü",
                ("xn--bcher-kva.test", 80, "xn--bcher-kva.test", "/%C3%BC?%C3%BC=%C3%BC"),
            ),
            ("http://h/a b%20c{d}|e", ("h", 80, "h", "/a%20b%20c%7Bd%7D%7Ce")),
            ("http://h/?a b={c}\"d\"", ("h", 80, "h", "/?a%20b={c}\"d\"")),
            ("http://u@h/p@q", ("h", 80, "h", "/p@q")),
        ];
        for (text, (host, port, authority, target)) in cases {
            assert_eq!(place(text), (host.into(), port, authority.into(), target.into()), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_says_why() {
        let cases = [
            ("http://a b/", "invalid character \" \" in host name"),
            ("http://h:8x/", "invalid port \":8x\" after host"),
            ("http://[::1", "missing ']' in host"),
            ("http://[::1]x/", "invalid port \"x\" after host"),
            ("http://h/%zz", "invalid URL escape \"%zz\""),
            ("http://h/\n", "invalid control character in URL"),
            ("://h", "missing protocol scheme"),
            ("http://u:%zz@h/", "invalid userinfo"),
        ];
        for (text, reason) in cases {
            let error = Url::parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid URL: parse {text:?}: {reason}"));
            assert_eq!(error.code().get(), 1020);
        }
    }

    #[test]
    fn relative_and_foreign_urls_fail_when_they_are_used() {
        for (text, message) in [
            ("/path", "unsupported protocol scheme \"\""),
            ("h:80", "unsupported protocol scheme \"h\""),
            ("ftp://h/", "unsupported protocol scheme \"ftp\""),
            ("", "unsupported protocol scheme \"\""),
            ("http:///path", "no Host in request URL"),
        ] {
            let error = url(text).origin().unwrap_err();
            assert_eq!((error.to_string().as_str(), error.code().get()), (message, 1000), "{text:?}");
        }
    }

    #[test]
    fn credentials_become_a_header_and_are_masked() {
        let with_both = url("http://us%40er:p:w@h/x#f");
        assert_eq!(with_both.basic_authorization(), Some("Basic dXNAZXI6cDp3"));
        assert_eq!(with_both.masked(), "http://****:****@h/x#f");
        assert_eq!(with_both.without_credentials(), "http://h/x");
        assert_eq!(format!("{with_both:?}"), "Url(http://****:****@h/x#f)");
        assert_eq!(url("http://user@h/").masked(), "http://****@h/");
        assert_eq!(url("http://h/").masked(), "http://h/");
    }

    #[test]
    fn references_resolve_as_in_rfc_3986() {
        let base = url("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g/../h", "http://a/h"),
            ("https://x/../y", "https://x/../y"),
        ] {
            assert_eq!(base.join(reference).unwrap().as_str(), expected, "{reference:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_parses_or_fails(text in "\\PC{0,40}", reference in "\\PC{0,20}") {
            for text in [text.clone(), format!("http://{text}")] {
                if let Ok(url) = Url::parse(&text) {
                    let target = url.target();
                    prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()), "{target:?}");
                    prop_assert!(url.authority().is_ascii());
                    let _ = url.join(&reference);
                }
            }
        }
    }
}
