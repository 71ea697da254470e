//! What came of commands about the chain, so that a run can say what it came by.

use engine::command::Command;
use engine::event::{Event, TransferReason};
use engine::ids::AssetId;
use engine::ledger::LedgerAccount;
use engine::units::Timestamp;

use crate::compare::Seen;
use crate::twin::Twin;

/// Counts what came of a command, as far as the chain is concerned; `twin` is as it is behind it.
pub fn note(twin: &Twin, now: Timestamp, command: &Command, events: &[Event], seen: &mut Seen) {
    if !twin.has_chain() {
        return;
    }
    let mut note = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    let count = |is_it: fn(&Event) -> bool| events.iter().filter(|event| is_it(event)).count();
    let moved = count(|event| matches!(event, Event::Transferred { reason: TransferReason::Deposit, .. }));
    let repaid = count(|event| matches!(event, Event::Transferred { reason: TransferReason::Repayment, .. }));
    let swept = count(|event| matches!(event, Event::OrderCancelled { .. }));
    for event in events {
        match *event {
            Event::AccountLinked { .. } if moved > 1 => note("a link brings two assets"),
            Event::AccountLinked { .. } if moved > 0 => note("a link brings what waited"),
            Event::DepositCredited { .. } if repaid > 0 => note("a deposit repays what is owed"),
            Event::WithdrawnToChain { .. } if *command == Command::ProcessDue => note("a payment of an exit"),
            Event::WithdrawnToChain { .. } if twin.pending_transfers().is_empty() => note("a withdrawal"),
            Event::WithdrawnToChain { .. } => note("a withdrawal while something is pending"),
            Event::BatchCut { .. } => note_batch(twin, &mut note),
            Event::ExitReceived { account: None, .. } => note("an exit of nobody's"),
            Event::ExitReceived { account: Some(account), .. } => {
                let exits = twin.chain_standing().exits;
                if exits.iter().any(|exit| exit.0 == account && exit.2 < now) {
                    note("an exit joins an exit");
                }
                if swept > 0 {
                    note("an exit sweeps orders");
                }
                if !twin.margined_positions(account).is_empty() {
                    note("an exit with positions");
                }
            }
            Event::LiquidationOrdered { account, lots, .. } if twin.in_a_round_of_exit() == Some(account) => {
                let of = |event: &Event| if let Event::Traded(trade) = event { trade.lots.0 } else { 0 };
                let traded: u32 = events.iter().map(of).sum();
                note(match traded {
                    0 => "an order of an exit does not trade",
                    _ if traded < lots.0 => "an order of an exit trades in part",
                    _ => "an order of an exit trades wholly",
                });
            }
            Event::ExitPostponed { account, .. } => {
                let left = twin.margined_positions(account);
                note(if twin.is_in_liquidation(account) {
                    "an exit waits for a liquidation"
                } else if left.is_empty() {
                    "an exit waits for a settlement"
                } else if left.iter().any(|instrument| twin.is_liquid(*instrument)) {
                    "an exit waits for the book"
                } else {
                    "an exit waits for a contract"
                });
            }
            Event::ExitEnded { covered, .. } => {
                note(if covered { "an exit is covered" } else { "an exit ends with less" });
            }
            Event::CloseOutEnded { account, .. } => {
                let left = twin.margined_positions(account).len();
                note(if left > 0 { "a close-out leaves something" } else { "a close-out of everything" });
            }
            _ => {}
        }
    }
}

/// The leaves of a batch, and whether the vault has that much.
fn note_batch(twin: &Twin, note: &mut impl FnMut(&str)) {
    let leaves = twin.leaves();
    let settled: i128 = leaves.iter().filter(|leaf| leaf.asset == AssetId::USD).map(|leaf| leaf.settled).sum();
    let claimable = leaves.iter().any(|leaf| leaf.claimable > 0);
    note(if claimable { "a batch with something claimable" } else { "a batch with nothing claimable" });
    let owed = twin.accounts().into_iter().any(|account| twin.owed(account) > 0);
    if owed {
        note("a batch while somebody owes");
    }
    let has = -twin.posted(LedgerAccount::Chain, AssetId::USD);
    assert!(settled <= has, "a batch never says more than the vault has: {settled} of {has}");
}
