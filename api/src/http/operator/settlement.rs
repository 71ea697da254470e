//! One settlement by the operator's hand: starts one or takes it up, and posts it to its end in bounded steps.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::event::{Event, SettlementRung};
use engine::instrument::SettlementKind;
use engine::units::Cash;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, day, day_text};
use crate::http::market_data::{per_hour, terms_of};
use crate::http::numbers::Amount;
use crate::http::operator::submit_to_exchange;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Happening;
use crate::venue::projections::settlement_rung_name;
use crate::venue::sequencer::Outcome;

/// A settlement to post.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// The contract.
    pub instrument: String,
    /// The business day to close.
    pub day: String,
    /// `daily` or `final`.
    pub kind: Kind,
}

/// Which settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Variation margin.
    Daily,
    /// The last one.
    Final,
    /// The last one of a strip: positions move into its legs.
    Cascade,
    /// An hour of a perpetual.
    Funding,
}

/// A settlement that is complete.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementReport {
    /// The business day.
    pub day: String,
    /// What one lot was worth, in USD; exact.
    pub value_per_lot: Amount,
    /// The same per GPU-hour, to the nearest micro-USD; for reading only.
    pub price: Amount,
    /// Where the value came from.
    pub rung: String,
    /// Accounts that received or paid in the steps of this request.
    pub accounts: usize,
    /// What the winners received in the steps of this request; in a whole settlement, what the losers paid.
    pub paid: Amount,
    /// Steps this request took.
    pub steps: usize,
}

/// Posts a settlement to its end, in bounded steps; taken up where it was if one of that day and kind is under way.
#[utoipa::path(post, path = "/v1/operator/settlements", tag = "operator", request_body = NewSettlement,
    responses((status = 201, body = SettlementReport), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn settle(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewSettlement>,
) -> Result<(StatusCode, Json<SettlementReport>), Problem> {
    caller.operator()?;
    let terms = terms_of(&app, &body.instrument)?;
    let (instrument, day) = (terms.instrument, day(&body.day)?);
    let kind = match body.kind {
        Kind::Daily => SettlementKind::Daily,
        Kind::Final => SettlementKind::Final,
        Kind::Cascade => SettlementKind::Cascade,
        Kind::Funding => SettlementKind::Funding,
    };
    let running = app.handle.read(move |core| core.engine().market(instrument).and_then(engine::Market::settling));
    let (value_per_lot, rung) = match running.await? {
        Some((running_kind, settled)) if running_kind == kind && settled.day == day => {
            (settled.value_per_lot, settled.rung)
        }
        _ => {
            let outcome = submit_to_exchange(&app, caller, Command::StartSettlement { instrument, day, kind }).await?;
            started(&outcome).ok_or_else(|| {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "request_failed", "the settlement left no event")
            })?
        }
    };
    let (mut accounts, mut paid, mut steps, mut complete) = (0, Cash::ZERO, 0, false);
    while !complete {
        let outcome = submit_to_exchange(&app, caller, Command::AdvanceSettlement { instrument }).await?;
        steps += 1;
        for happening in &outcome.happenings {
            match happening {
                Happening::Exchange(Event::PositionSettled { variation, .. }) => {
                    accounts += 1;
                    paid += (*variation).max(Cash::ZERO);
                }
                Happening::Exchange(Event::SettlementCompleted { .. }) => complete = true,
                _ => {}
            }
        }
    }
    let report = SettlementReport {
        day: day_text(day),
        value_per_lot: value_per_lot.into(),
        price: per_hour(value_per_lot.into(), &terms),
        rung: settlement_rung_name(rung).to_owned(),
        accounts,
        paid: paid.into(),
        steps,
    };
    Ok((StatusCode::CREATED, Json(report)))
}

fn started(outcome: &Outcome) -> Option<(Cash, SettlementRung)> {
    outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::SettlementStarted { value_per_lot, rung, .. }) => Some((*value_per_lot, *rung)),
        _ => None,
    })
}
