//! Which function of the library prices which file: the one table that a new kind is added to.

mod curves;
mod forward;
mod implied;
mod margin;
mod perpetuals;
mod spot;

use pricing::OptionKind;

use crate::score::Pricer;
use crate::table::{Fault, Row, bad_cell};

/// File name without `.csv`, and its pricer.
const KINDS: &[(&str, Pricer)] = &[
    ("bachelier_price_greeks", forward::bachelier_greeks),
    ("black76_price_greeks", forward::black76_greeks),
    ("curve_max_smoothness", curves::max_smoothness),
    ("implied_vol", implied::black76),
    ("perpetual_futures", perpetuals::price),
    ("published_black76_haug", forward::black76_price),
    ("published_curve_bootstrap", curves::bootstrap),
    ("published_gbsm_greeks_haug", spot::greek),
    ("span_scenario_definition", margin::definition),
    ("span_style_portfolios", margin::portfolio),
];

/// The pricer of a file of exactly this name.
pub(crate) fn pricer(stem: &str) -> Option<Pricer> {
    KINDS.iter().find(|(name, _)| *name == stem).map(|(_, pricer)| *pricer)
}

/// Column `cp`.
fn option_kind(row: Row) -> Result<OptionKind, Fault> {
    match row.text("cp")? {
        "call" => Ok(OptionKind::Call),
        "put" => Ok(OptionKind::Put),
        other => Err(bad_cell("cp", other, "call or put")),
    }
}
