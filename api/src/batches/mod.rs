//! The venue's side of settlement batches: what the ledger says at each cut, made into what is published, proved and attested.
//!
//! The thread that trades does nothing but journal the cut, with which a row of the journal ends. [`body_of`] turns the state there
//! into leaves; [`Recomputation`] replays a journal to its cuts, and is what attesters run, too; [`follower`] does so for the venue,
//! and keeps what comes of it as [`files`] and as rows of the history. [`documents`] are batches and proofs as JSON, [`audit`] checks
//! published ones without trusting anybody, and a [`Consent`] is what a holder signs. The rules are in `docs/chain.md`, the bytes in
//! `docs/settlement-batches.md`.

use engine::chain::ChainDomain;
use settlement::{Address, Domain};

pub use self::body::{UnsoundState, body_of, owed};
pub use self::consent::Consent;
pub use self::recomputation::{Made, Recomputation, RecomputeError};

pub mod audit;
mod body;
mod consent;
pub mod documents;
pub mod files;
pub mod follower;
pub mod published;
mod recomputation;

/// The vault of a chain, as digests name it.
pub fn domain_of(chain: &ChainDomain) -> Domain {
    Domain { chain_id: chain.chain_id, verifying_contract: Address(chain.vault.0) }
}
