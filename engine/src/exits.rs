//! Forced exits: whoever asked the chain for one is paid as far as the account can, and closed until it can.

use crate::units::{Amount, Timestamp};

/// An exit that an account is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// What is to become claimable, counted as [`claimable`](crate::chain::Chain::claimable) is.
    pub target: Amount,
    /// When the first request that it serves was received: positions are closed in the book for 12 hours from here, then at the mark.
    pub received: Timestamp,
    /// When its next step is due.
    pub next: Timestamp,
}
