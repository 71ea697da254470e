//! Rule `edges`: which crate may depend on what. The core stays pure because it cannot name a clock, a file, a database
//! or a number format.

use toml::{Table, Value};

use super::Finding;
use crate::repo::{File, Tree};

const WORKSPACE: [&str; 8] = ["engine", "pricing", "settlement", "router", "api", "tests", "examples", "xtask"];

/// The pure crates, and all that each may be built from. `csv` serves a program of `pricing`, `multiversion`
/// its batches.
const PURE: [(&str, &[&str]); 2] =
    [("engine", &["blake3", "foldhash", "thiserror"]), ("pricing", &["blake3", "csv", "multiversion", "thiserror"])];

/// The server's own libraries; `tests` may use them in its tests, to read answers and to damage journals, an example of the API
/// to read answers, and the tests of `settlement` to read the vectors that they share with other languages.
const SERVER_ONLY: [&str; 3] = ["axum", "sqlx", "serde_json"];

struct Edge {
    to: String,
    is_for_tests: bool,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.files.iter().filter(|file| file.path.matches('/').count() == 1);
    manifests.filter_map(|file| Some((file.path.strip_suffix("/Cargo.toml")?, file))).flat_map(check_manifest).collect()
}

fn check_manifest((from, file): (&str, &File)) -> Vec<Finding> {
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::at(file, 1, format!("not a manifest: {error}"))],
    };
    let mut findings: Vec<Finding> = edges(&manifest)
        .iter()
        .filter_map(|edge| Some(Finding::at(file, file.line_starting(&edge.to), refusal(from, edge)?)))
        .collect();
    let inherits_lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    if inherits_lints != Some(true) {
        findings.push(Finding::at(file, 1, "add `[lints] workspace = true`, or the shared lints do not apply here"));
    }
    findings
}

/// Why `from` must not have this edge, if it must not.
fn refusal(from: &str, Edge { to, is_for_tests }: &Edge) -> Option<String> {
    let is_workspace = WORKSPACE.contains(&to.as_str());
    if let Some((_, may_use)) = PURE.iter().find(|(pure, _)| *pure == from) {
        if is_workspace {
            return Some(format!("remove `{to}`: {from} knows no other crate of this workspace"));
        }
        if !is_for_tests && !may_use.contains(&to.as_str()) {
            return Some(format!("remove `{to}`: {from} may depend on {} only", may_use.join(" and ")));
        }
    }
    if ["settlement", "router"].contains(&from) && ["engine", "api"].contains(&to.as_str()) {
        return Some(format!("remove `{to}`: {from} sees the venue from outside"));
    }
    let reads_json = ["examples", "settlement"].contains(&from) && to == "serde_json";
    let is_client = *is_for_tests && (from == "tests" || reads_json);
    if SERVER_ONLY.contains(&to.as_str()) && from != "api" && !is_client {
        return Some(format!("remove `{to}`: only api may depend on {}", SERVER_ONLY.join(", ")));
    }
    if from == "xtask" && is_workspace {
        return Some(format!("remove `{to}`: xtask has to build when nothing else does"));
    }
    if ["tests", "examples", "xtask"].contains(&to.as_str()) {
        return Some(format!("remove `{to}`: nothing depends on {to}"));
    }
    None
}

/// Every dependency of a manifest, those under `[target.…]` included, by the name of the package it means.
fn edges(manifest: &Table) -> Vec<Edge> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = std::iter::once(manifest).chain(targets.filter_map(Value::as_table));
    tables
        .flat_map(|table| {
            [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
                .into_iter()
                .filter_map(|(name, is_for_tests)| Some((table.get(name)?.as_table()?, is_for_tests)))
                .flat_map(|(dependencies, is_for_tests)| {
                    dependencies.iter().map(move |(key, value)| Edge { to: package(key, value), is_for_tests })
                })
        })
        .collect()
}

fn package(key: &str, value: &Value) -> String {
    value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}
