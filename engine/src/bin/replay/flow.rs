//! Order flow as data: what an operation says, and what shape a generated flow has.

use engine::units::Side;

use super::error::Refusal;

/// One operation of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) kind: Kind,
    pub(crate) side: Side,
    pub(crate) symbol: u16,
    pub(crate) lots: u32,
    /// Of the order, or of the one to cancel.
    pub(crate) id: u64,
    /// In ticks.
    pub(crate) price: i32,
    pub(crate) account: u32,
    pub(crate) time_ns: u64,
}

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Trades up to its limit; what is left rests.
    Limit,
    /// Trades up to its limit; what is left is dropped.
    ImmediateOrCancel,
    /// Takes an order out, if it still rests.
    Cancel,
}

/// What a generated flow looks like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// After the prefill.
    pub(crate) operations: u64,
    pub(crate) symbols: u64,
    /// Orders that the prefill leaves in each symbol.
    pub(crate) depth: u64,
    pub(crate) seed: u64,
    /// Identifiers all over 64 bits instead of 1, 2, 3, …, and some cancels of orders that are gone.
    pub(crate) opaque: bool,
}

/// Books that a flow can be replayed through.
pub(crate) trait Books {
    /// A limit order, or one that must trade at once. Calls `fill` with each maker's id, its price and the lots traded.
    ///
    /// # Errors
    /// If the order was not traded as a plain book would trade it.
    fn limit(&mut self, operation: &Operation, fill: impl FnMut(u64, i64, u32)) -> Result<(), Refusal>;
    /// Takes an order out. That it is gone already is part of a flow.
    ///
    /// # Errors
    /// Any other reason why it was not taken out.
    fn cancel(&mut self, operation: &Operation) -> Result<(), Refusal>;
    fn resting_count(&self) -> usize;
    /// What books and index have taken from the allocator, if they know.
    fn memory_bytes(&self) -> Option<usize> {
        None
    }
}
