//! Settlement batches over HTTP: what comes from the chain, what is cut, published and proved, what a kill leaves behind, and who
//! finds out when somebody cheats.

mod busy;
mod cheats;
mod kills;
mod scene;
mod walk;

pub(crate) use scene::{pseudonym, venue_with_a_batch};
