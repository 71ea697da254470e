//! What is refused, each with its rule, the value that broke it, and what would have been right.

use crate::amount::Amount;
use crate::bytes::{AccountId, Address, Asset, Digest, Hash};
use crate::limits::{
    ASSET_DEPTH_MAX, ASSETS_MAX, ATTESTERS_MAX, DEPOSITS_MAX, DEPTH_MAX, LEAVES_MAX, MARKETS_MAX, SYMBOL_BYTES_MAX,
};

/// Why a text is not an identifier, a hash or a signature.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum HexError {
    /// Without a prefix digits could be decimal.
    #[error("`{start}` does not start with 0x: write 0x and hexadecimal digits")]
    Prefix { start: String },
    /// Nothing is filled up or cut off.
    #[error("{given} hexadecimal digits, wanted are {wanted}: write leading zeros too")]
    Length { given: usize, wanted: usize },
    /// Something else stands between the digits.
    #[error("byte 0x{byte:02x} is not a hexadecimal digit: use 0 to 9 and a to f")]
    Digit { byte: u8 },
}

/// Why leaves make no tree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum TreeError {
    /// An asset that nobody has is not part of a state.
    #[error("asset {asset} has no leaves: leave it out")]
    NoLeaves { asset: Asset },
    /// See [`LEAVES_MAX`].
    #[error("asset {asset} has {count} leaves, at most {LEAVES_MAX}: raise the limit in a new version")]
    TooManyLeaves { asset: Asset, count: usize },
    /// Accounts rise strictly: one order, and nobody is there twice.
    #[error("account {account} of asset {asset} comes after {before}: sort the accounts, each once")]
    AccountOrder { asset: Asset, before: AccountId, account: AccountId },
    /// A sum that wrapped would hide what is owed.
    #[error(
        "the sums of asset {asset} pass 2^128 at account {account}: amounts are in smallest units, look for a wrong one"
    )]
    SumOverflow { asset: Asset, account: AccountId },
    /// See [`ASSETS_MAX`].
    #[error("{count} assets, at most {ASSETS_MAX}: leave out those that nobody has")]
    TooManyAssets { count: usize },
    /// Assets rise strictly.
    #[error("asset {asset} comes after {before}: sort the assets, each once")]
    AssetOrder { before: Asset, asset: Asset },
}

/// Why a proof shows nothing, in the order in which all verifiers look.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum ProofError {
    /// See [`DEPTH_MAX`].
    #[error("a path of {depth} siblings, at most {DEPTH_MAX}: the proof is not of this format")]
    PathTooLong { depth: usize },
    /// With more bits than levels one leaf would have many proofs.
    #[error("index {index} does not fit {depth} levels: an index is below 2^{depth}")]
    IndexOutOfRange { index: u64, depth: usize },
    /// See [`ASSET_DEPTH_MAX`].
    #[error("a path of {depth} assets, at most {ASSET_DEPTH_MAX}: the proof is not of this format")]
    AssetPathTooLong { depth: usize },
    /// As [`ProofError::IndexOutOfRange`], for the asset.
    #[error("asset index {index} does not fit {depth} levels: an index is below 2^{depth}")]
    AssetIndexOutOfRange { index: u64, depth: usize },
    /// Sums of a real tree fit; an amount below zero, written as a very large one, does not.
    #[error("sums pass 2^128 at height {height}: somebody below is counted with less than nothing")]
    SumOverflow { height: usize },
    /// Leaf, path, place or root is another.
    #[error("the proof leads to {found}, the state root is {wanted}: compare leaf and batch with what was published")]
    WrongRoot { found: Hash, wanted: Hash },
}

/// Why bytes are no body.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum BodyError {
    /// The bytes end too early.
    #[error("{left} bytes at {at}, wanted are {wanted}: the body was cut short")]
    Truncated { at: usize, wanted: usize, left: usize },
    /// Another kind of file, or a version that came later.
    #[error("a body starts with `THB1`, not with {form:02x?}: use a program of its version")]
    UnknownForm { form: [u8; 4] },
    /// One body has one form.
    #[error("{bytes} bytes behind the end: a body ends with its last market")]
    TrailingBytes { bytes: usize },
    /// A tree of the body cannot be.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// See [`MARKETS_MAX`].
    #[error("{count} markets, at most {MARKETS_MAX}: leave out those without positions")]
    TooManyMarkets { count: usize },
    /// Markets rise strictly.
    #[error("market `{symbol}` comes after `{before}`: sort the markets by their bytes, each once")]
    MarketOrder { before: String, symbol: String },
    /// A symbol that could be read in two ways is none.
    #[error("`{symbol}` is no symbol: use 1 to {SYMBOL_BYTES_MAX} visible ASCII characters")]
    MarketSymbol { symbol: String },
    /// Each position is between two accounts.
    #[error("market `{symbol}` has {long} lots long and {short} short: positions of a market sum to zero")]
    Unbalanced { symbol: String, long: u128, short: u128 },
}

