//! Settlement jobs over HTTP: start or take up, look, list, report, reconcile.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use engine::units::Cash;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Body, Page, PageQuery, Parameters, cursor_problem, day, day_text, page_limit};
use crate::http::numbers::Amount;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::statements::{FormatQuery, shaped};
use crate::settle::jobs::{JobError, JobState, Progress};
use crate::settle::plan::{HeldBack, Job};
use crate::settle::preview::{Preview, Previewed};
use crate::settle::reconcile::{self, ReconcileError, Reconciliation};
use crate::settle::report::{self, DayReport, JobLine, ReportError, SettlementLine};
use crate::settle::{register::RegisterError, statement};
use crate::venue::projections::{settlement_kind_name, settlement_rung_name};

/// How to run a job.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// Only say what would be settled.
    #[serde(default)]
    pub dry_run: bool,
}

/// How far a job is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobAnswer {
    /// `daily` or `final`.
    pub kind: String,
    /// The business day.
    pub day: String,
    /// `nothing` is due; `due`: not asked for yet; `running`: ask again to go on; `held_back`: what is left cannot be done now; `done`.
    pub state: String,
    /// Settlements of the job.
    pub settlements: usize,
    /// Those that are complete.
    pub settled: usize,
    /// Steps that this request took.
    pub steps: usize,
    /// What cannot be started now, and why.
    pub held_back: Vec<HeldBackLine>,
    /// The job as the register has it; `null` if it was not asked for.
    pub job: Option<JobLine>,
    /// What it would do; only of a dry run.
    pub preview: Option<PreviewAnswer>,
}

/// A settlement that cannot be started now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldBackLine {
    /// The contract.
    pub instrument: String,
    /// Which settlement.
    pub kind: String,
    /// Stable name of the reason.
    pub code: String,
    /// The rule, the value and a hint.
    pub detail: String,
}

/// What a job would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// Its settlements, in their order.
    pub settlements: Vec<SettlementLine>,
    /// What accounts would receive in all of them.
    pub received: Amount,
    /// What they would pay, as a positive amount.
    pub paid: Amount,
    /// What accounts would owe that cannot pay.
    pub shortfalls: Amount,
}

/// A job by the names in its path.
fn job_of(kind: &str, date: &str) -> Result<Job, Problem> {
    let kind = kind.parse().map_err(|_| Problem::not_found("settlement job", kind))?;
    Ok(Job { kind, day: day(date)? })
}

