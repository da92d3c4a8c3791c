//! What the code of a test can do, as far as it can be read off: the knowledge behind "nothing emits this".

use std::collections::BTreeSet;

/// Names that the code uses somewhere, and whether those are all of them.
#[derive(Debug, Default)]
pub struct Literals {
    /// The names that stand in the code.
    pub names: BTreeSet<String>,
    /// Whether some are computed.
    pub has_others: bool,
}

impl Literals {
    pub(super) fn note(&mut self, name: Option<&str>) {
        match name {
            Some(name) => drop(self.names.insert(name.to_owned())),
            None => self.has_others = true,
        }
    }

    /// Whether no name is this one, and none is unknown.
    #[must_use]
    pub fn certainly_lack(&self, name: &str) -> bool {
        !self.has_others && !self.names.contains(name)
    }
}

/// What the code of a test can do.
#[derive(Debug, Default)]
pub struct Facts {
    /// Members of k6's API that the code names, `(section, name)`. The name `*` stands for all of them.
    pub uses: BTreeSet<(String, String)>,
    /// Whether there is code that cannot be read: imported under a computed name, or from elsewhere.
    pub has_unread_code: bool,
    /// Names of groups.
    pub groups: Literals,
    /// Names of checks.
    pub checks: Literals,
    /// Keys of tags.
    pub tags: Literals,
    /// Custom metrics that no code adds a value to.
    pub idle_metrics: BTreeSet<String>,
}

impl Facts {
    /// Whether some code names the member, or may do so unseen.
    #[must_use]
    pub fn may_use(&self, section: &str, name: &str) -> bool {
        let has = |name: &str| self.uses.contains(&(section.to_owned(), name.to_owned()));
        self.has_unread_code || has("*") || has(name)
    }

    /// Whether some code names anything of a module.
    #[must_use]
    pub fn may_use_module(&self, module: &str) -> bool {
        self.has_unread_code || self.uses.iter().any(|(section, _)| section == module)
    }

    /// Why no code of this test can emit a metric; `None` when some may.
    #[must_use]
    pub fn why_never_emitted(&self, metric: &str) -> Option<String> {
        let lacks = |modules: &[&str]| modules.iter().all(|module| !self.may_use_module(module));
        let source = match metric {
            "group_duration" if !self.may_use("k6", "group") => "nothing calls group()",
            "checks" if !self.may_use("k6", "check") => "nothing calls check()",
            name if name.starts_with("http_req") && lacks(&["k6/http"]) => "nothing imports k6/http",
            name if name.starts_with("ws_") && lacks(&WEBSOCKETS) => "nothing imports k6/websockets or k6/ws",
            name if name.starts_with("grpc_") && lacks(&["k6/net/grpc"]) => "nothing imports k6/net/grpc",
            name if self.idle_metrics.contains(name) => "nothing adds values to it",
            _ => return None,
        };
        Some(source.to_owned())
    }
}

const WEBSOCKETS: [&str; 3] = ["k6/ws", "k6/websockets", "k6/experimental/websockets"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_used_is_not_emitted() {
        let mut facts = Facts::default();
        facts.uses.insert(("k6/http".to_owned(), "get".to_owned()));
        assert_eq!(facts.why_never_emitted("http_req_duration"), None);
        assert_eq!(facts.why_never_emitted("checks").as_deref(), Some("nothing calls check()"));
        assert!(facts.why_never_emitted("grpc_req_duration").is_some());
        assert_eq!(facts.why_never_emitted("iterations"), None);
        facts.uses.insert(("k6".to_owned(), "*".to_owned()));
        assert_eq!(facts.why_never_emitted("checks"), None);
        facts.has_unread_code = true;
        assert_eq!(facts.why_never_emitted("grpc_req_duration"), None);
    }

    #[test]
    fn computed_names_may_be_any() {
        let mut names = Literals::default();
        names.note(Some("login"));
        assert!(names.certainly_lack("logout") && !names.certainly_lack("login"));
        names.note(None);
        assert!(!names.certainly_lack("logout"));
    }
}
