//! What came of commands about vaults, so that a run can say what it came by.

use engine::command::Command;
use engine::event::{CancelReason, Event, TransferReason};
use engine::ledger::{LedgerAccount, Purse};
use engine::vaults::{VaultCommand, VaultEvent, VaultState};

use crate::compare::Seen;
use crate::twin::Twin;

/// Counts what came of a command, as far as vaults are concerned; `twin` is as it is behind it.
pub fn note(twin: &Twin, command: &Command, events: &[Event], seen: &mut Seen) {
    if twin.vaults().is_empty() {
        return;
    }
    let mut note = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    let processes = *command == Command::ProcessDue;
    let expires = |event: &Event| matches!(event, Event::OrderCancelled { reason: CancelReason::Expired, .. });
    let of = |vault| twin.vaults().into_iter().find(|(terms, _)| terms.vault == vault).unwrap();
    if let [Event::Rejected(reject)] = events {
        note(&format!("refused {}", reject.code()));
    }
    if processes && twin.vaults().iter().any(|(_, state)| *state == VaultState::WindingUp) && events.iter().any(expires)
    {
        note("orders in shares expire");
    }
    for event in events {
        match *event {
            Event::Vault(VaultEvent::VaultStateChanged { state, .. }) => {
                note(&format!("a vault is {}", state.name()));
                if processes && state == VaultState::Refunding {
                    note("a deadline of a vault passes");
                }
            }
            Event::Vault(VaultEvent::RevenueRecorded(revenue)) => {
                note("an entry of revenue");
                for (what, amount) in [
                    ("a day that costs more than it brings", revenue.shortfall),
                    ("something carried", revenue.carried),
                    ("an entry with exported shares", revenue.exported),
                    ("something for holders", revenue.per_share),
                ] {
                    if amount.0 > 0 {
                        note(what);
                    }
                }
            }
            Event::Vault(VaultEvent::YieldClaimed { .. }) => {
                note(if processes { "yield is paid at the end" } else { "yield is claimed" });
            }
            Event::Vault(VaultEvent::SharesRedeemed { amount, .. }) => {
                note(if processes { "shares are redeemed" } else { "shares are redeemed later" });
                if amount.0 == 0 {
                    note("shares are worth nothing");
                }
            }
            Event::Vault(VaultEvent::WindUpStarted { vault, residual, .. }) => {
                let (terms, _) = of(vault);
                if residual.0 > 0 {
                    note("a residual");
                }
                if twin.on_the_ledger(terms.asset) < 100 * i128::from(terms.gpus) {
                    note("a vault is wound up with shares outside");
                }
            }
            Event::Transferred {
                from: LedgerAccount::Vault(_, Purse::Escrow), reason: TransferReason::Refund, ..
            } => {
                note("a subscription is paid back");
            }
            Event::Transferred { reason: TransferReason::Repayment, .. }
                if matches!(command, Command::Vault(_)) || processes =>
            {
                note("a vault's payment repays what is owed");
            }
            Event::Traded(trade) => {
                let is_pair =
                    twin.vaults().iter().any(|(terms, _)| twin.pairs_of(terms.asset).contains(&trade.instrument));
                if is_pair {
                    note("shares trade");
                }
            }
            _ => {}
        }
    }
    if let (Command::Vault(VaultCommand::ClaimYield { .. }), true) = (command, events.len() > 3) {
        note("a claim with much to say");
    }
}