/// Starts a settlement job or takes it up, and posts as much of it as one request may; ask again while it is `running`. A job that is
/// done stays as it is, and the first answer is given again.
#[utoipa::path(post, path = "/v1/operator/settlements/{kind}/{date}", tag = "operator", request_body = JobRequest,
    params(("kind" = String, Path), ("date" = String, Path)),
    responses((status = 200, body = JobAnswer), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument), (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn run(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path((kind, date)): Path<(String, String)>,
    Body(body): Body<JobRequest>,
) -> Result<Json<JobAnswer>, Problem> {
    caller.operator()?;
    let job = job_of(&kind, &date)?;
    if body.dry_run {
        let progress = app.jobs.look(job).await?;
        let preview = app.jobs.preview(job, caller.key).await?;
        let held_back = preview.held_back.iter().map(|held| held_back(&app, held)).collect();
        let preview = Some(preview_answer(&app, &preview));
        return Ok(Json(JobAnswer { preview, held_back, ..answer(&app, &progress) }));
    }
    caller.fresh()?;
    let progress = app.jobs.run(job, caller.key).await?;
    Ok(Json(answer(&app, &progress)))
}

/// How far a settlement job is.
#[utoipa::path(get, path = "/v1/operator/settlements/{kind}/{date}", tag = "operator",
    params(("kind" = String, Path), ("date" = String, Path)),
    responses((status = 200, body = JobAnswer), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn look(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path((kind, date)): Path<(String, String)>,
) -> Result<Json<JobAnswer>, Problem> {
    caller.operator()?;
    let progress = app.jobs.look(job_of(&kind, &date)?).await?;
    Ok(Json(answer(&app, &progress)))
}

/// The settlement jobs that were asked for, the latest business day first.
#[utoipa::path(get, path = "/v1/operator/settlements", tag = "operator", params(PageQuery),
    responses((status = 200, body = Page<JobLine>), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Json<Page<JobLine>>, Problem> {
    caller.operator()?;
    let limit = page_limit(query.limit)?;
    let before = match query.cursor.as_deref().map(|cursor| cursor.split_once('/')) {
        None => None,
        Some(Some((date, kind))) => Some(job_of(kind, date).map_err(|_| cursor_problem())?),
        Some(None) => return Err(cursor_problem()),
    };
    let entries = app.jobs.register().list(before, limit).await.map_err(JobError::from)?;
    let items = entries.iter().map(JobLine::of).collect();
    Ok(Json(Page::cut(items, limit, |line: &JobLine| format!("{}/{}", line.day, line.kind))))
}

/// The report of a business day: settlements, movements, books, and the state it led to.
#[utoipa::path(get, path = "/v1/operator/reports/{date}", tag = "operator", params(("date" = String, Path), FormatQuery),
    responses((status = 200, body = DayReport), (status = 400, body = ProblemDocument), (status = 403, body = ProblemDocument),
    (status = 503, body = ProblemDocument)), security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn day_report(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(date): Path<String>,
    Parameters(query): Parameters<FormatQuery>,
) -> Result<Response, Problem> {
    caller.operator()?;
    let day = day(&date)?;
    app.history_is_current().await?;
    let mut books = app.history.books().await?;
    let report = report::read(&mut books, &app.directory, app.jobs.register(), day).await?;
    Ok(shaped(query.format, &report, &report.title(), &report.sections()))
}

/// An account's statement of a business day, for the operator.
#[utoipa::path(get, path = "/v1/operator/accounts/{account}/statements/{date}", tag = "operator",
    params(("account" = u32, Path), ("date" = String, Path), FormatQuery),
    responses((status = 200, body = statement::Statement), (status = 400, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument), (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn account_statement(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path((account, date)): Path<(String, String)>,
    Parameters(query): Parameters<FormatQuery>,
) -> Result<Response, Problem> {
    caller.operator()?;
    let id = crate::http::extract::account_id(&account)?;
    let known = app.handle.read(move |core| core.engine().account(id).is_some()).await?;
    if !known {
        return Err(Problem::not_found("account", &account));
    }
    crate::http::statements::of(&app, id, &date, query.format).await
}

/// Holds the history's books against the ledger and the positions of the engine. The first difference is a problem of its own.
#[utoipa::path(get, path = "/v1/operator/reconciliation", tag = "operator",
    responses((status = 200, body = Reconciliation), (status = 403, body = ProblemDocument), (status = 500, body = ProblemDocument),
    (status = 503, body = ProblemDocument)), security(("key" = [], "timestamp" = [], "signature" = [])))]
pub async fn reconciliation(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Reconciliation>, Problem> {
    caller.operator()?;
    app.history_is_current().await?;
    Ok(Json(reconcile::run(&app.handle, &app.history, &app.directory).await?))
}

fn answer(app: &App, progress: &Progress) -> JobAnswer {
    JobAnswer {
        kind: progress.job.kind.to_string(),
        day: day_text(progress.job.day),
        state: state_name(progress.state).to_owned(),
        settlements: progress.tasks,
        settled: progress.done,
        steps: progress.steps,
        held_back: progress.held_back.iter().map(|held| held_back(app, held)).collect(),
        job: progress.entry.as_ref().map(JobLine::of),
        preview: None,
    }
}

fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Nothing => "nothing",
        JobState::Due => "due",
        JobState::Running => "running",
        JobState::HeldBack => "held_back",
        JobState::Done => "done",
    }
}

fn held_back(app: &App, held: &HeldBack) -> HeldBackLine {
    let symbol = app.directory.symbol(held.task.instrument);
    HeldBackLine {
        instrument: symbol.map_or_else(|| held.task.instrument.to_string(), |symbol| symbol.to_string()),
        kind: held.task.kind.name().to_owned(),
        code: held.reject.code().to_owned(),
        detail: held.reject.to_string(),
    }
}

fn preview_answer(app: &App, preview: &Preview) -> PreviewAnswer {
    let sum = |of: fn(&Previewed) -> Cash| preview.settlements.iter().fold(Cash::ZERO, |sum, row| sum + of(row)).into();
    let line = |row: &Previewed| {
        let terms = app.directory.terms_of(row.instrument);
        SettlementLine {
            instrument: terms.map_or_else(|| row.instrument.to_string(), |terms| terms.symbol.to_string()),
            kind: settlement_kind_name(row.kind).to_owned(),
            price: terms
                .map_or(Amount(0), |terms| crate::http::market_data::per_hour(row.value_per_lot.into(), &terms)),
            value_per_lot: row.value_per_lot.into(),
            rung: settlement_rung_name(row.rung).to_owned(),
            accounts: row.accounts,
            received: row.received.into(),
            paid: row.paid.into(),
            complete: true,
        }
    };
    PreviewAnswer {
        settlements: preview.settlements.iter().map(line).collect(),
        received: sum(|row| row.received),
        paid: sum(|row| row.paid),
        shortfalls: Amount(preview.shortfall.0),
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Problem {
        tracing::error!(%error, "the register of jobs cannot be used");
        let detail = "the register of settlement jobs cannot be used; trading is not affected";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "jobs_unavailable", detail).retryable()
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Problem {
        match error {
            JobError::TooEarly { .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_early", error.to_string()),
            JobError::Submit(error) => error.into(),
            JobError::Refused(refusal) => refusal.into(),
            JobError::Register(error) => error.into(),
            JobError::History(error) => error.into(),
            JobError::Preview => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "request_failed", error.to_string()),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        match error {
            ReportError::History(error) => error.into(),
            ReportError::Register(error) => error.into(),
        }
    }
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Problem {
        match error {
            ReconcileError::Differs { .. } => {
                tracing::error!(%error, "the history does not reconcile");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "history_differs", error.to_string())
            }
            ReconcileError::Submit(error) => error.into(),
            ReconcileError::History(error) => error.into(),
        }
    }
}
