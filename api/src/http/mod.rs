//! The REST API: who asks, what is asked, and the OpenAPI document that says so. Handlers are grouped by who uses them.

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use axum::{Json, Router, middleware};
use engine::command::Command;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::batches::published::Published;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::repeats::Repeats;
use crate::settle::Jobs;
use crate::signing;
use crate::venue::Venue;
use crate::venue::machines::Action;
use crate::venue::projections::{History, ProjectionError};
use crate::venue::sequencer::{Handle, Outcome};
use crate::venue::{Directory, JournalPosition};
use tokio::sync::watch;

pub mod account;
pub mod auth;
pub mod batches;
pub mod chain;
pub mod extract;
pub mod fills;
pub mod health;
pub mod instruments;
pub mod insurance;
pub mod margin;
pub mod market_data;
pub mod money;
pub mod numbers;
pub mod operator;
pub mod orders;
pub mod page;
mod pieces;
pub mod problem;
mod refusals;
pub mod repeats;
pub mod statements;
pub mod vaults;
pub mod what_if;

/// Largest body of a request.
pub const BODY_BYTES_MAX: usize = 65_536;

/// How long an answer may take before the client hears "unknown".
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a reader waits for a history that is behind.
const HISTORY_PATIENCE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The way to the one writer.
    pub handle: Handle,
    /// What happened.
    pub history: History,
    /// Keys and contract terms.
    pub directory: Directory,
    /// Settlement jobs.
    pub jobs: Jobs,
    /// Bodies of settlement batches.
    pub published: Published,
    /// Where the journal stands.
    pub position: watch::Receiver<JournalPosition>,
    /// Whether bearer tokens are accepted: only by the demo.
    pub tokens_allowed: bool,
    /// Whether an order carries the moment its request was signed: not where the venue's clock is a simulated one.
    pub stamps_sent: bool,
    /// When this process started to serve, in milliseconds.
    pub started_ms: i64,
    /// The signatures of the last few seconds.
    pub repeats: Repeats,
    /// What the page says about the data shown, such as where it comes from; empty if there is nothing to say.
    pub notice: &'static str,
}

impl App {
    /// The handlers' view of a venue.
    pub fn new(venue: &Venue, tokens_allowed: bool) -> App {
        App {
            handle: venue.handle.clone(),
            history: venue.history.clone(),
            directory: venue.directory.clone(),
            jobs: Jobs::new(venue),
            published: Published::of(&venue.folder),
            position: venue.position.clone(),
            tokens_allowed,
            stamps_sent: true,
            started_ms: chrono::Utc::now().timestamp_millis(),
            repeats: Repeats::default(),
            notice: "",
        }
    }

    /// Submits a command of the exchange and waits until its outcome is durable.
    ///
    /// # Errors
    /// If there is no outcome, or if it is a refusal.
    pub async fn submit(&self, caller: &Caller, command: Command) -> Result<Outcome, Problem> {
        let outcome = self.handle.submit(Action::Exchange(command), caller.key, 0).await?;
        match outcome.refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(outcome),
        }
    }

    /// Waits until the history holds everything that was durable when this was called.
    ///
    /// # Errors
    /// If the history has stopped, or is too far behind.
    pub async fn history_is_current(&self) -> Result<(), ProjectionError> {
        let seq = self.position.borrow().seq;
        let caught_up = tokio::time::timeout(HISTORY_PATIENCE, self.history.caught_up(seq));
        caught_up.await.unwrap_or(Err(ProjectionError::Behind))
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Terahour",
        description = "Exchange and clearing house for GPU-hours. Money and prices are decimal strings in USD, times are \
                       microseconds since 1970 UTC, quantities whole contracts. Errors are RFC 9457 problem documents.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(problem::ProblemDocument))
)]
struct Document;

/// The whole API with its document.
pub fn router(app: App) -> Router {
    let (public, mut document) = public_routes().split_for_parts();
    let (private, private_document) = private_routes().split_for_parts();
    document.merge(private_document);
    add_security(&mut document);

    let private = private.route_layer(middleware::from_fn_with_state(app.clone(), auth::authenticate));
    let request_id = HeaderName::from_static(problem::REQUEST_ID);
    public
        .merge(private)
        .route("/", get(page::page))
        .route("/v1/openapi.json", get(move || async move { Json(document) }))
        .with_state(app)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(middleware::from_fn(problem::render))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(SetRequestIdLayer::new(request_id, RandomRequestId))
}

/// For everybody.
fn public_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::ready))
        .routes(routes!(instruments::instruments))
        .routes(routes!(instruments::assets))
        .routes(routes!(operator::families::families))
        .routes(routes!(market_data::orderbook))
        .routes(routes!(market_data::trades))
        .routes(routes!(market_data::fixings))
        .routes(routes!(market_data::settlements))
        .routes(routes!(margin::parameters))
        .routes(routes!(margin::risk_array))
        .routes(routes!(insurance::insurance))
        .routes(routes!(chain::chain))
        .routes(routes!(batches::list))
        .routes(routes!(batches::get_one))
        .routes(routes!(batches::body))
        .routes(routes!(batches::proof))
        .routes(routes!(vaults::operating_rates))
        .routes(routes!(vaults::vaults))
        .routes(routes!(vaults::vault))
        .routes(routes!(vaults::revenues))
        .merge(portfolio_routes())
}

