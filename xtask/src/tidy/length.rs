//! Rule `length`: a file that has grown too long holds two ideas.

use super::Finding;
use crate::repo::Tree;

const LINES_MAX: usize = 700;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let written = tree.files.iter().filter(|file| file.has_extension(&["rs", "py", "sql", "sol", "md", "toml", "yml"]));
    written
        .filter(|file| file.path != "CHANGELOG.md")
        .filter_map(|file| {
            let lines = file.lines().count();
            let message = format!("{lines} lines, at most {LINES_MAX}: split the file where its idea changes");
            (lines > LINES_MAX).then(|| Finding::at(file, LINES_MAX + 1, message))
        })
        .collect()
}
