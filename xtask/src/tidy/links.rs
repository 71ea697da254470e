//! Rule `links`: what a document points at exists, be it a link or a path in backticks.

use super::Finding;
use crate::markdown::{code_spans, link_targets, pages, prose};
use crate::repo::{File, Tree};

/// A code span that starts with one of these folders is a path of this repository, whether it exists or not.
const ROOMS: [&str; 12] = [
    "engine",
    "pricing",
    "settlement",
    "router",
    "api",
    "migrations",
    "tests",
    "examples",
    "xtask",
    "docs",
    ".github",
    ".ci",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    pages(tree).flat_map(|page| check_page(tree, page)).collect()
}

fn check_page(tree: &Tree, page: &File) -> Vec<Finding> {
    // A changelog names what was there at the time.
    let names_paths = page.path != "CHANGELOG.md";
    let mut findings = Vec::new();
    for (number, line) in prose(page) {
        for target in link_targets(line) {
            if !leads_somewhere(tree, page, &target) {
                findings.push(Finding::at(
                    page,
                    number,
                    format!("link to `{target}` leads nowhere: correct or remove it"),
                ));
            }
        }
        for span in code_spans(line).into_iter().filter(|_| names_paths) {
            if is_missing_path(tree, span) {
                findings.push(Finding::at(page, number, format!("`{span}` does not exist: correct or remove it")));
            }
        }
    }
    findings
}

fn leads_somewhere(tree: &Tree, page: &File, target: &str) -> bool {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    resolve(&page.path, path).is_some_and(|path| tree.exists(&path))
}

/// The path that `target` means on `page`; `None` when it leaves the repository.
fn resolve(page: &str, target: &str) -> Option<String> {
    let (folder, target) = match target.strip_prefix('/') {
        Some(rooted) => ("", rooted),
        None => (page.rsplit_once('/').map_or("", |(folder, _)| folder), target),
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

fn is_missing_path(tree: &Tree, span: &str) -> bool {
    if !span.chars().all(|character| character.is_ascii_alphanumeric() || "/._-".contains(character)) {
        return false;
    }
    match span.split_once('/') {
        Some((room, _)) => ROOMS.contains(&room) && !tree.exists(span),
        None => is_file_name(span) && !tree.holds_name(span),
    }
}

/// A bare name with an ending of ours, such as `limits.rs`; a lone ending like `.rs` is not a name.
fn is_file_name(span: &str) -> bool {
    let name = span.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
    name.is_some_and(|(_, ending)| ["rs", "py", "sql", "md"].contains(&ending))
}
