//! Scenario margin: the layout of the sixteen scenarios, and portfolios revalued under them.

use pricing::black76::Market;
use pricing::scenarios::{Contract, SCENARIOS_COUNT, Scan, ScenarioGrid, losses, portfolio_losses, scanning_risk};
use pricing::{EuropeanOption, OptionKind};

use crate::score::Answers;
use crate::table::{Fault, Row, bad_cell};

const POSITIONS: &str = "positions(type:qty:K:T:vol)";

pub(super) fn definition(row: Row) -> Result<Answers, Fault> {
    let number = row.text("scenario")?;
    let place = number.parse().ok().and_then(|number: usize| number.checked_sub(1));
    let grid = ScenarioGrid::default();
    let scenario = place.and_then(|place| grid.scenarios().get(place));
    let scenario = scenario.ok_or_else(|| bad_cell("scenario", number, "a number from 1 to 16"))?;
    Ok(Answers::one("price_move_fraction_of_PSR", scenario.price_move)
        .and("vol_move_fraction_of_VSR", scenario.volatility_move)
        .and("loss_weight", scenario.cover))
}

pub(super) fn portfolio(row: Row) -> Result<Answers, Fault> {
    let (forward, rate) = (row.number("F")?, row.number("r")?);
    let scan = Scan {
        price_range: row.number("price_scan_range")?,
        volatility_range: row.number("vol_scan_range")?,
        lookahead_years: row.number("lookahead_years")?,
    };
    let grid = ScenarioGrid::default();
    let text = row.text(POSITIONS)?;
    let positions: Result<Vec<(f64, [f64; SCENARIOS_COUNT])>, Fault> = text
        .split(';')
        .map(|item| {
            let wanted = "positions like call:-5:2.4:0.25:0.6";
            let Position { quantity, contract, volatility } =
                position(item).ok_or_else(|| bad_cell(POSITIONS, item, wanted))?;
            let market = Market { forward, rate, volatility };
            let losses = losses(&contract, &market, &scan, &grid).map_err(Fault::refused)?;
            Ok((quantity, losses))
        })
        .collect();
    let positions = positions?;
    let array = portfolio_losses(&positions).to_vec();
    Ok(Answers::default()
        .and_list("expected_risk_array_16", array)
        .and("expected_scanning_risk", scanning_risk(&positions)))
}

struct Position {
    quantity: f64,
    contract: Contract,
    volatility: f64,
}

fn position(text: &str) -> Option<Position> {
    let mut parts = text.split(':');
    let kind = parts.next()?;
    let mut number = || parts.next()?.parse().ok();
    let (quantity, strike, years, volatility) = (number()?, number()?, number()?, number()?);
    let option = |kind| Contract::Option(EuropeanOption { kind, strike, years });
    let contract = match kind {
        "future" => Contract::Future,
        "call" => option(OptionKind::Call),
        "put" => option(OptionKind::Put),
        _ => return None,
    };
    Some(Position { quantity, contract, volatility })
}
