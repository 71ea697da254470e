//! What stands behind everybody's money: the insurance fund, the backstop, and positions that moved without a trade.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountPageQuery, Page, Parameters, number_cursor, page_limit};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::projections::PositionTransferRow;

/// What there is before anybody on the other side of an account in default has to bear something, in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Insurance {
    /// What the insurance fund has.
    pub fund: Amount,
    /// The number of the last payment into it.
    pub last_payment: u64,
    /// The equity of the account that takes positions over; nothing if there is none.
    pub backstop_equity: Option<Amount>,
    /// How many accounts are in liquidation.
    pub open_liquidations: usize,
    /// The venue's time.
    pub ts_us: i64,
}

/// A change of the account's position without a trade: it was in default, took positions of one that was, or was closed out against it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PositionTransfer {
    /// Its place among the account's own: 1, 2, 3 and so on.
    pub account_sequence: u64,
    /// The contract.
    pub instrument: String,
    /// By how many contracts the position has changed; negative if it fell.
    pub lots: i64,
    /// What the account paid for that, as it counts in the position's cost, in USD; negative if it received.
    pub value: Amount,
    /// `backstop` or `deleveraging`.
    pub reason: String,
    /// When.
    pub ts_us: i64,
}

/// The insurance fund, the backstop, and how many accounts are in liquidation.
#[utoipa::path(get, path = "/v1/insurance", tag = "market data", responses(
    (status = 200, body = Insurance), (status = 503, body = ProblemDocument)))]
pub async fn insurance(State(app): State<App>) -> Result<Json<Insurance>, Problem> {
    let found = app.handle.read(|core| {
        let engine = core.engine();
        let backstop = engine.backstop().and_then(|account| engine.margin_report(account));
        Insurance {
            fund: engine.insurance_fund().into(),
            last_payment: engine.insurance_payments(),
            backstop_equity: backstop.map(|report| report.equity.into()),
            open_liquidations: engine.open_liquidations(),
            ts_us: engine.time().0,
        }
    });
    Ok(Json(found.await?))
}

/// What changed the account's positions without a trade, newest first.
#[utoipa::path(get, path = "/v1/position-transfers", tag = "account", params(AccountPageQuery), responses(
    (status = 200, body = Page<PositionTransfer>), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn position_transfers(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountPageQuery>,
) -> Result<Json<Page<PositionTransfer>>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.position_transfers(account, before, limit).await?;
    let items = rows.into_iter().map(|row| position_transfer(&app, row)).collect();
    Ok(Json(Page::cut(items, limit, |moved: &PositionTransfer| moved.account_sequence.to_string())))
}

fn position_transfer(app: &App, row: PositionTransferRow) -> PositionTransfer {
    let symbol = app.directory.symbol(row.instrument);
    PositionTransfer {
        account_sequence: row.account_sequence,
        instrument: symbol.map_or_else(|| row.instrument.to_string(), |symbol| symbol.to_string()),
        lots: row.lots.0,
        value: row.value.into(),
        reason: row.reason,
        ts_us: row.ts_us,
    }
}
