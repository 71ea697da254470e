//! Which function of the library prices which file: the one table that a new kind is added to.

mod curves;
mod perpetuals;

use crate::score::Pricer;

/// File name without `.csv`, and its pricer.
const KINDS: &[(&str, Pricer)] = &[
    ("curve_max_smoothness", curves::max_smoothness),
    ("perpetual_futures", perpetuals::price),
    ("published_curve_bootstrap", curves::bootstrap),
];

/// The pricer of a file of exactly this name.
pub(crate) fn pricer(stem: &str) -> Option<Pricer> {
    KINDS.iter().find(|(name, _)| *name == stem).map(|(_, pricer)| *pricer)
}
