//! The crate against vectors that it had no part in making, against a naive twin, and against forged and broken input.

mod naive;
mod order;
mod properties;
mod signatures;
mod vectors;
