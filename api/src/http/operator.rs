//! What runs the venue: accounts, keys, deposits, listings, reports, fixings, settlements. Operators only.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use engine::command::{Command, Credential, Role};
use engine::event::Event;
use engine::ids::{AccountId, InstrumentId, KeyId, SeriesId};
use engine::instrument::{FeeRates, SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::units::Cash;
use pricing::index;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, Page, day, day_text, index_day, symbol};
use crate::http::market_data::{per_hour, terms_of};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing;
use crate::venue::machines::{Action, Happening};
use crate::venue::projections::settlement_rung_name;
use crate::venue::sequencer::Outcome;

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

/// A series to begin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeries {
    /// Its number.
    pub series: u32,
    /// Its symbol.
    #[schema(example = "H100-SXM.GLOBAL.OD")]
    pub symbol: String,
    /// The first day it is determined for.
    pub inception: String,
}

/// A price report: on that day, that owner asked that price.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The series.
    pub series: u32,
    /// The day it speaks of.
    pub day: String,
    /// The beneficial seller.
    pub owner: String,
    /// USD per GPU-hour.
    pub price: Amount,
}

/// A determination to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDetermination {
    /// The series.
    pub series: u32,
    /// The day.
    pub day: String,
    /// `provisional` or `final`.
    pub stage: Stage,
}

/// How firm a fixing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// May still change.
    Provisional,
    /// Never changes.
    Final,
}

/// What a determination led to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Determination {
    /// The day.
    pub day: String,
    /// The fixing in USD per GPU-hour; `null` if the day was suppressed.
    pub fixing: Option<Amount>,
    /// Where the panel stands.
    pub level: Option<Amount>,
    /// The distance between level and projection in parts per million.
    pub gap_ppm: Option<i64>,
    /// Whether that is 5 per cent or more.
    pub gap_alarm: bool,
    /// What each owner brought and what became of it.
    pub inputs: Vec<DeterminationInput>,
}

/// What one owner brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeterminationInput {
    /// The owner.
    pub owner: String,
    /// Its price of that day.
    pub report: Option<Amount>,
    /// Today's price over its last one, in parts per billion.
    pub ratio_ppb: Option<i64>,
    /// `accepted`, `confirmed`, `held` and so on, as the methodology says.
    pub outcome: String,
}

/// A settlement to post.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// The contract.
    pub instrument: String,
    /// The business day to close.
    pub day: String,
    /// `daily` or `final`.
    pub kind: Kind,
}

/// Which settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Variation margin.
    Daily,
    /// The last one.
    Final,
}

/// A settlement that is complete.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementReport {
    /// The business day.
    pub day: String,
    /// What one lot was worth, in USD; exact.
    pub value_per_lot: Amount,
    /// The same per GPU-hour, rounded down; for reading only.
    pub price: Amount,
    /// Where the value came from.
    pub rung: String,
    /// Accounts that received or paid.
    pub accounts: usize,
    /// What the winners received, which is what the losers paid.
    pub paid: Amount,
    /// Steps it took.
    pub steps: usize,
}

/// One account of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerLine {
    /// `outside`, `fees`, `variation:<instrument>` or `customer:<account>`.
    pub account: String,
    /// The asset.
    pub asset: &'static str,
    /// Its balance; all of them sum to zero.
    pub posted: Amount,
    /// The part that is held.
    pub held: Amount,
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

