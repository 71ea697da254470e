//! `cargo xtask soak`: the same tests with large counts, the planted faults, then the checks of the supply chain. Too
//! slow for every change, run weekly and before a release.

use std::process::ExitCode;
use std::time::SystemTime;

use crate::cargo::{COUNTS_VARIABLE, cargo, run as run_command, run_tests};
use crate::planted;
use crate::repo;
use crate::sim;
use crate::step::step;
use crate::tally::Tally;
use crate::tools::{self, Install};

/// Cases for each property of `engine`, `pricing` and `settlement` that leaves its number to the environment.
const PROPERTY_CASES: &str = "20000";

pub(crate) fn run(install: Install) -> ExitCode {
    let mut tally = Tally::default();
    run_steps(&mut tally, install);
    for what in ["tests", "simulated commands", "simulated restarts", "simulated power cuts", "mutated inputs"] {
        tally.require(what);
    }
    tally.finish()
}

fn run_steps(tally: &mut Tally, install: Install) {
    let counts = repo::target_dir().join("counts-soak.txt");
    // Unlike `test`, each soak draws new cases; the seed is printed, so that a red run can be repeated.
    let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| fresh_seed().to_string());
    println!("PROPTEST_RNG_SEED={seed}");

    step(tally, "counts file", |_| crate::test::empty_counts(&counts));
    step(tally, "integration, large counts", |tally| {
        let mut command = cargo(&[
            "test",
            "--release",
            "-p",
            "tests",
            "--test",
            "integration",
            "--no-fail-fast",
            "--",
            "--nocapture",
        ]);
        command.env("TERAHOUR_SOAK", "1").env(COUNTS_VARIABLE, &counts).env("PROPTEST_RNG_SEED", &seed);
        run_tests(tally, &mut command)
    });
    step(tally, "properties, large counts", |tally| {
        let mut command =
            cargo(&["test", "--release", "-p", "engine", "-p", "pricing", "-p", "settlement", "--no-fail-fast"]);
        command.env("PROPTEST_CASES", PROPERTY_CASES).env(COUNTS_VARIABLE, &counts).env("PROPTEST_RNG_SEED", &seed);
        run_tests(tally, &mut command)
    });
    step(tally, "simulation, large counts", |_| sim::step(&["--release"], &seed, &sim::LARGE, &counts));
    step(tally, "counts", |tally| crate::test::add_counts(tally, &counts));
    step(tally, "planted faults", |tally| planted::plant(tally, &[]));
    tally.require(planted::CAUGHT);
    step(tally, "licences, bans, sources", |_| {
        tools::check_deny(install)?;
        run_command(&mut cargo(&["deny", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))
    });
    step(tally, "advisories", |tally| {
        tools::check_deny(install)?;
        if run_command(&mut cargo(&["deny", "fetch", "db"])).is_err() {
            tally.note("advisories not checked: the advisory database could not be fetched");
            return Ok(());
        }
        run_command(&mut cargo(&["deny", "check", "--hide-inclusion-graph", "advisories"]))
    });
}

fn fresh_seed() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
