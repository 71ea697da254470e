//! `cargo xtask sim`: simulated trading days from a seed, optimised and at any length; the same seed is the same run.

use std::process::{Command, ExitCode};

use crate::cargo::{COUNTS_VARIABLE, cargo, run as run_command};
use crate::repo;

/// The run that is part of `cargo xtask test`.
pub(crate) const SMALL: [&str; 6] = ["--seeds", "4", "--commands", "15000", "--fuzz", "1500"];

/// The run that is part of `cargo xtask soak`.
pub(crate) const LARGE: [&str; 6] = ["--seeds", "20", "--commands", "1000000", "--fuzz", "2000000"];

/// Store and disk on the same seed: power cuts, torn files, full disks.
const DISKS: [&str; 7] = ["-p", "tests", "--test", "integration", "--", "powercut", "torn"];

pub(crate) fn run(words: &[&str]) -> ExitCode {
    let (disks, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| **word == "--disks");
    let outcome = run_command(&mut simulation(&["--release"], &words));
    let seed = words.iter().position(|word| *word == "--seed").and_then(|at| words.get(at + 1));
    let outcome = outcome.and_then(|()| {
        if disks.is_empty() {
            return Ok(());
        }
        let mut command = cargo(&["test"]);
        run_command(command.args(DISKS).arg("full").env("TERAHOUR_SEED", seed.unwrap_or(&"1")))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// The call of the simulation; scripts of seeds that fail are kept beside what is built.
pub(crate) fn simulation(build: &[&str], words: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "-p", "tests", "--bin", "sim"]);
    command.args(build).arg("--").args(words).arg("--folder").arg(repo::target_dir().join("sim"));
    command
}

/// A step of a larger run, with its counts.
pub(crate) fn step(build: &[&str], seed: &str, words: &[&str], counts: &std::path::Path) -> Result<(), String> {
    let mut command = simulation(build, words);
    run_command(command.args(["--seed", seed]).env(COUNTS_VARIABLE, counts))
}
