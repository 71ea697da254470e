//! The operator's hand on vaults: operating rates, machines, revenue, and the end of it.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, AssetSymbol, SeriesId, VaultId};
use engine::units::Timestamp;
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultEvent, VaultTerms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, day, series};
use crate::http::numbers::Amount;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::vaults::{OperatingRate, vault_id};
use crate::signing::unhex;
use crate::venue::machines::Happening;
use crate::venue::sequencer::Outcome;

/// The holders' part unless another is given: nine tenths.
const HOLDERS_BASIS_POINTS: u16 = 9_000;

/// A vault to open. Its shares are a new asset, 100 for each machine.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVault {
    /// Its number.
    pub vault: u32,
    /// What its machines are; needs an operating rate in force.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub series: String,
    /// The number of the shares' asset.
    pub asset: u32,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 16, pattern = r"^[A-Za-z0-9._~:-]+$", example = "H100-V1")]
    pub symbol: String,
    /// How many machines.
    #[schema(minimum = 1, maximum = 1000)]
    pub gpus: u16,
    /// What a share costs, in USD.
    pub share_price: Amount,
    /// The account that buys and runs the machines.
    pub sponsor: u32,
    /// The holders' part of net revenue, in basis points.
    #[serde(default = "holders_basis_points")]
    #[schema(minimum = 1, maximum = 10000)]
    pub holders_basis_points: u16,
    /// Until when all shares must be subscribed.
    pub funding_until_us: i64,
    /// Until when all machines must be in place.
    pub deployment_until_us: i64,
}

fn holders_basis_points() -> u16 {
    HOLDERS_BASIS_POINTS
}

/// A machine to name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeed {
    /// The hash of its serial number, 32 bytes in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = r"^[0-9A-Fa-f]+$")]
    pub serial_hash: String,
}

/// A machine that was seen to be in place.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttestation {
    /// The hash of its serial number, 32 bytes in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = r"^[0-9A-Fa-f]+$")]
    pub serial_hash: String,
    /// The hash of what was seen, 32 bytes in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = r"^[0-9A-Fa-f]+$")]
    pub attestation_hash: String,
}

/// What a vault's machines earned on a day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRevenue {
    /// The number of this entry: 1, 2, 3 and so on for each vault, so that none counts twice.
    #[schema(minimum = 1)]
    pub number: u64,
    /// The UTC day, which is over.
    #[schema(example = "2026-08-01")]
    pub day: String,
    /// GPU-seconds that were sold.
    pub gpu_seconds: u64,
    /// What they brought, in USD; it arrived from outside.
    pub gross: Amount,
}

/// How an entry of revenue was shared, in USD.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shared {
    /// The entry.
    pub number: u64,
    /// What running the machines cost that day.
    pub cost: Amount,
    /// What the sponsor kept for it.
    pub kept: Amount,
    /// What is kept from later revenue.
    pub shortfall: Amount,
    /// The holders' part of the rest.
    pub holders: Amount,
    /// The sponsor's part of it.
    pub sponsor: Amount,
    /// What each share earned.
    pub per_share: Amount,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// What a vault's machines were sold for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWindUp {
    /// In USD; it arrived from outside.
    pub proceeds: Amount,
}

/// What its shares are redeemed for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WindUp {
    /// Each share, in USD.
    pub redemption_per_share: Amount,
    /// What could not be divided by all shares, in USD.
    pub residual: Amount,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Publishes what running a machine of a series costs from a UTC day on.
