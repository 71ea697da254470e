//! Placing an order: the answer is made of nothing but what happened, and the same order sent again gets it again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::event::Event;
use engine::ids::OrderId;
use engine::order::OrderRequest;
use engine::reject::Reject;
use engine::units::Price;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::Body;
use crate::http::market_data::terms_of;
use crate::http::orders::Arrival;
use crate::http::orders::shape::{NewOrder, Order, OrderFill};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::{Action, Core, Happening, Refusal};
use crate::venue::sequencer::Outcome;

/// The answer to a new order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// The order as it stood when it was first answered.
    #[serde(flatten)]
    pub order: Order,
    /// What it traded at once; left out if the answer is repeated.
    pub fills: Vec<OrderFill>,
    /// Why what was left of it was cancelled at once, such as `immediate_or_cancel`; left out if the answer is repeated.
    pub cancel_reason: Option<&'static str>,
    /// Whether this order had been sent before, and nothing was done now.
    pub replayed: bool,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Places an order. Answered when it is durable.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = NewOrder, responses(
    (status = 201, body = OrderAnswer), (status = 200, description = "sent before; nothing was done", body = OrderAnswer),
    (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    (status = 429, body = ProblemDocument), (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn submit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<NewOrder>,
) -> Result<(StatusCode, Json<OrderAnswer>), Problem> {
    let account = caller.account_or(&app, order.account).await?;
    let instrument = terms_of(&app, &order.instrument)?.instrument;
    let signed = caller.signed.filter(|_| app.stamps_sent);
    let request = order.request(account, instrument, signed)?;
    if caller.repeated {
        // A retry of an order that was accepted gets its answer; anything else that comes again may be somebody else's doing.
        let known = move |core: &Core| core.engine().orders().by_client_id(request.account, request.client_order_id);
        if app.handle.read(known).await?.is_none() {
            caller.fresh()?;
        }
    }
    let outcome = app.handle.submit(Action::Exchange(Command::SubmitOrder(request)), caller.key, 0).await?;
    if let Some(refusal) = outcome.refusal {
        return Err(refused(refusal, &order));
    }
    let answer = answer_of(&order, &request, &outcome);
    let status = if answer.replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)))
}

/// A price that breaks a rule may be the limit or the stop's.
fn refused(refusal: Refusal, order: &NewOrder) -> Problem {
    let price = match refusal {
        Refusal::Exchange(Reject::PriceOutOfRange { price, .. } | Reject::PriceOffTick { price, .. }) => Some(price),
        _ => None,
    };
    let is = |asked: Option<Price>| price.is_some() && asked == price;
    let at_stop = is(order.stop.map(|stop| stop.price.price())) && !is(order.limit_price.map(|limit| limit.price()));
    let problem = Problem::from(refusal);
    if at_stop { problem.with_field(Some("stop")) } else { problem }
}

/// What the client hears.
fn answer_of(asked: &NewOrder, request: &OrderRequest, outcome: &Outcome) -> OrderAnswer {
    let (seq, ts_us) = (outcome.stamp.seq.0, outcome.stamp.time.0);
    let first_answer = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::OrderReplayed { order, filled, rested }) => Some((*order, filled.0, rested.0)),
        _ => None,
    });
    let replayed = first_answer.is_some();
    let id = first_answer.map_or(OrderId(seq), |(order, ..)| order);
    let arrival = Arrival::of(id, &outcome.happenings);
    let lots = request.lots.0;
    let (filled, is_cancelled) = match first_answer {
        Some((_, filled, rested)) => (filled, filled + rested < lots),
        None => (arrival.filled, arrival.cancelled.is_some()),
    };
    let mut order = Order::of_request(id, asked.instrument.clone(), request);
    order.limit_price = accepted_limit(&outcome.happenings).map(Into::into).or(order.limit_price);
    (order.filled_lots, order.remaining_lots) = (filled, lots - filled);
    if filled == lots {
        order.state = "filled";
    } else if is_cancelled {
        order.state = "cancelled";
    }
    OrderAnswer { order, cancel_reason: arrival.cancel_reason(), fills: arrival.fills, replayed, seq, ts_us }
}

/// The worst price that the venue accepted: of a market order it is known only now.
fn accepted_limit(happenings: &[Happening]) -> Option<Price> {
    happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::OrderAccepted { limit, .. }) => *limit,
        _ => None,
    })
}
