//! The operator's registry: accounts, keys, deposits, listings.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::{Command, Credential, Role};
use engine::ids::{AccountId, InstrumentId, KeyId, SeriesId};
use engine::instrument::{FeeRates, Terms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, day, symbol};
use crate::http::numbers::Amount;
use crate::http::operator::exchange;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing;

/// A customer account to open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its number.
    pub account: u32,
}

/// A key to register: a public key to sign with, or the SHA-256 of a bearer token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The account it trades for; left out for an operator's key.
    pub account: Option<u32>,
    /// An Ed25519 public key, 64 hexadecimal digits.
    pub public_key: Option<String>,
    /// The SHA-256 of a bearer token, 64 hexadecimal digits; only for venues on a loopback address.
    pub token_sha256: Option<String>,
}

/// A registered key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegisteredKey {
    /// Its id, for the header `x-key`.
    pub key: String,
}

/// Money that arrived from outside.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeposit {
    /// Who receives it.
    pub account: u32,
    /// How much, in USD.
    pub amount: Amount,
    /// The outside's number of the payment. Rises from deposit to deposit, so that none is credited twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// A contract to list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstrument {
    /// Its number.
    pub instrument: u32,
    /// Its name.
    pub symbol: String,
    /// The number of the series it settles to.
    pub series: u32,
    /// First day of the delivery month.
    pub delivery_start: String,
    /// Days of delivery.
    #[schema(minimum = 1, maximum = 31)]
    pub delivery_days: u16,
    /// Price step.
    pub tick_size: Amount,
    /// Lowest price and settlement value.
    pub price_floor: Amount,
    /// Highest price and settlement value.
    pub price_cap: Amount,
    /// Fee of the resting order per GPU-hour.
    pub maker_fee: Amount,
    /// Fee of the arriving order per GPU-hour.
    pub taker_fee: Amount,
}

/// Opens a customer account.
#[utoipa::path(post, path = "/v1/operator/accounts", tag = "operator", request_body = NewAccount,
    responses((status = 201, body = NewAccount), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn open_account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewAccount>,
) -> Result<(StatusCode, Json<NewAccount>), Problem> {
    exchange(&app, caller, Command::OpenAccount { account: AccountId(body.account) }).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Registers a key.
#[utoipa::path(post, path = "/v1/operator/keys", tag = "operator", request_body = NewKey,
    responses((status = 201, body = RegisteredKey), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn register_key(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewKey>,
) -> Result<(StatusCode, Json<RegisteredKey>), Problem> {
    let bytes = |field, text: &str| {
        signing::unhex::<32>(text)
            .ok_or_else(|| Problem::invalid(field, format!("{field} {text:?} is not 64 hexadecimal digits")))
    };
    let (key, credential) = match (&body.public_key, &body.token_sha256) {
        (Some(text), None) => {
            let public_key = bytes("public_key", text)?;
            (signing::key_id(&public_key), Credential::Ed25519(public_key))
        }
        (None, Some(text)) => {
            let hash = bytes("token_sha256", text)?;
            (signing::token_id(&hash), Credential::TokenSha256(hash))
        }
        _ => return Err(Problem::invalid("public_key", "give either public_key or token_sha256")),
    };
    let role = body.account.map_or(Role::Operator, |account| Role::Trader(AccountId(account)));
    exchange(&app, caller, Command::RegisterKey { key, credential, role }).await?;
    Ok((StatusCode::CREATED, Json(RegisteredKey { key: key.to_string() })))
}

/// Takes every right from a key, for good.
#[utoipa::path(delete, path = "/v1/operator/keys/{key}", tag = "operator", params(("key" = String, Path)),
    responses((status = 200, body = RegisteredKey), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn revoke_key(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
) -> Result<Json<RegisteredKey>, Problem> {
    let id = u64::from_str_radix(&key, 16).map_err(|_| Problem::not_found("key", &key))?;
    exchange(&app, caller, Command::RevokeKey { key: KeyId(id) }).await?;
    Ok(Json(RegisteredKey { key }))
}

/// Credits money that arrived from outside.
#[utoipa::path(post, path = "/v1/operator/deposits", tag = "operator", request_body = NewDeposit,
    responses((status = 201, body = NewDeposit), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn deposit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewDeposit>,
) -> Result<(StatusCode, Json<NewDeposit>), Problem> {
    let account = AccountId(body.account);
    let command = Command::Deposit { account, amount: body.amount.cash(), reference: body.reference };
    exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Lists a contract.
#[utoipa::path(post, path = "/v1/operator/instruments", tag = "operator", request_body = NewInstrument,
    responses((status = 201, body = NewInstrument), (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list_instrument(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewInstrument>,
) -> Result<(StatusCode, Json<NewInstrument>), Problem> {
    let terms = Terms {
        instrument: InstrumentId(body.instrument),
        symbol: symbol(&body.symbol)
            .map_err(|_| Problem::invalid("symbol", "a symbol has 1 to 32 of A-Z a-z 0-9 . _ ~ : -"))?,
        series: SeriesId(body.series),
        first_day: day(&body.delivery_start)?,
        days: body.delivery_days,
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
    };
    exchange(&app, caller, Command::ListInstrument { terms }).await?;
    Ok((StatusCode::CREATED, Json(body)))
}
