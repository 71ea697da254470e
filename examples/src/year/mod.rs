//! A simulated year of the clearing house: real prices, resampled prices and stressed ones, a population of traders, and the
//! engine that the venue runs.
//!
//! Nothing reaches into the engine: everything is an ordinary command, and everything that is counted is an event or a public view.
//! [`paths`] makes fixings, [`contracts`] says what is listed, [`population`] and [`trading`] who trades and how, [`desk`] makes risk
//! arrays, [`calendar`] is the day of the clearing house, [`venue`] the engine with its [`journal`] and a second set of [`books`],
//! [`simulate`](simulate()) all of it from the first day to the last.

pub mod books;
pub mod calendar;
pub mod contracts;
pub mod coverage;
pub mod defaults;
pub mod desk;
pub mod journal;
pub mod paths;
pub mod plot;
pub mod population;
pub mod report;
pub mod tally;
pub mod trading;
pub mod venue;

mod simulate;

pub use simulate::{DayRecord, Plan, Year, simulate};
