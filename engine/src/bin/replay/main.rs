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
pub(crate) mod heap;
mod naive;
mod portfolio;
mod random;
mod run;
mod state;
mod steps;
#[cfg(test)]
mod tests;
mod traders;
mod venue;
mod workload;

use std::process::ExitCode;

use self::arguments::{Mode, Task};
use self::error::Error;
use self::flow::Kind;
use self::heap::Counts;
use self::run::Report;
use self::workload::Workload;

const USAGE: &str = "\
usage: replay FILE --mode book|exchange|margin|journal|naive [--latency]
       replay generate OUT --ops N --symbols N --depth N --seed N [--opaque]
       replay state --orders N --accounts N
       replay steps
       replay portfolio

The first prints one line of JSON: operations, speed, and the fills with an order-sensitive hash. The file's prefill is
replayed but not timed. The exchange takes commands as they queue up under load, in groups; with --latency one by one.
--latency reads the clock around each operation and subtracts nothing for that.
The exchange keeps its limits in every mode. An account of the flow that has all the orders it may have, or would trade
with itself, sends through another one, so that any depth fits. What fits into no exchange ends the replay with the
operation and the rule: above 10000 symbols, 100000 lots, 1000 fills of one order, or a million accounts.
The second writes a file: N operations after a prefill of `depth` orders per symbol. The third fills the exchange with N
live orders and times its snapshot. The fourth times the largest single steps, in nanoseconds: median and longest. The last
times an order that rests, one that trades, and a cancel, of accounts with 1 to 1000 positions on margin.";

fn main() -> ExitCode {
    run_program(None)
}

/// The program, with what has been asked of its allocator if that is counted.
pub(crate) fn run_program(counts: Counts) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments; the library never does")]
    let words: Vec<String> = std::env::args().skip(1).collect();
    match arguments::parse(&words).and_then(|task| carry_out(&task, counts)) {
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

fn carry_out(task: &Task, counts: Counts) -> Result<String, Error> {
    match task {
        Task::Help => Ok(USAGE.to_owned()),
        Task::State(size) => state::measure(*size, counts),
        Task::Steps => steps::measure(),
        Task::Portfolio => portfolio::measure(),
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
            Ok(replay(*mode, &Workload::read(file)?, *latency, counts)?.to_string())
        }
    }
}

fn replay(mode: Mode, workload: &Workload, latency: bool, counts: Counts) -> Result<Report, Error> {
    match mode {
        Mode::Book => run::run(&mut fast::FastBooks::new(workload.symbols), workload, latency, counts),
        Mode::Exchange if latency => {
            run::run(&mut exchange::Exchange::new(workload)?.one_by_one(), workload, true, counts)
        }
        Mode::Exchange => run::run(&mut exchange::Exchange::new(workload)?, workload, false, counts),
        Mode::Margin => {
            let mut exchange = exchange::Exchange::on_margin(workload)?;
            exchange = if latency { exchange.one_by_one() } else { exchange };
            run::run(&mut exchange, workload, latency, counts)
        }
        Mode::Journal => run::run(&mut exchange::Exchange::of_journal(workload)?, workload, latency, counts),
        Mode::Naive => run::run(&mut naive::NaiveBooks::new(workload.symbols), workload, latency, counts),
    }
}
