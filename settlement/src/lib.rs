//! Settlement batches: what a venue owes to everybody, in a form that each account can check alone and a contract can pay
//! from when the venue is gone.
//!
//! A **batch** is a cut through the journal. It binds, in one EIP-712 digest that N of M attesters sign, the state of all
//! accounts, the deposits that were credited, and the body that was published with it. The state is a tree of **sum
//! trees**, one for each asset: its root says what all accounts have together, and a **proof** of some hundred bytes shows
//! an account that it is counted, and that nobody is counted with less than nothing. The published **body** has every leaf
//! under a pseudonym, so that anybody rebuilds every tree from public bytes alone.
//!
//! All of it is pure: no clock, chain, disk or network, the same bytes on every machine. The format, to the byte, is
//! `docs/settlement-batches.md`; the contracts and the verifier in JavaScript share its vectors.
//!
//! - [`SumTree`] and [`StateTree`] are built from [`Holding`]s and make [`Proof`]s; [`Proof::verify`] needs a leaf and a
//!   state root.
//! - [`Body`] is what is published; [`Batch`] what is signed, with its [`Digest`] in a [`Domain`].
//! - [`Attesters`] check [`Signature`]s; [`DepositChain`] follows the vault's deposits.
//!
//! ```
//! use settlement::{
//!     AccountId, Amount, Asset, AttesterKey, Attesters, Batch, Body, Cut, DepositChain, Digest, Domain, Hash, Holding,
//!     StateTree, SumTree, Sums,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let alice = AccountId([0x11; 32]);
//! let has = |account, settled| Holding { account, sums: Sums { settled: Amount(settled), claimable: Amount(0) } };
//! let dollars = SumTree::build(Asset::USD, vec![has(alice, 2_500_000), has(AccountId([0x22; 32]), 4_000_000)])?;
//! let body = Body::new(StateTree::build(vec![dollars])?, Vec::new())?;
//!
//! // The venue cuts a batch, and an attester signs it.
//! let cut = Cut {
//!     number: 1,
//!     prev_digest: Digest::default(),
//!     first_seq: 1,
//!     last_seq: 900,
//!     epoch: 1,
//!     journal_head: Hash([7; 32]),
//!     deposits: DepositChain::default(),
//! };
//! let batch = Batch::new(&cut, &body);
//! let domain = Domain { chain_id: 31_337, verifying_contract: "0x5fbdb2315678afecb367f032d93f642f64180aa3".parse()? };
//! let key = AttesterKey::new(&[5; 32])?;
//! let signature = key.sign(&batch.digest(&domain));
//!
//! // Alice trusts nobody but the attester: she has the batch, its published bytes and her own balance.
//! Attesters::new(vec![key.address()], 1)?.verify(&batch.digest(&domain), &[signature])?;
//! let published = Body::decode(&body.encode())?;
//! batch.check_body(&published)?;
//! let (leaf, proof) = published.state().prove(&Asset::USD, &alice).ok_or("not in the body")?;
//! assert_eq!(leaf.sums.settled, Amount(2_500_000));
//! let totals = proof.verify(&leaf, &batch.state_root)?;
//! assert_eq!(totals.settled, batch.equity);
//! # Ok(())
//! # }
//! ```

mod amount;
mod attesters;
mod batch;
mod body;
mod bytes;
mod deposits;
mod error;
mod keccak;
pub mod limits;
mod proof;
mod state_tree;
mod sum_tree;

pub use amount::{Amount, Sums};
pub use attesters::{AttesterKey, Attesters, Signature};
pub use batch::{BATCH_TYPE, Batch, Cut, DOMAIN_NAME, DOMAIN_VERSION, Domain};
pub use body::{Body, MarketTotals, data_hash_of};
pub use bytes::{AccountId, Address, Asset, Digest, Hash};
pub use deposits::{Deposit, DepositChain};
pub use error::{
    AttesterError, BatchError, BodyError, DepositError, FollowError, HexError, ProofError, SignatureError, TreeError,
};
pub use proof::Proof;
pub use state_tree::StateTree;
pub use sum_tree::{AccountLeaf, AssetRoot, Holding, Node, SumTree};
