//! European options on a forward: Black (1976) and Bachelier.

use pricing::{EuropeanOption, Greeks, bachelier, black76};

use super::option_kind;
use crate::score::Answers;
use crate::table::{Fault, Row};

/// `cp`, `K` and `T`.
pub(super) fn option(row: Row) -> Result<EuropeanOption, Fault> {
    Ok(EuropeanOption { kind: option_kind(row)?, strike: row.number("K")?, years: row.number("T")? })
}

fn black76_market(row: Row) -> Result<black76::Market, Fault> {
    Ok(black76::Market { forward: row.number("F")?, rate: row.number("r")?, volatility: row.number("sigma")? })
}

pub(super) fn black76_price(row: Row) -> Result<Answers, Fault> {
    let price = black76::price(&option(row)?, &black76_market(row)?).map_err(Fault::refused)?;
    Ok(Answers::one("expected", price))
}

pub(super) fn black76_greeks(row: Row) -> Result<Answers, Fault> {
    let greeks = black76::greeks(&option(row)?, &black76_market(row)?).map_err(Fault::refused)?;
    Ok(first_order(&greeks)
        .and("expected_theta_per_year", greeks.theta)
        .and("expected_rho", greeks.rho)
        .and("expected_vanna", greeks.vanna)
        .and("expected_volga", greeks.volga)
        .and("expected_dual_delta", greeks.dual_delta))
}

pub(super) fn bachelier_greeks(row: Row) -> Result<Answers, Fault> {
    let market =
        bachelier::Market { forward: row.number("F")?, rate: row.number("r")?, volatility: row.number("sigma_abs")? };
    let greeks = bachelier::greeks(&option(row)?, &market).map_err(Fault::refused)?;
    Ok(first_order(&greeks))
}

fn first_order(greeks: &Greeks) -> Answers {
    Answers::one("expected_price", greeks.price)
        .and("expected_delta", greeks.delta)
        .and("expected_gamma", greeks.gamma)
        .and("expected_vega", greeks.vega)
}
