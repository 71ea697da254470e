//! The operator's hand on margin: the parameters of a series, credits between series, and risk arrays.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::ids::SeriesId;
use engine::margin::{Risk, SCENARIOS};
use engine::units::{Cash, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, series};
use crate::http::margin::{MarginParameters, SpreadCredit};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};

/// A risk array to publish.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRiskArray {
    /// Higher than that of the array before.
    pub version: u64,
    /// Until when it holds: later than now, at most 48 hours from now.
    pub expires_ts_us: i64,
    /// The theoretical price in USD per GPU-hour; in delivery, that of the hours that have no fixing yet.
    pub reference_price: Amount,
    /// What one long lot loses in USD in each of the 16 scenarios; a gain is negative.
    #[schema(min_items = 16, max_items = 16)]
    pub losses: Vec<Amount>,
}

/// Sets the margin parameters of a series. Every account in its contracts is valued anew before anything else happens.
#[utoipa::path(put, path = "/v1/operator/series/{series}/margin", tag = "operator", params(("series" = String, Path)),
    request_body = MarginParameters, responses((status = 200, body = MarginParameters), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_margin(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
    Body(body): Body<MarginParameters>,
) -> Result<Json<MarginParameters>, Problem> {
    caller.operator()?;
    let series = SeriesId(series(&app, &symbol)?.0);
    submit_to_exchange(&app, caller, Command::SetMargin { series, margin: (&body).into() }).await?;
    Ok(Json(body))
}

/// Sets what a lot of one series against a lot of another is credited; 0 takes the credit away.
#[utoipa::path(put, path = "/v1/operator/margin/credits", tag = "operator", request_body = SpreadCredit,
    responses((status = 200, body = SpreadCredit), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_credit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<SpreadCredit>,
) -> Result<Json<SpreadCredit>, Problem> {
    caller.operator()?;
    let [first, second] = [&body.first, &body.second].map(|symbol| series(&app, symbol));
    let (first, second) = (SeriesId(first?.0), SeriesId(second?.0));
    submit_to_exchange(&app, caller, Command::SetCredit { first, second, per_lot: body.credit.cash() }).await?;
    Ok(Json(body))
}

/// Publishes the risk array of a margined contract. The venue's risk service does so by itself unless it was started otherwise.
#[utoipa::path(post, path = "/v1/operator/instruments/{instrument}/risk", tag = "operator",
    params(("instrument" = String, Path)), request_body = NewRiskArray, responses((status = 201, body = Done),
    (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn publish_risk(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
    Body(body): Body<NewRiskArray>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    caller.operator()?;
    let instrument = terms_of(&app, &symbol)?.instrument;
    let losses: Vec<Cash> = body.losses.iter().map(|loss| loss.cash()).collect();
    let losses = losses.try_into().map_err(|losses: Vec<Cash>| {
        let detail = format!("{} losses are not the {SCENARIOS} of an array; give one for each scenario", losses.len());
        Problem::invalid("losses", detail)
    })?;
    let risk = Risk {
        version: body.version,
        expires: Timestamp(body.expires_ts_us),
        reference: body.reference_price.price(),
        losses,
    };
    let outcome = submit_to_exchange(&app, caller, Command::PublishRisk { instrument, risk }).await?;
    Ok((StatusCode::CREATED, Json(Done::from(&outcome))))
}
