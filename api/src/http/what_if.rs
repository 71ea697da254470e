//! What a portfolio would need that nobody has to have: positions and orders in, margin out, nothing changed.

use axum::Json;
use axum::extract::State;
use engine::SimulatedPosition;
use engine::ids::InstrumentId;
use engine::units::{Lots, Side};
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::extract::Body;
use crate::http::margin::{MarginPart, credited};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::orders::shape::OrderSide;
use crate::http::problem::{Problem, ProblemDocument};

/// Contracts of one portfolio. Whoever works them out is the one writer, so there are not too many.
pub const PORTFOLIO_CONTRACTS_MAX: usize = 1_000;

/// Largest body of such a request: room for a full portfolio with long symbols.
pub const PORTFOLIO_BYTES_MAX: usize = 262_144;

/// Orders of one portfolio.
pub const PORTFOLIO_ORDERS_MAX: usize = 1_000;

/// A portfolio to be looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Portfolio {
    /// The positions; a contract stands here once at most.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub positions: Vec<PortfolioPosition>,
    /// The open orders, in contracts with or without a position.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub orders: Vec<PortfolioOrder>,
}

/// A position of a portfolio.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioPosition {
    /// The contract; it is on margin.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub instrument: String,
    /// Whole contracts; negative if short.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub lots: i64,
}

/// An open order of a portfolio.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioOrder {
    /// The contract; it is on margin.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub instrument: String,
    /// Buy or sell.
    pub side: OrderSide,
    /// What is open of it.
    #[schema(minimum = 1)]
    pub lots: u32,
    /// Its limit.
    pub limit_price: Amount,
}

/// What a portfolio would need at the arrays and marks of now, in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SimulatedMargin {
    /// What positions and open orders would need.
    pub initial_margin: Amount,
    /// What the positions would need to be kept.
    pub maintenance_margin: Amount,
    /// What the initial margin is made of, one part a series.
    pub parts: Vec<MarginPart>,
    /// What spreads between series take off scans and charges.
    pub credits: Amount,
    /// The last command that arrays and marks include.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// What any portfolio of contracts on margin would need now. Nothing is changed, and nobody needs to have it.
#[utoipa::path(post, path = "/v1/margin/simulate", tag = "market data", request_body = Portfolio, responses(
    (status = 200, body = SimulatedMargin), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn simulate(State(app): State<App>, Body(body): Body<Portfolio>) -> Result<Json<SimulatedMargin>, Problem> {
    let portfolio = portfolio_of(&app, &body)?;
    let simulated = app.handle.read(move |core| {
        let engine = core.engine();
        let margin = engine.simulate_margin(&portfolio)?;
        Ok(SimulatedMargin {
            initial_margin: margin.initial.into(),
            maintenance_margin: margin.maintenance.into(),
            credits: credited(&margin.parts, engine.credits()).into(),
            parts: margin.parts.iter().map(|part| MarginPart::new(core, part)).collect(),
            seq: engine.seq().0,
            ts_us: engine.time().0,
        })
    });
    simulated.await?.map(Json)
}

/// Positions and orders by contract, in the order in which contracts are first named.
fn portfolio_of(app: &App, body: &Portfolio) -> Result<Vec<SimulatedPosition>, Problem> {
    let too_many = |field, count, most: usize| {
        Problem::invalid(field, format!("{count} {field} are too many; a portfolio has at most {most}"))
    };
    if body.positions.len() > PORTFOLIO_CONTRACTS_MAX {
        return Err(too_many("positions", body.positions.len(), PORTFOLIO_CONTRACTS_MAX));
    }
    if body.orders.len() > PORTFOLIO_ORDERS_MAX {
        return Err(too_many("orders", body.orders.len(), PORTFOLIO_ORDERS_MAX));
    }
    let mut portfolio: Vec<SimulatedPosition> = Vec::with_capacity(body.positions.len());
    let find = |portfolio: &[SimulatedPosition], instrument: InstrumentId| {
        portfolio.iter().position(|held| held.instrument == instrument)
    };
    for PortfolioPosition { instrument: symbol, lots } in &body.positions {
        let instrument = terms_of(app, symbol)?.instrument;
        if find(&portfolio, instrument).is_some() {
            let detail = format!("{symbol} stands twice among the positions; add its lots up");
            return Err(Problem::invalid("positions", detail));
        }
        portfolio.push(SimulatedPosition { instrument, position: *lots, orders: Vec::new() });
    }
    for PortfolioOrder { instrument: symbol, side, lots, limit_price } in &body.orders {
        if *lots == 0 {
            return Err(Problem::invalid("lots", "an order of 0 lots is none; give 1 or more"));
        }
        let instrument = terms_of(app, symbol)?.instrument;
        let at = find(&portfolio, instrument).unwrap_or_else(|| {
            portfolio.push(SimulatedPosition { instrument, position: 0, orders: Vec::new() });
            portfolio.len() - 1
        });
        portfolio[at].orders.push((Side::from(*side), limit_price.price(), Lots(*lots)));
    }
    if portfolio.len() > PORTFOLIO_CONTRACTS_MAX {
        return Err(too_many("orders", portfolio.len(), PORTFOLIO_CONTRACTS_MAX));
    }
    Ok(portfolio)
}
