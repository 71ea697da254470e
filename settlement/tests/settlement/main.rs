//! The crate against vectors that it had no part in making, against a naive twin, and against forged and broken input.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod building;
mod naive;
mod order;
mod properties;
mod signatures;
mod vectors;
