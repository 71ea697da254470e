//! Strips, perpetuals and physical months: random lives of a whole ladder of contracts against the twin, with and without defaults, and what
//! must hold of them.

mod contracts;
mod defaults;
mod largest;
mod lives;
mod promises;
mod writer;
