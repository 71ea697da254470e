//! The words of golden days about a chain.

use engine::chain::{Address, ChainDomain, RollingHash, Signature64};
use engine::command::Command;
use engine::ids::AccountId;
use engine::units::Amount;

use super::Runner;
use super::words::{parse_amount, parse_micros};
use crate::text::chain::pseudonym_named;
use crate::venue::Exchange;

/// Nothing here looks at a signature.
const SIGNATURE: Signature64 = Signature64([7; 64]);

impl<E: Exchange> Runner<E> {
    pub(super) fn command_of_chain_by_trader(&mut self, account: AccountId, words: &[&str]) -> Option<Command> {
        match *words {
            ["links", name] => {
                Some(Command::LinkAccount { account, pseudonym: pseudonym_named(name), signature: SIGNATURE })
            }
            ["exports", amount, ref asset @ ..] => {
                let ((asset, amount), reference) = (parse_amount(amount, asset), self.next_payment(account));
                Some(Command::WithdrawToChain { account, asset, amount, reference, signature: SIGNATURE })
            }
            _ => None,
        }
    }
}

pub(super) fn command_of_chain(words: &[&str]) -> Option<Command> {
    let number = |text: &str| text.parse().unwrap();
    let command = match *words {
        ["attaches", id, "insured", "by", name] => {
            let (vault, token) = (Address([1; 20]), Address([2; 20]));
            let chain = ChainDomain { chain_id: number(id), vault, token };
            Command::AttachChain { chain, insurance: pseudonym_named(name) }
        }
        ["receives", index, name, amount] => {
            let (pseudonym, amount) = (pseudonym_named(name), Amount(parse_micros(amount)));
            let hash = RollingHash([u8::try_from(number(index)).unwrap(); 32]);
            Command::CreditDeposit { index: number(index), pseudonym, amount, hash }
        }
        ["imports", index, name, amount, ref asset @ ..] => {
            let (asset, amount) = parse_amount(amount, asset);
            Command::CreditImport { index: number(index), pseudonym: pseudonym_named(name), asset, amount }
        }
        ["cuts", index] => Command::CutBatch { number: number(index) },
        ["confirms", index] => Command::ConfirmBatch { number: number(index) },
        ["exits", index, name, target] => {
            let (pseudonym, target) = (pseudonym_named(name), Amount(parse_micros(target)));
            Command::ReceiveExit { number: number(index), pseudonym, target }
        }
        ["freezes", pinned] => Command::RecordFreeze { pinned: number(pinned) },
        _ => return None,
    };
    Some(command)
}
