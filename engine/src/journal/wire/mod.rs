//! Commands as bytes and back, and events as bytes for hashing.
//!
//! Domain types know nothing of this form; it is versioned on its own, by the first byte of each command. The second
//! byte says which command follows. A number is never reused, and what was ever written stays readable: version 1 is
//! only read, version 2 is what is written. `tests/golden/` holds lines of bytes for each command and each event, which
//! never change.
//!
//! What trading consists of has a fixed size and fields at fixed offsets, so that it is put together on the stack and
//! appended in one piece. All numbers are little-endian; a field that does not apply is zero; reserved bytes are zero,
//! and anything else in them is refused, so that they can take up a field one day
//! (`docs/decisions/0007-fixed-size-records.md`).
//!
//! | bytes | submit order, 96 | cancel order, 16 | amend order, 48 | process due, 2 |
//! | --- | --- | --- | --- | --- |
//! | 0 | version 2 | version 2 | version 2 | version 2 |
//! | 1 | tag 6 | tag 7 | tag 11 | tag 12 |
//! | 2 | side: 1 buy, 2 sell | reserved | 1 lots, 2 limit, 4 trigger given | |
//! | 3 | pricing: 1 limit, 2 market | reserved | reserved | |
//! | 4 | time in force: 1 gtc, 2 ioc, 3 fok, 4 day, 5 gtd | account, 4 | account, 4 | |
//! | 5 | trigger: 0 none, 1 last, 2 mark, 3 index | | | |
//! | 6 | 1 post only, 2 reduce only, 4 sent is stated | | | |
//! | 7 | self-trade: 1 newest, 2 oldest, 3 both | | | |
//! | 8 | account, 4 | order, 8 | order, 8 | |
//! | 12 | instrument, 4 | | | |
//! | 16 | lots, 4 | | limit, 8 | |
//! | 20 | reserved, 4 | | | |
//! | 24 | limit, 8 | | trigger price, 8 | |
//! | 32 | trigger price, 8 | | lots, 4 | |
//! | 36 | | | reserved, 12 | |
//! | 40 | end of gtd, 8 | | | |
//! | 48 | sent, 8 | | | |
//! | 56 | client order id, 32, zeros behind the text | | | |
//! | 88 | reserved, 8 | | | |
//!
//! All other commands are rare, and their fields follow each other without gaps.

mod chain;
mod events;
mod fixed;
mod state;
mod v1;
mod v2;
mod values;
mod vaults;

#[cfg(test)]
mod tests;

use crate::command::Command;
use crate::journal::bytes::{DecodeError, Writer};

pub(crate) use chain::{put_domain, take_domain, take_hash, take_pseudonym};
pub(crate) use fixed::put_request;
pub(crate) use state::*;
pub(crate) use values::*;
pub(crate) use vaults::{
    put_operating_rate, put_vault_terms, take_machine_hash, take_operating_rate, take_vault_state, take_vault_terms,
    vault_state_tag,
};

/// The version that is written.
pub const VERSION: u8 = v2::VERSION;

impl Command {
    /// Appends the command as bytes.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        let mut to = Writer(std::mem::take(bytes));
        v2::put_command(&mut to, self);
        *bytes = to.0;
    }

    /// The command as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes);
        bytes
    }

    /// The command that these bytes are. What is read of version 2 is what would be written: no command has two forms.
    ///
    /// # Errors
    /// If the bytes are not exactly one command of a known version.
    pub fn decode(bytes: &[u8]) -> Result<Command, DecodeError> {
        match bytes {
            [] => Err(DecodeError::Truncated { needed: 1 }),
            [1, rest @ ..] => v1::command(rest),
            [v2::VERSION, ..] => v2::command(bytes),
            &[version, ..] => Err(DecodeError::UnknownVersion { version }),
        }
    }
}
