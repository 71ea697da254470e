//! Says how much was tested, so that documents can quote numbers that a run has produced.

use std::io::Write;

/// Appends `<number> <what>` to the file that `TERAHOUR_COUNTS` names, if it names one.
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may read its environment and write a file"
)]
pub fn count(number: usize, what: &str) {
    let Some(path) = std::env::var_os("TERAHOUR_COUNTS") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // One write per line: tests run side by side and append to the same file.
    file.unwrap().write_all(format!("{number} {what}\n").as_bytes()).unwrap();
}
