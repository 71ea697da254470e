//! Rule `calls`: a command in a document can be typed, and every `sh` block is run by `cargo xtask test` or says why not.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Finding;
use crate::COMMANDS;
use crate::doc_commands::{Call, calls};
use crate::markdown::{Block, blocks, pages};
use crate::repo::Tree;

/// Subcommands that run until they are stopped, and commands that would run this check inside itself.
const NEVER_ENDING: [&str; 2] = ["demo", "serve"];
const SELF_CALLING: [&str; 2] = ["test", "soak"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let examples = example_names(tree);
    let blocks = pages(tree).flat_map(blocks);
    blocks.flat_map(|block| [check_marks(&block), check_calls(&block, &examples)].concat()).collect()
}

/// The examples of the workspace: those that a manifest names and those that lie in an `examples` folder of a crate.
pub(crate) fn example_names(tree: &Tree) -> BTreeSet<String> {
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let named = manifests.filter_map(|file| file.text.parse::<Table>().ok()).flat_map(|manifest| {
        let examples = manifest.get("example").and_then(Value::as_array).cloned().unwrap_or_default();
        examples.into_iter().filter_map(|example| Some(example.get("name")?.as_str()?.to_owned()))
    });
    let found = tree.files.iter().filter_map(|file| match file.path.split('/').collect::<Vec<_>>().as_slice() {
        [_, "examples", name] | [_, "examples", name, "main.rs"] => Some(name.trim_end_matches(".rs").to_owned()),
        _ => None,
    });
    named.chain(found).collect()
}

fn check_marks(block: &Block) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |message: &str| findings.push(Finding::new(&block.path, block.line, message));
    if ["bash", "shell", "zsh"].contains(&block.language()) {
        find("mark the block `sh` (it is run) or `console` (a transcript), so that it is checked");
    }
    if block.language() == "sh" && block.is_marked("no-run") && block.comment.is_none() {
        find("say in `<!-- … -->` on the line above why `sh no-run` cannot be run");
    }
    if let Some(mark) = block.info.iter().skip(1).find(|mark| block.language() == "sh" && *mark != "no-run") {
        find(&format!("unknown mark `{mark}`: a `sh` block knows `no-run` only"));
    }
    findings
}

fn check_calls(block: &Block, examples: &BTreeSet<String>) -> Vec<Finding> {
    if !["sh", "console"].contains(&block.language()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, call) in calls(block) {
        let problem = match call {
            Call::Example(name) if !examples.contains(&name) => Some(format!("there is no example `{name}`")),
            Call::Xtask(name) if COMMANDS.iter().all(|(known, _)| *known != name) => {
                Some(format!("there is no command `cargo xtask {name}`"))
            }
            Call::Xtask(name) if block.runs() && SELF_CALLING.contains(&name.as_str()) => {
                Some(format!("`cargo xtask {name}` would run itself: mark the block `sh no-run`"))
            }
            Call::Terahour(name) if block.runs() && NEVER_ENDING.contains(&name.as_str()) => {
                Some(format!("`{name}` runs until it is stopped: mark the block `sh no-run`"))
            }
            _ => None,
        };
        findings.extend(problem.map(|problem| Finding::new(&block.path, line, problem)));
    }
    findings
}
