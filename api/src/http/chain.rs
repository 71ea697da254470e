//! The chain as accounts see it: what is attached, who an account is there, and money that leaves for it.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::chain::{Pseudonym, Signature64};
use engine::command::{Command, Credential};
use engine::event::Event;
use engine::ids::AccountId;
use engine::reject::Reject;
use serde::{Deserialize, Serialize};
use serde_json::json;
use settlement::{Address, Domain, Hash};
use utoipa::ToSchema;

use crate::batches::documents::{DomainDocument, text};
use crate::batches::{Consent, domain_of};
use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{AccountQuery, Body, Parameters, amount_of, asset};
use crate::http::instruments::asset_of;
use crate::http::numbers::Quantity;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing;
use crate::venue::machines::{Core, Happening};

/// The chain that US dollars come from and go to, and how far the ledger has come with it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Chain {
    /// The vault, as digests of batches name it.
    pub domain: DomainDocument,
    /// The export token.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{40}$")]
    pub token: Address,
    /// The pseudonym of the insurance fund.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub insurance: settlement::AccountId,
    /// The last deposit that was credited.
    pub deposits: u64,
    /// The vault's rolling hash of all deposits up to it.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub deposits_hash: Hash,
    /// The last import that was credited.
    pub imports: u64,
    /// The last exit that was received.
    pub exits: u64,
    /// The last batch that was cut.
    pub batches_cut: u64,
    /// The last batch that is on the chain for good.
    pub batches_confirmed: u64,
    /// The batch by which everybody leaves, 0 for none, once the vault is frozen; `null` before.
    pub frozen: Option<u64>,
    /// The venue's time.
    pub ts_us: i64,
}

/// Who an account is on the chain, and what it can take there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChainAccount {
    /// The account.
    pub account: u32,
    /// Its pseudonym; `null` until it is linked.
    #[schema(pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: Option<String>,
    /// All that it ever moved out, of each asset; what it was paid of that is on the chain.
    pub claimable: Vec<Claimable>,
    /// Its forced exit, if it is in one.
    pub exit: Option<ExitState>,
}

/// All that an account ever moved out of an asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claimable {
    /// The asset.
    pub asset: String,
    /// How much.
    pub amount: Quantity,
}

/// A forced exit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExitState {
    /// What is to become claimable, in USD.
    pub target: Quantity,
    /// When it was received.
    pub received_ts_us: i64,
    /// When its next step is due.
    pub next_ts_us: i64,
}

/// A pseudonym for an account, for good.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// The hash of its owner's address and a secret salt.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: settlement::AccountId,
    /// The Ed25519 signature of the bytes in docs/chain.md, by the key that sends this, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{128}$")]
    pub signature: String,
}

/// An account that was linked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Link {
    /// The account.
    pub account: u32,
    /// Its pseudonym.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub pseudonym: settlement::AccountId,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// An amount to move out to the chain, for good.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChainWithdrawal {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// The asset; US dollars if left out.
    #[schema(example = "USD")]
    pub asset: Option<String>,
    /// How much.
    pub amount: Quantity,
    /// The number of this payment out of the account, withdrawals and transfers counted together: 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub reference: u64,
    /// The Ed25519 signature of the bytes in docs/chain.md, by the key that sends this, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{128}$")]
    pub signature: String,
}

/// An amount that was moved out to the chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChainWithdrawal {
    /// The account.
    pub account: u32,
    /// The asset.
    pub asset: String,
    /// How much.
    pub amount: Quantity,
    /// All that the account ever moved out of it. The next batch promises it.
    pub claimable: Quantity,
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

/// The chain that is attached, and how far the ledger has come with it.
#[utoipa::path(get, path = "/v1/chain", tag = "chain", responses(
    (status = 200, body = Chain), (status = 404, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
pub async fn chain(State(app): State<App>) -> Result<Json<Chain>, Problem> {
    app.handle.read(chain_of).await?.map(Json).ok_or_else(no_chain)
}

/// Who the account is on the chain, what it ever moved out, and its exit.
#[utoipa::path(get, path = "/v1/chain/account", tag = "chain", params(AccountQuery), responses(
    (status = 200, body = ChainAccount), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn account(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<AccountQuery>,
) -> Result<Json<ChainAccount>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    Ok(Json(app.handle.read(move |core| account_of(core, account)).await?))
}

/// Gives the account its pseudonym, for good. What had come for the pseudonym before is the account's at once.
#[utoipa::path(post, path = "/v1/chain/link", tag = "chain", request_body = NewLink, responses(
    (status = 201, body = Link), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn link(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewLink>,
) -> Result<(StatusCode, Json<Link>), Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    let consent = Consent::to_link(&domain(&app).await?, account, &body.pseudonym.0);
    let signature = checked(&app, &caller, &consent, &body.signature)?;
    let command = Command::LinkAccount { account, pseudonym: Pseudonym(body.pseudonym.0), signature };
    let outcome = app.submit(&caller, command).await?;
    let (seq, ts_us) = (outcome.stamp.seq.0, outcome.stamp.time.0);
    Ok((StatusCode::CREATED, Json(Link { account: account.0, pseudonym: body.pseudonym, seq, ts_us })))
}

