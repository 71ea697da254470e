//! What a run counted and what failed, and the plain last line that people and machines read.

use std::collections::BTreeMap;
use std::process::ExitCode;

/// Sums over a whole run. `passed` holds tests and compared groups; a failing step adds one to `failed`.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    counts: BTreeMap<String, u64>,
    failures: Vec<String>,
    notes: Vec<String>,
}

impl Tally {
    pub(crate) fn pass(&mut self, number: u64) {
        self.passed += number;
    }

    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failed += 1;
        self.failures.push(what.into());
    }

    /// Something that could not be done and does not fail the run, but must be read.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    pub(crate) fn count(&mut self, what: &str, number: u64) {
        *self.counts.entry(what.to_owned()).or_default() += number;
    }

    /// A run that checked nothing must not look like a run that passed.
    pub(crate) fn require(&mut self, what: &str) {
        if self.counts.get(what).copied().unwrap_or_default() == 0 {
            self.fail(format!("counted no {what}: the step that should have counted them did not run"));
        }
    }

    /// Adds the lines that tests appended to the counts file: `<number> <what>` each.
    pub(crate) fn add_counts_file(&mut self, text: &str) {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match parse_count(line) {
                Some((number, what)) => *sums.entry(what).or_default() += number,
                None => self.fail(format!("counts line `{line}` is not `<number> <what>`, like `100 kills`")),
            }
        }
        for (what, number) in sums {
            self.count(what, number);
            self.require(what);
        }
    }

    pub(crate) fn table(&self) -> String {
        let width = self.counts.keys().map(String::len).max().unwrap_or(0);
        let rows = self.counts.iter().map(|(what, number)| format!("  {what:width$}  {number:>9}\n"));
        let notes = self.notes.iter().map(|note| format!("  note: {note}\n"));
        let failures = self.failures.iter().map(|failure| format!("  failed: {failure}\n"));
        rows.chain(notes).chain(failures).collect()
    }

    pub(crate) fn verdict(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }

    /// Prints the table, then the verdict as the very last line.
    pub(crate) fn finish(&self) -> ExitCode {
        print!("\n{}", self.table());
        println!("{}", self.verdict());
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn parse_count(line: &str) -> Option<(u64, &str)> {
    let (number, what) = line.trim().split_once(' ')?;
    let what = what.trim();
    Some((number.parse().ok()?, what)).filter(|_| !what.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn lines_of_the_counts_file_are_summed_by_what_they_count() {
        let mut tally = Tally::default();
        tally.add_counts_file("100 kills\n4096 property cases\n\n20 kills\n");
        assert_eq!(tally.table(), "  kills                 120\n  property cases       4096\n");
        assert_eq!(tally.verdict(), "0 passed, 0 failed");
    }

    #[test]
    fn a_malformed_line_and_a_zero_count_fail_the_run() {
        for text in ["kills 100", "100", "-1 kills", "100  ", "0 kills"] {
            let mut tally = Tally::default();
            tally.add_counts_file(text);
            assert_eq!(tally.failed, 1, "{text}");
        }
    }

    #[test]
    fn a_count_that_never_came_fails_the_run() {
        let mut tally = Tally::default();
        tally.pass(3);
        tally.count("tests", 3);
        tally.require("tests");
        assert_eq!(tally.verdict(), "3 passed, 0 failed");
        tally.require("fixing rows compared");
        assert_eq!(tally.verdict(), "3 passed, 1 failed");
    }
}
