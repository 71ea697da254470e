//! The price index: reports of many sellers in, one daily fixing per series out, by the rules of methodology version 1.
//!
//! The rules stand in `docs/index-methodology.md`; each file below is one section of that page. A determination runs
//! through them in this order:
//!
//! 1. `book` checks a [`Command`] against the state and the `limits`, and answers a [`Reject`] or [`Event`]s;
//! 2. `report` picks the one report per owner and day that counts at the cut-off of the `stage`;
//! 3. `panel` says whose reports form the fixing this month;
//! 4. `fixing` measures each owner against its own reference price, with `screening` to hold back what is out of band;
//! 5. `level` takes the median of the prices that stand;
//! 6. `chain` carries the last fixing forward by the matched mean and pulls it towards the level;
//! 7. `series` moves references, held prices, panel and chain on, at final determinations only.
//!
//! Everything is whole numbers (`units`, `rounding`, `day`) in ordered collections, without clock, randomness or
//! input and output: the same commands give the same events and the same [`IndexBook::hash`] on every machine. `wire`
//! holds the bytes of commands and events, `snapshot` those of the whole state, `table` reads price tables kept as text.
//!
//! Invariant: no file of this module uses a floating-point number or a hash map.

mod book;
mod chain;
mod command;
mod day;
mod event;
mod fixing;
mod level;
pub mod limits;
mod outcome;
mod owner;
mod panel;
mod reject;
mod report;
mod rounding;
mod screening;
mod series;
mod snapshot;
mod stage;
mod table;
mod units;
mod wire;

#[cfg(test)]
mod tests;

pub use book::IndexBook;
pub use command::Command;
pub use day::{Day, DayError};
pub use event::Event;
pub use fixing::{Fixing, Input, METHODOLOGY_VERSION};
pub use outcome::Outcome;
pub use owner::{Owner, OwnerError};
pub use reject::Reject;
pub use report::Evidence;
pub use stage::Stage;
pub use table::{Row, TableError, TableErrorKind, parse_table};
pub use units::{Price, PriceError, Ratio, SeriesId};
pub use wire::DecodeError;
