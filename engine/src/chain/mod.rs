//! The chain that US dollars come from and go to: what the ledger knows of it. The rules are in `docs/chain.md`.

mod attach;
mod batches;
mod moves;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use crate::chain::moves::check_next;
use crate::command::Command;
use crate::engine::Engine;
use crate::event::Event;
use crate::exits::Exit;
use crate::ids::{AccountId, AssetId, Seq};
use crate::reject::Reject;
use crate::rules::Rules;
use crate::units::Amount;

/// Who an account is on the chain: the hash of its owner's address and a secret salt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; 32]);

/// A contract on the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub [u8; 20]);

/// The vault's hash of all its deposits up to one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RollingHash(pub [u8; 32]);

/// An Ed25519 signature, journaled for whoever checks it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature64(pub [u8; 64]);

impl Pseudonym {
    /// Nobody.
    pub const ZERO: Pseudonym = Pseudonym([0; 32]);
}

impl Address {
    /// No contract.
    pub const ZERO: Address = Address([0; 20]);
}

impl RollingHash {
    /// Of no deposit.
    pub const ZERO: RollingHash = RollingHash([0; 32]);
}

/// A chain and the two contracts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainDomain {
    /// The chain's id.
    pub chain_id: u64,
    /// The vault, which holds the US dollars.
    pub vault: Address,
    /// The export token, which stands for everything else.
    pub token: Address,
}

/// A batch that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its number.
    pub number: u64,
    /// The command that cut it.
    pub seq: Seq,
}

/// What the ledger knows of its chain; nothing until one is attached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub(crate) attached: Option<Attached>,
    /// Deposits credited, and the vault's hash of them.
    pub(crate) deposits: (u64, RollingHash),
    pub(crate) imports: u64,
    pub(crate) exits: u64,
    pub(crate) last_cut: Option<Cut>,
    pub(crate) confirmed: u64,
    pub(crate) frozen: Option<u64>,
    pub(crate) links: BTreeMap<Pseudonym, AccountId>,
    /// The same by account.
    pub(crate) pseudonyms: BTreeMap<AccountId, Pseudonym>,
    pub(crate) claimable: BTreeMap<(AccountId, AssetId), Amount>,
    pub(crate) unclaimed: BTreeMap<(Pseudonym, AssetId), Amount>,
    /// The accounts in exit.
    pub(crate) exiting: BTreeMap<AccountId, Exit>,
}

/// What was attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) domain: ChainDomain,
    pub(crate) insurance: Pseudonym,
}

impl Default for RollingHash {
    fn default() -> RollingHash {
        RollingHash::ZERO
    }
}

impl Chain {
    /// The chain and the contracts on it, once they are attached.
    pub fn domain(&self) -> Option<&ChainDomain> {
        self.attached.as_ref().map(|attached| &attached.domain)
    }

    /// The pseudonym of the insurance fund.
    pub fn insurance(&self) -> Option<Pseudonym> {
        self.attached.map(|attached| attached.insurance)
    }

    /// How many deposits were credited, and the vault's hash of them.
    pub fn deposits(&self) -> (u64, RollingHash) {
        self.deposits
    }

    /// How many imports were credited.
    pub fn imports(&self) -> u64 {
        self.imports
    }

    /// How many exits were received.
    pub fn exits(&self) -> u64 {
        self.exits
    }

    /// How many batches were cut.
    pub fn cuts(&self) -> u64 {
        self.last_cut.map_or(0, |cut| cut.number)
    }

    /// The last batch that was cut.
    pub fn last_cut(&self) -> Option<Cut> {
        self.last_cut
    }

    /// How many batches are on the chain for good.
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// The batch by which everybody leaves, 0 for none, once the vault is frozen.
    pub fn frozen(&self) -> Option<u64> {
        self.frozen
    }

    /// Which pseudonym is which account, by pseudonym.
    pub fn links(&self) -> impl Iterator<Item = (Pseudonym, AccountId)> + '_ {
        self.links.iter().map(|(&pseudonym, &account)| (pseudonym, account))
    }

    /// The pseudonym of an account.
    pub fn link_of(&self, account: AccountId) -> Option<Pseudonym> {
        self.pseudonyms.get(&account).copied()
    }

    /// All that an account ever moved out of an asset to the chain. It never falls, paid or not.
    pub fn claimable(&self, account: AccountId, asset: AssetId) -> Amount {
        self.claimable.get(&(account, asset)).copied().unwrap_or(Amount::ZERO)
    }

    /// What waits for pseudonyms that are no account's yet, or the insurance fund's, by pseudonym and asset.
    pub fn unclaimed(&self) -> impl Iterator<Item = (Pseudonym, AssetId, Amount)> + '_ {
        self.unclaimed.iter().map(|(&(pseudonym, asset), &amount)| (pseudonym, asset, amount))
    }

    /// The exit of an account, if it is in exit.
    pub fn exit_of(&self, account: AccountId) -> Option<Exit> {
        self.exiting.get(&account).copied()
    }

    /// The accounts in exit, by number.
    pub fn exiting(&self) -> impl Iterator<Item = (AccountId, Exit)> + '_ {
        self.exiting.iter().map(|(&account, &exit)| (account, exit))
    }
}

impl Engine {
    /// Everything about a chain.
    pub(crate) fn execute_chain(&mut self, command: &Command, events: &mut Vec<Event>) -> Result<(), Reject> {
        if !self.rules.has_batches() {
            return Err(Reject::RulesTooOld { needed: Rules::FIFTH });
        }
        if let Command::AttachChain { chain, insurance } = *command {
            return self.attach_chain(chain, insurance, events);
        }
        if self.chain.attached.is_none() {
            return Err(Reject::NoChain);
        }
        match *command {
            Command::LinkAccount { account, pseudonym, .. } => self.link_account(account, pseudonym, events),
            Command::CreditDeposit { index, pseudonym, amount, hash } => {
                self.credit_deposit(index, pseudonym, amount, hash, events)
            }
            Command::CreditImport { index, pseudonym, asset, amount } => {
                self.credit_import(index, pseudonym, asset, amount, events)
            }
            Command::WithdrawToChain { account, asset, amount, reference, .. } => {
                self.withdraw_to_chain(account, asset, amount, reference, events)
            }
            Command::CutBatch { number } => self.cut_batch(number, events),
            Command::ConfirmBatch { number } => self.confirm_batch(number, events),
            Command::ReceiveExit { number, pseudonym, target } => self.receive_exit(number, pseudonym, target, events),
            Command::RecordFreeze { pinned } => self.record_freeze(pinned, events),
            _ => unreachable!("it is not about a chain"),
        }
    }

    /// What the ledger knows of its chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
}

fn write_hex(formatter: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    formatter.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
}

macro_rules! show_as_hex {
    ($($bytes:ident),*) => {$(
        impl fmt::Display for $bytes {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(formatter, &self.0)
            }
        }

        impl fmt::Debug for $bytes {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(formatter, &self.0)
            }
        }
    )*};
}

show_as_hex!(Pseudonym, Address, RollingHash, Signature64);
