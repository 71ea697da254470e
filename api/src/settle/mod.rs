//! Settlement as jobs: what is due for a business day, settled in the right order, to its end, once.
//!
//! A job is *daily* or *final* for a business day. It has no state of its own: which of its settlements are done, under way or open
//! follows from the engine ([`plan`]), so whoever takes it up after a crash goes on where the journal ends. [`jobs`] runs it,
//! [`register`] remembers that it was asked for, [`preview`] plays it on a copy. [`statement`], [`report`] and [`reconcile`] say
//! what came of it, from the history, and [`table`] puts that into a file; [`schedule`] is the venue's own operator.

pub mod chain_side;
pub mod jobs;
pub mod plan;
pub mod preview;
pub mod reconcile;
pub mod register;
pub mod report;
pub mod schedule;
pub mod statement;
pub mod table;

pub use jobs::{JobError, Jobs};
pub use plan::{Job, JobKind};
