//! Simulated trading days: a whole core driven by chance, watched by a shadow that only reads its events.
//!
//! [`run`] plays a seed: commands from a flow of traders, operator and clock go into the engine; what it answers is held against the
//! shadow, against copies that were restarted from a snapshot, and against a replay from the journal's bytes. A seed that fails is
//! made shorter until a person can read it. [`fuzz`] holds the same promises against bytes that a fuzzer chose.

#![expect(clippy::print_stdout, reason = "a run that fails shows its script")]

mod dice;
mod fault;
mod flow;
pub mod fuzz;
mod journal;
mod plant;
mod run;
mod shadow;
mod shrink;
mod trial;

pub use fault::Fault;
pub use plant::Plant;
pub use run::{Failure, KINDS, Report, Settings, run};
pub use shadow::Counts;
