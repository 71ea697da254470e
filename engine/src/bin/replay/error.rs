//! What can go wrong between a command line and a measurement; each case says what was expected.

use std::io;

use engine::event::CancelReason;
use engine::reject::Reject;

/// Ends the program with exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}\n\n{usage}", usage = super::USAGE)]
    Usage(String),
    #[error("cannot read {file}: {error}")]
    Read { file: String, error: io::Error },
    #[error("cannot write {file}: {error}")]
    Write { file: String, error: io::Error },
    #[error("{file} is not a workload: its header is not 64 bytes that start with `CLOBWL01`, version 1")]
    NoHeader { file: String },
    #[error("{file} announces {announced} operations of 32 bytes, but {found} bytes follow its header")]
    WrongLength { file: String, announced: u64, found: usize },
    #[error("{file} announces a prefill of {prefill} operations, but has {operations}")]
    LongPrefill { file: String, prefill: u32, operations: u64 },
    #[error("{file} announces {symbols} symbols; 1 to 65536 are allowed")]
    Symbols { file: String, symbols: u32 },
    #[error("{file}: operation {number}: {rule}")]
    Operation { file: String, number: usize, rule: &'static str },
    #[error("operation {number} was refused: {refusal}")]
    Refused { number: usize, refusal: Refusal },
    #[error("the exchange cannot be set up for this measurement: {0}")]
    Flow(String),
    #[error("a step did not do what is measured: {0}")]
    Step(String),
}

/// Why an operation did not lead to what a plain book does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Rule(#[from] Reject),
    #[error("what was left of it was cancelled, because of {0:?}")]
    Cancelled(CancelReason),
}
