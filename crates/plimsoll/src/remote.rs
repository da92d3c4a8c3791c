//! How modules from the network are come by: from flags and the environment.

use std::path::PathBuf;

use plimsoll_script::{LockPolicy, RemoteOptions};

use crate::cli::{Lock, TestArguments};

/// What the command line says, with the cache where the environment has it.
pub(crate) fn options(arguments: &TestArguments, variables: &[(String, String)]) -> RemoteOptions {
    RemoteOptions {
        cache: cache(variables),
        offline: arguments.offline,
        lock: match arguments.lock {
            Lock::Extended => LockPolicy::Extend,
            Lock::Frozen => LockPolicy::Frozen,
            Lock::Renewed => LockPolicy::Renew,
        },
        ..RemoteOptions::default()
    }
}

/// `$PLIMSOLL_CACHE_DIR`, else as <https://specifications.freedesktop.org/basedir-spec/> has it: relative
/// folders do not count. `None` when the environment knows no place.
fn cache(variables: &[(String, String)]) -> Option<PathBuf> {
    let folder = |wanted: &str| {
        let found = variables.iter().find(|(name, value)| name == wanted && !value.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    let absolute = |path: &PathBuf| path.is_absolute();
    let standard = || folder("XDG_CACHE_HOME").filter(absolute);
    let home = || folder("HOME").filter(absolute).map(|home| home.join(".cache"));
    folder("PLIMSOLL_CACHE_DIR").or_else(|| standard().or_else(home).map(|caches| caches.join("plimsoll")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn cache_with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        cache(&Vec::from_iter(owned))
    }

    #[test]
    fn the_cache_is_where_the_environment_says() {
        let all = [("PLIMSOLL_CACHE_DIR", "own"), ("XDG_CACHE_HOME", "/caches"), ("HOME", "/home/a")];
        assert_eq!(cache_with(&all).as_deref(), Some(Path::new("own")));
        assert_eq!(cache_with(&all[1..]).as_deref(), Some(Path::new("/caches/plimsoll")));
        assert_eq!(cache_with(&all[2..]).as_deref(), Some(Path::new("/home/a/.cache/plimsoll")));
        assert_eq!(cache_with(&[("HOME", ""), ("XDG_CACHE_HOME", "relative")]), None);
    }
}
