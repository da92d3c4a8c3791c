//! Every package that is built for Linux has a licence we accept, comes from the registry, and is there once.
//!
//! The tables are those of `deny.toml`; this rule applies them with nothing but cargo at hand, and wants a
//! reason for each exception and a use for each row.

use std::collections::BTreeSet;

use cargo_metadata::Metadata;
use cargo_metadata::semver::Version;
use spdx::{Expression, Licensee, ParseMode};

use super::Problem;
use super::deny::{self, Deny};

/// A package of the dependency graph that is not ours.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    name: String,
    version: Version,
    licence: Option<String>,
    /// As in `Cargo.lock`: `registry+https://…`.
    source: Option<String>,
}

/// The packages that are not ours among those that are built; sorted by name and version. `built` is what
/// [`Workspace::built_packages`](crate::workspace::Workspace::built_packages) returns.
pub(crate) fn packages(metadata: &Metadata, built: &str) -> Vec<Package> {
    let built: BTreeSet<(&str, &str)> = built.lines().filter_map(name_and_version).collect();
    let foreign =
        metadata.packages.iter().filter(|package| !metadata.workspace_members.contains(&package.id));
    let mut packages: Vec<Package> = foreign
        .filter(|package| built.contains(&(package.name.as_str(), package.version.to_string().as_str())))
        .map(|package| Package {
            name: package.name.to_string(),
            version: package.version.clone(),
            licence: package.license.clone(),
            source: package.source.as_ref().map(|source| source.repr.clone()),
        })
        .collect();
    packages.sort_unstable();
    packages
}

fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(" v")?;
    Some((name, rest.split_whitespace().next()?))
}

/// Holds the packages against the tables and the tables against the packages.
pub(crate) fn check(packages: &[Package], deny: &Deny) -> Vec<Problem> {
    let mut problems = check_licences(packages, deny);
    problems.extend(check_sources(packages, deny));
    problems.extend(check_duplicates(packages, deny));
    problems
}

fn check_licences(packages: &[Package], deny: &Deny) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = vec![false; deny.exceptions.len()];
    for package in packages {
        let Package { name, version, licence, .. } = package;
        let Some(licence) = licence else {
            problems.push(in_lock_file(format!("{name} {version} declares no licence")));
            continue;
        };
        let expression = match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) => expression,
            Err(error) => {
                let reason = error.reason;
                problems.push(in_lock_file(format!(
                    "{name} {version}: cannot read the licence `{licence}`: {reason}"
                )));
                continue;
            }
        };
        if is_satisfied(&expression, &deny.allowed, &[]) {
            continue;
        }
        let exception = deny.exceptions.iter().position(|exception| exception.package.matches(name, version));
        let more = exception.map_or(&[][..], |index| &deny.exceptions[index].allowed);
        if is_satisfied(&expression, &deny.allowed, more) {
            exception.into_iter().for_each(|index| used[index] = true);
        } else {
            problems.push(in_lock_file(format!("{name} {version}: the licence `{licence}` is not accepted")));
        }
    }
    for (exception, used) in deny.exceptions.iter().zip(used) {
        let name = &exception.package.name;
        if !used {
            problems.push(in_deny_file(
                exception.line,
                format!("no package needs the licence exception for `{name}`"),
            ));
        }
        if !exception.has_reason {
            let message =
                format!("the licence exception for `{name}` has no reason: write a comment above it");
            problems.push(in_deny_file(exception.line, message));
        }
    }
    problems
}

fn is_satisfied(expression: &Expression, allowed: &[Licensee], more: &[Licensee]) -> bool {
    expression
        .evaluate(|requirement| allowed.iter().chain(more).any(|licensee| licensee.satisfies(requirement)))
}

fn check_sources(packages: &[Package], deny: &Deny) -> Vec<Problem> {
    let is_accepted = |package: &&Package| {
        let registry = package.source.as_deref().and_then(|source| source.strip_prefix("registry+"));
        registry.is_some_and(|registry| deny.registries.iter().any(|allowed| allowed == registry))
    };
    let foreign = packages.iter().filter(|package| !is_accepted(package));
    foreign
        .map(|package| {
            let source = package.source.as_deref().unwrap_or("a path");
            in_lock_file(format!(
                "{} {} comes from {source}, not from a registry",
                package.name, package.version
            ))
        })
        .collect()
}

fn check_duplicates(packages: &[Package], deny: &Deny) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut used = vec![false; deny.skips.len()];
    for versions in packages.chunk_by(|a, b| a.name == b.name).filter(|versions| versions.len() > 1) {
        let mut left = Vec::new();
        for Package { name, version, .. } in versions {
            match deny.skips.iter().position(|skip| skip.package.matches(name, version)) {
                Some(index) => used[index] = true,
                None => left.push(version.to_string()),
            }
        }
        if left.len() > 1 {
            let message =
                format!("{} is built in {} versions: {}", versions[0].name, left.len(), left.join(", "));
            problems.push(in_lock_file(message));
        }
    }
    for (skip, used) in deny.skips.iter().zip(used) {
        let name = &skip.package.name;
        if !used {
            problems
                .push(in_deny_file(skip.line, format!("the skip of `{name}` hides no duplicate any more")));
        }
        if !skip.has_reason {
            problems.push(in_deny_file(skip.line, format!("the skip of `{name}` has no reason")));
        }
    }
    problems
}

