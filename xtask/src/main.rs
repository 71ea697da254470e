//! The project's own chores as one program, so that a contributor, the continuous integration and the README all run
//! exactly the same thing: `cargo xtask test`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod bench;
mod cargo;
mod doc_commands;
mod markdown;
mod planted;
mod repo;
mod sim;
mod soak;
mod step;
mod tally;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

/// Every command with its one line of help. The documents may only name these.
pub(crate) const COMMANDS: [(&str, &str); 7] = [
    ("test", "[--no-install]  everything a change has to pass: format, tidy, lints, tests, examples, documents"),
    ("tidy", "                the rules that no lint can check; prints path:line: rule: what to do"),
    ("soak", "[--no-install]  the slow runs: kills, power cuts, property cases, planted faults; licences, advisories"),
    ("planted", "[NAME…]     plants known faults in a copy of the engine, and demands that a test catches each"),
    (
        "bench",
        "engine [FILE…]|pricing|settlement  speed of the book and of the whole exchange on generated flow or on that of files, as ratios to a naive book; memory, longest steps; speed of option prices; of batches",
    ),
    ("sim", " [--seed N] [--seeds HOW_MANY] [--commands M] [--disks]  simulated trading days; shortens what fails"),
    ("help", "                this page"),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(tools::Install::Missing),
        ["test", "--no-install"] => test::run(tools::Install::Nothing),
        ["tidy"] => tidy::run(),
        ["planted", names @ ..] => planted::run(names),
        ["soak"] => soak::run(tools::Install::Missing),
        ["soak", "--no-install"] => soak::run(tools::Install::Nothing),
        ["bench", "engine", files @ ..] => bench::engine(files),
        ["bench", "pricing"] => bench::pricing(),
        ["bench", "settlement"] => bench::settlement(),
        ["sim", words @ ..] => sim::run(words),
        ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        [] => {
            eprintln!("{}", usage());
            ExitCode::from(2)
        }
        unknown => {
            eprintln!("unknown command `{}`\n\n{}", unknown.join(" "), usage());
            ExitCode::from(2)
        }
    }
}

fn usage() -> String {
    let lines: Vec<String> = COMMANDS.iter().map(|(name, help)| format!("  {name}  {help}")).collect();
    format!("usage: cargo xtask <command>\n\n{}", lines.join("\n"))
}
