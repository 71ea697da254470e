//! The flows that are measured: generated ones, and files in the same format from elsewhere.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::line::{line_of, results};
use super::{field, number};

/// Operations of a generated flow.
pub(super) const OPERATIONS: &str = "2000000";

/// A flow in its file.
pub(super) struct Flow {
    pub(super) name: String,
    pub(super) file: PathBuf,
    /// Shares of its kinds of operations, if it was generated here.
    pub(super) mix: String,
    /// What it is known to lead to, and who says so.
    pub(super) known: Option<(PathBuf, String)>,
}

/// Name, symbols, depth, seed. Each is generated twice: with identifiers 1, 2, 3, … and with opaque ones.
const SHAPES: [(&str, &str, &str, &str); 3] =
    [("s1", "1", "10000", "42"), ("s100", "100", "1000", "43"), ("deep1", "1", "200000", "44")];

/// What results are said to be, in a line for each file.
const EXPECTED: &str = "expected.jsonl";

/// Generates all flows.
pub(super) fn generated(program: &Path, folder: &Path) -> Result<Vec<Flow>, String> {
    let mut flows = Vec::new();
    for (name, symbols, depth, seed) in SHAPES {
        for opaque in [false, true] {
            let name = if opaque { format!("{name}-opaque") } else { name.to_owned() };
            let file = folder.join(format!("{name}.bin"));
            let mut generate = Command::new(program);
            generate.arg("generate").arg(&file).args(["--ops", OPERATIONS, "--symbols", symbols]);
            generate.args(["--depth", depth, "--seed", seed]).args(opaque.then_some("--opaque"));
            let mix = mix(&line_of(&mut generate)?)?;
            flows.push(Flow { name, file, mix, known: None });
        }
    }
    Ok(flows)
}

/// A flow from elsewhere; its results are compared with those in `expected.jsonl` beside it, if that names the file.
pub(super) fn of_file(file: &str) -> Result<Flow, String> {
    let file = PathBuf::from(file);
    let named = file.file_stem().and_then(OsStr::to_str).zip(file.file_name().and_then(OsStr::to_str));
    let (name, full) = named.ok_or_else(|| format!("{} is not the name of a file", file.display()))?;
    let says = file.with_file_name(EXPECTED);
    let known = match fs::read_to_string(&says) {
        Ok(text) => expected(&text, full)?.map(|results| (says, results)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("cannot read {}: {error}", says.display())),
    };
    Ok(Flow { name: name.to_owned(), mix: String::new(), known, file: file.clone() })
}

fn expected(text: &str, file: &str) -> Result<Option<String>, String> {
    text.lines().find(|line| field(line, "file") == Ok(file)).map(results).transpose()
}

fn mix(line: &str) -> Result<String, String> {
    let counts = [number(line, "limit")?, number(line, "immediate")?, number(line, "cancel")?];
    let total: f64 = counts.iter().sum();
    let shares: Vec<String> = counts.iter().map(|count| format!("{:.0}", 100.0 * count / total)).collect();
    Ok(format!("{} %", shares.join(" / ")))
}

#[cfg(test)]
mod tests {
    use super::{expected, mix, of_file};

    #[test]
    fn a_mix_is_shares_of_kinds() {
        assert_eq!(mix(r#"{"limit":54,"immediate":8,"cancel":38}"#).unwrap(), "54 / 8 / 38 %");
    }

    #[test]
    fn what_a_file_leads_to_is_looked_up_by_its_name() {
        let text = concat!(
            r#"{"file":"a.bin","fills":1,"qty":2,"notional":3,"hash":"04","resting":5}"#,
            "\n",
            r#"{"file":"b.bin","fills":6}"#
        );
        assert_eq!(expected(text, "a.bin"), Ok(Some("1 2 3 04 5".to_owned())));
        assert_eq!(expected(text, "c.bin"), Ok(None));
        assert!(expected(text, "b.bin").unwrap_err().contains("no `qty`"));
        assert_eq!(of_file("some/where/s1.bin").unwrap().name, "s1");
        assert!(of_file("..").is_err());
    }
}
