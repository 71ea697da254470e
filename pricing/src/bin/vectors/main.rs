//! Runs every file of reference values in a folder through its pricer and says how far off the worst row is, so that anybody
//! can hold this library against numbers that it did not make itself.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod kinds;
mod report;
mod score;
mod table;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: vectors DIR

Prices each row of each CSV file in DIR and prints per file: rows, rows that passed, and the worst error as a multiple of
the row's tolerance. A file without a pricer here is listed as such. Exits with 1 if a row fails or a file of a known kind
cannot be read, with 2 if there is nothing to read.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [word] if word == "--help" || word == "-h" => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        [folder] => match report::run(Path::new(folder)) {
            Ok(report) => {
                println!("{report}");
                if report.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
