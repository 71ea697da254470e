//! Rule `unfinished`: nothing in the repository waits to be finished. What is not there yet is said in the documents,
//! not left as a mark in the source.

use super::{Finding, has_word, is_source};
use crate::markdown::{prose, without_code};
use crate::repo::{File, Tree};

/// Joined here from halves, so that this file does not carry the marks it looks for.
pub(super) const MARKS: [&str; 10] = [
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
    concat!("TB", "D"),
    concat!("#[ig", "nore"),
    concat!("for ", "now"),
    concat!("placeh", "older"),
];

/// How many of `MARKS` are unfinished in a document too; the last ones are ordinary English there.
const MARKS_OF_PROSE: usize = 7;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let source = tree
        .files
        .iter()
        .filter(|file| is_source(file))
        .flat_map(|file| file.lines().filter_map(move |(number, line)| finding(file, number, line, &MARKS)));
    let documents = tree.files.iter().filter(|file| file.has_extension(&["md"])).flat_map(|file| {
        let lines = prose(file).into_iter();
        lines.filter_map(move |(number, line)| finding(file, number, &without_code(line), &MARKS[..MARKS_OF_PROSE]))
    });
    source.chain(documents).collect()
}

fn finding(file: &File, number: usize, line: &str, marks: &[&str]) -> Option<Finding> {
    let mark =
        marks.iter().find(|mark| if mark.starts_with('#') { line.contains(**mark) } else { is_in(line, mark) })?;
    Some(Finding::at(
        file,
        number,
        format!("`{mark}` marks unfinished work: finish it, or remove it and say so in docs"),
    ))
}

/// A mark that ends in `!` needs no boundary behind it; one in small letters may start a sentence.
fn is_in(line: &str, mark: &str) -> bool {
    match mark.strip_suffix('!') {
        Some(name) => has_word(line, name) && line.contains(mark),
        None if mark.chars().any(char::is_uppercase) => has_word(line, mark),
        None => has_word(&line.to_lowercase(), mark),
    }
}
