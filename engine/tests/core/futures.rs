//! Strips, perpetuals and physical months: random lives of a whole ladder of contracts against the twin, with and without defaults, and what
//! must hold of them.

pub mod contracts;
mod defaults;
mod largest;
pub mod lives;
mod promises;
pub mod writer;
