//! `cargo xtask bench engine`: how fast the order book and the whole exchange are, as ratios to a naive book measured in the
//! same minutes, because figures of different machines and hours do not compare; and what they take of memory and of
//! anybody's time at once. It asserts results and never times.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::flow::{self, Flow, OPERATIONS};
use super::line::{RESULTS, line_of, results};
use super::{field, machine, number};
use crate::cargo::{cargo, run as run_command};
use crate::repo;

/// Through what each flow is replayed; the first is the denominator of the ratios. `margin` is the exchange
/// with all contracts on margin, `journal` the exchange fed from a
/// journal's bytes, its events hashed: the rate at which a start replays. A new mode of `replay` goes here.
const MODES: [&str; 5] = ["naive", "book", "exchange", "margin", "journal"];

/// Rounds of all modes in turn, so that a busy moment of the machine hits each of them.
const ROUNDS: usize = 5;

/// What `--latency` adds.
const LATENCIES: [&str; 5] = ["p50", "p90", "p99", "p999", "max"];

/// Live orders and accounts of the exchanges whose snapshots are timed. Memory is counted in the first.
const STATES: [(&str, &str); 2] = [("1000000", "100000"), ("10000000", "1000000")];

/// The steps that `replay steps` times, and what each of them is.
const STEPS: [(&str, &str); 9] = [
    ("sweep", "an order that trades with 1000 orders"),
    ("fill_or_kill", "a fill-or-kill order that trades with 1000 orders"),
    ("stops", "ProcessDue: 16 stops wake up, each trades with 1 order"),
    ("sweeping_stops", "ProcessDue: stops wake up that trade with 999 orders each"),
    ("mass_cancel", "CancelAllOrders: 256 orders"),
    ("expiries", "ProcessDue: 256 orders whose time is over"),
    ("daily_limits", "ProcessDue: 256 orders outside the daily limits"),
    ("settle_day", "AdvanceSettlement: 256 positions, daily"),
    ("settle_month", "AdvanceSettlement: 256 orders or positions, final"),
];

/// Positions of the accounts that `replay portfolio` measures.
const POSITIONS: [u32; 4] = [1, 10, 100, 1_000];

/// The programs that measure.
struct Programs {
    replay: PathBuf,
    /// The same, with every call of the allocator counted.
    counted: PathBuf,
}

/// Measures the flows in these files; without any, generated flows and all the rest.
pub(super) fn measure(files: &[&str]) -> Result<String, String> {
    let given = files.iter().map(|file| flow::of_file(file)).collect::<Result<Vec<Flow>, String>>()?;
    run_command(&mut cargo(&["build", "--release", "-p", "engine", "--bin", "replay", "--example", "counted"]))?;
    let release = repo::target_dir().join("release");
    let programs = Programs { replay: release.join("replay"), counted: release.join("examples").join("counted") };
    let folder = repo::target_dir().join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let flows = if files.is_empty() { flow::generated(&programs.replay, &folder)? } else { given };

    let runs = format!("generated flows of {OPERATIONS} operations; median of {ROUNDS} rounds in turn");
    let mut table = format!("{}; {runs}\n\n{}\n", machine(), header());
    for flow in &flows {
        table.push_str(&measure_flow(flow, &programs.replay)?);
    }
    table.push_str(&latencies(&flows[0], &programs.replay)?);
    table.push_str(&allocator_calls(&flows, &programs.counted)?);
    if files.is_empty() {
        table.push_str(&memory(&programs.counted)?);
        table.push_str(&steps(&programs.replay)?);
        table.push_str(&portfolios(&programs.replay)?);
        table.push_str(&snapshots(&programs.replay)?);
    }
    Ok(table)
}

fn measure_flow(flow: &Flow, program: &Path) -> Result<String, String> {
    let mut speeds: [Vec<f64>; MODES.len()] = Default::default();
    let mut first = flow.known.as_ref().map(|(_, results)| results.clone());
    let mut bytes = String::new();
    for _ in 0..ROUNDS {
        for (mode, speeds) in MODES.iter().zip(&mut speeds) {
            let line = line_of(Command::new(program).arg(&flow.file).args(["--mode", mode]))?;
            let found = results(&line)?;
            if *first.get_or_insert_with(|| found.clone()) != found {
                let known = flow.known.as_ref().map(|(says, known)| format!("\n{} says {known}", says.display()));
                let (name, known) = (&flow.name, known.unwrap_or_default());
                return Err(format!("{name}: mode {mode} came to other {}:\n{line}{known}", RESULTS.join(", ")));
            }
            speeds.push(number(&line, "mops")?);
            bytes = field(&line, "bytes_per_order").map_or(bytes, str::to_owned);
        }
    }
    Ok(rows(&flow.name, &speeds, &flow.mix, &bytes))
}

