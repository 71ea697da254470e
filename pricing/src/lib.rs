//! A quant library and price index for compute: the numbers a market in GPU-hours needs, useful alone to anybody.
//!
//! Nothing here knows an exchange, a clock, a network or a disk. Every function is a pure computation or a small state
//! machine that answers the same to the same commands. Today the crate holds the [`index`]: daily fixings of a GPU-hour
//! price from the reports of many sellers, in whole numbers, so that anybody can recompute them to the last digit.
//!
//! ```
//! use pricing::index::{Command, Day, Event, Evidence, IndexBook, Owner, Price, SeriesId, Stage};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let series = SeriesId(1);
//! let day: Day = "2026-07-07".parse()?;
//! let mut book = IndexBook::default();
//! let mut events = Vec::new();
//!
//! let symbol = "H100-SXM.GLOBAL.OD".to_owned();
//! let define = Command::DefineSeries { series, symbol, inception: day };
//! book.apply(day.start_us(), 1, &define, &mut events)?;
//!
//! for (seq, label, micro_usd) in [(2, "alpha", 3_000_000), (3, "beta", 3_200_000), (4, "gamma", 4_000_000)] {
//!     let owner = Owner::new(label)?;
//!     let price = Price::new(micro_usd)?;
//!     let report = Command::SubmitReport { series, day, owner, evidence: Evidence::List, price };
//!     book.apply(day.start_us(), seq, &report, &mut events)?;
//! }
//!
//! let determine = Command::Determine { series, day, stage: Stage::Final };
//! book.apply(Stage::Final.cut_off_us(day), 5, &determine, &mut events)?;
//!
//! let Some(Event::FixingPublished(fixing)) = events.last() else { panic!("three owners are enough") };
//! assert_eq!(fixing.value.to_string(), "3.200000");
//! # Ok(())
//! # }
//! ```

pub mod curve;
pub mod delivery;
pub mod index;
pub mod month;
pub mod perpetual;
pub mod scenarios;
