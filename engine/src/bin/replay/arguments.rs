//! The command line as data, so that whatever was typed wrongly is said before any work begins.

use super::error::Error;
use super::flow::Shape;
use super::state::Size;

/// What was asked for.
pub(crate) enum Task {
    Help,
    Generate { file: String, shape: Shape },
    Replay { file: String, mode: Mode, latency: bool },
    State(Size),
    Steps,
    Portfolio,
}

/// Through what the flow is replayed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// The venue's book and index.
    Book,
    /// The whole exchange.
    Exchange,
    /// The whole exchange with all contracts on margin.
    Margin,
    /// The whole exchange, its commands decoded from a journal and its events hashed: the rate of a restart.
    Journal,
    /// The plain book that everything is compared with.
    Naive,
}

pub(crate) fn parse(words: &[String]) -> Result<Task, Error> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Err(Error::Usage("no arguments".to_owned())),
        ["help" | "--help" | "-h"] => Ok(Task::Help),
        ["generate", file, options @ ..] => parse_generate(file, options),
        ["state", "--orders", orders, "--accounts", accounts] => parse_state(orders, accounts),
        ["steps"] => Ok(Task::Steps),
        ["portfolio"] => Ok(Task::Portfolio),
        ["state", ..] => Err(Error::Usage("state takes --orders N --accounts N".to_owned())),
        [file, options @ ..] => parse_replay(file, options),
    }
}

fn parse_replay(file: &str, mut options: &[&str]) -> Result<Task, Error> {
    let (mut mode, mut latency) = (None, false);
    while let Some((&option, rest)) = options.split_first() {
        options = rest;
        match option {
            "--latency" => latency = true,
            "--mode" => {
                let (&name, rest) = rest.split_first().ok_or_else(|| Error::Usage("--mode names none".to_owned()))?;
                options = rest;
                mode = Some(match name {
                    "book" => Mode::Book,
                    "exchange" => Mode::Exchange,
                    "margin" => Mode::Margin,
                    "journal" => Mode::Journal,
                    "naive" => Mode::Naive,
                    _ => return Err(Error::Usage(format!("unknown mode `{name}`"))),
                });
            }
            _ => return Err(Error::Usage(format!("unknown option `{option}`"))),
        }
    }
    let mode = mode.ok_or_else(|| Error::Usage("--mode is missing".to_owned()))?;
    Ok(Task::Replay { file: file.to_owned(), mode, latency })
}

fn parse_state(orders: &str, accounts: &str) -> Result<Task, Error> {
    let size = orders.parse().ok().zip(accounts.parse().ok()).map(|(orders, accounts)| Size { orders, accounts });
    // No account has more live orders than it may.
    let fits = |size: &Size| {
        (1..=1_000_000).contains(&size.accounts) && size.orders <= u64::from(size.accounts).saturating_mul(1_000)
    };
    let wrong = || Error::Usage(format!("state of {orders} orders of {accounts} accounts: at most 1000 orders each"));
    size.filter(fits).map(Task::State).ok_or_else(wrong)
}

fn parse_generate(file: &str, mut options: &[&str]) -> Result<Task, Error> {
    let (mut operations, mut symbols, mut depth, mut seed, mut opaque) = (None, None, None, None, false);
    while let Some((&option, rest)) = options.split_first() {
        options = rest;
        let number = match option {
            "--opaque" => {
                opaque = true;
                continue;
            }
            "--ops" => &mut operations,
            "--symbols" => &mut symbols,
            "--depth" => &mut depth,
            "--seed" => &mut seed,
            _ => return Err(Error::Usage(format!("unknown option `{option}`"))),
        };
        let (value, rest) = rest.split_first().ok_or_else(|| Error::Usage(format!("{option} has no number")))?;
        options = rest;
        let parsed = value.parse::<u64>().map_err(|_| Error::Usage(format!("{option} {value} is not a number")))?;
        *number = Some(parsed);
    }
    let required = |number: Option<u64>, option: &str, most: u64| match number {
        Some(number) if number <= most => Ok(number),
        Some(number) => Err(Error::Usage(format!("{option} {number} is above {most}"))),
        None => Err(Error::Usage(format!("{option} is missing"))),
    };
    // Orders alive and operations written fit into memory many times over, and counts into 32 bits.
    let shape = Shape {
        operations: required(operations, "--ops", 1_000_000_000)?,
        symbols: required(symbols, "--symbols", 65_536)?.max(1),
        depth: required(depth, "--depth", 10_000_000)?.max(1),
        seed: required(seed, "--seed", u64::MAX)?,
        opaque,
    };
    if shape.symbols * shape.depth > 100_000_000 {
        return Err(Error::Usage("symbols times depth is above 100000000".to_owned()));
    }
    Ok(Task::Generate { file: file.to_owned(), shape })
}
