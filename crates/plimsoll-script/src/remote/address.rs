//! Which URLs may be imported, and what specifiers in remote modules mean.

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::error::Problem;
use crate::source::ModuleId;

/// What a specifier means that has to do with the network; `None` when it has not. `base` is where the
/// importing module is, if that is remote.
pub(crate) fn resolve(base: Option<&Url>, specifier: &str) -> Option<Result<ModuleId, Problem>> {
    if is_remote(specifier) {
        return Some(parse(specifier).map(|url| ModuleId::remote(&url)));
    }
    let base = base?;
    if specifier.starts_with("file:") {
        let problem = Problem::new(format!("cannot import '{specifier}' from {base}"));
        return Some(Err(problem.note("a module from the network may not read files of this machine")));
    }
    let relative = ["./", "../", "/"].iter().any(|start| specifier.starts_with(start));
    relative.then(|| {
        let joined = base.join(specifier).map_err(|error| refused(specifier, &error.to_string()))?;
        permitted(joined).map(|url| ModuleId::remote(&url))
    })
}

/// Whether this names something on the network, well-formed or not.
pub(crate) fn is_remote(specifier: &str) -> bool {
    let scheme = specifier.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// A URL that may be imported.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Url, Problem> {
    permitted(Url::parse(text).map_err(|error| refused(text, &error.to_string()))?)
}

/// `https`, or `http` on this machine; without user name and password.
pub(super) fn permitted(mut url: Url) -> Result<Url, Problem> {
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let problem = refused(url.as_str(), "its URL has a user name or a password");
        return Err(problem.hint("they would stand in plimsoll.lock and in every stack trace"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => {
            let problem = refused(url.as_str(), "anybody on the way could change what comes over plain http");
            Err(problem.hint(format!("write 'https{}'", url.as_str().trim_start_matches("http"))))
        }
        _ => Err(refused(url.as_str(), "it is neither https nor http")),
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn refused(what: &str, why: &str) -> Problem {
    Problem::new(format!("cannot import '{what}': {why}"))
}

/// The member of an archive that holds a URL, as k6 names it: `https/HOST/PATH?QUERY`, escapes undone.
pub(crate) fn member_name(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("{scheme}/{}", percent_decode_str(rest).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(base: Option<&str>, specifier: &str) -> Option<Result<String, String>> {
        let base = base.map(|base| Url::parse(base).expect("a URL"));
        let found = resolve(base.as_ref(), specifier)?;
        Some(found.map(|id| id.as_str().to_owned()).map_err(|problem| problem.to_string()))
    }

    #[test]
    fn specifiers_in_remote_modules_start_at_their_url() {
        let base = Some("https://example.com/lib/v2/main.js?x=1");
        for (specifier, expected) in [
            ("./a.js", "https://example.com/lib/v2/a.js"),
            ("../b.ts?y", "https://example.com/lib/b.ts?y"),
            ("/c.json", "https://example.com/c.json"),
            ("../../../../d.js", "https://example.com/d.js"),
            ("//cdn.example.com/e.js", "https://cdn.example.com/e.js"),
            ("HTTPS://Other.Example/f.js#part", "https://other.example/f.js"),
        ] {
            assert_eq!(means(base, specifier), Some(Ok(expected.to_owned())), "{specifier}");
        }
        assert_eq!(means(base, "k6/http"), None);
        assert_eq!(means(None, "./a.js"), None);
        let error = means(base, "file:///etc/passwd").expect("remote").expect_err("refused");
        assert!(error.contains("may not read files"), "{error}");
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for url in ["http://127.0.0.1:8080/a.js", "http://localhost/a.js", "http://[::1]:1/a.js"] {
            assert_eq!(means(None, url), Some(Ok(url.to_owned())));
        }
        for url in ["http://example.com/a.js", "http://10.0.0.1/a.js", "http://localhost.example.com/a.js"] {
            let error = means(None, url).expect("remote").expect_err("refused");
            assert!(error.contains("plain http") && error.contains("write 'https://"), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_repeated() {
        let error = means(None, "https://me:secret@example.com/a.js").expect("remote").expect_err("refused");
        assert!(error.contains("'https://example.com/a.js'") && !error.contains("secret"), "{error}");
        assert!(means(None, "https://").expect("remote").expect_err("malformed").contains("empty host"));
    }

    #[test]
    fn members_are_named_as_k6_names_them() {
        assert_eq!(member_name("https://example.com/a%20b.js?v=1"), "https/example.com/a b.js?v=1");
        assert_eq!(member_name("http://127.0.0.1:80/x.js"), "http/127.0.0.1:80/x.js");
    }
}
