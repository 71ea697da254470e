//! Deposits as the vault numbers and hashes them, so that a batch can say up to which one the ledger has credited.

use crate::amount::Amount;
use crate::bytes::{AccountId, Hash, word};
use crate::error::DepositError;
use crate::keccak::hash_words;
use crate::limits::DEPOSITS_MAX;

/// One deposit at the vault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deposit {
    /// To whom it is credited.
    pub account: AccountId,
    /// What arrived at the vault, in micro-USD: what the payer sent less what the token kept.
    pub received: Amount,
}

/// A prefix of the vault's deposits: their number and their rolling hash.
///
/// `hash(i) = keccak256(abi.encode(hash(i − 1), uint64 i, account, uint128 received))`, `hash(0) = 0`.
///
/// ```
/// use settlement::{AccountId, Amount, Deposit, DepositChain};
///
/// # fn main() -> Result<(), settlement::DepositError> {
/// let mut chain = DepositChain::default();
/// chain.push(&Deposit { account: AccountId([7; 32]), received: Amount(25_000_000) })?;
/// assert_eq!(chain.done(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DepositChain {
    done: u64,
    hash: Hash,
}

impl DepositChain {
    /// Goes on from a prefix that is known, such as the one that the last batch was bound to.
    pub const fn resume(done: u64, hash: Hash) -> Self {
        Self { done, hash }
    }

    /// Takes in the next deposit.
    ///
    /// # Errors
    /// [`DepositError::TooMany`]; the chain is as it was.
    pub fn push(&mut self, deposit: &Deposit) -> Result<(), DepositError> {
        if self.done >= DEPOSITS_MAX {
            return Err(DepositError::TooMany { done: self.done });
        }
        let Deposit { account, received } = deposit;
        self.done += 1;
        self.hash = hash_words(&[self.hash.0, word(u128::from(self.done)), account.0, word(received.0)]);
        Ok(())
    }

    /// How many deposits the hash covers: the number of the last one, which starts at 1.
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// The rolling hash; zero before the first deposit.
    pub const fn hash(&self) -> Hash {
        self.hash
    }
}
