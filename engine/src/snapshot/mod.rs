//! The whole state as bytes: what a restart reads instead of replaying the journal from its beginning, and what a hash says in
//! one line.
//!
//! The form is canonical: it follows from the commands alone, not from where things lie in memory. What can be worked out
//! is left out and worked out again when it is read: who has how many live orders, which stops are within reach, what is held for
//! which order; what does not come out as it was written is refused. Orders take most of it, live ones in rising number, then each
//! book as the numbers of its orders in trading order, then finished ones in the order in which they will be forgotten.
//!
//! Touches all of the state: for a follower of the journal, shutdown, audits and tests, never for the live path.

mod chain;
mod margin;
mod read;
#[cfg(test)]
mod tests;
mod vaults;
mod waterfall;
mod write;

use crate::engine::Engine;
use crate::journal::batch::Hash;

/// What a snapshot begins with; the number is its version.
const MAGIC: &[u8; 20] = b"terahour snapshot 1\n";

impl Engine {
    /// BLAKE3 over the whole state in its canonical form.
    pub fn state_hash(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        self.write_snapshot(|piece| {
            hasher.update(piece);
        });
        *hasher.finalize().as_bytes()
    }
}
