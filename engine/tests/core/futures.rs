//! Strips, perpetuals and physical months: random lives of a whole ladder of contracts against the twin, and what must hold of them.

pub mod contracts;
mod largest;
pub mod lives;
mod promises;
pub mod writer;
