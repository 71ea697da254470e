//! What an account holds, and what settlements have paid it.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use engine::ids::AssetId;
use engine::ledger::LedgerAccount;
use engine::units::{Cash, Lots};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Page, Parameters, cursor_problem, day, day_text, page_limit};
use crate::http::market_data::{InstrumentQuery, terms_of};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};

/// What an account has of one asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Balance {
    /// The asset.
    #[schema(example = "USD")]
    pub asset: &'static str,
    /// All that is there.
    pub posted: Amount,
    /// The part that covers positions and open orders.
    pub held: Amount,
    /// The rest.
    pub free: Amount,
}

/// A position.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Position {
    /// The contract.
    pub instrument: String,
    /// Whole contracts; negative if short.
    pub lots: i64,
    /// What it cost since it was last settled, in USD; negative if received.
    pub cost: Amount,
    /// What it is worth at the last settlement, or at the latest trade before the first one.
    pub value: Option<Amount>,
    /// `value − cost`: what a settlement at that value would pay.
    pub unsettled: Option<Amount>,
    /// The collateral held for it and for the open orders in the contract.
    pub held: Amount,
}

/// What a settlement paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Variation {
    /// The business day.
    pub day: String,
    /// `daily` or `final`.
    pub kind: String,
    /// The contracts settled; negative if short.
    pub lots: i64,
    /// What the account received in USD; negative if it paid.
    pub variation: Amount,
}

/// The account's balances.
#[utoipa::path(get, path = "/v1/balances", tag = "account", responses(
    (status = 200, body = Page<Balance>), (status = 401, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn balances(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<Balance>>, Problem> {
    let account = LedgerAccount::Customer(caller.account()?);
    let balance = app.handle.read(move |core| core.engine().ledger().balance(account, AssetId::USD)).await?;
    Ok(Json(Page::whole(vec![Balance {
        asset: "USD",
        posted: balance.posted.into(),
        held: balance.held.into(),
        free: balance.free().into(),
    }])))
}

/// The account's positions, and the contracts in which it has open orders.
#[utoipa::path(get, path = "/v1/positions", tag = "account", responses(
    (status = 200, body = Page<Position>), (status = 401, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn positions(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<Position>>, Problem> {
    let account = caller.account()?;
    let items = app.handle.read(move |core| {
        let engine = core.engine();
        let of_market = |market: &engine::Market| {
            let exposure = engine.exposure(market.terms.instrument, account);
            let hours = market.terms.hours();
            let latest = || market.last_trades.latest().map(|price| price.notional(Lots(1), hours));
            let value_per_lot = market.settled.map(|settled| settled.value_per_lot).or_else(latest);
            (!exposure.is_empty()).then(|| Position {
                instrument: market.terms.symbol.to_string(),
                lots: exposure.position.0,
                cost: exposure.cost.into(),
                value: value_per_lot.map(|value| Cash(value.0 * exposure.position.0).into()),
                unsettled: value_per_lot.map(|value| exposure.unsettled(value).into()),
                held: exposure.hold(&market.terms).into(),
            })
        };
        engine.markets().filter_map(of_market).collect()
    });
    Ok(Json(Page::whole(items.await?)))
}

/// What settlements of a contract have paid the account, oldest first.
#[utoipa::path(get, path = "/v1/variations", tag = "account", params(InstrumentQuery), responses(
    (status = 200, body = Page<Variation>), (status = 401, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn variations(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<InstrumentQuery>,
) -> Result<Json<Page<Variation>>, Problem> {
    let (account, terms) = (caller.account()?, terms_of(&app, &query.instrument)?);
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(day).transpose().map_err(|_| cursor_problem())?;
    app.history_is_current().await?;
    let rows = app.history.variations(account, terms.instrument, after, limit).await?;
    let items = rows
        .into_iter()
        .map(|row| Variation {
            day: day_text(row.day),
            kind: row.kind,
            lots: row.position.0,
            variation: row.variation.into(),
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |variation| variation.day.clone())))
}
