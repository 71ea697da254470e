//! Replays recorded order flow through a book as fast as it goes, and generates such flow: how the figures of this project
//! are measured.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks by printing")]

mod arguments;
mod checksum;
mod error;
mod exchange;
mod fast;
mod flow;
mod generate;
mod naive;
mod random;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod workload;

use std::process::ExitCode;

use crate::arguments::{Mode, Task};
use crate::error::Error;
use crate::flow::Kind;
use crate::run::Report;
use crate::workload::Workload;

const USAGE: &str = "\
usage: replay FILE --mode book|exchange|journal|naive [--latency]
       replay generate OUT --ops N --symbols N --depth N --seed N [--opaque]
       replay state --orders N --accounts N

The first prints one line of JSON: operations, speed, and the fills with an order-sensitive hash. The file's prefill is
replayed but not timed. The exchange takes commands as they queue up under load, in groups; with --latency one by one.
--latency reads the clock around each operation and subtracts nothing for that.
The second writes a file: N operations after a prefill of `depth` orders per symbol. The third fills the exchange with N
live orders and times its snapshot.";

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments; the library never does")]
    let words: Vec<String> = std::env::args().skip(1).collect();
    match arguments::parse(&words).and_then(|task| carry_out(&task)) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn carry_out(task: &Task) -> Result<String, Error> {
    match task {
        Task::Help => Ok(USAGE.to_owned()),
        Task::State(size) => state::measure(*size),
        Task::Generate { file, shape } => {
            let workload = generate::generate(shape);
            workload.write(file)?;
            let timed = &workload.operations[workload.prefill as usize..];
            let count = |kind: Kind| timed.iter().filter(|operation| operation.kind == kind).count();
            let (limit, immediate, cancel) = (count(Kind::Limit), count(Kind::ImmediateOrCancel), count(Kind::Cancel));
            let prefill = workload.prefill;
            Ok(format!(r#"{{"prefill":{prefill},"limit":{limit},"immediate":{immediate},"cancel":{cancel}}}"#))
        }
        Task::Replay { file, mode, latency } => {
            let workload = Workload::read(file)?;
            let report: Report = match mode {
                Mode::Book => run::run(&mut fast::FastBooks::new(workload.symbols), &workload, *latency),
                Mode::Exchange if *latency => {
                    run::run(&mut exchange::Exchange::new(&workload)?.one_by_one(), &workload, true)
                }
                Mode::Exchange => run::run(&mut exchange::Exchange::new(&workload)?, &workload, *latency),
                Mode::Journal => run::run(&mut exchange::Exchange::of_journal(&workload)?, &workload, *latency),
                Mode::Naive => run::run(&mut naive::NaiveBooks::new(workload.symbols), &workload, *latency),
            };
            Ok(report.to_string())
        }
    }
}
