//! Which crate may use which. `docs/ARCHITECTURE.md` explains the table; this one is enforced.

use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata};

use super::Problem;

/// A crate of the workspace and the others it may depend on.
pub(crate) struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    /// On top of that, as dev-dependencies.
    may_use_in_tests: &'static [&'static str],
}

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, may_use_in_tests: &[] }
}

/// All crates, ground floor first.
pub(crate) const ROOMS: &[Room] = &[
    room("plimsoll-metrics", &[]),
    room("plimsoll-net", &[]),
    // Shares no code with the client, so that the two cannot share a bug.
    room("insightdesk", &[]),
    room("plimsoll-plan", &["plimsoll-metrics"]),
    room("plimsoll-engine", &["plimsoll-plan", "plimsoll-metrics"]),
    room("plimsoll-output", &["plimsoll-metrics"]),
    room("plimsoll-report", &["plimsoll-plan", "plimsoll-metrics"]),
    room("plimsoll-script", &["plimsoll-engine", "plimsoll-plan", "plimsoll-metrics", "plimsoll-net"]),
    Room {
        name: "plimsoll",
        may_use: &[
            "plimsoll-engine",
            "plimsoll-metrics",
            "plimsoll-net",
            "plimsoll-output",
            "plimsoll-plan",
            "plimsoll-report",
            "plimsoll-script",
        ],
        may_use_in_tests: &["insightdesk"],
    },
    // Tools: they run the product, they do not link it.
    room("bench-target", &[]),
    room("xtask", &[]),
];

impl Room {
    fn allows(&self, edge: &Edge) -> bool {
        let is_listed = |list: &[&str]| list.contains(&edge.to.as_str());
        is_listed(self.may_use) || (edge.is_dev && is_listed(self.may_use_in_tests))
    }
}

/// A workspace member's manifest, as far as this rule reads it.
pub(crate) struct Manifest {
    name: String,
    path: String,
    text: String,
    edges: Vec<Edge>,
}

/// A dependency on another member.
struct Edge {
    to: String,
    is_dev: bool,
}

impl Manifest {
    /// The line that names a dependency, for the message.
    fn line_of(&self, dependency: &str) -> usize {
        let names_it = |line: &str| {
            line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
                || line.contains(&format!("package = \"{dependency}\""))
        };
        self.text.lines().position(names_it).map_or(1, |index| index + 1)
    }
}

/// Reads the members' manifests and the edges between them.
pub(crate) fn manifests(metadata: &Metadata, root: &Path) -> Result<Vec<Manifest>> {
    let members = metadata.workspace_packages();
    let is_member = |name: &str| members.iter().any(|member| member.name == name);
    let manifest = |member: &&cargo_metadata::Package| {
        let text = std::fs::read_to_string(&member.manifest_path).context(member.manifest_path.clone())?;
        let path = member.manifest_path.as_std_path();
        let internal = member.dependencies.iter().filter(|dependency| is_member(&dependency.name));
        Ok(Manifest {
            name: member.name.to_string(),
            path: path.strip_prefix(root).unwrap_or(path).display().to_string(),
            text,
            edges: internal
                .map(|dependency| Edge {
                    to: dependency.name.clone(),
                    is_dev: dependency.kind == DependencyKind::Development,
                })
                .collect(),
        })
    };
    members.iter().map(manifest).collect()
}

/// Holds the manifests against the table and the table against the manifests.
pub(crate) fn check(manifests: &[Manifest], rooms: &[Room]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for manifest in manifests {
        let Some(room) = rooms.iter().find(|room| room.name == manifest.name) else {
            let message =
                format!("`{}` is not in tidy's table of crates: say what it may use", manifest.name);
            problems.push(Problem::new(&manifest.path, 1, message));
            continue;
        };
        for edge in manifest.edges.iter().filter(|edge| !room.allows(edge)) {
            let kind = if edge.is_dev { " in tests" } else { "" };
            let message = format!("`{}` must not use `{}`{kind}", manifest.name, edge.to);
            problems.push(Problem::new(&manifest.path, manifest.line_of(&edge.to), message));
        }
    }
    for room in rooms.iter().filter(|room| manifests.iter().all(|manifest| manifest.name != room.name)) {
        let message = format!("tidy's table of crates names `{}`, which is no member", room.name);
        problems.push(Problem::new("Cargo.toml", 1, message));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Room] =
        &[room("low", &[]), Room { name: "high", may_use: &["low"], may_use_in_tests: &["peer"] }];

    fn manifest(name: &str, edges: &[(&str, bool)]) -> Manifest {
        let lines = edges.iter().map(|(to, _)| format!("{to}.workspace = true\n"));
        Manifest {
            name: name.to_owned(),
            path: format!("crates/{name}/Cargo.toml"),
            text: "[dependencies]\n".to_owned() + &lines.collect::<String>(),
            edges: edges.iter().map(|&(to, is_dev)| Edge { to: to.to_owned(), is_dev }).collect(),
        }
    }

    fn messages(manifests: &[Manifest]) -> Vec<String> {
        check(manifests, TABLE).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn listed_edges_pass() {
        assert!(
            messages(&[manifest("low", &[]), manifest("high", &[("low", false), ("peer", true)])]).is_empty()
        );
    }

    #[test]
    fn each_other_edge_is_named_with_its_line() {
        let found = messages(&[
            manifest("low", &[("peer", true), ("high", false)]),
            manifest("high", &[("low", true), ("peer", false)]),
        ]);
        assert_eq!(
            found,
            [
                "crates/low/Cargo.toml:2: `low` must not use `peer` in tests",
                "crates/low/Cargo.toml:3: `low` must not use `high`",
                "crates/high/Cargo.toml:3: `high` must not use `peer`",
            ]
        );
    }

    #[test]
    fn the_table_and_the_members_are_the_same_set() {
        assert_eq!(
            messages(&[manifest("low", &[]), manifest("new", &[])]),
            [
                "crates/new/Cargo.toml:1: `new` is not in tidy's table of crates: say what it may use",
                "Cargo.toml:1: tidy's table of crates names `high`, which is no member",
            ]
        );
    }
}
