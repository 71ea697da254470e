//! Types what the documents tell a reader to type: every `sh` block runs, and every subcommand of `terahour` that a
//! document names is one that `terahour --help` lists.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cargo::{cargo, output};
use crate::doc_commands::{Call, calls};
use crate::markdown::{Block, blocks, pages};
use crate::repo::{self, Tree};
use crate::tally::Tally;

const TIME_LIMIT: Duration = Duration::from_secs(300);

pub(crate) fn run(tally: &mut Tally) -> Result<(), String> {
    let tree = Tree::load(&repo::root()).map_err(|error| format!("cannot read the repository: {error}"))?;
    let blocks: Vec<Block> = pages(&tree).flat_map(blocks).collect();
    for problem in unknown_subcommands(&blocks)? {
        println!("{problem}");
        tally.fail(problem);
    }
    let log = repo::target_dir().join("document-block.log");
    for block in blocks.iter().filter(|block| block.runs()) {
        let place = format!("{}:{}", block.path, block.line);
        let start = Instant::now();
        match run_script(&block.body, &log, TIME_LIMIT) {
            Ok(()) => {
                println!("{place}: ok ({:.1} s)", start.elapsed().as_secs_f64());
                tally.pass(1);
            }
            Err(reason) => {
                println!("{place}: {reason}\n{}", fs::read_to_string(&log).unwrap_or_default());
                tally.fail(format!("{place}: {reason}"));
            }
        }
        tally.count("document blocks run", 1);
    }
    Ok(())
}

/// Asks the program only when a document names one of its subcommands.
fn unknown_subcommands(blocks: &[Block]) -> Result<Vec<String>, String> {
    let shell = blocks.iter().filter(|block| ["sh", "console"].contains(&block.language()));
    let named: Vec<(String, String)> = shell
        .flat_map(|block| calls(block).into_iter().map(move |(line, call)| (format!("{}:{line}", block.path), call)))
        .filter_map(|(place, call)| if let Call::Terahour(name) = call { Some((place, name)) } else { None })
        .collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let help = output(&mut cargo(&["run", "--quiet", "-p", "api", "--", "--help"]))?;
    let known = subcommands(&String::from_utf8_lossy(&help));
    let unknown = named.into_iter().filter(|(_, name)| !known.contains(name));
    Ok(unknown.map(|(place, name)| format!("{place}: `terahour --help` lists no `{name}`")).collect())
}

/// The first words of the indented lines below `Commands:`.
fn subcommands(help: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| line.trim() != "Commands:").skip(1);
    let listed = below.take_while(|line| line.starts_with(' '));
    // A help text that wraps is indented deeper than the names.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Runs a script by bash at the root; what it says goes to `log`. At the time limit its whole process group is ended.
fn run_script(script: &str, log: &Path, limit: Duration) -> Result<(), String> {
    let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let stdout = File::create(log).map_err(|error| failed("cannot write the log", error))?;
    let stderr = stdout.try_clone().map_err(|error| failed("cannot write the log", error))?;
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).current_dir(repo::root()).process_group(0);
    let spawned = bash.stdin(std::process::Stdio::null()).stdout(stdout).stderr(stderr).spawn();
    let mut child = spawned.map_err(|error| failed("cannot start bash", error))?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| failed("cannot wait for bash", error))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("failed: {status}")),
            None if start.elapsed() < limit => sleep(Duration::from_millis(50)),
            None => {
                // Bash has `kill` built in; the standard library can end one process only, not a group.
                let end = format!("kill -9 -- -{}", child.id());
                let _ = Command::new("bash").args(["-c", &end]).status();
                let _ = child.wait();
                return Err(format!("took longer than {} s", limit.as_secs()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{run_script, subcommands};
    use std::time::{Duration, Instant};

    fn script(name: &str, text: &str, limit: Duration) -> Result<(), String> {
        let log = std::env::temp_dir().join(format!("terahour-xtask-{name}-{}.log", std::process::id()));
        let outcome = run_script(text, &log, limit);
        std::fs::remove_file(log).unwrap();
        outcome
    }

    #[test]
    fn a_block_fails_with_its_first_failing_command() {
        let limit = Duration::from_secs(60);
        assert_eq!(script("good", "true\ntest -f Cargo.toml\n", limit), Ok(()));
        assert!(script("bad", "false\ntrue\n", limit).is_err());
        assert!(script("pipe", "false | true\n", limit).is_err());
        assert!(script("unset", "echo $NOT_SET_ANYWHERE\n", limit).is_err());
    }

    #[test]
    fn a_block_that_does_not_end_is_ended_with_its_children() {
        let start = Instant::now();
        let outcome = script("long", "sleep 300 & wait\n", Duration::from_millis(200));
        assert_eq!(outcome, Err("took longer than 0 s".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn subcommands_are_read_from_the_help_page() {
        let help = "A venue\n\nUsage: terahour [OPTIONS]\n\nCommands:\n  demo    Starts a venue\n  verify  Replays\n          \
                    a journal\n\nOptions:\n  -h  Help\n";
        assert_eq!(subcommands(help), ["demo", "verify"]);
        assert!(subcommands("no such section").is_empty());
    }
}
