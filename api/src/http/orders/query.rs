//! Finding orders: the live ones page by page, and one by either of its names.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::{Extension, Json};

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{
    AccountPageQuery, AccountQuery, Page, Parameters, client_order_id, cursor_problem, order_id, page_limit,
};
use crate::http::orders::shape::Order;
use crate::http::orders::{find, order_of};
use crate::http::problem::{Problem, ProblemDocument};

/// The account's live orders, waiting stops among them, in the order in which they were placed.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(AccountPageQuery), responses(
    (status = 200, body = Page<Order>), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountPageQuery>,
) -> Result<Json<Page<Order>>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(order_id).transpose().map_err(|_| cursor_problem())?;
    let items = app.handle.read(move |core| {
        let orders = core.engine().live_orders(account, after);
        orders.take(limit as usize).map(|(id, record)| order_of(core, id, &record)).collect()
    });
    Ok(Json(Page::cut(items.await?, limit, |order: &Order| order.order_id.clone())))
}

/// One order, live or finished within the last 24 hours.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path), AccountQuery), responses(
    (status = 200, body = Order), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn get_one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Order>, Problem> {
    let (account, order) = (caller.account_or(&app, query.account).await?, order_id(&id)?);
    let found = app.handle.read(move |core| find(core, account, order)).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("order", &id))
}

/// One order by your own name for it: the way to find out what became of a request that was not answered.
#[utoipa::path(get, path = "/v1/orders/by-client-id/{client_order_id}", tag = "orders",
    params(("client_order_id" = String, Path), AccountQuery), responses(
    (status = 200, body = Order), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn get_by_client_id(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Order>, Problem> {
    let (account, client_id) = (caller.account_or(&app, query.account).await?, client_order_id(&name)?);
    let found = app.handle.read(move |core| {
        let order = core.engine().orders().by_client_id(account, client_id)?;
        find(core, account, order)
    });
    found.await?.map(Json).ok_or_else(|| Problem::not_found("order", &name))
}
