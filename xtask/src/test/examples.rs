//! Runs the numbered examples, and compares the fixings of the Rust index with those that an independent Python
//! program recomputes from the same reports.

use std::process::Command;

use crate::cargo::{cargo, output};
use crate::repo::{self, Tree};
use crate::tally::Tally;
use crate::tidy::example_names;

const FIXINGS: &str = "02_fixings";
const RECOMPUTE: &str = "examples/recompute_fixings.py";

pub(crate) fn run(tally: &mut Tally) -> Result<(), String> {
    let tree = Tree::load(&repo::root()).map_err(|error| format!("cannot read the repository: {error}"))?;
    for name in example_names(&tree).iter().filter(|name| name.starts_with(|first: char| first.is_ascii_digit())) {
        attempt(tally, &format!("example {name}"), output(&mut example(name)));
        tally.count("examples run", 1);
    }
    attempt(tally, "recomputation, self-test", output(&mut python(&["--self-test"])));
    match compare_fixings() {
        Ok(rows) => {
            println!("{rows} rows of fixings compared, byte for byte");
            tally.pass(1);
            tally.count("fixing rows compared", rows);
        }
        Err(reason) => fail(tally, "fixings", &reason),
    }
    Ok(())
}

fn attempt(tally: &mut Tally, name: &str, outcome: Result<Vec<u8>, String>) {
    match outcome {
        Ok(_) => tally.pass(1),
        Err(reason) => fail(tally, name, &reason),
    }
}

fn fail(tally: &mut Tally, name: &str, reason: &str) {
    println!("{reason}");
    tally.fail(format!("{name}: {}", reason.lines().next().unwrap_or_default()));
}

fn example(name: &str) -> Command {
    cargo(&["run", "--quiet", "-p", "examples", "--example", name])
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    // Without `-B` the interpreter would leave compiled files in the source tree.
    command.arg("-B").arg(RECOMPUTE).args(arguments).current_dir(repo::root());
    command
}

fn compare_fixings() -> Result<u64, String> {
    let published = output(example(FIXINGS).args(["--", "--csv"]))?;
    let recomputed = output(&mut python(&[]))?;
    compare(&published, &recomputed)
}

/// How many rows are equal, or where the first difference is.
fn compare(published: &[u8], recomputed: &[u8]) -> Result<u64, String> {
    let (published_text, recomputed_text) = (String::from_utf8_lossy(published), String::from_utf8_lossy(recomputed));
    if published != recomputed {
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            (published_text.split('\n').collect(), recomputed_text.split('\n').collect());
        let at = ours.iter().zip(&theirs).position(|(a, b)| a != b).unwrap_or(ours.len().min(theirs.len()));
        let line = |lines: &[&str]| lines.get(at).map_or("(no line)".to_owned(), |line| format!("`{line}`"));
        let (ours, theirs) = (line(&ours), line(&theirs));
        return Err(format!("fixings differ at line {}: rust says {ours}, python says {theirs}", at + 1));
    }
    Ok(published_text.lines().filter(|line| is_data(line)).count() as u64)
}

/// A heading has no digit; every fixing has a date and a price.
fn is_data(line: &str) -> bool {
    line.contains(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn equal_rows_are_counted_without_the_heading() {
        assert_eq!(compare(b"series,day,fixing\nA,1,2.5\nA,2,2.6\n", b"series,day,fixing\nA,1,2.5\nA,2,2.6\n"), Ok(2));
        assert_eq!(compare(b"", b""), Ok(0));
    }

    #[test]
    fn the_first_difference_is_named() {
        let rows: [(&str, &str, &str); 4] = [
            ("a,1\nb,2\n", "a,1\nb,3\n", "line 2: rust says `b,2`, python says `b,3`"),
            ("a,1\n", "a,1\nb,3\n", "line 2: rust says ``, python says `b,3`"),
            ("a,1", "a,1\n", "line 2: rust says (no line), python says ``"),
            ("a,1\n", "a,1\r\n", "line 1"),
        ];
        for (ours, theirs, expected) in rows {
            let reason = compare(ours.as_bytes(), theirs.as_bytes()).unwrap_err();
            assert!(reason.contains(expected), "{reason}");
        }
    }
}
