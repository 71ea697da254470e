//! A quant library and price index for compute: the numbers a market in GPU-hours needs, useful alone to anybody.
//!
//! Nothing here knows an exchange, a clock, a network or a disk. Every function is a pure computation or a small state
//! machine that answers the same to the same commands.
//!
//! - The quant library takes a contract and a market, and the time to expiry as a number. [`black76`], [`bachelier`] and
//!   [`black_scholes`] price European options with their greeks, [`batch`] prices many at once, [`implied_volatility`]
//!   goes back from price to volatility, [`normal`] is the distribution below them.
//! - [`delivery`] counts the hours of months, quarters and years; [`curve`] makes forward curves of overlapping quotes,
//!   [`month`] values a month while it delivers, [`perpetual`] what never does.
//! - [`scenarios`] is scenario margin: grids, revaluation, risk arrays in whole numbers, scan ranges and their back-test.
//! - The [`index`] makes daily fixings of a GPU-hour price from the reports of many sellers, in whole numbers, so that
//!   anybody can recompute them to the last digit.
//!
//! ```
//! use pricing::{EuropeanOption, OptionKind, black76};
//!
//! # fn main() -> Result<(), pricing::Error> {
//! let call = EuropeanOption { kind: OptionKind::Call, strike: 2.5, years: 0.25 };
//! let market = black76::Market { forward: 2.5, rate: 0.0, volatility: 0.6 };
//! // F (2 N(σ√T/2) − 1) at the money
//! assert!((black76::price(&call, &market)? - 0.298_088_35).abs() < 1e-6);
//! # Ok(())
//! # }
//! ```
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

pub mod bachelier;
pub mod batch;
pub mod black76;
pub mod black_scholes;
pub mod curve;
pub mod delivery;
mod elementary;
mod error;
mod greeks;
pub mod implied_volatility;
pub mod index;
pub mod month;
pub mod normal;
mod normalised;
mod option;
pub mod perpetual;
pub mod scenarios;

pub use error::Error;
pub use greeks::Greeks;
pub use option::{EuropeanOption, OptionKind};
