//! Rule `exact`: the core and the index compute the same bits everywhere and every time, so they use no floats, no
//! hash order and no clock.

use super::{Finding, has_word};
use crate::repo::{File, Tree};

const INEXACT: [(&str, &str); 7] = [
    ("f32", "use integers: money and fixings never meet a float"),
    ("f64", "use integers: money and fixings never meet a float"),
    ("HashMap", "use BTreeMap or a Vec: hash order differs from run to run"),
    ("HashSet", "use BTreeSet or a Vec: hash order differs from run to run"),
    ("std::time", "take the time from the command: the core has no clock"),
    ("SystemTime", "take the time from the command: the core has no clock"),
    ("Instant", "take the time from the command: the core has no clock"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| is_exact(file)).flat_map(check_file).collect()
}

fn is_exact(file: &File) -> bool {
    let is_index = file.path == "pricing/src/index.rs" || file.path.starts_with("pricing/src/index/");
    // The engine's programs measure the core from outside; its lints make each clock and file of theirs give a reason.
    let is_core = file.path.starts_with("engine/") && !file.path.starts_with("engine/src/bin/");
    file.has_extension(&["rs"]) && (is_core || is_index)
}

fn check_file(file: &File) -> Vec<Finding> {
    file.lines()
        .filter_map(|(number, line)| {
            // Comments may name what they forbid.
            let code = line.split("//").next().unwrap_or_default();
            let (word, advice) = INEXACT.iter().find(|(word, _)| has_word(code, word))?;
            Some(Finding::at(file, number, format!("`{word}`: {advice}")))
        })
        .collect()
}
