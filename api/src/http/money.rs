//! Money on its way out of an account: to the world outside, or to another account of the same owner.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{
    AccountPageQuery, Body, Page, Parameters, amount_of, asset, cursor_problem, page_limit, transfer_id,
};
use crate::http::numbers::Quantity;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::projections::{Whose, WithdrawalRow};

/// A withdrawal to ask for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWithdrawal {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// The asset; US dollars if left out.
    #[schema(example = "USD")]
    pub asset: Option<String>,
    /// How much.
    pub amount: Quantity,
    /// The number of this payment out of the account, withdrawals and transfers counted together: 1, 2, 3 and so on, so that none
    /// is paid twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// A withdrawal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Withdrawal {
    /// Its number at the venue.
    pub withdrawal_id: String,
    /// Whose.
    pub account: u32,
    /// The asset.
    pub asset: String,
    /// How much.
    pub amount: Quantity,
    /// `pending` until the operator has paid it out (`posted`) or will not (`voided`).
    pub state: String,
    /// When it was asked for.
    pub ts_us: i64,
    /// When it was posted or voided.
    pub ended_ts_us: Option<i64>,
}

/// An amount to move to another account of the same owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// From which account; your own if left out.
    pub from: Option<u32>,
    /// To which account.
    pub to: u32,
    /// The asset; US dollars if left out.
    #[schema(example = "USD")]
    pub asset: Option<String>,
    /// How much.
    pub amount: Quantity,
    /// The number of this payment out of the account it comes from, withdrawals and transfers counted together.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// A transfer that is done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Transfer {
    /// From which account.
    pub from: u32,
    /// To which account.
    pub to: u32,
    /// The asset.
    pub asset: String,
    /// How much.
    pub amount: Quantity,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Asks for a payment out. The amount is set aside at once and leaves when the operator has paid it.
#[utoipa::path(post, path = "/v1/withdrawals", tag = "account", request_body = NewWithdrawal, responses(
    (status = 201, body = Withdrawal), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn withdraw(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewWithdrawal>,
) -> Result<(StatusCode, Json<Withdrawal>), Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    let asset = asset(&app, body.asset.as_deref())?;
    let amount = amount_of(&body.amount, asset)?;
    let command = Command::RequestWithdrawal { account, asset: asset.id, amount, reference: body.reference };
    let outcome = app.submit(&caller, command).await?;
    let withdrawal = Withdrawal {
        withdrawal_id: outcome.stamp.seq.to_string(),
        account: account.0,
        asset: asset.symbol.to_string(),
        amount: Quantity::of(amount, asset.decimals),
        state: "pending".to_owned(),
        ts_us: outcome.stamp.time.0,
        ended_ts_us: None,
    };
    Ok((StatusCode::CREATED, Json(withdrawal)))
}

/// The account's withdrawals, newest first.
#[utoipa::path(get, path = "/v1/withdrawals", tag = "account", params(AccountPageQuery), responses(
    (status = 200, body = Page<Withdrawal>), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn withdrawals(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountPageQuery>,
) -> Result<Json<Page<Withdrawal>>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    list(&app, Whose::Account(account), query.limit, query.cursor.as_deref()).await.map(Json)
}

/// Moves an amount to another account of the same owner, at once. Only the key of the owner's first account may.
#[utoipa::path(post, path = "/v1/transfers", tag = "account", request_body = NewTransfer, responses(
    (status = 201, body = Transfer), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn transfer(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewTransfer>,
) -> Result<(StatusCode, Json<Transfer>), Problem> {
    caller.fresh()?;
    let (from, to) = (body.from.map_or(caller.account(), |from| Ok(AccountId(from)))?, AccountId(body.to));
    let asset = asset(&app, body.asset.as_deref())?;
    let amount = amount_of(&body.amount, asset)?;
    let command = Command::TransferFunds { from, to, asset: asset.id, amount, reference: body.reference };
    let outcome = app.submit(&caller, command).await?;
    let transfer = Transfer {
        from: from.0,
        to: to.0,
        asset: asset.symbol.to_string(),
        amount: Quantity::of(amount, asset.decimals),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    };
    Ok((StatusCode::CREATED, Json(transfer)))
}

/// A page of withdrawals out of the history.
pub(crate) async fn list(
    app: &App,
    whose: Whose,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Page<Withdrawal>, Problem> {
    let limit = page_limit(limit)?;
    let before = cursor.map(transfer_id).transpose().map_err(|_| cursor_problem())?;
    app.history_is_current().await?;
    let rows = app.history.withdrawals(whose, before, limit).await?;
    let assets = app.directory.assets();
    let withdrawal = |row: WithdrawalRow| {
        let known = assets.iter().find(|asset| asset.id == row.asset);
        Withdrawal {
            withdrawal_id: row.transfer.to_string(),
            account: row.account.0,
            asset: known.map_or_else(|| row.asset.to_string(), |asset| asset.symbol.to_string()),
            amount: Quantity::of(row.amount, known.map_or(0, |asset| asset.decimals)),
            state: row.state,
            ts_us: row.ts_us,
            ended_ts_us: row.ended_ts_us,
        }
    };
    Ok(Page::cut(rows.into_iter().map(withdrawal).collect(), limit, |row: &Withdrawal| row.withdrawal_id.clone()))
}
