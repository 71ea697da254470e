//! What everybody may see of the market: books, trades, fixings, settlements.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::Json;
use axum::extract::{Path, State};
use engine::book::LevelView;
use engine::ids::{SeriesId, TradeId};
use engine::instrument::Terms;
use engine::units::Side;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::extract::{
    Page, Parameters, business_date, cursor_problem, day, day_text, number_cursor, page_limit, series, symbol,
};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};

/// Levels of a book unless asked otherwise.
const DEPTH_DEFAULT: usize = 20;
/// Most levels of a book.
const DEPTH_MAX: usize = 200;

/// A settlement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Settlement {
    /// The business day it closed.
    pub day: String,
    /// `daily`, `final`, `cascade` or `funding`.
    pub kind: String,
    /// What one lot was worth in USD; exact.
    pub value_per_lot: Amount,
    /// The same per GPU-hour, to the nearest micro-USD; for reading, nothing is computed from it.
    pub price: Amount,
    /// Where the value came from.
    pub rung: String,
}

/// A price level: price, lots, number of orders.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Level {
    /// USD per GPU-hour.
    pub price: Amount,
    /// Lots of all orders at this price.
    pub lots: u64,
    /// How many orders.
    pub orders: u32,
}

/// A book: best price first on both sides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Orderbook {
    /// The contract.
    pub instrument: String,
    /// The last command that this book includes.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
    /// Buyers.
    pub bids: Vec<Level>,
    /// Sellers.
    pub asks: Vec<Level>,
}

/// A trade.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Trade {
    /// Its number.
    pub trade_id: String,
    /// Its place among the contract's trades: 1, 2, 3 and so on.
    pub instrument_sequence: u64,
    /// When.
    pub ts_us: i64,
    /// The UTC day of that.
    pub business_date: String,
    /// USD per GPU-hour.
    pub price: Amount,
    /// Lots.
    pub lots: u32,
    /// The side of the order that arrived.
    pub taker_side: String,
}

/// A daily value of a series.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fixing {
    /// The day it covers, all 24 hours.
    pub day: String,
    /// `provisional` or `final`.
    pub stage: String,
    /// USD per GPU-hour.
    pub price: Amount,
    /// `fixing`, or `last_final` where the day's own was suppressed.
    pub rung: String,
    /// When it was published.
    pub ts_us: i64,
}

/// How deep.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DepthQuery {
    /// Levels of each side.
    #[param(minimum = 1, maximum = 200)]
    depth: Option<usize>,
}

/// Which page of a contract's list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct InstrumentQuery {
    /// The contract.
    pub instrument: String,
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which page of a series' list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SeriesQuery {
    /// The series.
    series: String,
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A contract's order book.
#[utoipa::path(get, path = "/v1/orderbook/{instrument}", tag = "market data", params(("instrument" = String, Path), DepthQuery),
    responses((status = 200, body = Orderbook), (status = 404, body = ProblemDocument)))]
pub async fn orderbook(
    State(app): State<App>,
    Path(instrument): Path<String>,
    Parameters(query): Parameters<DepthQuery>,
) -> Result<Json<Orderbook>, Problem> {
    let depth = query.depth.unwrap_or(DEPTH_DEFAULT);
    if depth == 0 || depth > DEPTH_MAX {
        let detail = format!("depth {depth} is not allowed; ask for 1 to {DEPTH_MAX} levels");
        return Err(Problem::invalid("depth", detail));
    }
    let terms = terms_of(&app, &instrument)?;
    let book = app.handle.read(move |core| {
        let engine = core.engine();
        let market = engine.market(terms.instrument)?;
        let levels = |side| market.book.levels(side).take(depth).map(Level::from).collect();
        Some(Orderbook {
            instrument,
            seq: engine.seq().0,
            ts_us: engine.time().0,
            bids: levels(Side::Buy),
            asks: levels(Side::Sell),
        })
    });
    book.await?.map(Json).ok_or_else(|| Problem::not_found("instrument", terms.symbol.as_str()))
}

