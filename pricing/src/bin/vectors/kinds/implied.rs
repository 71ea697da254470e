//! Volatilities implied by undiscounted prices.

use pricing::implied_volatility;

use super::forward::option;
use crate::score::Answers;
use crate::table::{Fault, Row};

pub(super) fn black76(row: Row) -> Result<Answers, Fault> {
    let (forward, price) = (row.number("F")?, row.number("undiscounted_price")?);
    let volatility = implied_volatility::black76(&option(row)?, forward, price).map_err(Fault::refused)?;
    Ok(Answers::one("expected", volatility))
}
