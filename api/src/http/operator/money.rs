//! The operator's till: which assets there are, what came in, and what goes out.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::ids::{AccountId, AssetId, AssetSymbol};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, Page, PageQuery, Parameters, amount_of, asset, transfer_id};
use crate::http::money::{Withdrawal, list};
use crate::http::numbers::Quantity;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::projections::Whose;

/// An asset to define.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAsset {
    /// Its number; 1 is US dollars.
    pub asset: u32,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 16, pattern = r"^[A-Za-z0-9._~:-]+$", example = "GPUH")]
    pub symbol: String,
    /// Decimal places of its amounts.
    #[schema(maximum = 18)]
    pub decimals: u8,
}

/// An amount that arrived from outside.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeposit {
    /// Who receives it.
    pub account: u32,
    /// The asset; US dollars if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "USD")]
    pub asset: Option<String>,
    /// How much.
    pub amount: Quantity,
    /// The number of this deposit to this account: 1, 2, 3 and so on, so that none is credited twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// Defines an asset that accounts can hold.
#[utoipa::path(post, path = "/v1/operator/assets", tag = "operator", request_body = NewAsset,
    responses((status = 201, body = NewAsset), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn define_asset(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewAsset>,
) -> Result<(StatusCode, Json<NewAsset>), Problem> {
    let symbol = AssetSymbol::new(&body.symbol).ok_or_else(|| {
        Problem::invalid(
            "symbol",
            format!("symbol {:?} is not valid; use 1 to 16 of A-Z a-z 0-9 . _ ~ : -", body.symbol),
        )
    })?;
    let command = Command::DefineAsset { asset: AssetId(body.asset), symbol, decimals: body.decimals };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Credits an amount that arrived from outside.
#[utoipa::path(post, path = "/v1/operator/deposits", tag = "operator", request_body = NewDeposit,
    responses((status = 201, body = NewDeposit), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn deposit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewDeposit>,
) -> Result<(StatusCode, Json<NewDeposit>), Problem> {
    caller.operator()?;
    let asset = asset(&app, body.asset.as_deref())?;
    let (account, amount) = (AccountId(body.account), amount_of(&body.amount, asset)?);
    let command = Command::Deposit { account, asset: asset.id, amount, reference: body.reference };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(NewDeposit { amount: Quantity::of(amount, asset.decimals), ..body })))
}

/// Everybody's withdrawals that are pending, newest first.
#[utoipa::path(get, path = "/v1/operator/withdrawals", tag = "operator", params(PageQuery),
    responses((status = 200, body = Page<Withdrawal>), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn withdrawals(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<Withdrawal>>, Problem> {
    caller.operator()?;
    list(&app, Whose::Pending, query.limit, query.cursor.as_deref()).await.map(Json)
}

/// A withdrawal was paid out: what was set aside for it leaves the venue.
#[utoipa::path(post, path = "/v1/operator/withdrawals/{id}/post", tag = "operator", params(("id" = String, Path)),
    responses((status = 200, body = Done), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn post_withdrawal(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Done>, Problem> {
    let command = Command::PostTransfer { transfer: transfer_id(&id)? };
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}

/// A withdrawal will not be paid out: what was set aside for it is free again.
#[utoipa::path(post, path = "/v1/operator/withdrawals/{id}/void", tag = "operator", params(("id" = String, Path)),
    responses((status = 200, body = Done), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn void_withdrawal(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Done>, Problem> {
    let command = Command::VoidTransfer { transfer: transfer_id(&id)? };
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}
