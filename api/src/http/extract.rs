//! Reads bodies and queries; what cannot be read becomes a problem that says where.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use engine::ids::{AccountId, ClientOrderId, OrderId, Symbol, TransferId};
use engine::units::{Amount, Day, Timestamp};
use pricing::index;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::numbers::Quantity;
use crate::http::problem::Problem;
use crate::venue::ListedAsset;

/// Most items of one page.
pub const PAGE_MAX: u32 = 1_000;
/// Items of a page unless asked otherwise.
const PAGE_DEFAULT: u32 = 100;
/// The symbol of US dollars.
const USD: &str = "USD";

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|error| Problem::invalid("body", error.to_string()))?;
        serde_json::from_slice(&bytes)
            .map(Body)
            .map_err(|error| Problem::invalid("body", format!("the body cannot be read: {error}")))
    }
}

/// The parameters behind the question mark.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Parameters(parameters))
            .map_err(|error| Problem::invalid("query", error.body_text()))
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that fits on one page.
    pub fn whole(items: Vec<T>) -> Page<T> {
        Page { items, next_cursor: None }
    }

    /// A page cut out of a longer list: full pages have a next one.
    pub fn cut(items: Vec<T>, limit: u32, cursor_of: impl Fn(&T) -> String) -> Page<T> {
        let full = items.len() >= limit as usize;
        let next_cursor = items.last().filter(|_| full).map(cursor_of);
        Page { items, next_cursor }
    }
}

/// Which page of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Whose, if it is not the caller's own account.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
}

/// Which page of an account's list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AccountPageQuery {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The number of items asked for.
pub fn page_limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit.unwrap_or(PAGE_DEFAULT) {
        limit @ 1..=PAGE_MAX => Ok(limit),
        limit => Err(Problem::invalid("limit", format!("limit {limit} is not allowed; ask for 1 to {PAGE_MAX} items"))),
    }
}

/// A cursor that no page of this list has given out.
pub fn cursor_problem() -> Problem {
    Problem::invalid("cursor", "the cursor is not one of this list; pass next_cursor as it was")
}

/// A cursor that is a number of the history, which SQLite keeps in 63 bits; no list gives out a larger one.
pub fn number_cursor(cursor: &str) -> Result<u64, Problem> {
    cursor.parse().ok().filter(|&number| i64::try_from(number).is_ok()).ok_or_else(cursor_problem)
}

/// The UTC day of a moment, which is the business day of what happened in it.
pub fn business_date(ts_us: i64) -> String {
    day_text(Timestamp(ts_us).day())
}

/// The number of a series by its symbol.
pub fn series(app: &App, symbol: &str) -> Result<index::SeriesId, Problem> {
    app.directory.series(symbol).ok_or_else(|| Problem::not_found("series", symbol))
}

/// A contract's symbol.
pub fn symbol(text: &str) -> Result<Symbol, Problem> {
    Symbol::new(text).ok_or_else(|| Problem::not_found("instrument", text))
}

/// An order's id.
pub fn order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse().map(OrderId).map_err(|_| Problem::not_found("order", text))
}

/// An account by its number in a path.
pub fn account_id(text: &str) -> Result<AccountId, Problem> {
    text.parse().map(AccountId).map_err(|_| Problem::not_found("account", text))
}

/// A pending transfer's id.
pub fn transfer_id(text: &str) -> Result<TransferId, Problem> {
    // The history keeps ids in 63 bits.
    let id = text.parse().ok().filter(|&id| i64::try_from(id).is_ok());
    id.map(TransferId).ok_or_else(|| Problem::not_found("withdrawal", text))
}

/// An asset by its symbol; US dollars unless another is named.
pub fn asset(app: &App, symbol: Option<&str>) -> Result<ListedAsset, Problem> {
    let symbol = symbol.unwrap_or(USD);
    app.directory.asset(symbol).ok_or_else(|| Problem::not_found("asset", symbol))
}

/// A quantity of an asset in its smallest units.
pub fn amount_of(quantity: &Quantity, asset: ListedAsset) -> Result<Amount, Problem> {
    quantity.units(asset.decimals).map_err(|error| Problem::invalid("amount", error.to_string()))
}

/// A client order id.
pub fn client_order_id(text: &str) -> Result<ClientOrderId, Problem> {
    ClientOrderId::new(text).ok_or_else(|| {
        let detail = format!("client_order_id {text:?} is not valid; use 1 to 32 of A-Z a-z 0-9 . _ ~ : -");
        Problem::invalid("client_order_id", detail)
    })
}

/// A day in the form `2026-08-01`.
pub fn day(text: &str) -> Result<Day, Problem> {
    index_day(text).map(|day| Day(day.days_since_epoch()))
}

/// A day of the index in the form `2026-08-01`.
pub fn index_day(text: &str) -> Result<index::Day, Problem> {
    text.parse().map_err(|error: index::DayError| Problem::invalid("day", error.to_string()))
}

/// A day as text.
pub fn day_text(day: Day) -> String {
    let date = chrono::DateTime::from_timestamp_micros(day.start().0).expect("the engine limits its days");
    date.format("%Y-%m-%d").to_string()
}
