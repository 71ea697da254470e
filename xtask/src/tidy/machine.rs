//! Rule `machine`: nothing here depends on the machine it was written on.

use super::{Finding, is_source};
use crate::repo::{File, Tree};

/// Joined here from halves, so that this file does not carry the paths it looks for.
pub(super) const OF_A_MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

/// Only in documents: source may well use the system's temporary folder.
pub(super) const OF_A_RUN: &str = concat!("/t", "mp/");

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().filter(|file| is_source(file) || file.has_extension(&["md"])).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let of_a_run = file.has_extension(&["md"]).then_some(OF_A_RUN);
    file.lines()
        .filter_map(|(number, line)| {
            let folder = OF_A_MACHINE.into_iter().chain(of_a_run).find(|folder| starts_a_path(line, folder))?;
            Some(Finding::at(file, number, format!("`{folder}…` is a path of one machine: use one of the repository")))
        })
        .collect()
}

/// Whether `folder` starts a path, rather than standing inside a longer one or an address.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/}".contains(c))
    })
}