/// Why a body cannot come after the one before.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum FollowError {
    /// What was made irrevocable stays so.
    #[error("account {account} could claim {before} of asset {asset}, now {now}: claims are cumulative, paid or not")]
    ClaimFell { asset: Asset, account: AccountId, before: Amount, now: Amount },
    /// Nobody who was ever promised anything may be left out.
    #[error("account {account} could claim {before} of asset {asset} and is missing: keep its leaf, paid or not")]
    ClaimMissing { asset: Asset, account: AccountId, before: Amount },
}

/// Why a batch is out of order, or not of this body.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum BatchError {
    /// Numbers have no gaps.
    #[error("batch {number} where {wanted} comes next: post them in order")]
    Number { number: u64, wanted: u64 },
    /// Batches are one chain.
    #[error("the digest before is {wanted}, the batch says {given}: it follows another one")]
    PrevDigest { given: Digest, wanted: Digest },
    /// Every command is in one batch.
    #[error("first command {first_seq}, wanted is {wanted}: batches leave out no command")]
    FirstSeq { first_seq: u64, wanted: u64 },
    /// The cut is a command of the batch.
    #[error("last command {last_seq} before the first, {first_seq}: the cut itself belongs to the batch")]
    LastSeq { last_seq: u64, first_seq: u64 },
    /// A stale writer cuts nothing.
    #[error("epoch {epoch} after {before}: the journal of a later start was cut already")]
    EpochFell { epoch: u64, before: u64 },
    /// What was credited stays so.
    #[error("{done} deposits after {before}: credited deposits stay credited")]
    DepositsFell { done: u64, before: u64 },
    /// One prefix has one hash.
    #[error("{done} deposits hash to {given}, before to {wanted}: deposits do not change")]
    DepositsHash { done: u64, given: Hash, wanted: Hash },
    /// Claims are cumulative.
    #[error("withdrawn {withdrawn} after {before}: withdrawals are counted from the beginning")]
    WithdrawnFell { withdrawn: Amount, before: Amount },
    /// Other bytes were published.
    #[error("the batch binds data {given}, the body has {found}: fetch the body of this batch")]
    DataHash { given: Hash, found: Hash },
    /// The root is not that of the leaves.
    #[error("the batch binds state {given}, its leaves make {found}: do not sign it")]
    StateRoot { given: Hash, found: Hash },
    /// The sum is not that of the leaves.
    #[error("the batch says equity {given}, its leaves have {found}: do not sign it")]
    Equity { given: Amount, found: Amount },
    /// The sum is not that of the leaves.
    #[error("the batch says withdrawn {given}, its leaves have {found}: do not sign it")]
    Withdrawn { given: Amount, found: Amount },
}

/// Why a deposit is not taken in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum DepositError {
    /// See [`DEPOSITS_MAX`].
    #[error("{done} deposits already, at most {DEPOSITS_MAX}: move to a new vault")]
    TooMany { done: u64 },
}

/// Why there are no such attesters.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum AttesterError {
    /// The value is not shown: it may be nearly a key.
    #[error("the secret is not a key of secp256k1: it is 1 to the order of the curve less 1")]
    Secret,
    /// See [`ATTESTERS_MAX`].
    #[error("{count} attesters, at most {ATTESTERS_MAX}: each costs the vault gas in every batch")]
    TooMany { count: usize },
    /// Attesters rise strictly.
    #[error("attester {signer} comes after {before}: sort the attesters, each once")]
    Order { before: Address, signer: Address },
    /// Nobody, or more than there are.
    #[error("{threshold} of {signers} attesters: it takes 1 to all of them")]
    Threshold { threshold: usize, signers: usize },
}

/// Why signatures do not vouch for a batch.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum SignatureError {
    /// Too few, or more than there are attesters.
    #[error("{given} signatures, wanted are {threshold} to {signers}: collect those of other attesters")]
    Count { given: usize, threshold: usize, signers: usize },
    /// One form of one signature.
    #[error("the last byte of a signature is 27 or 28, not {parity}: add 27 to the parity of its point")]
    Parity { parity: u8 },
    /// The other form of the same signature.
    #[error("s is in the upper half of the curve's order: take the order less s, and the other parity")]
    HighS,
    /// Not a signature at all.
    #[error("no key makes this signature: its numbers are not those of a point of secp256k1")]
    NoSigner,
    /// Rising signers show that none signed twice.
    #[error("a signature by {signer} comes after one by {before}: sort them by signer, each once")]
    Order { before: Address, signer: Address },
    /// Another key, or the signature of another digest.
    #[error("{signer} is no attester: compare the digest that was signed, chain and vault included")]
    Stranger { signer: Address },
}
