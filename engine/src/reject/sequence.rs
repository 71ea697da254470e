//! What about a chain is counted without a gap.

use std::fmt;

/// What comes from the chain, or goes there, numbered without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainSequence {
    /// Deposits credited.
    Deposit,
    /// Imports credited.
    Import,
    /// Batches cut.
    Cut,
    /// Batches confirmed.
    Confirmation,
    /// Exits received.
    Exit,
    /// The batch that a freeze has pinned.
    Pinned,
}

impl fmt::Display for ChainSequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ChainSequence::Deposit => "deposit",
            ChainSequence::Import => "import",
            ChainSequence::Cut => "cut",
            ChainSequence::Confirmation => "confirmation",
            ChainSequence::Exit => "exit",
            ChainSequence::Pinned => "pinned batch",
        })
    }
}
