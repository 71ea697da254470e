//! Rule `changelog`: there is a place where the next change is told to those who use this.

use super::Finding;
use crate::repo::Tree;

const PATH: &str = "CHANGELOG.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_unreleased = |line: &str| ["## Unreleased", "## [Unreleased]"].contains(&line.trim_end());
    match tree.file(PATH) {
        Some(file) if file.lines().any(|(_, line)| is_unreleased(line)) => Vec::new(),
        Some(file) => vec![Finding::at(file, 1, "add a section `## [Unreleased]` above the newest version")],
        None => vec![Finding::new(PATH, 1, "add a changelog with a section `## [Unreleased]`")],
    }
}
