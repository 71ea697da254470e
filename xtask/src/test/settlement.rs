//! Holds the settlement format's other implementations to one another: the naive generator still writes the vectors that
//! are committed, and the verifier in JavaScript agrees with them.

use std::process::Command;

use crate::cargo::{output, run as run_command};
use crate::repo;
use crate::tally::Tally;

const GENERATOR: &str = "settlement/vectors/generate.py";
const VERIFIER: &str = "settlement/verifier";

pub(crate) fn run(tally: &mut Tally) -> Result<(), String> {
    // Without `-B` the interpreter would leave compiled files in the source tree.
    run_command(Command::new("python3").args(["-B", GENERATOR, "--check"]).current_dir(repo::root()))?;
    tally.pass(1);
    let folder = repo::root().join(VERIFIER);
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run_command(Command::new("npm").args(install).current_dir(&folder))?;
    let said = output(Command::new("node").args(["--test", "--test-reporter=tap"]).current_dir(&folder))?;
    let passed = passed(&String::from_utf8_lossy(&said));
    println!("{passed} tests of the verifier passed");
    tally.pass(passed);
    tally.count("tests of the verifier", passed);
    Ok(())
}

/// What the summary of a run says; node ends with an error if any test failed.
fn passed(said: &str) -> u64 {
    said.lines().find_map(|line| line.strip_prefix("# pass ")?.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn the_summary_tells_how_many_passed() {
        assert_eq!(passed("ok 1 - a\n# tests 4\n# pass 4\n# fail 0\n"), 4);
        assert_eq!(passed("ok 1 - a\n"), 0);
    }
}
