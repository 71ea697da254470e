//! The tests of the exchange core: against a twin, against days worked out by hand, and row by row against its rules.

#![allow(unreachable_pub, reason = "a test has no public interface")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod approvals;
mod book;
mod book_bugs;
mod calendar;
mod chain;
mod compare;
mod counts;
mod defaults;
mod event_golden;
mod extremes;
mod fill_or_kill;
mod futures;
mod golden;
mod incidents;
mod index;
mod margin;
mod reach;
mod rejects;
mod replay;
mod script;
mod snapshots;
mod spreads;
mod state;
mod text;
mod twin;
mod vaults;
mod venue;
mod wire_golden;
