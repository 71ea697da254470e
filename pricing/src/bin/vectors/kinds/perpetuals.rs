//! Perpetual futures by their funding.

use pricing::perpetual::{Funding, Market, Perpetual, Quotation, fair_value};

use crate::score::Answers;
use crate::table::{Fault, Row, bad_cell};

pub(super) fn price(row: Row) -> Result<Answers, Fault> {
    let quotation = match row.text("type")? {
        "linear" => Quotation::Linear,
        "inverse" => Quotation::Inverse,
        other => return Err(bad_cell("type", other, "linear or inverse")),
    };
    let interval_years = row.number("dt")?;
    let funding = match row.text("mode")? {
        "continuous" => Funding::Continuous,
        "discrete_prev" => Funding::OnPreviousIndex { interval_years },
        "discrete_cur" => Funding::OnCurrentIndex { interval_years },
        other => return Err(bad_cell("mode", other, "continuous, discrete_prev or discrete_cur")),
    };
    let perpetual = Perpetual { quotation, funding, anchoring: row.number("kappa")?, interest: row.number("iota")? };
    let market = Market { spot: row.number("S")?, rate: row.number("r")?, asset_rate: row.number("q")? };
    fair_value(&perpetual, &market).map(|value| Answers::one("expected", value)).map_err(Fault::refused)
}
