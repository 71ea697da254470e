//! Scenario margin: what a portfolio loses if prices and volatilities go where sixteen scenarios say, in the shape of SPAN.
//!
//! From the market to a requirement:
//!
//! 1. [`price_scan_range`] says how far a price may go, from the history of its fixings; [`Backtest`] whether it did;
//! 2. a [`ScenarioGrid`] says which moves are tried;
//! 3. full revaluation values one long unit of each contract under each of them;
//! 4. [`RiskArray`] makes whole micro-USD per contract of them, with floors and a largest step;
//! 5. the scanning risk of a portfolio is the worst sum over its positions.
//!
//! Losses are greater than zero, profits less; an array is that of ONE LONG contract.

mod array;
mod backtest;
mod grid;
mod scan_range;

#[cfg(test)]
mod tests;

pub use array::{ArrayError, RISK_MICRO_USD_MAX, RiskArray, scanning_risk_micro_usd};
pub use backtest::{Backtest, BacktestError, Coverage, KUPIEC_CRITICAL, OBSERVATIONS_MIN};
pub use grid::{GridError, MOVE_MAX, SCENARIOS_COUNT, Scenario, ScenarioGrid};
pub use scan_range::{HISTORY_DAYS_MAX, MARGIN_PERIOD_DAYS_MAX, RangeError, RangeRules, price_scan_range};
