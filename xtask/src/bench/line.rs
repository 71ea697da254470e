//! What `replay` prints: one flat line of JSON.

use std::process::Command;

use super::field;
use crate::cargo::output;

/// What must be the same however a flow is replayed.
pub(super) const RESULTS: [&str; 5] = ["fills", "qty", "notional", "hash", "resting"];

/// Runs a command that prints one line.
pub(super) fn line_of(command: &mut Command) -> Result<String, String> {
    let bytes = output(command)?;
    String::from_utf8(bytes).map_err(|error| format!("replay printed no text: {error}"))
}

/// What a replay led to, as one text.
pub(super) fn results(line: &str) -> Result<String, String> {
    let results: Result<Vec<&str>, String> = RESULTS.iter().map(|name| field(line, name)).collect();
    results.map(|results| results.join(" "))
}

#[cfg(test)]
mod tests {
    use super::results;

    const LINE: &str = r#"{"ops":10,"mops":12.500,"fills":1,"qty":2,"notional":-3,"hash":"00ff","resting":3,"p50":90}"#;

    #[test]
    fn results_are_one_text_and_none_is_missing() {
        assert_eq!(results(LINE), Ok("1 2 -3 00ff 3".to_owned()));
        assert!(results(r#"{"fills":1}"#).is_err());
    }
}
