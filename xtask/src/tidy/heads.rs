//! Rule `heads`: a file opens with a sentence that says why it exists, so that a reader can skip the rest.

use super::Finding;
use crate::repo::{File, Tree};

/// Fewer words than this name a thing without saying why it is there.
const WORDS_MIN: usize = 4;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter_map(check_file).collect()
}

fn check_file(file: &File) -> Option<Finding> {
    let marks: &[&str] = match file.path.rsplit_once('.')?.1 {
        "rs" => &["//!", "//"],
        "py" => &["\"\"\"", "#"],
        "sql" => &["--"],
        _ => return None,
    };
    let sentence = opening(&file.text, marks);
    if sentence.split_whitespace().count() >= WORDS_MIN && sentence.ends_with(['.', ':', '?', '!']) {
        return None;
    }
    let message = format!("open the file with a sentence that says why it exists (`{} …`)", marks[0]);
    Some(Finding::at(file, 1, message))
}

/// The first paragraph of the comment that the file starts with, after a `#!` line.
fn opening(text: &str, marks: &[&str]) -> String {
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty() || is_shebang(line)).peekable();
    let Some(mark) = marks.iter().find(|mark| lines.peek().is_some_and(|line| line.starts_with(**mark))) else {
        return String::new();
    };
    let is_docstring = *mark == "\"\"\"";
    let mut words = Vec::new();
    for (index, line) in lines.enumerate() {
        let inside = if is_docstring && index > 0 { Some(line) } else { line.strip_prefix(*mark) };
        let Some(inside) = inside.filter(|inside| !inside.trim().is_empty()) else { break };
        let ends_here = is_docstring && inside.contains(*mark);
        words.push(inside.split(if is_docstring { *mark } else { "\n" }).next().unwrap_or_default().trim());
        if ends_here {
            break;
        }
    }
    words.join(" ")
}

/// `#![forbid(…)]` is an attribute of Rust, not a `#!` line.
fn is_shebang(line: &str) -> bool {
    line.starts_with("#!") && !line.starts_with("#![")
}
