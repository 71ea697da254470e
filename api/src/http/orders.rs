//! Placing, finding and cancelling orders.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::{Command, OrderRequest};
use engine::event::Event;
use engine::ids::{AccountId, OrderId};
use engine::orders::{OrderRecord, OrderState};
use engine::units::{Lots, Side};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, Page, PageQuery, Parameters, client_order_id, cursor_problem, order_id, page_limit};
use crate::http::market_data::terms_of;
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::{Action, Core, Happening};

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderSide {
    /// Wants to be long.
    Buy,
    /// Wants to be short.
    Sell,
}

/// A limit order, good till cancelled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Your own name for the order; sending the same order again under it does nothing and gets the same answer.
    #[schema(min_length = 1, max_length = 32, pattern = r"^[A-Za-z0-9._~:-]+$", example = "my-first-order")]
    pub client_order_id: String,
    /// What to trade.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-09")]
    pub instrument: String,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whole contracts.
    #[schema(minimum = 1, maximum = 100_000)]
    pub lots: u32,
    /// The worst price you accept, in USD per GPU-hour.
    pub limit_price: Amount,
}

/// An order and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Order {
    /// The venue's name for it.
    pub order_id: String,
    /// Your name for it.
    pub client_order_id: String,
    /// The contract.
    pub instrument: String,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whole contracts.
    pub lots: u32,
    /// Its limit.
    pub limit_price: Amount,
    /// What has traded.
    pub filled_lots: u32,
    /// What has not.
    pub remaining_lots: u32,
    /// `live`, `filled` or `cancelled`.
    pub state: &'static str,
}

/// The answer to a new order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// The order as it stood when it was first answered.
    #[serde(flatten)]
    pub order: Order,
    /// What it traded at once; left out if the answer is repeated.
    pub fills: Vec<OrderFill>,
    /// Whether this order had been sent before, and nothing was done now.
    pub replayed: bool,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// One trade of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderFill {
    /// The trade.
    pub trade_id: String,
    /// The resting order's price.
    pub price: Amount,
    /// How much.
    pub lots: u32,
    /// What this order paid for it, in USD.
    pub fee: Amount,
    /// `taker`: this order arrived.
    pub liquidity: &'static str,
}

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

/// Places an order. Answered when it is durable.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = NewOrder, responses(
    (status = 201, body = OrderAnswer), (status = 200, description = "sent before; nothing was done", body = OrderAnswer),
    (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument), (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn submit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<NewOrder>,
) -> Result<(StatusCode, Json<OrderAnswer>), Problem> {
    let request = OrderRequest {
        account: caller.account()?,
        client_order_id: client_order_id(&order.client_order_id)?,
        instrument: terms_of(&app, &order.instrument)?.instrument,
        side: order.side.into(),
        lots: Lots(order.lots),
        limit: order.limit_price.price(),
    };
    if caller.repeated {
        // A retry of an order that was accepted gets its answer; anything else that comes again may be somebody else's doing.
        let known = move |core: &Core| core.engine().orders().by_client_id(request.account, request.client_order_id);
        if app.handle.read(known).await?.is_none() {
            caller.fresh()?;
        }
    }
    let outcome = app.handle.submit(Action::Exchange(Command::SubmitOrder(request)), caller.key, 0).await?;
    if let Some(refusal) = outcome.refusal {
        return Err(refusal.into());
    }
    let answer = answer_of(&order, outcome.stamp.seq.0, outcome.stamp.time.0, &outcome.happenings);
    let status = if answer.replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)))
}

/// The account's live orders, by your own names for them.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(PageQuery), responses(
    (status = 200, body = Page<Order>), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<Order>>, Problem> {
    let account = caller.account()?;
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(client_order_id).transpose().map_err(|_| cursor_problem())?;
    let items = app.handle.read(move |core| {
        let orders = core.engine().orders().live_of(account, after);
        orders.take(limit as usize).map(|(id, record)| order_of(core, id, record)).collect()
    });
    Ok(Json(Page::cut(items.await?, limit, |order: &Order| order.client_order_id.clone())))
}

/// One order, live or finished within the last 24 hours.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path)), responses(
    (status = 200, body = Order), (status = 401, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn get_one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Order>, Problem> {
    let (account, order) = (caller.account()?, order_id(&id)?);
    let found = app.handle.read(move |core| find(core, account, order)).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("order", &id))
}

