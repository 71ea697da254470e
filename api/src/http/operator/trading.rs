//! The operator's hand on trading: controls, halts, fees and marks.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::{Extension, Json};
use engine::command::Command;
use engine::event::Event;
use engine::ids::InstrumentId;
use engine::instrument::{FEE_TIERS, FeeRates};
use engine::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::Body;
use crate::http::instruments::{Controls, Fees};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Happening;

/// Fees from a moment on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeSchedule {
    /// From when on.
    pub effective_ts_us: i64,
    /// The rates of each of the four tiers, per GPU-hour of a contract or per lot of a spot pair.
    #[schema(min_items = 4, max_items = 4)]
    pub tiers: Vec<Fees>,
}

/// A contract that was marked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Marked {
    /// The mark price.
    pub mark_price: Option<Amount>,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Sets what keeps a contract's trading orderly. A pause at a daily limit ends, and the limits begin anew.
#[utoipa::path(put, path = "/v1/operator/instruments/{instrument}/controls", tag = "operator",
    params(("instrument" = String, Path)), request_body = Controls, responses((status = 200, body = Controls), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_controls(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
    Body(body): Body<Controls>,
) -> Result<Json<Controls>, Problem> {
    caller.operator()?;
    let instrument = instrument(&app, &symbol)?;
    let controls = (&body).try_into()?;
    submit_to_exchange(&app, caller, Command::SetControls { instrument, controls }).await?;
    Ok(Json(body))
}

/// Stops a contract's trading: no orders and no amendments are taken until it is resumed; cancels are.
#[utoipa::path(post, path = "/v1/operator/instruments/{instrument}/halt", tag = "operator",
    params(("instrument" = String, Path)), responses((status = 200, body = Done), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn halt(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
) -> Result<Json<Done>, Problem> {
    caller.operator()?;
    let command = Command::HaltInstrument { instrument: instrument(&app, &symbol)? };
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}

/// Lets a contract that was halted trade again.
#[utoipa::path(post, path = "/v1/operator/instruments/{instrument}/resume", tag = "operator",
    params(("instrument" = String, Path)), responses((status = 200, body = Done), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn resume(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
) -> Result<Json<Done>, Problem> {
    caller.operator()?;
    let command = Command::ResumeInstrument { instrument: instrument(&app, &symbol)? };
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}

/// Sets the fees of a contract from a moment on. None may be higher than the highest the contract was listed with.
#[utoipa::path(post, path = "/v1/operator/instruments/{instrument}/fees", tag = "operator",
    params(("instrument" = String, Path)), request_body = FeeSchedule, responses((status = 201, body = FeeSchedule), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn schedule_fees(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
    Body(body): Body<FeeSchedule>,
) -> Result<(axum::http::StatusCode, Json<FeeSchedule>), Problem> {
    caller.operator()?;
    let instrument = instrument(&app, &symbol)?;
    let rates: Vec<FeeRates> = body.tiers.iter().map(|&fees| fees.into()).collect();
    let tiers = rates.try_into().map_err(|rates: Vec<FeeRates>| {
        Problem::invalid(
            "tiers",
            format!("{} tiers are not the {FEE_TIERS} there are; give the fees of each", rates.len()),
        )
    })?;
    let effective = Timestamp(body.effective_ts_us);
    submit_to_exchange(&app, caller, Command::ScheduleFees { instrument, effective, tiers }).await?;
    Ok((axum::http::StatusCode::CREATED, Json(body)))
}

/// Works out a contract's mark price anew. The venue does so by itself once a second unless it was started otherwise.
#[utoipa::path(post, path = "/v1/operator/instruments/{instrument}/mark", tag = "operator",
    params(("instrument" = String, Path)), responses((status = 200, body = Marked), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn update_mark(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(symbol): Path<String>,
) -> Result<Json<Marked>, Problem> {
    caller.operator()?;
    let command = Command::UpdateMark { instrument: instrument(&app, &symbol)? };
    let outcome = submit_to_exchange(&app, caller, command).await?;
    let price = outcome.happenings.iter().filter_map(Happening::of_exchange).find_map(|event| match event {
        Event::MarkUpdated { price, .. } => Some(*price),
        _ => None,
    });
    Ok(Json(Marked { mark_price: price.map(Amount::from), seq: outcome.stamp.seq.0, ts_us: outcome.stamp.time.0 }))
}

fn instrument(app: &App, symbol: &str) -> Result<InstrumentId, Problem> {
    terms_of(app, symbol).map(|terms| terms.instrument)
}