/// Begins a price series.
#[utoipa::path(post, path = "/v1/operator/series", tag = "operator", request_body = NewSeries,
    responses((status = 201, body = NewSeries), (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn define_series(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewSeries>,
) -> Result<(StatusCode, Json<NewSeries>), Problem> {
    let command = index::Command::DefineSeries {
        series: index::SeriesId(body.series),
        symbol: body.symbol.clone(),
        inception: index_day(&body.inception)?,
    };
    submit(&app, caller, Action::Index(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Takes a list-price report.
#[utoipa::path(post, path = "/v1/operator/reports", tag = "operator", request_body = NewReport,
    responses((status = 201, body = NewReport), (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn submit_report(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewReport>,
) -> Result<(StatusCode, Json<NewReport>), Problem> {
    let owner = index::Owner::new(&body.owner).map_err(|error| Problem::invalid("owner", error.to_string()))?;
    let price = index::Price::new(body.price.0).map_err(|error| Problem::invalid("price", error.to_string()))?;
    let command = index::Command::SubmitReport {
        series: index::SeriesId(body.series),
        day: index_day(&body.day)?,
        owner,
        evidence: index::Evidence::List,
        price,
    };
    submit(&app, caller, Action::Index(command)).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Determines a day of a series; the exchange records the fixing in the same step.
#[utoipa::path(post, path = "/v1/operator/determinations", tag = "operator", request_body = NewDetermination,
    responses((status = 201, body = Determination), (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn determine(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewDetermination>,
) -> Result<(StatusCode, Json<Determination>), Problem> {
    let stage = match body.stage {
        Stage::Provisional => index::Stage::Provisional,
        Stage::Final => index::Stage::Final,
    };
    let series = index::SeriesId(body.series);
    let command = index::Command::Determine { series, day: index_day(&body.day)?, stage };
    let outcome = submit(&app, caller, Action::Index(command)).await?;
    let determination = outcome.happenings.iter().find_map(determination_of);
    let determination = determination.ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "request_failed", "the determination left no event")
    })?;
    Ok((StatusCode::CREATED, Json(determination)))
}

/// Posts a settlement to its end, in bounded steps; taken up where it was if one of that day and kind is under way.
#[utoipa::path(post, path = "/v1/operator/settlements", tag = "operator", request_body = NewSettlement,
    responses((status = 201, body = SettlementReport), (status = 403, body = ProblemDocument), (status = 409, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn settle(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewSettlement>,
) -> Result<(StatusCode, Json<SettlementReport>), Problem> {
    caller.operator()?;
    let terms = terms_of(&app, &body.instrument)?;
    let (instrument, day) = (terms.instrument, day(&body.day)?);
    let kind = match body.kind {
        Kind::Daily => SettlementKind::Daily,
        Kind::Final => SettlementKind::Final,
    };
    let running = app.handle.read(move |core| core.engine().market(instrument).and_then(engine::Market::settling));
    let (value_per_lot, rung) = match running.await? {
        Some((running_kind, settled)) if running_kind == kind && settled.day == day => {
            (settled.value_per_lot, settled.rung)
        }
        _ => {
            let outcome = exchange(&app, caller, Command::StartSettlement { instrument, day, kind }).await?;
            started(&outcome).ok_or_else(|| {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "request_failed", "the settlement left no event")
            })?
        }
    };
    let (mut accounts, mut paid, mut steps, mut complete) = (0, Cash::ZERO, 0, false);
    while !complete {
        let outcome = exchange(&app, caller, Command::AdvanceSettlement { instrument }).await?;
        steps += 1;
        for happening in &outcome.happenings {
            match happening {
                Happening::Exchange(Event::PositionSettled { variation, .. }) => {
                    accounts += 1;
                    paid += (*variation).max(Cash::ZERO);
                }
                Happening::Exchange(Event::SettlementCompleted { .. }) => complete = true,
                _ => {}
            }
        }
    }
    let report = SettlementReport {
        day: day_text(day),
        value_per_lot: value_per_lot.into(),
        price: per_hour(value_per_lot.into(), &terms),
        rung: settlement_rung_name(rung).to_owned(),
        accounts,
        paid: paid.into(),
        steps,
    };
    Ok((StatusCode::CREATED, Json(report)))
}

/// Every balance of the ledger. They sum to zero.
#[utoipa::path(get, path = "/v1/operator/trial-balance", tag = "operator",
    responses((status = 200, body = Page<LedgerLine>), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn trial_balance(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<LedgerLine>>, Problem> {
    caller.operator()?;
    let items = app.handle.read(|core| {
        let lines = core.engine().ledger().trial_balance();
        lines
            .map(|(account, _, balance)| LedgerLine {
                account: ledger_account_name(account),
                asset: "USD",
                posted: balance.posted.into(),
                held: balance.held.into(),
            })
            .collect()
    });
    Ok(Json(Page::whole(items.await?)))
}

/// The name of a ledger account.
pub fn ledger_account_name(account: LedgerAccount) -> String {
    match account {
        LedgerAccount::Outside => "outside".to_owned(),
        LedgerAccount::Fees => "fees".to_owned(),
        LedgerAccount::Variation(instrument) => format!("variation:{instrument}"),
        LedgerAccount::Customer(account) => format!("customer:{account}"),
    }
}

async fn exchange(app: &App, caller: Caller, command: Command) -> Result<Outcome, Problem> {
    submit(app, caller, Action::Exchange(command)).await
}

async fn submit(app: &App, caller: Caller, action: Action) -> Result<Outcome, Problem> {
    caller.operator()?;
    let outcome = app.handle.submit(action, caller.key, 0).await?;
    match outcome.refusal {
        Some(refusal) => Err(refusal.into()),
        None => Ok(outcome),
    }
}

fn started(outcome: &Outcome) -> Option<(Cash, engine::event::SettlementRung)> {
    outcome.happenings.iter().find_map(|happening| match happening {
        Happening::Exchange(Event::SettlementStarted { value_per_lot, rung, .. }) => Some((*value_per_lot, *rung)),
        _ => None,
    })
}

fn determination_of(happening: &Happening) -> Option<Determination> {
    match happening {
        Happening::Index(index::Event::FixingPublished(fixing)) => Some(Determination {
            day: fixing.day.to_string(),
            fixing: Some(Amount(fixing.value.micro_usd())),
            level: Some(Amount(fixing.level.micro_usd())),
            gap_ppm: Some(fixing.gap_ppm),
            gap_alarm: fixing.gap_alarm,
            inputs: fixing.inputs.iter().map(DeterminationInput::from).collect(),
        }),
        Happening::Index(index::Event::FixingSuppressed { day, inputs, .. }) => Some(Determination {
            day: day.to_string(),
            fixing: None,
            level: None,
            gap_ppm: None,
            gap_alarm: false,
            inputs: inputs.iter().map(DeterminationInput::from).collect(),
        }),
        _ => None,
    }
}

impl From<&index::Input> for DeterminationInput {
    fn from(input: &index::Input) -> DeterminationInput {
        DeterminationInput {
            owner: input.owner.label().to_owned(),
            report: input.report.map(|price| Amount(price.micro_usd())),
            ratio_ppb: input.ratio.map(index::Ratio::ppb),
            outcome: input.outcome.to_string(),
        }
    }
}
