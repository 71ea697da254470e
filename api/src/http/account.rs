//! What an account is, what it holds, and what settlements have paid it.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::{Extension, Json};
use engine::accounts;
use engine::exposure::Contract;
use engine::ids::{AccountId, AssetId};
use engine::ledger::LedgerAccount;
use engine::units::{Cash, Lots};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountQuery, Page, Parameters, day_text, number_cursor, page_limit};
use crate::http::instruments::asset_of;
use crate::http::market_data::terms_of;
use crate::http::numbers::{Amount, Quantity};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Core;

/// What an account has of one asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Balance {
    /// The asset.
    #[schema(example = "USD")]
    pub asset: String,
    /// All that is there.
    pub posted: Quantity,
    /// The part that covers positions and open orders.
    pub held: Quantity,
    /// The part that is on its way out.
    pub pending: Quantity,
    /// The rest.
    pub free: Quantity,
    /// What the account owes the venue of it; paid back from whatever comes in.
    pub owed: Quantity,
}

/// A position.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Position {
    /// The contract.
    pub instrument: String,
    /// Whole contracts; negative if short.
    pub lots: i64,
    /// What it cost since it was last settled, in USD; negative if received.
    pub cost: Amount,
    /// What it is worth at the last settlement, or at the latest trade before the first one.
    pub value: Option<Amount>,
    /// The same at the mark price.
    pub mark_value: Option<Amount>,
    /// `value − cost`: what a settlement at that value would pay.
    pub unsettled: Option<Amount>,
    /// What is held in USD for it and for the open orders in the contract.
    pub held: Amount,
}

/// What a settlement paid.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Variation {
    /// The business day.
    pub day: String,
    /// `daily`, `final`, `cascade` or `funding`.
    pub kind: String,
    /// The contracts settled; negative if short.
    pub lots: i64,
    /// What the account received in USD; negative if it paid.
    pub variation: Amount,
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Account {
    /// Its number.
    pub account: u32,
    /// The owner's first account; itself if it is that.
    pub master: u32,
    /// Its fee tier now.
    pub fee_tier: u8,
    /// What limits it.
    pub limits: AccountLimits,
    /// Its live orders in all contracts, waiting stops among them.
    pub live_orders: u32,
    /// When its dead man's switch fires; `null` if it is off.
    pub cancel_after_ts_us: Option<i64>,
    /// The number of its last deposit; the next is one more.
    pub last_deposit: u64,
    /// The number of its last payment out, withdrawals and transfers counted together; the next is one more.
    pub last_payment: u64,
}

/// How much and how fast an account may do things; a zero, and what is left out, does not limit it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountLimits {
    /// New orders and amendments.
    #[serde(default)]
    pub orders: RateLimit,
    /// Cancels of all kinds.
    #[serde(default)]
    pub cancels: RateLimit,
    /// Live orders in all contracts.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    pub open_orders_max: u32,
}

/// A rate with a burst on top.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Commands a second in the long run.
    #[schema(maximum = 1_000_000)]
    pub per_second: u32,
    /// Commands at once, on top.
    #[serde(default)]
    #[schema(maximum = 1_000_000)]
    pub burst: u32,
}

/// Which page of what settlements of a contract have paid.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct VariationQuery {
    /// A sub-account; left out for your own account.
    account: Option<u32>,
    /// The contract.
    instrument: String,
    /// Items of a page.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The account: whose it is, what limits it, and which numbers its next deposit and payment out will have.
#[utoipa::path(get, path = "/v1/account", tag = "account", params(AccountQuery), responses(
    (status = 200, body = Account), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Account>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let found = app.handle.read(move |core| core.engine().account(account)).await?;
    found
        .map(|view| Json(Account::new(account, &view)))
        .ok_or_else(|| Problem::not_found("account", &account.to_string()))
}

