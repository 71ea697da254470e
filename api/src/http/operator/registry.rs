//! The operator's registry: accounts, keys, deposits, listings.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::{Command, Credential, Role};
use engine::ids::{AccountId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Terms};
use engine::units::Day;
use pricing::index;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, series};
use crate::http::numbers::Amount;
use crate::http::operator::submit_to_exchange;
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
    /// The SHA-256 of a bearer token, 64 hexadecimal digits; only for traders of the demo.
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
    /// The number of this deposit to this account: 1, 2, 3 and so on, so that none is credited twice.
    #[schema(minimum = 1)]
    pub reference: u64,
}

/// A cash month to list. Its symbol, days and hours follow from the series and the month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstrument {
    /// Its number.
    pub instrument: u32,
    /// The series it settles to.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The month of delivery.
    #[schema(example = "2026-08", pattern = r"^[0-9]{4}-[0-9]{2}$")]
    pub delivery_month: String,
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

/// A contract that was listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedInstrument {
    /// Its symbol.
    #[schema(example = "H100-SXM.GLOBAL.OD-2026-08")]
    pub id: String,
    /// GPU-hours of one lot.
    pub contract_hours: u16,
}

/// Opens a customer account.
#[utoipa::path(post, path = "/v1/operator/accounts", tag = "operator", request_body = NewAccount,
    responses((status = 201, body = NewAccount), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn open_account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewAccount>,
) -> Result<(StatusCode, Json<NewAccount>), Problem> {
    submit_to_exchange(&app, caller, Command::OpenAccount { account: AccountId(body.account) }).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Registers a key.
#[utoipa::path(post, path = "/v1/operator/keys", tag = "operator", request_body = NewKey,
    responses((status = 201, body = RegisteredKey), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn register_key(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewKey>,
) -> Result<(StatusCode, Json<RegisteredKey>), Problem> {
    caller.operator()?;
    let bytes = |field, text: &str| {
        signing::unhex::<32>(text)
            .ok_or_else(|| Problem::invalid(field, format!("{field} {text:?} is not 64 hexadecimal digits")))
    };
    let (key, credential) = match (&body.public_key, &body.token_sha256) {
        (Some(text), None) => {
            let public_key = bytes("public_key", text)?;
            (signing::key_id(&public_key), Credential::Ed25519(public_key))
        }
        (None, Some(_)) if !app.tokens_allowed || body.account.is_none() => {
            let detail = "tokens are for traders of the demo; register a public_key";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "token_not_allowed", detail));
        }
        (None, Some(text)) => {
            let hash = bytes("token_sha256", text)?;
            (signing::token_id(&hash), Credential::TokenSha256(hash))
        }
        _ => return Err(Problem::invalid("public_key", "give either public_key or token_sha256")),
    };
    let role = body.account.map_or(Role::Operator, |account| Role::Trader(AccountId(account)));
    submit_to_exchange(&app, caller, Command::RegisterKey { key, credential, role }).await?;
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
    let id = signing::parse_key_id(&key).ok_or_else(|| Problem::not_found("key", &key))?;
    submit_to_exchange(&app, caller, Command::RevokeKey { key: id }).await?;
    Ok(Json(RegisteredKey { key }))
}

/// Credits money that arrived from outside.
#[utoipa::path(post, path = "/v1/operator/deposits", tag = "operator", request_body = NewDeposit,
    responses((status = 201, body = NewDeposit), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn deposit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewDeposit>,
) -> Result<(StatusCode, Json<NewDeposit>), Problem> {
    let account = AccountId(body.account);
    let command = Command::Deposit { account, amount: body.amount.cash(), reference: body.reference };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Lists a cash month.
#[utoipa::path(post, path = "/v1/operator/instruments", tag = "operator", request_body = NewInstrument,
    responses((status = 201, body = ListedInstrument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list_instrument(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewInstrument>,
) -> Result<(StatusCode, Json<ListedInstrument>), Problem> {
    caller.operator()?;
    let series = series(&app, &body.series)?;
    let (first_day, days) = month(&body.delivery_month)?;
    let id = format!("{}-{}", body.series, body.delivery_month);
    let terms = Terms {
        instrument: InstrumentId(body.instrument),
        symbol: Symbol::new(&id).ok_or_else(|| Problem::invalid("series", format!("{id} is too long for a symbol")))?,
        series: SeriesId(series.0),
        first_day,
        days,
        tick: body.tick_size.price(),
        floor: body.price_floor.price(),
        cap: body.price_cap.price(),
        fees: FeeRates { maker: body.maker_fee.price(), taker: body.taker_fee.price() },
    };
    submit_to_exchange(&app, caller, Command::ListInstrument { terms }).await?;
    Ok((StatusCode::CREATED, Json(ListedInstrument { id, contract_hours: terms.hours().0 })))
}

/// The first day of a month written `2026-08`, and how many days it has.
fn month(text: &str) -> Result<(Day, u16), Problem> {
    let invalid = || Problem::invalid("delivery_month", format!("{text:?} is no month; write it like 2026-08"));
    let first: index::Day = format!("{text}-01").parse().map_err(|_| invalid())?;
    let (year, month, _) = first.ymd();
    let next = index::Day::from_ymd(year + i32::from(month == 12), month % 12 + 1, 1).ok_or_else(invalid)?;
    let days = u16::try_from(next.days_since(first)).map_err(|_| invalid())?;
    Ok((Day(first.days_since_epoch()), days))
}
