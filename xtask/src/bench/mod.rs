//! `cargo xtask bench`: measurements that print figures beside those of a plain twin from the same minutes, because figures of
//! different machines and hours do not compare.

mod engine;
mod flow;
mod line;
mod pricing;
mod settlement;

use std::fs;
use std::process::ExitCode;

pub(crate) fn engine(files: &[&str]) -> ExitCode {
    shown(engine::measure(files))
}

pub(crate) fn pricing() -> ExitCode {
    shown(pricing::measure())
}

pub(crate) fn settlement() -> ExitCode {
    shown(settlement::measure())
}

fn shown(measured: Result<String, String>) -> ExitCode {
    match measured {
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

/// The processor as the system names it, and how many of it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("processor not named by the system", |(_, model)| model.trim());
    format!("{model}, {cores} cores")
}

/// The value of a field of one flat line of JSON, without its quotes. A value holds neither comma nor brace.
fn field<'a>(line: &'a str, name: &str) -> Result<&'a str, String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":")).ok_or_else(|| format!("no `{name}` in {line}"))?;
    Ok(rest.split([',', '}']).next().unwrap_or(rest).trim_matches('"'))
}

fn number(line: &str, name: &str) -> Result<f64, String> {
    let text = field(line, name)?;
    text.parse().map_err(|_| format!("`{name}` is `{text}`, not a number"))
}

#[cfg(test)]
mod tests {
    use super::{field, number};

    const LINE: &str = r#"{"ops":10,"mops":12.500,"hash":"00ff","resting":3}"#;

    #[test]
    fn fields_are_found_and_missing_ones_named() {
        assert_eq!(field(LINE, "hash"), Ok("00ff"));
        assert_eq!(field(LINE, "resting"), Ok("3"));
        assert_eq!(number(LINE, "mops"), Ok(12.5));
        assert!(field(LINE, "qty").unwrap_err().contains("no `qty`"));
        assert!(number(LINE, "hash").is_err());
    }
}
