//! Full revaluation: what one long unit of a contract loses from now to the end of the look-ahead, scenario by scenario.

use super::grid::{SCENARIOS_COUNT, ScenarioGrid};
use crate::black76::{self, Market};
use crate::{Error, EuropeanOption};

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Contract {
    /// A future, perpetual or strip: variation margin is paid each day, so its profit is not discounted.
    Future,
    /// A European option on a future, its premium paid when it is bought.
    Option(EuropeanOption),
}

/// How far the market may go by the end of the look-ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan {
    /// One price scan range, in the unit of the forward; zero or more.
    pub price_range: f64,
    /// One volatility scan range, per √year as a decimal; zero or more.
    pub volatility_range: f64,
    /// How much later the contract is revalued, in years; zero or more. An option loses that much of its life.
    pub lookahead_years: f64,
}

/// The losses of one long unit, in the unit of the forward, in the order of the scenarios, weighted by their cover.
///
/// A future loses what its price falls. An option loses `V(now) − V(scenario)`, both by Black (1976), the second with moved
/// forward and volatility and with `max(years − lookahead, 0)` left. Where a scenario takes the forward or the volatility
/// below zero, an option is valued at zero of it, since no lognormal price lies below; a future follows all the way.
///
/// # Errors
///
/// [`Error`] if a number is not finite, or less than zero where it must not be.
pub fn losses(
    contract: &Contract,
    market: &Market,
    scan: &Scan,
    grid: &ScenarioGrid,
) -> Result<[f64; SCENARIOS_COUNT], Error> {
    Error::unless_finite("forward", market.forward)?;
    Error::unless_not_negative("price scan range", scan.price_range)?;
    Error::unless_not_negative("volatility scan range", scan.volatility_range)?;
    Error::unless_not_negative("look-ahead", scan.lookahead_years)?;

    let value_now = match contract {
        Contract::Future => market.forward,
        Contract::Option(option) => black76::price(option, market)?,
    };
    let mut losses = [0.0; SCENARIOS_COUNT];
    for (scenario, loss) in grid.scenarios().iter().zip(&mut losses) {
        let price_move = scenario.price_move * scan.price_range;
        let gain = match contract {
            // Not as a difference of two prices, which would cost digits.
            Contract::Future => price_move,
            Contract::Option(option) => {
                let later = EuropeanOption { years: (option.years - scan.lookahead_years).max(0.0), ..*option };
                let volatility = (market.volatility + scenario.volatility_move * scan.volatility_range).max(0.0);
                let forward = (market.forward + price_move).max(0.0);
                black76::price(&later, &Market { forward, volatility, ..*market })? - value_now
            }
        };
        *loss = -gain * scenario.cover;
    }
    Ok(losses)
}

/// What quantities (less than zero is short) of contracts lose together, scenario by scenario: `Σ quantity × loss`.
pub fn portfolio_losses(positions: &[(f64, [f64; SCENARIOS_COUNT])]) -> [f64; SCENARIOS_COUNT] {
    std::array::from_fn(|at| positions.iter().map(|(quantity, losses)| quantity * losses[at]).sum())
}

/// The scanning risk of quantities and their losses per unit: `max(0, max_j Σ quantity × loss_j)`.
///
/// For studies; accounts are margined by [`scanning_risk_micro_usd`](super::scanning_risk_micro_usd). A loss or quantity
/// that is NaN gives NaN.
pub fn scanning_risk(positions: &[(f64, [f64; SCENARIOS_COUNT])]) -> f64 {
    let worse = |most: f64, loss: f64| if loss > most || loss.is_nan() { loss } else { most };
    portfolio_losses(positions).into_iter().fold(0.0, worse)
}
