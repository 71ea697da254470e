//! What `replay` prints: one flat line of JSON.

use std::process::Command;

use crate::cargo::output;

/// What must be the same however a flow is replayed.
pub(super) const RESULTS: [&str; 5] = ["fills", "qty", "notional", "hash", "resting"];

/// Runs a command that prints one line.
pub(super) fn line_of(command: &mut Command) -> Result<String, String> {
    let bytes = output(command)?;
    String::from_utf8(bytes).map_err(|error| format!("replay printed no text: {error}"))
}

/// The value of a field, without its quotes.
pub(super) fn field<'a>(line: &'a str, name: &str) -> Result<&'a str, String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":")).ok_or_else(|| format!("no `{name}` in {line}"))?;
    Ok(rest.split([',', '}']).next().unwrap_or(rest).trim_matches('"'))
}

pub(super) fn number(line: &str, name: &str) -> Result<f64, String> {
    let text = field(line, name)?;
    text.parse().map_err(|_| format!("`{name}` is `{text}`, not a number"))
}

/// What a replay led to, as one text.
pub(super) fn results(line: &str) -> Result<String, String> {
    let results: Result<Vec<&str>, String> = RESULTS.iter().map(|name| field(line, name)).collect();
    results.map(|results| results.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{field, number, results};

    const LINE: &str = r#"{"ops":10,"mops":12.500,"fills":1,"qty":2,"notional":-3,"hash":"00ff","resting":3,"p50":90}"#;

    #[test]
    fn fields_are_found_and_missing_ones_named() {
        assert_eq!(field(LINE, "hash"), Ok("00ff"));
        assert_eq!(field(LINE, "p50"), Ok("90"));
        assert_eq!(number(LINE, "mops"), Ok(12.5));
        assert!(field(LINE, "p90").unwrap_err().contains("no `p90`"));
        assert!(number(LINE, "hash").is_err());
        assert_eq!(results(LINE), Ok("1 2 -3 00ff 3".to_owned()));
        assert!(results(r#"{"fills":1}"#).is_err());
    }
}
