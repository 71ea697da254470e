//! Strips, perpetuals and physical months: random lives of a whole ladder of contracts against the twin, and what must hold of them.

mod contracts;
mod largest;
mod lives;
mod promises;
mod writer;
