//! European options on a spot price with carry: the generalised Black-Scholes-Merton formula.

use pricing::black_scholes::{self, Market};

use super::forward::option;
use crate::score::Answers;
use crate::table::{Fault, Row, bad_cell};

/// One greek a row, named in `greek`.
pub(super) fn greek(row: Row) -> Result<Answers, Fault> {
    let market = Market {
        spot: row.number("S")?,
        rate: row.number("r")?,
        dividend_yield: row.number("q")?,
        volatility: row.number("sigma")?,
    };
    let greeks = black_scholes::greeks(&option(row)?, &market).map_err(Fault::refused)?;
    let value = match row.text("greek")? {
        "price" => greeks.price,
        "delta" => greeks.delta,
        "gamma" => greeks.gamma,
        "vega" => greeks.vega,
        "theta_per_year" => greeks.theta,
        "theta_per_day" => greeks.theta_per_day(),
        "rho" => greeks.rho,
        "dividend_rho" => greeks.dividend_rho,
        "dual_delta" => greeks.dual_delta,
        "elasticity" => greeks.elasticity,
        unknown => return Err(bad_cell("greek", unknown, "the name of a greek")),
    };
    Ok(Answers::one("expected", value))
}