fn header() -> String {
    format!(
        "{:13}  {:8}  {:>7} {:>7} {:>7}  {:>5}  {:>11}  limit / immediate / cancel",
        "flow", "mode", "Mops/s", "min", "max", "ratio", "bytes/order"
    )
}

/// One line a mode. Mix and bytes stand beside the book.
fn rows(flow: &str, speeds: &[Vec<f64>], mix: &str, bytes: &str) -> String {
    let naive = median(&speeds[0]);
    let lines = MODES.iter().zip(speeds).map(|(mode, speeds)| {
        let (least, most) = speeds.iter().fold((f64::MAX, 0.0_f64), |(a, b), &speed| (a.min(speed), b.max(speed)));
        let middle = median(speeds);
        let (bytes, mix) = if *mode == "book" { (bytes, mix) } else { ("", "") };
        let figures = format!("{middle:>7.2} {least:>7.2} {most:>7.2}  {:>5.2}", middle / naive);
        format!("{flow:13}  {mode:8}  {figures}  {bytes:>11}  {mix}").trim_end().to_owned() + "\n"
    });
    lines.collect()
}

fn median(speeds: &[f64]) -> f64 {
    let mut sorted = speeds.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn latencies(flow: &Flow, program: &Path) -> Result<String, String> {
    let mut table = format!("\nlatency of each command of {} in nanoseconds, the clock's own included\n", flow.name);
    for mode in MODES {
        let line = line_of(Command::new(program).arg(&flow.file).args(["--mode", mode, "--latency"]))?;
        let figures: Result<Vec<String>, String> =
            LATENCIES.iter().map(|name| Ok(format!("{name} {}", field(&line, name)?))).collect();
        table.push_str(&format!("{mode:8}  {}\n", figures?.join("  ")));
    }
    Ok(table)
}

fn allocator_calls(flows: &[Flow], counted: &Path) -> Result<String, String> {
    let mut table = "\ncalls of the allocator while a flow is timed, behind its prefill\n".to_owned();
    for flow in flows {
        let mut row = format!("{:13}", flow.name);
        for mode in MODES {
            let line = line_of(Command::new(counted).arg(&flow.file).args(["--mode", mode]))?;
            let (calls, operations) = (field(&line, "allocator_calls")?, field(&line, "ops")?);
            row.push_str(&format!("  {mode} {calls} in {operations}"));
        }
        table.push_str(&(row + "\n"));
    }
    Ok(table)
}

fn memory(counted: &Path) -> Result<String, String> {
    let (orders, accounts) = STATES[0];
    let line = line_of(Command::new(counted).args(["state", "--orders", orders, "--accounts", accounts]))?;
    let (account, order) = (field(&line, "memory_per_account")?, field(&line, "memory_per_order")?);
    Ok(format!("\nmemory of {accounts} accounts and {orders} orders: {account} bytes an account, {order} an order\n"))
}

fn steps(program: &Path) -> Result<String, String> {
    let line = line_of(Command::new(program).arg("steps"))?;
    let mut table = "\nthe largest single steps, in microseconds: median and longest\n".to_owned();
    for (name, what) in STEPS {
        let (middle, longest) = (number(&line, name)? / 1_000.0, number(&line, &format!("{name}_max"))? / 1_000.0);
        table.push_str(&format!("{middle:>9.1} {longest:>9.1}  {what}\n"));
    }
    Ok(table)
}

fn portfolios(program: &Path) -> Result<String, String> {
    let line = line_of(Command::new(program).arg("portfolio"))?;
    let mut table = "\nan account on margin, by its positions: nanoseconds of an order that rests, of one that trades, and of a cancel\n"
        .to_owned();
    for positions in POSITIONS {
        let figure = |what: &str| number(&line, &format!("{what}_{positions}"));
        let (rests, trades, cancels) = (figure("rests")?, figure("trades")?, figure("cancels")?);
        table.push_str(&format!("{positions:>9}  {rests:>7} {trades:>7} {cancels:>7}\n"));
    }
    Ok(table)
}

fn snapshots(program: &Path) -> Result<String, String> {
    let mut table = "\nsnapshot of a whole exchange: milliseconds to write and to read back, bytes\n".to_owned();
    for (orders, accounts) in STATES {
        let line = line_of(Command::new(program).args(["state", "--orders", orders, "--accounts", accounts]))?;
        if field(&line, "equal")? != "true" {
            return Err(format!("a snapshot of {orders} orders came back as another state:\n{line}"));
        }
        table.push_str(&line);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::{MODES, median, rows};

    #[test]
    fn ratios_are_of_medians_to_the_first_mode() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        let speeds: Vec<Vec<f64>> = (0..MODES.len()).map(|at| vec![at as f64 * 3.0 + 2.0; 3]).collect();
        let text = rows("s1", &speeds, "mix", "99");
        assert_eq!(text.lines().count(), MODES.len());
        assert_eq!(text.lines().nth(1).unwrap().split_whitespace().nth(5), Some("2.50"));
    }
}