#[utoipa::path(post, path = "/v1/operator/operating-rates", tag = "operator", request_body = OperatingRate,
    responses((status = 201, body = OperatingRate), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn set_operating_rate(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<OperatingRate>,
) -> Result<(StatusCode, Json<OperatingRate>), Problem> {
    caller.operator()?;
    let (series, effective) = (SeriesId(series(&app, &body.series)?.0), day(&body.effective_day)?);
    let command = VaultCommand::SetOperatingRate { series, effective, rate: body.rate.price() };
    submit_to_exchange(&app, caller, Command::Vault(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Opens a vault. It can be subscribed once its machines are named.
#[utoipa::path(post, path = "/v1/operator/vaults", tag = "operator", request_body = NewVault,
    responses((status = 201, body = NewVault), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn open_vault(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewVault>,
) -> Result<(StatusCode, Json<NewVault>), Problem> {
    caller.operator()?;
    let symbol = AssetSymbol::new(&body.symbol).ok_or_else(|| {
        let detail = format!("symbol {:?} is not valid; use 1 to 16 of A-Z a-z 0-9 . _ ~ : -", body.symbol);
        Problem::invalid("symbol", detail)
    })?;
    let terms = VaultTerms {
        vault: VaultId(body.vault),
        series: SeriesId(series(&app, &body.series)?.0),
        asset: AssetId(body.asset),
        symbol,
        gpus: body.gpus,
        price: body.share_price.cash(),
        sponsor: AccountId(body.sponsor),
        holders_bp: body.holders_basis_points,
        funding_until: Timestamp(body.funding_until_us),
        deployment_until: Timestamp(body.deployment_until_us),
    };
    submit_to_exchange(&app, caller, Command::Vault(VaultCommand::OpenVault { terms })).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Names a machine of a vault that is open.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/deeds", tag = "operator", params(("id" = String, Path)),
    request_body = NewDeed, responses((status = 201, body = NewDeed), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn register_deed(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewDeed>,
) -> Result<(StatusCode, Json<NewDeed>), Problem> {
    caller.operator()?;
    let (vault, serial) = (vault_id(&id)?, hash("serial_hash", &body.serial_hash)?);
    submit_to_exchange(&app, caller, Command::Vault(VaultCommand::RegisterDeed { vault, serial })).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Says that a machine of a vault is in place; a later attestation replaces the one before.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/attestations", tag = "operator", params(("id" = String, Path)),
    request_body = NewAttestation, responses((status = 201, body = NewAttestation), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn attest_deed(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewAttestation>,
) -> Result<(StatusCode, Json<NewAttestation>), Problem> {
    caller.operator()?;
    let (vault, serial) = (vault_id(&id)?, hash("serial_hash", &body.serial_hash)?);
    let attestation = hash("attestation_hash", &body.attestation_hash)?;
    let command = VaultCommand::AttestDeed { vault, serial, attestation };
    submit_to_exchange(&app, caller, Command::Vault(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Gives a vault up whose machines are not in place; its subscribers are paid back.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/cancel", tag = "operator", params(("id" = String, Path)),
    responses((status = 200, body = Done), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn cancel_vault(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Done>, Problem> {
    let command = Command::Vault(VaultCommand::CancelVault { vault: vault_id(&id)? });
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}

/// Pays a vault's sponsor: all its machines are in place. The shares are handed out at once.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/deploy", tag = "operator", params(("id" = String, Path)),
    responses((status = 200, body = Done), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn deploy_vault(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Done>, Problem> {
    let command = Command::Vault(VaultCommand::DeployVault { vault: vault_id(&id)? });
    submit_to_exchange(&app, caller, command).await.map(|outcome| Json(Done::from(&outcome)))
}

/// Records what a vault's machines earned on a day, and shares it.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/revenue", tag = "operator", params(("id" = String, Path)),
    request_body = NewRevenue, responses((status = 201, body = Shared), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn record_revenue(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewRevenue>,
) -> Result<(StatusCode, Json<Shared>), Problem> {
    caller.operator()?;
    let (vault, day) = (vault_id(&id)?, day(&body.day)?);
    let sold = Sold { number: body.number, day, gpu_seconds: body.gpu_seconds, gross: body.gross.cash() };
    let outcome = submit_to_exchange(&app, caller, Command::Vault(VaultCommand::RecordRevenue { vault, sold })).await?;
    Ok((StatusCode::CREATED, Json(shared(&outcome))))
}

/// Ends a vault: its machines are sold, its pairs closed, its shares redeemed.
#[utoipa::path(post, path = "/v1/operator/vaults/{id}/wind-up", tag = "operator", params(("id" = String, Path)),
    request_body = NewWindUp, responses((status = 201, body = WindUp), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn wind_up(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<NewWindUp>,
) -> Result<(StatusCode, Json<WindUp>), Problem> {
    caller.operator()?;
    let command = VaultCommand::WindUpVault { vault: vault_id(&id)?, proceeds: body.proceeds.cash() };
    let outcome = submit_to_exchange(&app, caller, Command::Vault(command)).await?;
    let found = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::Vault(VaultEvent::WindUpStarted { value_per_share, residual, .. })) => {
            Some((*value_per_share, *residual))
        }
        _ => None,
    });
    let (value, residual) = found.expect("a vault that is wound up says what its shares are worth");
    let (seq, ts_us) = (outcome.stamp.seq.0, outcome.stamp.time.0);
    let answer = WindUp { redemption_per_share: value.into(), residual: residual.into(), seq, ts_us };
    Ok((StatusCode::CREATED, Json(answer)))
}

fn shared(outcome: &Outcome) -> Shared {
    let found = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::Vault(VaultEvent::RevenueRecorded(revenue))) => Some(revenue),
        _ => None,
    });
    let revenue = found.expect("revenue that was recorded is an event");
    Shared {
        number: revenue.sold.number,
        cost: revenue.cost.into(),
        kept: revenue.kept.into(),
        shortfall: revenue.shortfall.into(),
        holders: revenue.holders.into(),
        sponsor: revenue.sponsor.into(),
        per_share: revenue.per_share.into(),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    }
}

/// 32 bytes in hexadecimal.
fn hash(field: &'static str, text: &str) -> Result<MachineHash, Problem> {
    let invalid =
        || Problem::invalid(field, format!("{field} has {} characters; write 64 hexadecimal digits", text.len()));
    unhex::<32>(text).map(MachineHash).ok_or_else(invalid)
}