/// One order by your own name for it: the way to find out what became of a request that was not answered.
#[utoipa::path(get, path = "/v1/orders/by-client-id/{client_order_id}", tag = "orders",
    params(("client_order_id" = String, Path)), responses(
    (status = 200, body = Order), (status = 401, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn get_by_client_id(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<Json<Order>, Problem> {
    let (account, client_id) = (caller.account()?, client_order_id(&name)?);
    let found = app.handle.read(move |core| {
        let order = core.engine().orders().by_client_id(account, client_id)?;
        find(core, account, order)
    });
    found.await?.map(Json).ok_or_else(|| Problem::not_found("order", &name))
}

/// Takes a live order out of the book. Answered when that is durable.
#[utoipa::path(delete, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path)), responses(
    (status = 200, body = CancelAnswer), (status = 401, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<CancelAnswer>, Problem> {
    caller.fresh()?;
    let command = Command::CancelOrder { account: caller.account()?, order: order_id(&id)? };
    let outcome = app.handle.submit(Action::Exchange(command), caller.key, 0).await?;
    if let Some(refusal) = outcome.refusal {
        return Err(refusal.into());
    }
    let cancelled = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::OrderCancelled { lots, .. }) => Some(lots.0),
        _ => None,
    });
    let cancelled_lots = cancelled.unwrap_or_default();
    Ok(Json(CancelAnswer { order_id: id, cancelled_lots, seq: outcome.stamp.seq.0 }))
}

/// What the client hears, made of nothing but what happened.
fn answer_of(request: &NewOrder, seq: u64, ts_us: i64, happenings: &[Happening]) -> OrderAnswer {
    let (mut order_id, mut filled, mut cancelled, mut replayed, mut fills) = (seq, 0, false, false, Vec::new());
    for happening in happenings {
        match happening {
            Happening::Exchange(Event::OrderReplayed { order, filled: first, rested }) => {
                (order_id, filled, replayed) = (order.0, first.0, true);
                cancelled = first.0 + rested.0 < request.lots;
            }
            Happening::Exchange(Event::Traded(trade)) => {
                filled += trade.lots.0;
                fills.push(OrderFill {
                    trade_id: trade.trade.to_string(),
                    price: trade.price.into(),
                    lots: trade.lots.0,
                    fee: trade.taker.fee.into(),
                    liquidity: "taker",
                });
            }
            Happening::Exchange(Event::OrderCancelled { .. }) => cancelled = true,
            _ => {}
        }
    }
    let order = Order {
        order_id: order_id.to_string(),
        client_order_id: request.client_order_id.clone(),
        instrument: request.instrument.clone(),
        side: request.side,
        lots: request.lots,
        limit_price: request.limit_price,
        filled_lots: filled,
        remaining_lots: request.lots - filled,
        state: match filled == request.lots {
            true => "filled",
            false if cancelled => "cancelled",
            false => "live",
        },
    };
    OrderAnswer { order, fills, replayed, seq, ts_us }
}

/// An order of this account; one of another account is not there.
fn find(core: &Core, account: AccountId, order: OrderId) -> Option<Order> {
    let record = core.engine().orders().get(order).filter(|record| record.request.account == account)?;
    Some(order_of(core, order, record))
}

fn order_of(core: &Core, id: OrderId, record: &OrderRecord) -> Order {
    let request = &record.request;
    let market = core.engine().market(request.instrument);
    Order {
        order_id: id.to_string(),
        client_order_id: request.client_order_id.to_string(),
        instrument: market.map_or_else(String::new, |market| market.terms.symbol.to_string()),
        side: request.side.into(),
        lots: request.lots.0,
        limit_price: request.limit.into(),
        filled_lots: record.filled.0,
        remaining_lots: record.remaining().0,
        state: match record.state {
            OrderState::Live => "live",
            OrderState::Filled => "filled",
            OrderState::Cancelled => "cancelled",
        },
    }
}

impl From<OrderSide> for Side {
    fn from(side: OrderSide) -> Side {
        match side {
            OrderSide::Buy => Side::Buy,
            OrderSide::Sell => Side::Sell,
        }
    }
}

impl From<Side> for OrderSide {
    fn from(side: Side) -> OrderSide {
        match side {
            Side::Buy => OrderSide::Buy,
            Side::Sell => OrderSide::Sell,
        }
    }
}
