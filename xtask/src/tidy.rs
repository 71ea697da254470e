//! `cargo xtask tidy`: the rules of this repository that no lint can check. Each rule is a pure function over the files,
//! and each is seen to fail in `tidy/tests.rs`.

mod calls;
mod changelog;
mod edges;
mod exact;
mod heads;
mod length;
mod links;
mod machine;
mod unfinished;

use std::fmt;
use std::process::ExitCode;

use crate::repo::{self, File, Tree};

pub(crate) use calls::example_names;

/// One violation, where it is, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }

    fn at(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self::new(&file.path, line, message)
    }
}

/// A name for messages, and the check.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: [Rule; 9] = [
    ("edges", edges::check),
    ("heads", heads::check),
    ("unfinished", unfinished::check),
    ("exact", exact::check),
    ("links", links::check),
    ("calls", calls::check),
    ("length", length::check),
    ("machine", machine::check),
    ("changelog", changelog::check),
];

pub(crate) fn run() -> ExitCode {
    match check() {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(findings) => {
            println!("{findings}");
            ExitCode::FAILURE
        }
    }
}

/// Checks the repository: what was looked at, or one finding a line below their number.
pub(crate) fn check() -> Result<String, String> {
    let tree = Tree::load(&repo::root()).map_err(|error| format!("cannot read the repository: {error}"))?;
    let report = Report(findings(&tree));
    if report.0.is_empty() {
        return Ok(format!("{} rules over {} files, no findings", RULES.len(), tree.files.len()));
    }
    Err(format!("{} findings\n{report}", report.0.len()))
}

fn findings(tree: &Tree) -> Vec<(&'static str, Finding)> {
    RULES.iter().flat_map(|(name, check)| check(tree).into_iter().map(|finding| (*name, finding))).collect()
}

struct Report(Vec<(&'static str, Finding)>);

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines =
            self.0.iter().map(|(rule, Finding { path, line, message })| format!("{path}:{line}: {rule}: {message}"));
        formatter.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Source in the sense of the rules: what is compiled, run or configures a run. Documents are not.
fn is_source(file: &File) -> bool {
    file.has_extension(&["rs", "py", "sql", "sol", "sh", "toml", "yml", "yaml"]) || file.path == ".ci/run"
}

/// Whether `word` stands in `text` as a word of its own, not inside a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let is_part = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_part(before) && !is_part(after)
    })
}

#[cfg(test)]
mod tests;
