//! What the operator says of the chain: what is attached, what has come from it, and where batches are cut. Most of it is sent by
//! whoever watches the chain, which counts in the smallest units of an asset, and numbers everything.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::chain::{self, ChainDomain, Pseudonym, RollingHash};
use engine::command::Command;
use engine::event::Event;
use engine::ids::AssetId;
use engine::units::Amount;
use serde::{Deserialize, Serialize};
use settlement::{AccountId, Address, Hash};
use utoipa::ToSchema;

use crate::batches::documents::text;
use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::Body;
use crate::http::operator::{Done, submit_to_exchange};
use crate::http::problem::{Problem, ProblemDocument};
use crate::venue::machines::Happening;

/// A chain to attach, for good.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChain {
    /// The chain's id (EIP-155).
    #[schema(minimum = 1)]
    pub chain_id: u64,
    /// The vault.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{40}$")]
    pub vault: Address,
    /// The export token.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{40}$")]
    pub token: Address,
    /// The pseudonym of the insurance fund.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub insurance: AccountId,
}

/// A deposit that is final on the chain.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainDeposit {
    /// Its number at the vault: 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub index: u64,
    /// For whom.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: AccountId,
    /// What the vault received, in micro-USD.
    #[schema(pattern = "^[0-9]+$", example = "25000000")]
    pub units: String,
    /// The vault's rolling hash of all deposits up to this one.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub hash: Hash,
}

/// Export tokens that were burnt on the chain.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainImport {
    /// Its number at the export token: 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub index: u64,
    /// For whom.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: AccountId,
    /// The asset's number.
    pub asset: u32,
    /// How much, in its smallest units.
    #[schema(pattern = "^[0-9]+$")]
    pub units: String,
}

/// An exit that somebody asked the vault for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainExit {
    /// Its number in the order of the chain: 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub number: u64,
    /// Of whom.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: AccountId,
    /// What is to become claimable, in micro-USD, all that was ever moved out counted in.
    #[schema(pattern = "^[0-9]+$")]
    pub target_units: String,
}

/// A batch that is on the chain for good.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Its number.
    #[schema(minimum = 1)]
    pub number: u64,
}

/// The vault was frozen.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The batch by which everybody leaves; 0: none.
    pub pinned: u64,
}

/// A batch to cut.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCut {
    /// Its number, by which a request that is sent again cuts nothing; left out: the next one.
    #[schema(minimum = 1)]
    pub number: Option<u64>,
}

/// A batch that was cut. Its body, root and digest are made beside the venue: see `/v1/batches`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CutAnswer {
    /// Its number.
    pub number: u64,
    /// The first command that it covers.
    pub first_seq: u64,
    /// The last one: the cut.
    pub last_seq: u64,
    /// Deposits credited by then.
    pub deposits: u64,
    /// Imports credited by then.
    pub imports: u64,
    /// Exits received by then.
    pub exits: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// Attaches a chain, once and for good, before any US dollar has come in another way.
#[utoipa::path(post, path = "/v1/operator/chain", tag = "operator", request_body = NewChain,
    responses((status = 201, body = NewChain), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn attach(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewChain>,
) -> Result<(StatusCode, Json<NewChain>), Problem> {
    let (vault, token) = (chain::Address(body.vault.0), chain::Address(body.token.0));
    let chain = ChainDomain { chain_id: body.chain_id, vault, token };
    let command = Command::AttachChain { chain, insurance: Pseudonym(body.insurance.0) };
    submit_to_exchange(&app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Credits a deposit that is final on the chain.
#[utoipa::path(post, path = "/v1/operator/chain/deposits", tag = "operator", request_body = ChainDeposit,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn deposit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ChainDeposit>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    let (pseudonym, hash) = (Pseudonym(body.pseudonym.0), RollingHash(body.hash.0));
    let amount = units("units", &body.units)?;
    said(&app, caller, Command::CreditDeposit { index: body.index, pseudonym, amount, hash }).await
}

/// Credits export tokens that were burnt on the chain.
#[utoipa::path(post, path = "/v1/operator/chain/imports", tag = "operator", request_body = ChainImport,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn import(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ChainImport>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    let (pseudonym, asset) = (Pseudonym(body.pseudonym.0), AssetId(body.asset));
    let amount = units("units", &body.units)?;
    said(&app, caller, Command::CreditImport { index: body.index, pseudonym, asset, amount }).await
}

/// Receives an exit that somebody asked the vault for.
#[utoipa::path(post, path = "/v1/operator/chain/exits", tag = "operator", request_body = ChainExit,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn exit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ChainExit>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    let (pseudonym, target) = (Pseudonym(body.pseudonym.0), units("target_units", &body.target_units)?);
    said(&app, caller, Command::ReceiveExit { number: body.number, pseudonym, target }).await
}

/// Says that a batch is on the chain for good.
#[utoipa::path(post, path = "/v1/operator/chain/confirmations", tag = "operator", request_body = Confirmation,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument)), security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn confirm(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Confirmation>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    said(&app, caller, Command::ConfirmBatch { number: body.number }).await
}

/// Says that the vault was frozen: nothing comes in, goes out or is ordered any more.
#[utoipa::path(post, path = "/v1/operator/chain/freeze", tag = "operator", request_body = Freeze,
    responses((status = 201, body = Done), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument)), security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn freeze(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Freeze>,
) -> Result<(StatusCode, Json<Done>), Problem> {
    said(&app, caller, Command::RecordFreeze { pinned: body.pinned }).await
}

/// Cuts a batch. With a number, whoever asks again hears that it is cut (`batch_cut`).
#[utoipa::path(post, path = "/v1/operator/batches", tag = "operator", request_body = NewCut,
    responses((status = 201, body = CutAnswer), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 409, body = ProblemDocument)), security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn cut(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewCut>,
) -> Result<(StatusCode, Json<CutAnswer>), Problem> {
    caller.operator()?;
    let number = match body.number {
        Some(number) => number,
        None => app.handle.read(|core| core.engine().chain().cuts() + 1).await?,
    };
    let outcome = submit_to_exchange(&app, caller, Command::CutBatch { number }).await?;
    let answer = outcome.happenings.iter().find_map(|happening| match *happening {
        Happening::Exchange(Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits }) => {
            let (first_seq, last_seq, ts_us) = (first_seq.0, last_seq.0, outcome.stamp.time.0);
            Some(CutAnswer { number, first_seq, last_seq, deposits, imports, exits, ts_us })
        }
        _ => None,
    });
    Ok((StatusCode::CREATED, Json(answer.expect("a cut that was not refused has its event"))))
}

async fn said(app: &App, caller: Caller, command: Command) -> Result<(StatusCode, Json<Done>), Problem> {
    let outcome = submit_to_exchange(app, caller, command).await?;
    Ok((StatusCode::CREATED, Json(Done::from(&outcome))))
}

/// An amount as the chain counts it.
fn units(field: &'static str, text: &str) -> Result<Amount, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain).map(Amount).ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        Problem::invalid(field, format!("{field} {text:?} is no whole number below 2^63; count in the smallest units"))
    })
}
