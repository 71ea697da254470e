//! A simulated year of the clearing house on one page: `cargo run --release -p examples --example 05_a_year`.
//!
//! Recorded prices, resampled ones and three stresses; a thousand accounts; every expiry, cascade and default; and all books zero every
//! day. It writes `report.md` and its plots into the folder that is given, or into `target/a_year`. A program that is not optimised takes
//! few of the accounts and a quarter of the year.
#![allow(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use engine::units::Cash;
use examples::year::paths::{Path, Stress, path};
use examples::year::{Plan, Year, plot, report, simulate};

const SEED: u64 = 20_260_707;

const PLAN: Plan = match cfg!(debug_assertions) {
    true => Plan { accounts: 60, insurance: Cash(500_000_000), seed: SEED },
    false => Plan { accounts: 1_000, insurance: Cash(50_000_000_000), seed: SEED },
};
/// Days of the year, and the one on which a stress begins.
const DAYS: (usize, usize) = if cfg!(debug_assertions) { (92, 60) } else { (365, 180) };

fn main() -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("target/a_year"), PathBuf::from);
    let (days, stressed_at) = DAYS;

    let paths: Vec<Path> =
        Stress::ALL.iter().map(|&stress| path(SEED, days, stress, stressed_at)).collect::<Result<_, _>>()?;
    // Years know nothing of each other, so each has a thread.
    let years: Result<Vec<Year>, String> = std::thread::scope(|scope| {
        let live = |path| scope.spawn(move || simulate(path, &PLAN).map_err(|error| error.to_string()));
        let threads: Vec<_> = paths.into_iter().map(live).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(String::from("a year broke off")))).collect()
    });
    let years = years?;

    fs::create_dir_all(&folder)?;
    let plots = plot::write(&years, &folder)?;
    fs::write(folder.join("report.md"), report::markdown(&years, &plots))?;
    println!("{}", report::text(&years));
    report::styles(&years).iter().for_each(|line| println!("{line}"));
    println!("\nall in {:.1} s; with plots in {}", began.elapsed().as_secs_f64(), folder.join("report.md").display());
    let is_replayed =
        years.iter().all(|year| year.replay.state == year.state && year.days_balanced == year.path.days.len());
    if is_replayed { Ok(()) } else { Err("a replay ended in another state".into()) }
}
