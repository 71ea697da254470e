//! What was traded in an account's name: its own side of every trade, for whoever keeps books of their own.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use engine::ids::InstrumentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Page, Parameters, business_date, number_cursor, page_limit};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::projections::FillRow;

/// An account's side of a trade.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fill {
    /// Its place among the account's fills, in all contracts: 1, 2, 3 and so on.
    pub account_sequence: u64,
    /// The trade.
    pub trade_id: String,
    /// The account's order.
    pub order_id: String,
    /// Your name for it.
    pub client_order_id: Option<String>,
    /// The contract.
    pub instrument: String,
    /// `buy` or `sell`.
    pub side: String,
    /// The resting order's price.
    pub price: Amount,
    /// Whole contracts.
    pub lots: u32,
    /// What the account paid for it, in USD; negative is a rebate.
    pub fee: Amount,
    /// `taker`: the order arrived, `maker`: it was resting.
    pub liquidity: String,
    /// What a fill of a spread traded in its legs, near before far; empty for anything else.
    pub legs: Vec<FillLeg>,
    /// When.
    pub ts_us: i64,
    /// The UTC day of that.
    pub business_date: String,
}

/// What a fill of a spread traded in one of its legs, as many lots as of the spread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FillLeg {
    /// The leg.
    pub instrument: String,
    /// `buy` or `sell`.
    pub side: String,
    /// At which price.
    pub price: Amount,
}

/// Which page of an account's fills.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FillQuery {
    /// A sub-account; left out for your own account.
    account: Option<u32>,
    /// In this contract only.
    instrument: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The account's own side of its trades, newest first.
#[utoipa::path(get, path = "/v1/fills", tag = "account", params(FillQuery), responses(
    (status = 200, body = Page<Fill>), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn fills(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<FillQuery>,
) -> Result<Json<Page<Fill>>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let instrument = query.instrument.as_deref().map(|symbol| terms_of(&app, symbol)).transpose()?;
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.fills(account, instrument.map(|terms| terms.instrument), before, limit).await?;
    let items = rows.into_iter().map(|row| fill(&app, row)).collect();
    Ok(Json(Page::cut(items, limit, |fill: &Fill| fill.account_sequence.to_string())))
}

fn fill(app: &App, row: FillRow) -> Fill {
    let name = |instrument: InstrumentId| {
        let symbol = app.directory.symbol(instrument);
        symbol.map_or_else(|| instrument.to_string(), |symbol| symbol.to_string())
    };
    let sides = [row.side, row.side.opposite()].map(|side| side.to_string());
    let legs = row.legs.into_iter().flatten().zip(sides);
    let legs = legs.map(|((leg, price), side)| FillLeg { instrument: name(leg), side, price: price.into() }).collect();
    Fill {
        account_sequence: row.account_sequence,
        trade_id: row.trade.to_string(),
        order_id: row.order.to_string(),
        client_order_id: row.client_order_id,
        instrument: name(row.instrument),
        side: row.side.to_string(),
        price: row.price.into(),
        lots: row.lots.0,
        fee: row.fee.into(),
        liquidity: row.liquidity,
        legs,
        ts_us: row.ts_us,
        business_date: business_date(row.ts_us),
    }
}
