//! Libraries that are built in: those of <https://jslib.k6.io> that most scripts import, so that such
//! scripts load without a network.
//!
//! They are plimsoll's own implementations of what
//! <https://grafana.com/docs/k6/latest/javascript-api/jslib/> documents, in `jslib/*.js`. A library stands
//! for all its versions of a range, since later ones only added to it. Start at [`find`].

/// A library and the versions that it stands for.
struct Library {
    name: &'static str,
    /// What their numbers start with.
    versions: &'static [&'static str],
    text: &'static str,
}

const LIBRARIES: [Library; 2] = [
    Library { name: "k6-utils", versions: &["1."], text: include_str!("../jslib/k6-utils.js") },
    Library { name: "k6-summary", versions: &["0.0.", "0.1."], text: include_str!("../jslib/k6-summary.js") },
];

/// The source of a built-in library; `None` for what is to be fetched.
pub(crate) fn find(url: &str) -> Option<&'static str> {
    let mut parts = url.strip_prefix("https://jslib.k6.io/")?.split('/');
    let (name, version, file) = (parts.next()?, parts.next()?, parts.next()?);
    if file != "index.js" || parts.next().is_some() || !is_version(version) {
        return None;
    }
    let fits = |library: &&Library| {
        library.name == name && library.versions.iter().any(|start| version.starts_with(start))
    };
    LIBRARIES.iter().find(fits).map(|library| library.text)
}

/// Three numbers.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_range_are_built_in() {
        for version in ["1.0.0", "1.4.0", "1.16.2"] {
            assert!(find(&format!("https://jslib.k6.io/k6-utils/{version}/index.js")).is_some());
        }
        for version in ["0.0.1", "0.0.4", "0.1.0"] {
            assert!(find(&format!("https://jslib.k6.io/k6-summary/{version}/index.js")).is_some());
        }
    }

    #[test]
    fn all_else_is_fetched() {
        for url in [
            "https://jslib.k6.io/k6-utils/2.0.0/index.js",
            "https://jslib.k6.io/k6-utils/1.4/index.js",
            "https://jslib.k6.io/k6-utils/1.4.0-rc1/index.js",
            "https://jslib.k6.io/k6-utils/1.4.0/index.js?x",
            "https://jslib.k6.io/k6-utils/1.4.0/lib/index.js",
            "https://jslib.k6.io/httpx/0.1.0/index.js",
            "https://example.com/k6-utils/1.4.0/index.js",
            "http://jslib.k6.io/k6-utils/1.4.0/index.js",
        ] {
            assert!(find(url).is_none(), "{url}");
        }
    }
}