/// A contract's trades, newest first.
#[utoipa::path(get, path = "/v1/trades", tag = "market data", params(InstrumentQuery),
    responses((status = 200, body = Page<Trade>), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument)))]
pub async fn trades(
    State(app): State<App>,
    Parameters(query): Parameters<InstrumentQuery>,
) -> Result<Json<Page<Trade>>, Problem> {
    let terms = terms_of(&app, &query.instrument)?;
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(number_cursor).transpose()?.map(TradeId);
    app.history_is_current().await?;
    let rows = app.history.trades(terms.instrument, before, limit).await?;
    let items = rows
        .into_iter()
        .map(|row| Trade {
            trade_id: row.trade.to_string(),
            instrument_sequence: row.instrument_sequence,
            ts_us: row.ts_us,
            business_date: business_date(row.ts_us),
            price: row.price.into(),
            lots: row.lots.0,
            taker_side: row.taker_side.to_string(),
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |trade| trade.trade_id.clone())))
}

/// The daily values of a series, oldest first.
#[utoipa::path(get, path = "/v1/fixings", tag = "market data", params(SeriesQuery),
    responses((status = 200, body = Page<Fixing>), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument)))]
pub async fn fixings(
    State(app): State<App>,
    Parameters(query): Parameters<SeriesQuery>,
) -> Result<Json<Page<Fixing>>, Problem> {
    let limit = page_limit(query.limit)?;
    let after = match query.cursor.as_deref().map(|cursor| cursor.split_once('/')) {
        None => None,
        Some(Some((after, stage))) => Some((day(after).map_err(|_| cursor_problem())?, stage.to_owned())),
        Some(None) => return Err(cursor_problem()),
    };
    let series = series(&app, &query.series)?;
    app.history_is_current().await?;
    let rows = app.history.fixings(SeriesId(series.0), after, limit).await?;
    let items = rows
        .into_iter()
        .map(|row| Fixing {
            day: day_text(row.day),
            stage: row.stage,
            price: row.price.into(),
            rung: row.rung,
            ts_us: row.ts_us,
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |fixing: &Fixing| format!("{}/{}", fixing.day, fixing.stage))))
}

/// A contract's settlements, oldest first.
#[utoipa::path(get, path = "/v1/settlements", tag = "market data", params(InstrumentQuery),
    responses((status = 200, body = Page<Settlement>), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument)))]
pub async fn settlements(
    State(app): State<App>,
    Parameters(query): Parameters<InstrumentQuery>,
) -> Result<Json<Page<Settlement>>, Problem> {
    let terms = terms_of(&app, &query.instrument)?;
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.settlements(terms.instrument, after, limit).await?;
    let last = rows.last().map(|row| row.settlement);
    let items = rows
        .into_iter()
        .map(|row| Settlement {
            day: day_text(row.day),
            kind: row.kind,
            price: per_hour(row.value_per_lot.into(), &terms),
            value_per_lot: row.value_per_lot.into(),
            rung: row.rung,
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |_| last.unwrap_or_default().to_string())))
}

/// The terms of a contract by its symbol.
pub(crate) fn terms_of(app: &App, instrument: &str) -> Result<Terms, Problem> {
    app.directory.terms(symbol(instrument)?).ok_or_else(|| Problem::not_found("instrument", instrument))
}

/// The value of a lot per GPU-hour to the nearest micro-USD, halves upwards. Shown only; nobody gains, for nothing is computed from it.
pub(crate) fn per_hour(value_per_lot: Amount, terms: &Terms) -> Amount {
    let hours = i64::from(terms.hours().0);
    Amount((2 * value_per_lot.0 + hours).div_euclid(2 * hours))
}

impl From<LevelView> for Level {
    fn from(view: LevelView) -> Level {
        Level { price: view.price.into(), lots: view.lots, orders: view.orders_count }
    }
}
