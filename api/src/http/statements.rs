//! An account's statement of a business day, as JSON or as a file.

#![allow(unused_qualifications, reason = "the path macro of utoipa qualifies the parameter types it is given")]

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use engine::ids::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::extract::{Parameters, day};
use crate::http::problem::{Problem, ProblemDocument};
use crate::settle::statement::{self, Statement};
use crate::settle::table::{Section, csv, markdown};

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For programs.
    #[default]
    Json,
    /// For tables: the first column names the part of the report.
    Csv,
    /// For people.
    Markdown,
}

/// In which form.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FormatQuery {
    /// `json` unless another is asked for.
    #[serde(default)]
    #[param(inline, required = false)]
    pub format: Format,
}

/// Whose statement, and in which form.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// A sub-account; left out for your own account.
    account: Option<u32>,
    /// `json` unless another is asked for.
    #[serde(default)]
    #[param(inline, required = false)]
    format: Format,
}

/// The account's statement of a business day: opening balance, every movement, positions, closing balance.
#[utoipa::path(get, path = "/v1/statements/{date}", tag = "account", params(("date" = String, Path), StatementQuery),
    responses((status = 200, body = Statement), (status = 400, body = ProblemDocument), (status = 401, body = ProblemDocument),
    (status = 403, body = ProblemDocument), (status = 503, body = ProblemDocument)),
    security(("key" = [], "timestamp" = [], "signature" = []), ("token" = [])))]
pub async fn statement(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(date): Path<String>,
    Parameters(query): Parameters<StatementQuery>,
) -> Result<Response, Problem> {
    let account = caller.account_or(&app, query.account).await?;
    of(&app, account, &date, query.format).await
}

/// The statement of an account that the caller may see.
pub(crate) async fn of(app: &App, account: AccountId, date: &str, format: Format) -> Result<Response, Problem> {
    let day = day(date)?;
    app.history_is_current().await?;
    let mut books = app.history.books().await?;
    let statement = statement::read(&mut books, &app.directory, account, day).await?;
    Ok(shaped(format, &statement, &statement.title(), &statement.sections()))
}

/// A report in the form that was asked for.
pub(crate) fn shaped(format: Format, report: &impl Serialize, title: &str, sections: &[Section]) -> Response {
    match format {
        Format::Json => Json(report).into_response(),
        Format::Csv => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv(sections)).into_response(),
        Format::Markdown => {
            ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], markdown(title, sections)).into_response()
        }
    }
}
