//! What a check says when the venue broke a promise.

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which promise. While a script is made shorter, it has to break the same one.
    pub promise: &'static str,
    /// What was found.
    pub found: String,
}

impl Fault {
    pub(crate) fn new(promise: &'static str, found: impl Into<String>) -> Fault {
        Fault { promise, found: found.into() }
    }
}

/// Broken unless `holds`.
pub(crate) fn check(holds: bool, promise: &'static str, found: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::new(promise, found())) }
}

/// Broken unless both are the same.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    promise: &'static str,
    found: T,
    expected: T,
    of: impl FnOnce() -> String,
) -> Result<(), Fault> {
    check(found == expected, promise, || format!("{found:?} instead of {expected:?} of {}", of()))
}
