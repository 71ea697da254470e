//! Taking orders back: one, all of them, or all of them unless their owner shows up again.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::{Extension, Json};
use engine::command::Command;
use engine::event::Event;
use engine::units::Side;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountQuery, Body, Parameters, order_id};
use crate::http::market_data::terms_of;
use crate::http::orders::shape::OrderSide;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Happening;

/// The answer to a cancel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelAnswer {
    /// The order.
    pub order_id: String,
    /// How much of it was left.
    pub cancelled_lots: u32,
    /// Place of this request in the journal.
    pub seq: u64,
}

/// Which orders to take out.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CancelAllQuery {
    /// A sub-account; left out for your own account.
    account: Option<u32>,
    /// In this contract only.
    instrument: Option<String>,
    /// On this side only.
    #[param(inline)]
    side: Option<OrderSide>,
}

/// The answer to a mass cancel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelAllAnswer {
    /// Orders that are out of the book by this request itself.
    pub cancelled_orders: usize,
    /// Whether that were all; if not, the venue takes out the others by itself before it serves the next command.
    pub complete: bool,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// The dead man's switch.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancelAfter {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// In how many milliseconds from now all orders of the account are cancelled, unless this is set again before; at most a day, 0
    /// switches it off.
    #[schema(maximum = 86_400_000)]
    pub timeout_ms: u64,
}

/// How the dead man's switch stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelAfter {
    /// When all orders of the account are cancelled; `null` if it is off.
    pub deadline_ts_us: Option<i64>,
    /// The venue's time.
    pub ts_us: i64,
}

/// Takes a live order out of the book.
#[utoipa::path(delete, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path), AccountQuery), responses(
    (status = 200, body = CancelAnswer), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 429, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<CancelAnswer>, Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, query.account).await?;
    let outcome = app.submit(&caller, Command::CancelOrder { account, order: order_id(&id)? }).await?;
    let cancelled = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::OrderCancelled { lots, .. }) => Some(lots.0),
        _ => None,
    });
    let cancelled_lots = cancelled.unwrap_or_default();
    Ok(Json(CancelAnswer { order_id: id, cancelled_lots, seq: outcome.stamp.seq.0 }))
}

/// Takes out all live orders of the account, or those of one contract or side.
#[utoipa::path(delete, path = "/v1/orders", tag = "orders", params(CancelAllQuery), responses(
    (status = 200, body = CancelAllAnswer), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 429, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn cancel_all(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<CancelAllQuery>,
) -> Result<Json<CancelAllAnswer>, Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, query.account).await?;
    let terms = query.instrument.as_deref().map(|symbol| terms_of(&app, symbol)).transpose()?;
    let (instrument, side) = (terms.map(|terms| terms.instrument), query.side.map(Side::from));
    let outcome = app.submit(&caller, Command::CancelAllOrders { account, instrument, side }).await?;
    let events = || outcome.happenings.iter().filter_map(Happening::of_exchange);
    Ok(Json(CancelAllAnswer {
        cancelled_orders: events().filter(|event| matches!(event, Event::OrderCancelled { .. })).count(),
        complete: events().any(|event| matches!(event, Event::MassCancelCompleted { .. })),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    }))
}

/// Sets the dead man's switch: unless it is set again in time, all orders of the account are cancelled.
#[utoipa::path(put, path = "/v1/cancel-after", tag = "orders", request_body = NewCancelAfter, responses(
    (status = 200, body = CancelAfter), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn set_cancel_after(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewCancelAfter>,
) -> Result<Json<CancelAfter>, Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    // A time too long to count is as far out of range as it can be.
    let timeout_us = body.timeout_ms.saturating_mul(1_000);
    let outcome = app.submit(&caller, Command::CancelAfter { account, timeout_us }).await?;
    let deadline = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::CancelAfterSet { deadline, .. }) => *deadline,
        _ => None,
    });
    Ok(Json(CancelAfter { deadline_ts_us: deadline.map(|deadline| deadline.0), ts_us: outcome.stamp.time.0 }))
}

/// How the dead man's switch stands.
#[utoipa::path(get, path = "/v1/cancel-after", tag = "orders", params(AccountQuery), responses(
    (status = 200, body = CancelAfter), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn get_cancel_after(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<CancelAfter>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let answer = app.handle.read(move |core| {
        let deadline = core.engine().account(account).and_then(|account| account.cancel_after);
        CancelAfter { deadline_ts_us: deadline.map(|deadline| deadline.0), ts_us: core.engine().time().0 }
    });
    Ok(Json(answer.await?))
}
