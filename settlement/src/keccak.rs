//! Keccak-256 of words as the contracts hash them: the only place that names the crate behind it.

use sha3::{Digest as _, Keccak256};

use crate::bytes::Hash;

/// `keccak256(abi.encode(words…))` of static values: 32 bytes each, one behind the other.
pub(crate) fn hash_words<const WORDS: usize>(words: &[[u8; 32]; WORDS]) -> Hash {
    Hash(Keccak256::digest(words.as_flattened()).into())
}

/// `keccak256(bytes.concat(keccak256(abi.encode(words…))))`: a leaf is hashed twice, so that no node passes for one.
pub(crate) fn hash_leaf<const WORDS: usize>(words: &[[u8; 32]; WORDS]) -> Hash {
    hash_words(&[hash_words(words).0])
}

/// The hash of these bytes.
pub(crate) fn hash_bytes(bytes: &[u8]) -> Hash {
    Hash(Keccak256::digest(bytes).into())
}

/// Hashes bytes that come in parts.
#[derive(Default)]
pub(crate) struct Hasher(Keccak256);

impl Hasher {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}
