//! Changing an order while it lives.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::{Extension, Json};
use engine::command::Command;
use engine::order::Amendment;
use engine::units::Lots;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, order_id};
use crate::http::numbers::Amount;
use crate::http::orders::shape::{Order, OrderFill};
use crate::http::orders::{Arrival, find};
use crate::http::problem::{Problem, ProblemDocument};

/// A change of a live order. What is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderChange {
    /// The sub-account it belongs to; left out for your own account.
    pub account: Option<u32>,
    /// Its size in all, with what has traded.
    #[schema(minimum = 1, maximum = 100_000)]
    pub lots: Option<u32>,
    /// Its limit.
    pub limit_price: Option<Amount>,
    /// Where a waiting stop order wakes up.
    pub stop_price: Option<Amount>,
}

/// The answer to a change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedOrder {
    /// The order as it stands now.
    #[serde(flatten)]
    pub order: Order,
    /// What it traded when it arrived again; nothing if it kept its place.
    pub fills: Vec<OrderFill>,
    /// Why what was left of it was cancelled then.
    pub cancel_reason: Option<&'static str>,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Gives a live order other lots, another limit, or another stop price. It keeps its number; with the same limit and no more lots
/// than before it keeps its place, too.
#[utoipa::path(patch, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path)), request_body = OrderChange, responses(
    (status = 200, body = ChangedOrder), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn amend(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(change): Body<OrderChange>,
) -> Result<Json<ChangedOrder>, Problem> {
    caller.fresh()?;
    let order = order_id(&id)?;
    let account = caller.account_or(&app, change.account).await?;
    if change.lots.is_none() && change.limit_price.is_none() && change.stop_price.is_none() {
        return Err(Problem::invalid("body", "give lots, limit_price or stop_price; nothing else can be changed"));
    }
    let amendment = Amendment {
        account,
        order,
        lots: change.lots.map(Lots),
        limit: change.limit_price.map(Amount::price),
        trigger: change.stop_price.map(Amount::price),
    };
    let outcome = app.submit(&caller, Command::AmendOrder(amendment)).await?;
    let arrival = Arrival::of(order, &outcome.happenings);
    let found = app.handle.read(move |core| find(core, account, order)).await?;
    Ok(Json(ChangedOrder {
        order: found.ok_or_else(|| Problem::not_found("order", &id))?,
        cancel_reason: arrival.cancel_reason(),
        fills: arrival.fills,
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    }))
}
