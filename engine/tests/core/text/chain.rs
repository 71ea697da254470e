//! What happens about a chain, as lines.

use engine::chain::Pseudonym;
use engine::event::Event;
use engine::ids::AssetId;

use super::Names;
use crate::calendar::write_time;

/// A pseudonym that reads as a word, so that days can be told.
pub fn pseudonym_named(name: &str) -> Pseudonym {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Pseudonym(bytes)
}

fn name_of(pseudonym: Pseudonym) -> String {
    let text = String::from_utf8(pseudonym.0.to_vec()).unwrap();
    text.trim_end_matches('\0').to_owned()
}

impl Names {
    pub(super) fn line_of_chain(&self, event: &Event) -> Option<String> {
        let line = match *event {
            Event::ChainAttached { chain, insurance } => {
                format!("attached {} insured by {}", chain.chain_id, name_of(insurance))
            }
            Event::AccountLinked { account, pseudonym } => {
                format!("linked {} {}", self.account(account), name_of(pseudonym))
            }
            Event::DepositCredited { index, pseudonym, amount, .. } => {
                format!("deposit {index} for {} {}", name_of(pseudonym), self.amount(AssetId::USD, amount))
            }
            Event::ImportCredited { index, pseudonym, asset, amount } => {
                format!("import {index} for {} {}", name_of(pseudonym), self.amount(asset, amount))
            }
            Event::WithdrawnToChain { account, asset, amount, claimable } => {
                let [amount, claimable] = [amount, claimable].map(|amount| self.amount(asset, amount));
                format!("out {} {amount} claimable {claimable}", self.account(account))
            }
            Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits } => {
                format!("cut {number} of {first_seq}..{last_seq} deposits {deposits} imports {imports} exits {exits}")
            }
            Event::BatchConfirmed { number } => format!("confirmed {number}"),
            Event::ExitReceived { number, pseudonym, target, account } => {
                let account = account.map_or("nobody", |account| self.account(account));
                let target = self.amount(AssetId::USD, target);
                format!("exit {number} of {} to {target} for {account}", name_of(pseudonym))
            }
            Event::ExitRound { account, equity } => format!("exit round of {} equity {equity}", self.account(account)),
            Event::ExitPostponed { account, next } => {
                format!("exit of {} postponed to {}", self.account(account), write_time(next))
            }
            Event::ExitEnded { account, covered } => {
                format!("exit of {} over {}", self.account(account), if covered { "covered" } else { "with less" })
            }
            Event::CloseOutStarted { account, equity } => {
                format!("closing out {} equity {equity}", self.account(account))
            }
            Event::CloseOutEnded { account, equity } => format!("closed out {} equity {equity}", self.account(account)),
            Event::ChainFrozen { pinned } => format!("frozen at {pinned}"),
            _ => return None,
        };
        Some(line)
    }
}
