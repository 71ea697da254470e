//! `cargo xtask bench engine`: how fast the order book and the whole exchange are, as ratios to a naive book measured in the
//! same minutes, because figures of different machines and hours do not compare. It asserts results and never times.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{field, machine, number};
use crate::cargo::{cargo, output, run as run_command};
use crate::repo;

/// Through what each flow is replayed; the first is the denominator of the ratios. `journal` is the exchange fed from a
/// journal's bytes, its events hashed: the rate at which a start replays. A new mode of `replay` goes here.
const MODES: [&str; 4] = ["naive", "book", "exchange", "journal"];

/// Rounds of all modes in turn, so that a busy moment of the machine hits each of them.
const ROUNDS: usize = 5;

const OPERATIONS: &str = "2000000";

/// A flow to measure on, and the options that generate it.
struct Flow {
    name: &'static str,
    symbols: &'static str,
    depth: &'static str,
    seed: &'static str,
    opaque: bool,
}

const FLOWS: [Flow; 6] = [
    Flow { name: "s1", symbols: "1", depth: "10000", seed: "42", opaque: false },
    Flow { name: "s1-opaque", symbols: "1", depth: "10000", seed: "42", opaque: true },
    Flow { name: "s100", symbols: "100", depth: "1000", seed: "43", opaque: false },
    Flow { name: "s100-opaque", symbols: "100", depth: "1000", seed: "43", opaque: true },
    Flow { name: "deep1", symbols: "1", depth: "200000", seed: "44", opaque: false },
    Flow { name: "deep1-opaque", symbols: "1", depth: "200000", seed: "44", opaque: true },
];

/// What `--latency` adds.
const LATENCIES: [&str; 5] = ["p50", "p90", "p99", "p999", "max"];

/// Live orders and accounts of the exchanges whose snapshots are timed.
const STATES: [(&str, &str); 2] = [("1000000", "100000"), ("10000000", "1000000")];

/// What must be the same however a flow is replayed.
const RESULTS: [&str; 5] = ["fills", "qty", "notional", "hash", "resting"];

pub(super) fn measure() -> Result<String, String> {
    run_command(&mut cargo(&["build", "--release", "-p", "engine", "--bin", "replay"]))?;
    let program = repo::target_dir().join("release").join("replay");
    let folder = repo::target_dir().join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let runs = format!("{OPERATIONS} operations a run, median of {ROUNDS} rounds in turn");
    let mut table = format!("{}; {runs}\n\n{}\n", machine(), header());
    for flow in &FLOWS {
        table.push_str(&measure_flow(flow, &program, &folder)?);
    }
    let file = folder.join("s1.bin");
    table.push_str("\nlatency of each command of s1 in nanoseconds, the clock's own included\n");
    for mode in MODES {
        let line = line_of(Command::new(&program).arg(&file).args(["--mode", mode, "--latency"]))?;
        let figures: Result<Vec<String>, String> =
            LATENCIES.iter().map(|name| Ok(format!("{name} {}", field(&line, name)?))).collect();
        table.push_str(&format!("{mode:8}  {}\n", figures?.join("  ")));
    }
    table.push_str("\nsnapshot of a whole exchange: milliseconds to write and to read back, bytes\n");
    for (orders, accounts) in STATES {
        let line = line_of(Command::new(&program).args(["state", "--orders", orders, "--accounts", accounts]))?;
        if field(&line, "equal")? != "true" {
            return Err(format!("a snapshot of {orders} orders came back as another state:\n{line}"));
        }
        table.push_str(&line);
    }
    Ok(table)
}

fn measure_flow(flow: &Flow, program: &Path, folder: &Path) -> Result<String, String> {
    let file = folder.join(format!("{}.bin", flow.name));
    let mut generate = Command::new(program);
    generate.arg("generate").arg(&file).args(["--ops", OPERATIONS, "--symbols", flow.symbols]);
    generate.args(["--depth", flow.depth, "--seed", flow.seed]);
    if flow.opaque {
        generate.arg("--opaque");
    }
    let mix = mix(&line_of(&mut generate)?)?;
    let mut speeds: [Vec<f64>; MODES.len()] = Default::default();
    let mut first: Option<String> = None;
    let mut bytes = String::new();
    for _ in 0..ROUNDS {
        for (mode, speeds) in MODES.iter().zip(&mut speeds) {
            let line = line_of(Command::new(program).arg(&file).args(["--mode", mode]))?;
            let results: Result<Vec<&str>, String> = RESULTS.iter().map(|name| field(&line, name)).collect();
            let results = results?.join(" ");
            if *first.get_or_insert_with(|| results.clone()) != results {
                return Err(format!("{}: mode {mode} came to other {}:\n{line}", flow.name, RESULTS.join(", ")));
            }
            speeds.push(number(&line, "mops")?);
            bytes = field(&line, "bytes_per_order").map_or(bytes, str::to_owned);
        }
    }
    Ok(rows(flow.name, &speeds, &mix, &bytes))
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

fn mix(line: &str) -> Result<String, String> {
    let counts = [number(line, "limit")?, number(line, "immediate")?, number(line, "cancel")?];
    let total: f64 = counts.iter().sum();
    let shares: Vec<String> = counts.iter().map(|count| format!("{:.0}", 100.0 * count / total)).collect();
    Ok(format!("{} %", shares.join(" / ")))
}

fn line_of(command: &mut Command) -> Result<String, String> {
    let bytes = output(command)?;
    String::from_utf8(bytes).map_err(|error| format!("replay printed no text: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{MODES, median, mix, rows};

    #[test]
    fn a_mix_is_in_parts_of_all_operations() {
        assert_eq!(mix(r#"{"limit":54,"immediate":8,"cancel":38}"#).unwrap(), "54 / 8 / 38 %");
    }

    #[test]
    fn ratios_are_of_medians_to_the_first_mode() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        let speeds: Vec<Vec<f64>> = (0..MODES.len()).map(|at| vec![at as f64 * 3.0 + 2.0; 3]).collect();
        let text = rows("s1", &speeds, "mix", "99");
        assert_eq!(text.lines().count(), MODES.len());
        assert_eq!(text.lines().nth(1).unwrap().split_whitespace().nth(5), Some("2.50"));
    }
}
