//! Published batches: what was signed, every leaf, and the proof that an account is counted.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use std::fs::File;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use engine::reject::Reject;
use serde::{Deserialize, Serialize};
use settlement::{AccountId, Body};
use utoipa::{IntoParams, ToSchema};

use crate::batches::documents::{ProofDocument, Signable, asset_on_chain};
use crate::batches::published::PublishedError;
use crate::http::auth::Caller;
use crate::http::extract::{Page, PageQuery, Parameters, asset, number_cursor, page_limit};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::{App, pieces};
use crate::venue::projections::{BatchRow, CutRow};

/// For how long a body may be kept: for ever, since its hash is part of what was signed.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A published batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublishedBatch {
    /// What attesters sign.
    #[serde(flatten)]
    pub signable: Signable,
    /// Size of the body.
    pub bytes: u64,
    /// Imports credited by then.
    pub imports: u64,
    /// Exits received by then.
    pub exits: u64,
    /// When it was cut.
    pub ts_us: i64,
    /// Whether it is on the chain for good.
    pub confirmed: bool,
}

/// Of which asset.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AssetQuery {
    /// The asset; US dollars if left out.
    pub asset: Option<String>,
}

/// Whose proof, and of which asset.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OwnProofQuery {
    /// A sub-account; left out for your own account.
    pub account: Option<u32>,
    /// The asset; US dollars if left out.
    pub asset: Option<String>,
}

/// The published batches, newest first.
#[utoipa::path(get, path = "/v1/batches", tag = "chain", params(PageQuery), responses(
    (status = 200, body = Page<PublishedBatch>), (status = 400, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<PublishedBatch>>, Problem> {
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(number_cursor).transpose()?;
    app.history_is_current().await?;
    let rows = app.history.batches(before, limit).await?;
    let items = rows.iter().map(|(cut, row)| published(cut, row)).collect();
    Ok(Json(Page::cut(items, limit, |batch: &PublishedBatch| batch.signable.batch.number.to_string())))
}

/// A published batch: every field that is signed, and its digest.
#[utoipa::path(get, path = "/v1/batches/{number}", tag = "chain", params(("number" = u64, Path)), responses(
    (status = 200, body = PublishedBatch), (status = 404, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
pub async fn get_one(State(app): State<App>, Path(number): Path<String>) -> Result<Json<PublishedBatch>, Problem> {
    let (cut, row) = find(&app, &number).await?;
    Ok(Json(published(&cut, &row)))
}

/// The body of a batch: every leaf and every market's totals, as the bytes that `dataHash` is of.
#[utoipa::path(get, path = "/v1/batches/{number}/body", tag = "chain", params(("number" = u64, Path)), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 304, description = "not modified"),
    (status = 404, body = ProblemDocument), (status = 503, body = ProblemDocument)))]
pub async fn body(State(app): State<App>, Path(number): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let (_, row) = find(&app, &number).await?;
    let tag = format!("\"{}\"", row.batch.data_hash);
    let kept = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, IMMUTABLE.to_owned())];
    let has_it = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if has_it.is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let path = app.published.path(row.batch.number);
    let file = File::open(&path).map_err(|error| {
        tracing::error!(%error, path = %path.display(), "the body of a batch cannot be read");
        unavailable()
    })?;
    let form = [(header::CONTENT_TYPE, "application/octet-stream".to_owned())];
    let length = [(header::CONTENT_LENGTH, row.bytes.to_string())];
    Ok((kept, form, length, pieces::of(file)).into_response())
}

/// The proof that your account is counted in a batch: what it has, and the way to the state root.
#[utoipa::path(get, path = "/v1/batches/{number}/proof", tag = "chain", params(("number" = u64, Path), OwnProofQuery), responses(
    (status = 200, body = ProofDocument), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
    (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn own_proof(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<String>,
    Parameters(query): Parameters<OwnProofQuery>,
) -> Result<Json<ProofDocument>, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    let pseudonym = app.handle.read(move |core| core.engine().chain().link_of(account)).await?;
    let pseudonym = pseudonym.ok_or(Reject::NotLinked { account })?;
    prove(&app, &number, AccountId(pseudonym.0), query.asset.as_deref()).await.map(Json)
}

/// The proof that a pseudonym is counted in a batch. The body shows the same to everybody.
#[utoipa::path(get, path = "/v1/batches/{number}/proof/{pseudonym}", tag = "chain",
    params(("number" = u64, Path), ("pseudonym" = String, Path), AssetQuery), responses(
    (status = 200, body = ProofDocument), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument),
    (status = 503, body = ProblemDocument)))]
pub async fn proof(
    State(app): State<App>,
    Path((number, pseudonym)): Path<(String, String)>,
    Parameters(query): Parameters<AssetQuery>,
) -> Result<Json<ProofDocument>, Problem> {
    let account = pseudonym.parse().map_err(|error| Problem::invalid("pseudonym", format!("no pseudonym: {error}")))?;
    prove(&app, &number, account, query.asset.as_deref()).await.map(Json)
}

async fn prove(app: &App, number: &str, account: AccountId, asked: Option<&str>) -> Result<ProofDocument, Problem> {
    let asset = asset(app, asked)?;
    let (_, row) = find(app, number).await?;
    let body: Arc<Body> = app.published.body(&row).await?;
    let (leaf, proof) = body.state().prove(&asset_on_chain(asset.id), &account).ok_or_else(|| {
        let detail = format!(
            "batch {} has no leaf of {account} in {}; it was not linked yet, or never had any",
            row.batch.number, asset.symbol
        );
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail).with_field(Some("leaf"))
    })?;
    Ok(ProofDocument::of(&leaf, &proof, &row.batch, &row.domain))
}

/// A batch by its number in a path.
async fn find(app: &App, text: &str) -> Result<(CutRow, BatchRow), Problem> {
    let number = text.parse().map_err(|_| Problem::not_found("batch", text))?;
    if let Some(found) = app.history.batch(number).await? {
        return Ok(found);
    }
    let cuts = app.handle.read(|core| core.engine().chain().cuts()).await?;
    if number == 0 || number > cuts {
        return Err(Problem::not_found("batch", text));
    }
    let detail = format!("batch {number} is cut, and its body is being made; ask again in a moment");
    Err(Problem::new(StatusCode::NOT_FOUND, "batch_in_the_making", detail).with_retry_after(1))
}

fn published(cut: &CutRow, row: &BatchRow) -> PublishedBatch {
    PublishedBatch {
        signable: Signable::of(&row.batch, &row.domain),
        bytes: row.bytes,
        imports: cut.imports,
        exits: cut.exits,
        ts_us: cut.ts_us,
        confirmed: cut.is_confirmed,
    }
}

fn unavailable() -> Problem {
    let detail = "the body of this batch cannot be read now; trading is not affected";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "batch_unavailable", detail).retryable()
}

impl From<PublishedError> for Problem {
    fn from(error: PublishedError) -> Problem {
        if matches!(error, PublishedError::Busy) {
            let detail = "the trees of other batches are being built; ask again in a moment";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).with_retry_after(1);
        }
        tracing::error!(%error, "the body of a batch cannot be read");
        unavailable()
    }
}
