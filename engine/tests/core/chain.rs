//! A ledger with a chain: the page's examples on engine and twin, and random lives in which money comes from the chain, batches are cut and
//! accounts leave.

mod exits;
mod lives;
pub mod seen;
mod uncovered;
mod vaults;
mod worked;
mod writer;

use engine::chain::{Address, ChainDomain, Pseudonym, RollingHash, Signature64};
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, KeyId};
use engine::reject::Reject;
use engine::units::Amount;

use crate::counts::count;
use crate::venue::{Stage, VenueOf};

const DOMAIN: ChainDomain = ChainDomain { chain_id: 31_337, vault: Address([1; 20]), token: Address([2; 20]) };
/// The insurance fund on the chain.
pub const FUND: Pseudonym = Pseudonym([0xf0; 32]);
const SIGNATURE: Signature64 = Signature64([9; 64]);

/// The pseudonym of a small number.
pub fn alias(number: u32) -> Pseudonym {
    Pseudonym([u8::try_from(number).unwrap(); 32])
}

pub fn attach() -> Command {
    Command::AttachChain { chain: DOMAIN, insurance: FUND }
}

pub fn link(account: u32, pseudonym: Pseudonym) -> Command {
    Command::LinkAccount { account: AccountId(account), pseudonym, signature: SIGNATURE }
}

pub fn arrival(index: u64, pseudonym: Pseudonym, micros: i64) -> Command {
    Command::CreditDeposit { index, pseudonym, amount: Amount(micros), hash: RollingHash([7; 32]) }
}

pub fn withdrawal(account: u32, asset: AssetId, amount: i64, reference: u64) -> Command {
    let (account, amount) = (AccountId(account), Amount(amount));
    Command::WithdrawToChain { account, asset, amount, reference, signature: SIGNATURE }
}

/// Sends a command with the key of an account.
fn as_owner<E: Stage>(venue: &mut VenueOf<E>, account: u32, command: Command) -> Result<(), Reject> {
    venue.send(KeyId(u64::from(account)), command)
}

/// The same story on both, which must be told alike.
fn on_both(on_engine: Vec<Event>, on_twin: Vec<Event>) -> Vec<Event> {
    assert_eq!(on_engine, on_twin);
    count(on_engine.len(), "events of chains worked out by hand");
    on_engine
}