/// The account's balances: US dollars first, then every other asset it has ever had.
#[utoipa::path(get, path = "/v1/balances", tag = "account", params(AccountQuery), responses(
    (status = 200, body = Page<Balance>), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn balances(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Page<Balance>>, Problem> {
    let owner = caller.account_or(&app, query.account).await?;
    let items = app.handle.read(move |core| {
        let (ledger, account) = (core.engine().ledger(), LedgerAccount::Customer(owner));
        let dollars = (AssetId::USD, ledger.balance(account, AssetId::USD));
        let others = ledger.balances_of(account).filter(|(asset, _)| *asset != AssetId::USD);
        let balances = std::iter::once(dollars).chain(others);
        balances.map(|(asset, balance)| balance_of(core, owner, asset, balance)).collect()
    });
    Ok(Json(Page::whole(items.await?)))
}

fn balance_of(core: &Core, owner: AccountId, asset: AssetId, balance: engine::ledger::Balance) -> Balance {
    let receivable = core.engine().ledger().balance(LedgerAccount::Receivable(owner), asset).posted;
    let (asset, decimals) = asset_of(core, asset);
    Balance {
        asset,
        posted: Quantity::of(balance.posted, decimals),
        held: Quantity::of(balance.held, decimals),
        pending: Quantity::of(balance.pending, decimals),
        free: Quantity::of(balance.free(), decimals),
        owed: Quantity::of(-receivable, decimals),
    }
}

/// The account's positions, and the contracts in which it has open orders.
#[utoipa::path(get, path = "/v1/positions", tag = "account", params(AccountQuery), responses(
    (status = 200, body = Page<Position>), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn positions(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<Page<Position>>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let items = app.handle.read(move |core| {
        let engine = core.engine();
        let of_market = |market: &engine::Market| {
            let exposure = engine.exposure(market.terms.instrument, account);
            let hours = market.terms.hours();
            let latest = || market.last_trades.latest().map(|price| price.notional(Lots(1), hours));
            let value_per_lot = market.settled.map(|settled| settled.value_per_lot).or_else(latest);
            (!exposure.is_empty()).then(|| Position {
                instrument: market.terms.symbol.to_string(),
                lots: exposure.position.0,
                cost: exposure.cost.into(),
                value: value_per_lot.map(|value| Cash(value.0 * exposure.position.0).into()),
                mark_value: market.mark().map(|mark| mark.value(exposure.position, hours).into()),
                unsettled: value_per_lot.map(|value| exposure.unsettled(value).into()),
                held: exposure.hold(&Contract::of(&market.terms)).dollars.into(),
            })
        };
        engine.markets().filter_map(of_market).collect()
    });
    Ok(Json(Page::whole(items.await?)))
}

/// What settlements of a contract have paid the account, oldest first.
#[utoipa::path(get, path = "/v1/variations", tag = "account", params(VariationQuery), responses(
    (status = 200, body = Page<Variation>), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn variations(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<VariationQuery>,
) -> Result<Json<Page<Variation>>, Problem> {
    let (account, terms) = (caller.account_or(&app, query.account).await?, terms_of(&app, &query.instrument)?);
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.variations(account, terms.instrument, after, limit).await?;
    let last = rows.last().map(|row| row.settlement);
    let items = rows
        .into_iter()
        .map(|row| Variation {
            day: day_text(row.day),
            kind: row.kind,
            lots: row.position.0,
            variation: row.variation.into(),
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |_| last.unwrap_or_default().to_string())))
}

impl Account {
    pub(crate) fn new(account: AccountId, view: &accounts::AccountView) -> Account {
        Account {
            account: account.0,
            master: view.master.0,
            fee_tier: view.fee_tier,
            limits: view.limits.into(),
            live_orders: view.live_orders,
            cancel_after_ts_us: view.cancel_after.map(|deadline| deadline.0),
            last_deposit: view.deposits,
            last_payment: view.payments,
        }
    }
}

impl From<accounts::AccountLimits> for AccountLimits {
    fn from(limits: accounts::AccountLimits) -> AccountLimits {
        let rate = |rate: accounts::RateLimit| RateLimit { per_second: rate.per_second, burst: rate.burst };
        let (orders, cancels) = (rate(limits.orders), rate(limits.cancels));
        AccountLimits { orders, cancels, open_orders_max: limits.open_orders_max }
    }
}

impl From<AccountLimits> for accounts::AccountLimits {
    fn from(limits: AccountLimits) -> accounts::AccountLimits {
        let rate = |rate: RateLimit| accounts::RateLimit { per_second: rate.per_second, burst: rate.burst };
        let (orders, cancels) = (rate(limits.orders), rate(limits.cancels));
        accounts::AccountLimits { orders, cancels, open_orders_max: limits.open_orders_max }
    }
}
