//! Spreads and families: random lives on engine and twin, promises, refusals, and what a family lists day by day.

mod families;
mod lives;
mod promises;
pub mod seen;
mod writer;
