//! A limit on everything, in one place, with the inequalities between them proved by the compiler.

/// Deepest sum tree that a verifier accepts: 2³² places for accounts.
pub const DEPTH_MAX: usize = 32;

/// Deepest tree of assets that a verifier accepts.
pub const ASSET_DEPTH_MAX: usize = 16;

/// Accounts of one asset in one batch. The tree of so many takes 3 GiB; a venue that outgrows it raises the limit.
pub const LEAVES_MAX: usize = 1 << 24;

/// Assets of one batch.
pub const ASSETS_MAX: usize = 1 << ASSET_DEPTH_MAX;

/// Markets of one batch.
pub const MARKETS_MAX: usize = 1 << 16;

/// Longest symbol of a market, in bytes.
pub const SYMBOL_BYTES_MAX: usize = 64;

/// Attesters of a vault, as many as the contract takes: each signature costs it a recovery.
pub const ATTESTERS_MAX: usize = 16;

/// Deposits of a vault: one a microsecond for nine years.
pub const DEPOSITS_MAX: u64 = 1 << 48;

/// Threads that build a tree, at most.
pub(crate) const THREADS_MAX: usize = 16;

/// Hashes below which a second thread costs more than it saves: some 2 ms of work.
pub(crate) const PARALLEL_HASHES_MIN: usize = 4096;

const _: () = assert!(LEAVES_MAX.trailing_zeros() as usize <= DEPTH_MAX);
const _: () = assert!(LEAVES_MAX <= u32::MAX as usize);
const _: () = assert!(ASSETS_MAX <= u32::MAX as usize);
const _: () = assert!(MARKETS_MAX <= u32::MAX as usize);
const _: () = assert!(SYMBOL_BYTES_MAX <= u8::MAX as usize);
