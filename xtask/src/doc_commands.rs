//! The commands that the documents tell a reader to type, as data: a front page must not name what is not there.

use crate::markdown::Block;

/// What a line of a `sh` or `console` block calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    /// `cargo run … --example NAME`
    Example(String),
    /// `cargo xtask NAME`
    Xtask(String),
    /// `cargo run … -- NAME` or `terahour NAME`
    Terahour(String),
}

/// All calls of a block with the line each stands on.
pub(crate) fn calls(block: &Block) -> Vec<(usize, Call)> {
    let mut found = Vec::new();
    for (number, line) in commands(block) {
        // A separator ends one command and starts the next; quotes around it are too rare in documents to matter.
        let line = line.replace("$(", " ").replace([';', '|', '&', '(', ')'], "\n");
        found.extend(line.lines().filter_map(call).map(|call| (number, call)));
    }
    found
}

/// The command lines of a block: continued lines joined, comments dropped; in a console only what follows the prompt.
fn commands(block: &Block) -> Vec<(usize, String)> {
    let mut commands: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    for (index, line) in block.body.lines().enumerate() {
        let text = line.trim();
        let typed = if block.language() == "console" && !is_continued { text.strip_prefix("$ ") } else { Some(text) };
        let Some(typed) = typed.filter(|typed| !typed.starts_with('#')) else { continue };
        let (typed, continues) = typed.strip_suffix('\\').map_or((typed, false), |typed| (typed, true));
        match commands.last_mut() {
            Some((_, command)) if is_continued => command.push_str(typed),
            _ => commands.push((block.line + 1 + index, typed.to_owned())),
        }
        is_continued = continues;
    }
    commands
}

fn call(command: &str) -> Option<Call> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let program = words.iter().position(|word| *word == "cargo" || word.rsplit('/').next() == Some("terahour"))?;
    let arguments = &words[program + 1..];
    match (words[program], arguments.first()) {
        ("cargo", Some(&"xtask")) => Some(Call::Xtask(arguments.get(1).unwrap_or(&"").to_string())),
        ("cargo", Some(&"run")) => cargo_run(&arguments[1..]),
        ("cargo", _) => None,
        _ => subcommand(arguments).map(Call::Terahour),
    }
}

fn cargo_run(arguments: &[&str]) -> Option<Call> {
    let split = arguments.iter().position(|word| *word == "--");
    let (of_cargo, of_program) = split.map_or((arguments, &[][..]), |at| (&arguments[..at], &arguments[at + 1..]));
    if let Some(name) = option(of_cargo, &["--example"]) {
        return Some(Call::Example(name));
    }
    match option(of_cargo, &["-p", "--package"]).as_deref() {
        None | Some("api") => subcommand(of_program).map(Call::Terahour),
        Some("xtask") => subcommand(of_program).map(Call::Xtask),
        Some(_) => None,
    }
}

fn option(words: &[&str], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(index, word)| {
        let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
        let value = value.or_else(|| words.get(index + 1).copied());
        value.filter(|_| names.contains(&name)).map(str::to_owned)
    })
}

fn subcommand(words: &[&str]) -> Option<String> {
    words.first().filter(|word| !word.starts_with('-')).map(|word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Call, calls};
    use crate::markdown::blocks;
    use crate::repo::File;

    fn found(language: &str, body: &str) -> Vec<(usize, Call)> {
        let text = format!("```{language}\n{body}\n```\n");
        let page = File { path: "README.md".to_owned(), text };
        blocks(&page).iter().flat_map(calls).collect()
    }

    #[test]
    fn every_form_of_call_is_recognised() {
        let example = |name: &str| Call::Example(name.to_owned());
        let xtask = |name: &str| Call::Xtask(name.to_owned());
        let terahour = |name: &str| Call::Terahour(name.to_owned());
        let rows = [
            ("cargo run -p examples --example 02_fixings -- --csv", Some(example("02_fixings"))),
            ("cargo run --example=01_trading_day", Some(example("01_trading_day"))),
            ("cargo xtask test --no-install", Some(xtask("test"))),
            ("cargo run -p xtask -- tidy", Some(xtask("tidy"))),
            ("cargo run --release -- demo --port 8080", Some(terahour("demo"))),
            ("RUST_LOG=info ./target/release/terahour verify", Some(terahour("verify"))),
            ("diff <(cargo run -q -- export) old.csv", Some(terahour("export"))),
            ("cargo run -- --help", None),
            ("cargo build --release", None),
            ("# cargo xtask nothing", None),
        ];
        for (line, expected) in rows {
            let found = found("sh", line).into_iter().map(|(_, call)| call).next();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn lines_continue_and_consoles_have_prompts() {
        let found_calls = found("sh", "cargo run \\\n  --example 01_a && cargo xtask tidy");
        assert_eq!(found_calls, [(2, Call::Example("01_a".to_owned())), (2, Call::Xtask("tidy".to_owned()))]);
        let found_calls = found("console", "$ cargo xtask tidy\ncargo xtask output");
        assert_eq!(found_calls, [(2, Call::Xtask("tidy".to_owned()))]);
    }
}
