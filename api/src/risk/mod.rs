//! The risk service: prices every contract on margin under sixteen scenarios and publishes what one lot would lose.
//!
//! The rules that an array has to keep are in `docs/margin.md` and checked by the engine; this is where arrays come from:
//!
//! 1. [`outlook`] says what the hours of a contract that have no fixing yet are worth, and how many they are;
//! 2. [`Settings`] and the history of the series say how far that price may go;
//! 3. [`mod@array`] makes whole micro-USD of it, with the series' floor and largest step;
//! 4. [`Service`] publishes what is new under the venue's key, like everything the venue does by itself.
//!
//! Prices are floats only between 1 and 3; [`outlook::price_of`] takes one back into integers and says how it rounds.

pub mod array;
pub mod outlook;
mod service;
mod settings;

#[cfg(test)]
mod tests;

pub use service::Service;
pub use settings::{Settings, SettingsError};
