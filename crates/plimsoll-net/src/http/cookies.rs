//! Cookies: reading `Set-Cookie`, and the jar of one virtual user.
//!
//! RFC 6265 as Go's cookie jar does it: host-only and domain cookies, path matching, longest path first, no
//! list of public suffixes. As in k6, a `Secure` cookie also goes to a loopback address over plain http.
//!
//! An empty jar is an empty vector. Jars are small, so looking up is a walk over all cookies.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::cookie_date;
use crate::http::request_headers::is_token;
use crate::http::response::Response;
use crate::http::url::Url;

/// RFC 6265 asks for 3000 at least. Beyond that the oldest goes.
const MAX_COOKIES: usize = 3000;

/// A cookie as a server or a script sets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value, without quotes.
    pub value: String,
    /// The host and, with it, all hosts below; only the host that set the cookie when `None`.
    pub domain: Option<String>,
    /// The path below which the cookie is sent; the directory of the URL that set it when `None`.
    pub path: Option<String>,
    /// When it ends, as seconds since the Unix epoch.
    pub expires: Option<i64>,
    /// How many seconds it lives; takes precedence over `expires`. Zero or less deletes it.
    pub max_age: Option<i64>,
    /// Only over https.
    pub secure: bool,
    /// Not for scripts in browsers; kept for those who ask.
    pub http_only: bool,
}

impl Cookie {
    /// Reads the value of a `Set-Cookie` field; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), unquoted(value.trim()));
        if !is_token(name) || !value.bytes().all(is_cookie_byte) {
            return None;
        }
        let mut cookie = Self { name: name.to_owned(), value: value.to_owned(), ..Self::default() };
        for attribute in parts {
            cookie.set_attribute(attribute);
        }
        Some(cookie)
    }

    fn set_attribute(&mut self, attribute: &str) {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => self.domain = Some(value.to_owned()),
            "path" if value.starts_with('/') => self.path = Some(value.to_owned()),
            "expires" => self.expires = cookie_date::parse(value),
            "max-age" => self.max_age = value.parse().ok(),
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            _ => {}
        }
    }

    /// When the cookie ends, in seconds since the epoch; `None` with the session.
    fn ends_at(&self, now: i64) -> Option<i64> {
        match self.max_age {
            Some(seconds) if seconds <= 0 => Some(i64::MIN),
            Some(seconds) => Some(now.saturating_add(seconds)),
            None => self.expires,
        }
    }
}

/// The cookies of one virtual user.
#[derive(Clone, Debug, Default)]
pub struct CookieJar {
    /// In the order of their creation.
    stored: Vec<Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    name: Box<str>,
    value: Box<str>,
    domain: Box<str>,
    path: Box<str>,
    ends_at: Option<i64>,
    host_only: bool,
    secure: bool,
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores the cookies that the response to a request for `url` sets.
    pub fn receive(&mut self, url: &Url, response: &Response) {
        for cookie in response.cookies() {
            self.set(url, &cookie);
        }
    }

    /// Stores a cookie as if `url` had set it. Returns `false` if it may not: its domain is not the URL's.
    pub fn set(&mut self, url: &Url, cookie: &Cookie) -> bool {
        let Some((domain, host_only)) = scope(url.host(), cookie.domain.as_deref()) else {
            return false;
        };
        let path = cookie.path.as_deref().unwrap_or_else(|| default_path(url.path()));
        let now = unix_now();
        let stored = Stored {
            name: cookie.name.as_str().into(),
            value: cookie.value.as_str().into(),
            domain: domain.into(),
            path: path.into(),
            ends_at: cookie.ends_at(now),
            host_only,
            secure: cookie.secure,
        };
        self.replace(stored, now);
        true
    }

    /// Names and values of the cookies for `url`, in the order in which they are sent: longest path first,
    /// then oldest first.
    pub fn cookies_for_url(&self, url: &Url) -> Vec<(&str, &str)> {
        if self.stored.is_empty() {
            return Vec::new();
        }
        let now = unix_now();
        let mut matching: Vec<&Stored> =
            self.stored.iter().filter(|stored| stored.is_for(url) && stored.is_alive(now)).collect();
        matching.sort_by_key(|stored| std::cmp::Reverse(stored.path.len()));
        matching.into_iter().map(|stored| (&*stored.name, &*stored.value)).collect()
    }

    /// Removes the cookies that would be sent to `url`.
    pub fn clear(&mut self, url: &Url) {
        self.stored.retain(|stored| !stored.is_for(url));
    }

    /// Removes the cookies of that name that would be sent to `url`.
    pub fn delete(&mut self, url: &Url, name: &str) {
        self.stored.retain(|stored| !(stored.is_for(url) && *stored.name == *name));
    }

    /// Removes all cookies, as between iterations.
    pub fn clear_all(&mut self) {
        self.stored = Vec::new();
    }

    /// Whether the jar has no cookies.
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    /// Puts `new` in place of the cookie with the same name, domain and path, or removes that if `new` has
    /// ended.
    fn replace(&mut self, new: Stored, now: i64) {
        let alive = new.is_alive(now);
        match self.stored.iter().position(|old| old.is_same(&new)) {
            Some(at) if alive => self.stored[at] = new,
            Some(at) => drop(self.stored.remove(at)),
            None if alive => {
                if self.stored.len() >= MAX_COOKIES {
                    self.stored.remove(0);
                }
                self.stored.push(new);
            }
            None => {}
        }
    }
}

impl Stored {
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.domain == other.domain && self.path == other.path
    }

    fn is_alive(&self, now: i64) -> bool {
        self.ends_at.is_none_or(|end| end > now)
    }

    fn is_for(&self, url: &Url) -> bool {
        let host_matches =
            *self.domain == *url.host() || !self.host_only && is_below(url.host(), &self.domain);
        let secure_enough = !self.secure || url.is_secure() || is_loopback(url.host());
        host_matches && secure_enough && path_matches(url.path(), &self.path)
    }
}

