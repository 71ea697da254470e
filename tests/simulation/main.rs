//! The command line of the simulation: seeds in, one line for each out, and a script in a file for one that fails.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use simulation::{Failure, KINDS, Plant, Report, Settings, run};

const USAGE: &str = "usage: sim [--seed N] [--seeds HOW_MANY] [--commands M] [--plant FAULT] [--shrink SECONDS] \
                     [--fuzz EXECUTIONS] [--folder PATH]";

/// From so many commands on, every kind of command has to be accepted, and all that is counted to happen, at least once.
const ENOUGH: u64 = 40_000;

struct Options {
    seed: u64,
    seeds: u64,
    commands: u64,
    plant: Option<Plant>,
    shrink: Duration,
    fuzz: u64,
    folder: PathBuf,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)) {
        Ok(options) => play(&options),
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        seed: 1,
        seeds: 1,
        commands: 100_000,
        plant: None,
        shrink: Duration::from_secs(60),
        fuzz: 0,
        folder: PathBuf::from("target/sim"),
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"));
        match word.as_str() {
            "--seed" => options.seed = number()?,
            "--seeds" => options.seeds = number()?,
            "--commands" => options.commands = number()?.max(1),
            "--shrink" => options.shrink = Duration::from_secs(number()?),
            "--fuzz" => options.fuzz = number()?,
            "--folder" => options.folder = PathBuf::from(&value),
            "--plant" => {
                let names = format!("`{value}` is none of {:?}", Plant::ALL);
                options.plant = Some(Plant::named(&value).ok_or(names)?);
            }
            _ => return Err(format!("unknown option `{word}`")),
        }
    }
    Ok(options)
}

fn play(options: &Options) -> ExitCode {
    let (mut kinds, mut rules, mut sums) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut commands, mut restarts, mut power_cuts, mut resent) = (0, 0, 0, 0);
    for seed in options.seed..options.seed.saturating_add(options.seeds) {
        let begin = Instant::now();
        let Options { commands: most, plant, shrink, .. } = *options;
        match run(&Settings { seed, commands: most, plant, shrink }) {
            Ok(report) => {
                show(seed, &report, begin.elapsed());
                report.kinds.into_iter().for_each(|(kind, times)| *kinds.entry(kind).or_insert(0) += times);
                report.rules.into_iter().for_each(|(rule, times)| *rules.entry(rule).or_insert(0) += times);
                report.counts.named().into_iter().for_each(|(what, times)| *sums.entry(what).or_insert(0) += times);
                commands += report.commands;
                restarts += report.restarts;
                power_cuts += report.power_cuts;
                resent += report.resent;
            }
            Err(failure) => return fail(seed, options, &failure),
        }
    }
    println!("refused by {} rules: {rules:?}", rules.len());
    println!("accepted {} of {KINDS} kinds of commands: {kinds:?}", kinds.len());
    println!("which led to {sums:?}");
    let never: Vec<&str> = sums.into_iter().filter(|(_, times)| *times == 0_u64).map(|(what, _)| what).collect();
    if commands >= ENOUGH && (kinds.len() < KINDS || !never.is_empty()) {
        println!("that is not enough: a kind was never accepted, or there never were any of {never:?}");
        return ExitCode::FAILURE;
    }
    note(commands, "simulated commands");
    note(restarts, "simulated restarts");
    note(power_cuts, "simulated power cuts");
    note(resent, "simulated commands sent again after a power cut");
    if options.fuzz > 0 {
        note(simulation::fuzz::mutate(options.seed, options.fuzz), "mutated inputs");
    }
    ExitCode::SUCCESS
}

fn show(seed: u64, report: &Report, elapsed: Duration) {
    let Report { commands, counts, restarts, power_cuts, resent, refusals, checkpoints, kinds, .. } = report;
    let counts: Vec<String> = counts.named().iter().map(|(what, times)| format!("{times} {what}")).collect();
    println!(
        "seed {seed}: {commands} commands of {} of {KINDS} kinds: {}; {restarts} restarts, {power_cuts} power cuts ({resent} commands \
         sent again), {refusals} refusals and {checkpoints} whole states compared, {:.1} s",
        kinds.len(),
        counts.join(", "),
        elapsed.as_secs_f64(),
    );
}

fn fail(seed: u64, options: &Options, failure: &Failure) -> ExitCode {
    let Failure { fault, at, last, script, length } = failure;
    let head = format!("seed {seed}, {} commands, fails at command {at}", options.commands);
    let text = format!(
        "{head}\npromise: {}\nfound: {}\n\nthe shortest script, {length} commands:\n{script}\nthe last commands:\n{last}",
        fault.promise, fault.found
    );
    println!("{}", text.split("\nthe last commands:").next().unwrap_or_default());
    match keep(&options.folder, seed, &text) {
        Ok(path) => println!("kept in {}", path.display()),
        Err(error) => println!("not kept: {error}"),
    }
    ExitCode::FAILURE
}

fn keep(folder: &Path, seed: u64, text: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("seed-{seed}.txt"));
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Appends `<number> <what>` if somebody asked for counts, in one write.
fn note(number: u64, what: &str) {
    let Some(path) = std::env::var_os("TERAHOUR_COUNTS") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let written =
        file.and_then(|mut file| std::io::Write::write_all(&mut file, format!("{number} {what}\n").as_bytes()));
    written.expect("the counts can be written");
}