/// For everybody, with more to say than fits into other requests.
fn portfolio_routes() -> OpenApiRouter<App> {
    let largest = DefaultBodyLimit::max(what_if::PORTFOLIO_BYTES_MAX);
    OpenApiRouter::new().routes(routes!(what_if::simulate)).layer(largest)
}

/// For keys.
fn private_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(orders::place::submit, orders::query::list, orders::cancel::cancel_all))
        .routes(routes!(orders::query::get_one, orders::amend::amend, orders::cancel::cancel))
        .routes(routes!(orders::query::get_by_client_id))
        .routes(routes!(orders::cancel::set_cancel_after, orders::cancel::get_cancel_after))
        .routes(routes!(account::account))
        .routes(routes!(account::balances))
        .routes(routes!(account::positions))
        .routes(routes!(account::variations))
        .routes(routes!(fills::fills))
        .routes(routes!(insurance::position_transfers))
        .routes(routes!(margin::margin))
        .routes(routes!(money::withdraw, money::withdrawals))
        .routes(routes!(money::transfer))
        .routes(routes!(statements::statement))
        .routes(routes!(chain::account))
        .routes(routes!(chain::link))
        .routes(routes!(chain::withdraw))
        .routes(routes!(batches::own_proof))
        .routes(routes!(vaults::subscribe))
        .routes(routes!(vaults::accrued))
        .routes(routes!(vaults::claim))
        .merge(operator_routes())
}

/// For operators' keys.
fn operator_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(operator::accounts::open_account))
        .routes(routes!(operator::accounts::account))
        .routes(routes!(operator::accounts::set_limits))
        .routes(routes!(operator::accounts::assign_fee_tier))
        .routes(routes!(operator::accounts::register_key))
        .routes(routes!(operator::accounts::revoke_key))
        .routes(routes!(operator::money::define_asset))
        .routes(routes!(operator::money::deposit))
        .routes(routes!(operator::money::withdrawals))
        .routes(routes!(operator::money::post_withdrawal))
        .routes(routes!(operator::money::void_withdrawal))
        .routes(routes!(operator::listing::list_instrument))
        .routes(routes!(operator::listing::list_spot_pair))
        .routes(routes!(operator::futures::list_future))
        .routes(routes!(operator::families::set_family))
        .routes(routes!(operator::trading::set_controls))
        .routes(routes!(operator::trading::halt))
        .routes(routes!(operator::trading::resume))
        .routes(routes!(operator::trading::schedule_fees))
        .routes(routes!(operator::trading::update_mark))
        .routes(routes!(operator::margin::set_margin))
        .routes(routes!(operator::margin::set_credit))
        .routes(routes!(operator::margin::publish_risk))
        .routes(routes!(operator::waterfall::set_backstop))
        .routes(routes!(operator::waterfall::fund_insurance))
        .routes(routes!(operator::index::define_series))
        .routes(routes!(operator::index::submit_report))
        .routes(routes!(operator::index::determine))
        .routes(routes!(operator::settlement::settle, operator::jobs::list))
        .routes(routes!(operator::jobs::run, operator::jobs::look))
        .routes(routes!(operator::approvals::list, operator::approvals::approve))
        .routes(routes!(operator::jobs::day_report))
        .routes(routes!(operator::jobs::account_statement))
        .routes(routes!(operator::jobs::reconciliation))
        .routes(routes!(operator::ledger::trial_balance))
        .merge(chain_routes())
        .merge(vault_routes())
}

/// For operators' keys, most of them of those who watch the chain.
fn chain_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(operator::chain::attach))
        .routes(routes!(operator::chain::deposit))
        .routes(routes!(operator::chain::import))
        .routes(routes!(operator::chain::exit))
        .routes(routes!(operator::chain::confirm))
        .routes(routes!(operator::chain::freeze))
        .routes(routes!(operator::chain::cut))
}

/// For operators' keys: tokenised GPUs.
fn vault_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(operator::vaults::set_operating_rate))
        .routes(routes!(operator::vaults::open_vault))
        .routes(routes!(operator::vaults::register_deed))
        .routes(routes!(operator::vaults::attest_deed))
        .routes(routes!(operator::vaults::cancel_vault))
        .routes(routes!(operator::vaults::deploy_vault))
        .routes(routes!(operator::vaults::record_revenue))
        .routes(routes!(operator::vaults::wind_up))
}

fn add_security(document: &mut utoipa::openapi::OpenApi) {
    let header = |name| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("key", header(signing::HEADER_KEY));
    components.add_security_scheme("timestamp", header(signing::HEADER_TIMESTAMP));
    components.add_security_scheme("signature", header(signing::HEADER_SIGNATURE));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
}

/// Names each request, unless its sender has.
#[derive(Clone, Copy, Debug)]
struct RandomRequestId;

impl MakeRequestId for RandomRequestId {
    fn make_request_id<B>(&mut self, _request: &axum::http::Request<B>) -> Option<RequestId> {
        let name = format!("{:016x}", rand::random::<u64>());
        name.parse().ok().map(RequestId::new)
    }
}
