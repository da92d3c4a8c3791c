//! `/v1/groups`: the groups of the script with their checks, the root first.

use plimsoll_report::json::path_id;
use plimsoll_report::model::Group;
use serde_json::{Value, json};

use super::Subject;
use super::document::{Refusal, resource};

/// All of them, each before those inside.
pub(super) fn all(subject: &Subject) -> Value {
    let root = subject.measurements.read(Group::root);
    let mut flat = Vec::new();
    flatten(&root, None, &mut flat);
    Value::Array(flat)
}

/// One of them.
pub(super) fn one(subject: &Subject, id: &str) -> Result<Value, Refusal> {
    let Value::Array(all) = all(subject) else { unreachable!("all of them are an array") };
    let found = all.into_iter().find(|group| group["id"] == id);
    found.ok_or_else(|| Refusal::not_found("No group with that ID was found"))
}

fn flatten(group: &Group, parent: Option<&Group>, flat: &mut Vec<Value>) {
    flat.push(describe(group, parent));
    for child in &group.groups {
        flatten(child, Some(group), flat);
    }
}

fn describe(group: &Group, parent: Option<&Group>) -> Value {
    let reference = |group: &Group| json!({ "type": "groups", "id": path_id(&group.path) });
    let check = |check: &plimsoll_report::section::CheckSummary| {
        let path = format!("{}::{}", group.path, check.name);
        json!({
            "id": path_id(&path),
            "path": path,
            "name": check.name,
            "passes": check.passes,
            "fails": check.fails,
        })
    };
    let checks: Vec<Value> = group.checks.iter().map(check).collect();
    let checks = if checks.is_empty() { Value::Null } else { Value::Array(checks) };
    let attributes = json!({ "path": group.path, "name": group.name, "checks": checks });
    let mut described = resource("groups", &path_id(&group.path), &attributes);
    described["relationships"] = json!({
        "groups": { "data": group.groups.iter().map(reference).collect::<Vec<_>>() },
        "parent": { "data": parent.map(reference) },
    });
    described
}
