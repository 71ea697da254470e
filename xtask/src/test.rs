//! `cargo xtask test`: the one command that decides whether a change is good. README, continuous integration and
//! `.ci/run` call nothing else.

mod contracts;
mod documents;
mod examples;
mod settlement;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::cargo::{COUNTS_VARIABLE, FIXED_SEED, cargo, run as run_command, run_tests};
use crate::planted;
use crate::repo;
use crate::sim;
use crate::step::step;
use crate::tally::Tally;
use crate::tidy;
use crate::tools::{self, Install};

pub(crate) fn run(install: Install) -> ExitCode {
    let mut tally = Tally::default();
    step(&mut tally, "tools", |_| tools::check(install));
    if tally.failed == 0 {
        run_steps(&mut tally);
    }
    tally.finish()
}

/// All steps run even after one has failed, so that one run tells all there is to mend.
fn run_steps(tally: &mut Tally) {
    let counts = repo::target_dir().join("counts.txt");
    step(tally, "format", |_| run_command(&mut cargo(&["fmt", "--all", "--check"])));
    step(tally, "tidy", |_| tidy::check().map(|summary| println!("{summary}")));
    step(tally, "planted faults apply", |_| planted::check_apply().map(|summary| println!("{summary}")));
    step(tally, "lints", |_| {
        run_command(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    step(tally, "rustdoc", |_| {
        run_command(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    step(tally, "tests", |tally| {
        empty_counts(&counts)?;
        let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| FIXED_SEED.to_owned());
        let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
        run_tests(tally, command.env(COUNTS_VARIABLE, &counts).env("PROPTEST_RNG_SEED", seed))?;
        add_counts(tally, &counts)
    });
    step(tally, "simulation", |tally| {
        empty_counts(&counts)?;
        sim::step(&[], FIXED_SEED, &sim::SMALL, &counts)?;
        add_counts(tally, &counts)
    });
    step(tally, "examples", examples::run);
    step(tally, "settlement format", settlement::run);
    step(tally, "settlement contracts", contracts::run);
    step(tally, "documents", documents::run);
    for what in [
        "tests",
        "simulated commands",
        "simulated restarts",
        "simulated power cuts",
        "examples run",
        "fixing rows compared",
        "tests of the verifier",
        contracts::PASSED,
    ] {
        tally.require(what);
    }
}

/// Starts the counts file anew: a count of an earlier run must not help this one.
pub(crate) fn empty_counts(path: &Path) -> Result<(), String> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, "")).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Adds what the tests appended to the counts file.
pub(crate) fn add_counts(tally: &mut Tally, path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    tally.add_counts_file(&text);
    Ok(())
}
