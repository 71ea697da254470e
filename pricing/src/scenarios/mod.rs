//! Scenario margin: what a portfolio loses if prices and volatilities go where sixteen scenarios say, in the shape of SPAN.
//!
//! From the market to a requirement:
//!
//! 1. [`price_scan_range`] says how far a price may go, from the history of its fixings; [`Backtest`] whether it did;
//! 2. a [`ScenarioGrid`] says which moves are tried;
//! 3. [`losses`] revalues one long unit of each contract under each of them;
//! 4. [`RiskArray`] makes whole micro-USD per contract of them, with floors and a largest step;
//! 5. the scanning risk of a portfolio is the worst sum over its positions.
//!
//! Losses are greater than zero, profits less; an array is that of ONE LONG contract.
//!
//! ```
//! use pricing::scenarios::{Contract, RiskArray, Scan, ScenarioGrid, losses, scanning_risk_micro_usd};
//! use pricing::black76::Market;
//!
//! // A month of 744 hours at 2.40, expected to move by at most 0.30 USD.
//! let market = Market { forward: 2.40, rate: 0.04, volatility: 0.6 };
//! let scan = Scan { price_range: 0.30, volatility_range: 0.15, lookahead_years: 1.0 / 365.0 };
//! let losses = losses(&Contract::Future, &market, &scan, &ScenarioGrid::default())?;
//! let array = RiskArray::per_contract(&losses, 744)?;
//! // 0.30 × 744 = 223.20 USD a contract, long or short.
//! assert_eq!(scanning_risk_micro_usd(&[(10, array)]), 2_232_000_000);
//! assert_eq!(scanning_risk_micro_usd(&[(-10, array)]), 2_232_000_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod backtest;
mod grid;
mod revalue;
mod scan_range;

#[cfg(test)]
mod tests;

pub use array::{ArrayError, RISK_MICRO_USD_MAX, RiskArray, scanning_risk_micro_usd};
pub use backtest::{Backtest, BacktestError, Coverage, KUPIEC_CRITICAL, OBSERVATIONS_MIN};
pub use grid::{GridError, MOVE_MAX, SCENARIOS_COUNT, Scenario, ScenarioGrid};
pub use revalue::{Contract, Scan, losses, portfolio_losses, scanning_risk};
pub use scan_range::{HISTORY_DAYS_MAX, MARGIN_PERIOD_DAYS_MAX, RangeError, RangeRules, price_scan_range};