fn in_lock_file(message: String) -> Problem {
    Problem::new("Cargo.lock", 1, message)
}

fn in_deny_file(line: usize, message: String) -> Problem {
    Problem::new(deny::PATH, line, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "https://registry.example/index";

    fn deny(exceptions: &str, skips: &str) -> Deny {
        let text = format!(
            "[graph]\ntargets = [\"x86_64-unknown-linux-gnu\"]\n\
            [licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Apache-2.0 WITH LLVM-exception\"]\n\
            exceptions = [\n{exceptions}\n]\n[bans]\nskip = [\n{skips}\n]\n\
            [sources]\nallow-registry = [\"{REGISTRY}\"]\n"
        );
        Deny::parse(&text).expect("well-formed")
    }

    fn package(name: &str, version: &str, licence: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: Version::parse(version).expect("well-formed"),
            licence: Some(licence.to_owned()),
            source: Some(format!("registry+{REGISTRY}")),
        }
    }

    fn messages(packages: &[Package], deny: &Deny) -> Vec<String> {
        check(packages, deny).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_of_the_tree_starts_with_name_and_version() {
        assert_eq!(
            name_and_version("serde_derive v1.0.229 (proc-macro) (*)"),
            Some(("serde_derive", "1.0.229"))
        );
        assert_eq!(name_and_version(""), None);
    }

    #[test]
    fn one_side_of_an_or_is_enough_and_an_and_needs_both() {
        let accepted =
            ["MIT", "GPL-2.0-only OR MIT", "MIT/Apache-2.0", "Apache-2.0 WITH LLVM-exception OR MPL-2.0"];
        for licence in accepted {
            assert!(messages(&[package("a", "1.0.0", licence)], &deny("", "")).is_empty(), "{licence}");
        }
        assert_eq!(
            messages(&[package("a", "1.0.0", "MIT AND MPL-2.0")], &deny("", "")),
            ["Cargo.lock:1: a 1.0.0: the licence `MIT AND MPL-2.0` is not accepted"]
        );
    }

    #[test]
    fn a_licence_that_is_missing_or_unreadable_is_a_problem() {
        let nameless = Package { licence: None, ..package("a", "1.0.0", "") };
        assert_eq!(messages(&[nameless], &deny("", "")), ["Cargo.lock:1: a 1.0.0 declares no licence"]);
        let found = messages(&[package("a", "1.0.0", "Beer")], &deny("", ""));
        assert!(found[0].starts_with("Cargo.lock:1: a 1.0.0: cannot read the licence `Beer`"), "{found:?}");
    }

    #[test]
    fn an_exception_serves_its_package_and_no_other() {
        let deny = deny("# It is data.\n{ crate = \"a\", allow = [\"MPL-2.0\"] }", "");
        assert!(messages(&[package("a", "1.0.0", "MPL-2.0")], &deny).is_empty());
        assert_eq!(
            messages(&[package("b", "1.0.0", "MPL-2.0")], &deny),
            [
                "Cargo.lock:1: b 1.0.0: the licence `MPL-2.0` is not accepted",
                "deny.toml:7: no package needs the licence exception for `a`",
            ]
        );
    }

    #[test]
    fn an_exception_needs_a_comment_above() {
        let deny = deny("{ crate = \"a\", allow = [\"MPL-2.0\"] }", "");
        assert_eq!(
            messages(&[package("a", "1.0.0", "MPL-2.0")], &deny),
            ["deny.toml:6: the licence exception for `a` has no reason: write a comment above it"]
        );
    }

    #[test]
    fn two_versions_are_one_too_many_unless_one_is_skipped() {
        let twice = [package("a", "1.0.0", "MIT"), package("a", "2.0.0", "MIT")];
        assert_eq!(messages(&twice, &deny("", "")), ["Cargo.lock:1: a is built in 2 versions: 1.0.0, 2.0.0"]);
        assert!(messages(&twice, &deny("", "{ crate = \"a@1\", reason = \"b needs it\" }")).is_empty());
        assert_eq!(
            messages(&twice, &deny("", "{ crate = \"a@1\" }")),
            ["deny.toml:10: the skip of `a` has no reason"]
        );
        let stale = messages(&twice[1..], &deny("", "{ crate = \"a@1\", reason = \"b needs it\" }"));
        assert_eq!(stale, ["deny.toml:10: the skip of `a` hides no duplicate any more"]);
    }

    #[test]
    fn packages_come_from_the_registry() {
        let from_git =
            Package { source: Some("git+https://a.example".to_owned()), ..package("a", "1.0.0", "MIT") };
        assert_eq!(
            messages(&[from_git], &deny("", "")),
            ["Cargo.lock:1: a 1.0.0 comes from git+https://a.example, not from a registry"]
        );
    }
}
