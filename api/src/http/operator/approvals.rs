//! Four eyes: what waits for the approval of a second operator, and the approval.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, day, day_text};
use crate::http::market_data::{per_hour, terms_of};
use crate::http::numbers::Amount;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};

/// Approvals of final values.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Approvals {
    /// Whether a final settlement needs the word of a second operator. Set where the venue is started.
    pub required: bool,
    /// What is proposed and not settled yet.
    pub proposals: Vec<FinalProposal>,
}

/// A final value that was proposed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FinalProposal {
    /// The contract.
    pub instrument: String,
    /// The business day.
    pub day: String,
    /// What one lot is worth, in USD; exact.
    pub value_per_lot: Amount,
    /// The same per GPU-hour, to the nearest micro-USD; for reading only.
    pub price: Amount,
    /// The key that proposed it.
    pub proposer: String,
    /// The key that approved it, if one has.
    pub approver: Option<String>,
}

/// An approval: of exactly this value.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApproval {
    /// The contract.
    pub instrument: String,
    /// The business day.
    pub day: String,
    /// What one lot is worth, as the proposal says.
    pub value_per_lot: Amount,
}

/// Whether final values need a second operator, and which wait for one.
#[utoipa::path(get, path = "/v1/operator/approvals", tag = "operator",
    responses((status = 200, body = Approvals), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Approvals>, Problem> {
    caller.operator()?;
    let (required, proposals) = app
        .handle
        .read(|core| {
            let approvals = core.engine().approvals();
            (approvals.required, approvals.proposals().collect::<Vec<_>>())
        })
        .await?;
    let shown = proposals.into_iter().filter_map(|(instrument, proposal)| {
        let terms = app.directory.terms_of(instrument)?;
        Some(FinalProposal {
            instrument: terms.symbol.to_string(),
            day: day_text(proposal.day),
            value_per_lot: proposal.value_per_lot.into(),
            price: per_hour(proposal.value_per_lot.into(), &terms),
            proposer: proposal.proposer.to_string(),
            approver: proposal.approver.map(|key| key.to_string()),
        })
    });
    Ok(Json(Approvals { required, proposals: shown.collect() }))
}

/// Approves a proposed final value: by another operator than the one who proposed it, and at exactly the value proposed.
#[utoipa::path(post, path = "/v1/operator/approvals", tag = "operator", request_body = NewApproval,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn approve(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewApproval>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    caller.operator()?;
    let (instrument, day) = (terms_of(&app, &body.instrument)?.instrument, day(&body.day)?);
    let command = Command::ApproveFinal { instrument, day, value_per_lot: body.value_per_lot.cash() };
    let outcome = submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(Done::from(&outcome))))
}