/// Moves an amount out to the chain. It cannot be taken back: the next batch promises it, and the chain pays it.
#[utoipa::path(post, path = "/v1/chain/withdrawals", tag = "chain", request_body = NewChainWithdrawal, responses(
    (status = 201, body = ChainWithdrawal), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn withdraw(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewChainWithdrawal>,
) -> Result<(StatusCode, Json<ChainWithdrawal>), Problem> {
    caller.fresh()?;
    let account = caller.account_or(&app, body.account).await?;
    let asset = asset(&app, body.asset.as_deref())?;
    let (amount, reference) = (amount_of(&body.amount, asset)?, body.reference);
    let consent = Consent::to_withdraw(&domain(&app).await?, account, asset.id, amount, reference);
    let signature = checked(&app, &caller, &consent, &body.signature)?;
    let command = Command::WithdrawToChain { account, asset: asset.id, amount, reference, signature };
    let outcome = app.submit(&caller, command).await?;
    let claimable = outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::WithdrawnToChain { claimable, .. }) => Some(*claimable),
        _ => None,
    });
    let withdrawal = ChainWithdrawal {
        account: account.0,
        asset: asset.symbol.to_string(),
        amount: Quantity::of(amount, asset.decimals),
        claimable: Quantity::of(claimable.unwrap_or_default(), asset.decimals),
        seq: outcome.stamp.seq.0,
        ts_us: outcome.stamp.time.0,
    };
    Ok((StatusCode::CREATED, Json(withdrawal)))
}

/// The vault of the chain.
async fn domain(app: &App) -> Result<Domain, Problem> {
    let domain = app.handle.read(|core| core.engine().chain().domain().map(domain_of)).await?;
    domain.ok_or_else(|| Reject::NoChain.into())
}

/// The signature of what is about to be journaled, if the caller's own key has signed it.
fn checked(app: &App, caller: &Caller, consent: &Consent, signature: &str) -> Result<Signature64, Problem> {
    let bytes = signing::unhex::<64>(signature)
        .ok_or_else(|| Problem::invalid("signature", "signature is not 128 hexadecimal digits; it has 64 bytes"))?;
    match app.directory.active_key(caller.key).map(|key| key.credential) {
        Some(Credential::Ed25519(public_key)) if consent.is_signed(&public_key, &bytes) => Ok(Signature64(bytes)),
        Some(Credential::TokenSha256(_)) => {
            let detail = "a bearer token signs nothing; use an Ed25519 key, so that others can see that you agreed";
            Err(Problem::new(StatusCode::FORBIDDEN, "consent_needed", detail).with_field(Some("signature")))
        }
        _ => {
            let detail = "the signature is not this key's for what is asked; compare the bytes that were signed";
            let context = json!({ "signed_bytes": signing::hex(consent.bytes()) });
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "consent_needed", detail);
            Err(problem.with_field(Some("signature")).with_context(context))
        }
    }
}

fn chain_of(core: &Core) -> Option<Chain> {
    let chain = core.engine().chain();
    let (domain, insurance) = (chain.domain()?, chain.insurance()?);
    let (deposits, hash) = chain.deposits();
    Some(Chain {
        domain: DomainDocument::of(&domain_of(domain)),
        token: Address(domain.token.0),
        insurance: settlement::AccountId(insurance.0),
        deposits,
        deposits_hash: Hash(hash.0),
        imports: chain.imports(),
        exits: chain.exits(),
        batches_cut: chain.cuts(),
        batches_confirmed: chain.confirmed(),
        frozen: chain.frozen(),
        ts_us: core.engine().time().0,
    })
}

fn account_of(core: &Core, account: AccountId) -> ChainAccount {
    let chain = core.engine().chain();
    let claimable = core.engine().ledger().assets().filter_map(|(asset, _)| {
        let amount = chain.claimable(account, asset);
        let (symbol, decimals) = asset_of(core, asset);
        (amount.0 > 0).then(|| Claimable { asset: symbol, amount: Quantity::of(amount, decimals) })
    });
    let (_, decimals) = asset_of(core, engine::ids::AssetId::USD);
    ChainAccount {
        account: account.0,
        pseudonym: chain.link_of(account).map(|pseudonym| pseudonym.to_string()),
        claimable: claimable.collect(),
        exit: chain.exit_of(account).map(|exit| ExitState {
            target: Quantity::of(exit.target, decimals),
            received_ts_us: exit.received.0,
            next_ts_us: exit.next.0,
        }),
    }
}

fn no_chain() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, Reject::NoChain.code(), Reject::NoChain.to_string())
}
