//! Which function of the library prices which file: the one table that a new kind is added to.

use crate::score::Pricer;

/// File name without `.csv`, and its pricer.
const KINDS: &[(&str, Pricer)] = &[];

/// The pricer of a file of exactly this name.
pub(crate) fn pricer(stem: &str) -> Option<Pricer> {
    KINDS.iter().find(|(name, _)| *name == stem).map(|(_, pricer)| *pricer)
}
