//! What has been asked of the allocator, for measurements; only a program that counts can say.

/// The allocator's counts so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heap {
    /// Calls for new or larger memory.
    pub(crate) calls: usize,
    /// Bytes taken and not given back.
    pub(crate) bytes: usize,
}

/// Reads the counts, where there are any.
pub(crate) type Counts = Option<fn() -> Heap>;