/// Where a cookie belongs: the domain, and whether it is for that host alone. `None` if `host` may not set
/// it.
fn scope(host: &str, domain: Option<&str>) -> Option<(String, bool)> {
    let Some(domain) = domain else {
        return Some((host.to_owned(), true));
    };
    if host.parse::<IpAddr>().is_ok() {
        return (host == domain).then(|| (host.to_owned(), true));
    }
    let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
    if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
        return None;
    }
    (host == domain || is_below(host, &domain)).then_some((domain, false))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|front| front.ends_with('.'))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The directory of the path, without the slash at its end.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

fn is_cookie_byte(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) && !matches!(byte, b'"' | b';' | b'\\')
}

fn unix_now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn jar(set: &[(&str, &str)]) -> CookieJar {
        let mut jar = CookieJar::new();
        for (from, cookie) in set {
            jar.set(&url(from), &Cookie::parse(cookie).unwrap());
        }
        jar
    }

    fn sent(jar: &CookieJar, to: &str) -> String {
        let cookies = jar.cookies_for_url(&url(to));
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn set_cookie_is_read_with_its_attributes() {
        let text = "sid=\"a b\"; Path=/x; DOMAIN=.Example.test; Max-Age=60; Secure; HttpOnly; \
                    Expires=Wed, 21 Oct 2015 07:28:00 GMT; SameSite=Lax";
        let cookie = Cookie::parse(text).unwrap();
        assert_eq!((cookie.name.as_str(), cookie.value.as_str()), ("sid", "a b"));
        assert_eq!((cookie.path.as_deref(), cookie.domain.as_deref()), (Some("/x"), Some(".Example.test")));
        assert_eq!((cookie.max_age, cookie.expires), (Some(60), Some(1_445_412_480)));
        assert!(cookie.secure && cookie.http_only);
        for text in ["", "novalue", "=x", "a b=c", "a=\u{7f}"] {
            assert_eq!(Cookie::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn hosts_and_domains_match() {
        let jar = jar(&[
            ("http://a.example.test/", "host=1"),
            ("http://a.example.test/", "domain=2; Domain=example.test"),
            ("http://a.example.test/", "foreign=3; Domain=b.example.test"),
            ("http://127.0.0.1/", "ip=4"),
            ("http://127.0.0.1/", "ipdomain=5; Domain=0.0.1"),
        ]);
        assert_eq!(sent(&jar, "http://a.example.test/"), "host=1; domain=2");
        assert_eq!(sent(&jar, "http://b.example.test/"), "domain=2");
        assert_eq!(sent(&jar, "http://c.a.example.test:8080/"), "domain=2");
        assert_eq!(sent(&jar, "http://badexample.test/"), "");
        assert_eq!(sent(&jar, "http://127.0.0.1:99/"), "ip=4");
    }

    #[test]
    fn longer_paths_come_first() {
        let jar = jar(&[
            ("http://h/a/b", "default=1"),
            ("http://h/", "root=2"),
            ("http://h/", "deep=3; Path=/a/b"),
            ("http://h/", "slash=4; Path=/c/"),
        ]);
        assert_eq!(sent(&jar, "http://h/a/b?q"), "deep=3; default=1; root=2");
        assert_eq!(sent(&jar, "http://h/a"), "default=1; root=2");
        assert_eq!(sent(&jar, "http://h/ab"), "root=2");
        assert_eq!(sent(&jar, "http://h/c/d"), "slash=4; root=2");
        assert_eq!(sent(&jar, "http://h"), "root=2");
    }

    #[test]
    fn secure_cookies_need_https_or_loopback() {
        let jar = jar(&[("https://h/", "a=1; Secure"), ("http://127.0.0.1/", "b=2; Secure")]);
        assert_eq!(sent(&jar, "https://h/"), "a=1");
        assert_eq!(sent(&jar, "http://h/"), "");
        assert_eq!(sent(&jar, "http://127.0.0.1/"), "b=2");
    }

    #[test]
    fn cookies_are_replaced_in_place_and_end() {
        let mut jar = jar(&[("http://h/", "a=1"), ("http://h/", "b=2"), ("http://h/", "a=3")]);
        assert_eq!(sent(&jar, "http://h/"), "a=3; b=2");
        jar.set(&url("http://h/"), &Cookie::parse("a=; Max-Age=0").unwrap());
        jar.set(&url("http://h/"), &Cookie::parse("c=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap());
        jar.set(&url("http://h/"), &Cookie::parse("d=5; Max-Age=100").unwrap());
        assert_eq!(sent(&jar, "http://h/"), "b=2; d=5");
    }

    #[test]
    fn clearing_is_by_url_and_name() {
        let mut jar = jar(&[("http://h/", "a=1"), ("http://h/", "b=2"), ("http://other/", "a=3")]);
        jar.delete(&url("http://h/"), "a");
        assert_eq!(sent(&jar, "http://h/"), "b=2");
        jar.clear(&url("http://h/"));
        assert_eq!((sent(&jar, "http://h/"), sent(&jar, "http://other/")), (String::new(), "a=3".into()));
        jar.clear_all();
        assert!(jar.is_empty());
    }

    #[test]
    fn a_jar_does_not_grow_for_ever() {
        let mut jar = CookieJar::new();
        for number in 0..=MAX_COOKIES {
            jar.set(&url("http://h/"), &Cookie { name: number.to_string(), ..Cookie::default() });
        }
        assert_eq!(jar.stored.len(), MAX_COOKIES);
        assert_eq!(&*jar.stored[0].name, "1");
    }
}
