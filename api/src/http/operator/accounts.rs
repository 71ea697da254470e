//! The operator's register: accounts with their limits and fee tiers, and keys.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::{Command, Credential, Role};
use engine::ids::AccountId;
use engine::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::account::{Account, AccountLimits};
use crate::http::auth::Caller;
use crate::http::extract::{Body, account_id};
use crate::http::operator::submit_to_exchange;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing;

/// A customer account to open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its number.
    pub account: u32,
    /// For a sub-account: the owner's first account. Orders of one owner never trade with each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<u32>,
}

/// A fee tier from a moment on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierAssignment {
    /// The tier.
    #[schema(maximum = 3)]
    pub tier: u8,
    /// From when on.
    pub effective_ts_us: i64,
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

/// Opens a customer account, or a sub-account of one.
#[utoipa::path(post, path = "/v1/operator/accounts", tag = "operator", request_body = NewAccount,
    responses((status = 201, body = NewAccount), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn open_account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewAccount>,
) -> Result<(StatusCode, Json<NewAccount>), Problem> {
    let account = AccountId(body.account);
    let command = match body.master.map(AccountId) {
        None => Command::OpenAccount { account },
        Some(master) => Command::OpenSubAccount { account, master },
    };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// An account as its owner sees it.
#[utoipa::path(get, path = "/v1/operator/accounts/{account}", tag = "operator", params(("account" = u32, Path)),
    responses((status = 200, body = Account), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(account): Path<String>,
) -> Result<Json<Account>, Problem> {
    caller.operator()?;
    let id = account_id(&account)?;
    let found = app.handle.read(move |core| core.engine().account(id)).await?;
    found.map(|view| Json(Account::new(id, &view))).ok_or_else(|| Problem::not_found("account", &account))
}

/// Limits how much and how fast an account may do things; its budget is fresh then.
#[utoipa::path(put, path = "/v1/operator/accounts/{account}/limits", tag = "operator", params(("account" = u32, Path)),
    request_body = AccountLimits, responses((status = 200, body = AccountLimits), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_limits(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(account): Path<String>,
    Body(limits): Body<AccountLimits>,
) -> Result<Json<AccountLimits>, Problem> {
    let command = Command::SetAccountLimits { account: account_id(&account)?, limits: limits.into() };
    submit_to_exchange(&app, caller, command).await?;
    Ok(Json(limits))
}

/// Puts an account into a fee tier from a moment on.
#[utoipa::path(put, path = "/v1/operator/accounts/{account}/fee-tier", tag = "operator", params(("account" = u32, Path)),
    request_body = TierAssignment, responses((status = 200, body = TierAssignment), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn assign_fee_tier(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(account): Path<String>,
    Body(body): Body<TierAssignment>,
) -> Result<Json<TierAssignment>, Problem> {
    let effective = Timestamp(body.effective_ts_us);
    let command = Command::AssignFeeTier { account: account_id(&account)?, effective, tier: body.tier };
    submit_to_exchange(&app, caller, command).await?;
    Ok(Json(body))
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
