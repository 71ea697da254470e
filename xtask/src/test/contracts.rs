//! Builds the settlement contracts with what npm alone delivers, compares the committed bytecode and gas, and runs their tests.

use std::process::Command;

use crate::cargo::output;
use crate::repo;
use crate::tally::Tally;

const FOLDER: &str = "settlement/contracts";

/// What a run counts, and must have counted.
pub(crate) const PASSED: &str = "tests of the contracts";

pub(crate) fn run(tally: &mut Tally) -> Result<(), String> {
    let said = output(Command::new("npm").args(["run", "check"]).current_dir(repo::root().join(FOLDER)))?;
    let passed = passed(&String::from_utf8_lossy(&said));
    println!("{passed} tests of the contracts passed");
    tally.pass(passed);
    tally.count(PASSED, passed);
    Ok(())
}

/// What the summaries of forge say, one for each of its runs; it ends with an error if any test failed.
fn passed(said: &str) -> u64 {
    let summary = |line: &str| {
        let (_, rest) = line.strip_prefix("Ran ").filter(|rest| rest.contains("test suite"))?.split_once(": ")?;
        rest.split_once(" tests passed")?.0.parse::<u64>().ok()
    };
    said.lines().filter_map(summary).sum()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn summaries_of_all_runs_are_added_up() {
        let said = "Ran 3 tests for test/Gas.t.sol:GasTest\nRan 2 test suites in 5.94s (9.1s CPU time): 111 tests passed, 0 failed\n\
                    [PASS] test_a()\nRan 1 test suite in 1s: 3 tests passed, 0 failed, 0 skipped (3 total tests)\n";
        assert_eq!(passed(said), 114);
        assert_eq!(passed("Ran 3 tests for test/Gas.t.sol:GasTest\n"), 0);
    }
}
