//! Calls of cargo and of other programs, at the root of the repository, with the counting that `cargo test` lacks.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::repo;
use crate::tally::Tally;

/// `PROPTEST_RNG_SEED` for `cargo xtask test`: every run draws the same cases, so a red run can be repeated.
pub(crate) const FIXED_SEED: &str = "20261122";

/// Tests append `<number> <what>` lines to the file that this variable names.
pub(crate) const COUNTS_VARIABLE: &str = "TERAHOUR_COUNTS";

/// A cargo call at the root, by the cargo that started us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(repo::root());
    command
}

/// Runs a command with its output passed through; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("$ {}", shown(command));
    let status = command.status().map_err(|error| format!("cannot start `{}`: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", shown(command))) }
}

/// Runs a command and hands back its standard output as bytes.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    println!("$ {}", shown(command));
    let output = command.output().map_err(|error| format!("cannot start `{}`: {error}", shown(command)))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("`{}` failed: {}\n{}", shown(command), output.status, String::from_utf8_lossy(&said)))
}

/// Runs a `cargo test` command, shows all it says and adds its results to the tally.
pub(crate) fn run_tests(tally: &mut Tally, command: &mut Command) -> Result<(), String> {
    println!("$ {}", shown(command));
    let spawned = command.stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| format!("cannot start `{}`: {error}", shown(command)))?;
    let stdout = child.stdout.take().ok_or("cargo test gave no output pipe")?;
    let failed_before = tally.failed;
    let mut harness = Harness::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.map_err(|error| format!("cannot read from `{}`: {error}", shown(command)))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        harness.add_line(tally, &line);
    }
    let status = child.wait().map_err(|error| format!("`{}`: {error}", shown(command)))?;
    // A test binary that aborts prints no result line, so the exit status has the last word.
    if status.success() || tally.failed > failed_before {
        return Ok(());
    }
    Err(format!("`{}` failed: {status}", shown(command)))
}

/// Reads what test binaries print, one after the other.
#[derive(Default)]
struct Harness {
    /// Failing tests of the present binary that were named on a line of their own.
    named: u64,
}

impl Harness {
    fn add_line(&mut self, tally: &mut Tally, line: &str) {
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            tally.fail(format!("test {name}"));
            self.named += 1;
        }
        let Some((_, result)) = line.split_once("test result: ") else { return };
        let number = |word: &str| {
            let part = result.split(['.', ';']).find_map(|part| part.trim().strip_suffix(word));
            part.and_then(|part| part.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        // With --nocapture a test's own output may stand between its name and the word FAILED.
        for _ in self.named..number("failed") {
            tally.fail("a test, named in the output above");
        }
        self.named = 0;
        tally.pass(number("passed"));
        tally.count("tests", number("passed") + number("failed"));
        if number("ignored") > 0 {
            tally.count("tests ignored", number("ignored"));
        }
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    match words.split_first() {
        // Cargo's full path is noise that differs from machine to machine.
        Some((program, rest)) if program.ends_with("/cargo") => format!("cargo {}", rest.join(" ")),
        _ => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::{Harness, run, run_tests, shown};
    use crate::tally::Tally;
    use std::process::Command;

    const OUTPUT: &str = "\
running 3 tests
test a::b ... ok
test a::c ... FAILED
test a::d ... its own output
FAILED
test result: FAILED. 2 passed; 2 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.01s
half a line of output test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";

    #[test]
    fn result_lines_add_up_and_failing_tests_are_named() {
        let mut tally = Tally::default();
        let mut harness = Harness::default();
        OUTPUT.lines().for_each(|line| harness.add_line(&mut tally, line));
        assert_eq!(tally.verdict(), "42 passed, 2 failed");
        let failures = "  failed: test a::c\n  failed: a test, named in the output above\n";
        assert_eq!(tally.table(), format!("  tests                 44\n  tests ignored          4\n{failures}"));
    }

    #[test]
    fn a_test_binary_that_dies_without_a_result_line_is_a_failure() {
        let mut tally = Tally::default();
        assert!(run_tests(&mut tally, Command::new("bash").args(["-c", "echo running; exit 101"])).is_err());
        assert!(run_tests(&mut tally, Command::new("bash").args(["-c", "echo 'test a ... FAILED'; exit 101"])).is_ok());
        assert_eq!(tally.failed, 1);
    }

    #[test]
    fn a_program_that_is_missing_or_fails_is_an_error_that_names_it() {
        assert!(run(&mut Command::new("no-such-program")).unwrap_err().contains("no-such-program"));
        assert!(run(&mut Command::new("false")).unwrap_err().contains("false"));
        assert_eq!(shown(Command::new("bin/cargo").arg("fmt")), "cargo fmt");
    }
}
