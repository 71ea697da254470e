//! Makes a failing script shorter: whole accounts first, then runs of commands, until time is up or nothing can go.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;
use std::time::{Duration, Instant};

use engine::command::{Command, Stamp};
use engine::order::{Amendment, OrderRequest};

use crate::fault::Fault;
use crate::plant::Plant;
use crate::trial::{Pace, Trial};

type Script = Vec<(Stamp, Command)>;

/// Scripts up to this length are looked at closely after each command.
const CLOSE: u64 = 200;

/// The shortest script found that breaks the same promise. Commands keep their numbers, and with them orders their names.
pub(crate) fn shorten(
    script: Script,
    touched: &[BTreeSet<u32>; 2],
    promise: &'static str,
    plant: Option<Plant>,
    within: Duration,
) -> Script {
    let deadline = Instant::now() + within;
    silently(|| {
        // What the events alone and the last command show needs no restarts, and is shown many times faster.
        let needs_events_only = fails(&script, promise, plant, true);
        let fails = |script: &[(Stamp, Command)]| fails(script, promise, plant, needs_events_only);
        if !fails(&script) {
            // It took the very moments at which the long run looked.
            return script;
        }
        let script = around(script, touched, &fails);
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, (_, command)) in script.iter().enumerate() {
            groups.entry(account_of(command)).or_default().push(at);
        }
        let by_account = reduce(&script, groups.into_values().collect(), &fails, deadline);
        let alone = (0..by_account.len()).map(|at| vec![at]).collect();
        let shorter = reduce(&by_account, alone, &fails, deadline);
        // Once more: what needed something that is gone now may go, too.
        let alone = (0..shorter.len()).map(|at| vec![at]).collect();
        reduce(&shorter, alone, &fails, deadline)
    })
}

/// The operator and the accounts that were there in the end, if they are enough; with more of those that came shortly before.
fn around(script: Script, touched: &[BTreeSet<u32>; 2], fails: &impl Fn(&[(Stamp, Command)]) -> bool) -> Script {
    let [few, more] = touched;
    for (there, before) in [(few, 0), (few, 16), (more, 0), (more, 256), (more, 2_048)] {
        let mut accounts: BTreeSet<u32> = there.iter().copied().chain([0]).collect();
        accounts.extend(script.iter().rev().take(before).map(|(_, command)| account_of(command)));
        let with_owners = |command: &Command| match command {
            Command::OpenAccount { .. } | Command::OpenSubAccount { .. } => true,
            other => accounts.contains(&account_of(other)),
        };
        let some: Script = script.iter().filter(|(_, command)| with_owners(command)).copied().collect();
        if fails(&some) {
            return some;
        }
    }
    script
}

/// Takes groups of commands out, half of them at once, then a quarter, down to single ones.
fn reduce(
    script: &[(Stamp, Command)],
    mut groups: Vec<Vec<usize>>,
    fails: &impl Fn(&[(Stamp, Command)]) -> bool,
    deadline: Instant,
) -> Script {
    let of = |groups: &[Vec<usize>]| -> Script {
        let mut places: Vec<usize> = groups.iter().flatten().copied().collect();
        places.sort_unstable();
        places.into_iter().map(|at| script[at]).collect()
    };
    let mut width = groups.len().div_ceil(2);
    while width > 0 {
        // What fails last is needed most, so the search begins at the front.
        let mut from = 0;
        while from < groups.len() && Instant::now() < deadline {
            let until = (from + width).min(groups.len());
            let rest = [&groups[..from], &groups[until..]].concat();
            if fails(&of(&rest)) {
                groups = rest;
            } else {
                from = until;
            }
        }
        width = if width == 1 { 0 } else { width.div_ceil(2) };
    }
    of(&groups)
}

fn fails(script: &[(Stamp, Command)], promise: &'static str, plant: Option<Plant>, events_only: bool) -> bool {
    let every = (script.len() as u64 / CLOSE).max(1);
    // A restart leaves nothing behind it to lose.
    let close = Pace { checkpoint: every, restart: 2 * every, refusal: every, power: 3 * every };
    let mut trial = Trial::new(1, if events_only { Pace::EVENTS } else { close }, plant);
    let broken = script.iter().enumerate().find_map(|(at, (stamp, command))| {
        // The command that fails is the last one of its script.
        trial.is_last = at + 1 == script.len();
        step(&mut trial, stamp, command).err()
    });
    let broken = if events_only { broken } else { broken.or_else(|| trial.finish().err()) };
    broken.is_some_and(|fault| fault.promise == promise)
}

/// What a power cut takes is sent again as it was, so that the script stays the same.
fn step(trial: &mut Trial, stamp: &Stamp, command: &Command) -> Result<(), Fault> {
    trial.step(stamp, command)?;
    for (stamp, command) in trial.lose_power()? {
        trial.step(&stamp, &command)?;
    }
    Ok(())
}

/// Panics are answers here: without the words on the standard error.
pub(crate) fn silently<T>(work: impl FnOnce() -> T) -> T {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = work();
    panic::set_hook(usual);
    outcome
}

/// Whose command it is; 0 for the operator's.
fn account_of(command: &Command) -> u32 {
    match *command {
        Command::OpenAccount { account }
        | Command::OpenSubAccount { account, .. }
        | Command::SetAccountLimits { account, .. }
        | Command::RegisterKey { role: engine::command::Role::Trader(account), .. }
        | Command::Deposit { account, .. }
        | Command::RequestWithdrawal { account, .. }
        | Command::TransferFunds { from: account, .. }
        | Command::AssignFeeTier { account, .. }
        | Command::SubmitOrder(OrderRequest { account, .. })
        | Command::AmendOrder(Amendment { account, .. })
        | Command::CancelOrder { account, .. }
        | Command::CancelAllOrders { account, .. }
        | Command::CancelAfter { account, .. } => account.0,
        _ => 0,
    }
}
