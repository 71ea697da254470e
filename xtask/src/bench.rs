//! `cargo xtask bench engine`: how fast the order book and the whole exchange are, as ratios to a naive book measured in the
//! same minutes, because figures of different machines and hours do not compare. It asserts results and never times.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

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

pub(crate) fn run() -> ExitCode {
    match measure() {
        Ok(table) => {
            println!("\n{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<String, String> {
    run_command(&mut cargo(&["build", "--release", "-p", "engine", "--bin", "replay"]))?;
    let program = repo::target_dir().join("release").join("replay");
    let folder = repo::target_dir().join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut table = format!("{}\n\n{}\n", machine(), header());
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

/// The value of a field of one flat line of JSON, without its quotes.
fn field<'a>(line: &'a str, name: &str) -> Result<&'a str, String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":")).ok_or_else(|| format!("no `{name}` in {line}"))?;
    Ok(rest.split([',', '}']).next().unwrap_or(rest).trim_matches('"'))
}

fn number(line: &str, name: &str) -> Result<f64, String> {
    let text = field(line, name)?;
    text.parse().map_err(|_| format!("`{name}` is `{text}`, not a number"))
}

/// The processor as the system names it, and how many of it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("processor not named by the system", |(_, model)| model.trim());
    format!("{model}, {cores} cores; {OPERATIONS} operations a run, median of {ROUNDS} rounds in turn")
}

#[cfg(test)]
mod tests {
    use super::{MODES, field, median, mix, number, rows};

    const LINE: &str = r#"{"ops":10,"mops":12.500,"hash":"00ff","resting":3}"#;

    #[test]
    fn fields_are_found_and_missing_ones_named() {
        assert_eq!(field(LINE, "hash"), Ok("00ff"));
        assert_eq!(field(LINE, "resting"), Ok("3"));
        assert_eq!(number(LINE, "mops"), Ok(12.5));
        assert!(field(LINE, "qty").unwrap_err().contains("no `qty`"));
        assert!(number(LINE, "hash").is_err());
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
