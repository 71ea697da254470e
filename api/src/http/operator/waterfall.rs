//! The operator's hand on what bears defaults: payments into the insurance fund, and the account that takes positions over.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::Body;
use crate::http::numbers::Amount;
use crate::http::operator::submit_to_exchange;
use crate::http::problem::{Problem, ProblemDocument};

/// The account that takes positions of accounts in default over.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backstop {
    /// The account; `null` for none.
    pub account: Option<u32>,
}

/// A payment into the insurance fund.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InsurancePayment {
    /// How much, in USD.
    pub amount: Amount,
    /// The number of this payment: 1, 2, 3 and so on, so that none is credited twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// Names the account that takes positions of accounts in default over, or none.
#[utoipa::path(post, path = "/v1/operator/backstop", tag = "operator", request_body = Backstop,
    responses((status = 200, body = Backstop), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_backstop(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Backstop>,
) -> Result<Json<Backstop>, Problem> {
    submit_to_exchange(&app, caller, Command::SetBackstop { account: body.account.map(AccountId) }).await?;
    Ok(Json(body))
}

/// Credits an amount that arrived from outside to the insurance fund.
#[utoipa::path(post, path = "/v1/operator/insurance", tag = "operator", request_body = InsurancePayment,
    responses((status = 201, body = InsurancePayment), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn fund_insurance(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<InsurancePayment>,
) -> Result<(StatusCode, Json<InsurancePayment>), Problem> {
    let command = Command::FundInsurance { number: body.reference, amount: body.amount.cash().into() };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}
