//! Errors as the API shows them: RFC 9457 problem documents with a stable code and what became of the request.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pricing::index;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::venue::machines::Refusal;
use crate::venue::projections::ProjectionError;
use crate::venue::sequencer::SubmitError;

/// The header that names a request in answers, problems and logs.
pub const REQUEST_ID: &str = "x-request-id";

/// What became of a request that ended in a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RequestOutcome {
    /// Nothing was done.
    Rejected,
    /// It may have been done: ask again with the same client order id.
    Unknown,
}

/// Why a request was not answered as hoped. Small, because it travels in every `Result`.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<&'static str>,
    outcome: RequestOutcome,
    retryable: bool,
    /// After how many seconds, if the venue knows.
    retry_after: Option<u32>,
    context: Option<Box<Value>>,
}

/// A problem as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// The code as a URI.
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: String,
    /// The HTTP status again.
    status: u16,
    /// The rule, the value and a hint.
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// Stable name of the reason.
    code: &'static str,
    /// Which part of the request is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// What became of the request.
    outcome: RequestOutcome,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// Name of this request in the venue's logs.
    request_id: String,
    /// Values that help to repair the request, such as the nearest valid prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    context: Option<Box<Value>>,
}

impl Problem {
    /// A problem of this status and code; nothing was done.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            code,
            detail: detail.into(),
            field: None,
            outcome: RequestOutcome::Rejected,
            retryable: false,
            retry_after: None,
            context: None,
        }
    }

    /// The same of a request that may have been carried out.
    #[must_use]
    pub fn with_unknown_outcome(mut self) -> Problem {
        self.outcome = RequestOutcome::Unknown;
        self
    }

    /// The same with values that help to repair the request.
    #[must_use]
    pub fn with_context(mut self, context: Value) -> Problem {
        self.context = Some(Box::new(context));
        self
    }

    /// A part of the request that cannot be read.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Problem {
        Problem { field: Some(field), ..Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail) }
    }

    /// The same, and it may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Problem {
        self.retryable = true;
        self
    }

    /// The same, and it may succeed if it is sent again after this many seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Problem {
        (self.retryable, self.retry_after) = (true, Some(seconds));
        self
    }

    /// The same with the part of the request that is at fault.
    #[must_use]
    pub fn with_field(mut self, field: Option<&'static str>) -> Problem {
        self.field = field;
        self
    }

    fn document(self, instance: String, request_id: String) -> ProblemDocument {
        let Problem { status, code, detail, field, outcome, retryable, retry_after: _, context } = self;
        ProblemDocument {
            kind: format!("urn:terahour:problem:{code}"),
            title: code.replace('_', " "),
            status: status.as_u16(),
            detail,
            instance,
            code,
            field,
            outcome,
            retryable,
            request_id,
            context,
        }
    }

    /// Something asked for that is not there.
    pub fn not_found(what: &'static str, name: &str) -> Problem {
        let name: String = name.chars().take(64).collect();
        let detail = format!("{what} {name:?} does not exist; see the list of them");
        Problem { field: Some(what), ..Problem::new(StatusCode::NOT_FOUND, "not_found", detail) }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        let (code, outcome) = match error {
            SubmitError::Busy => ("busy", RequestOutcome::Rejected),
            SubmitError::Unknown => ("outcome_unknown", RequestOutcome::Unknown),
        };
        Problem { outcome, retryable: true, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string()) }
    }
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Problem {
        tracing::error!(%error, "the history cannot be read");
        let detail = "the history cannot be read; trading is not affected";
        Problem { retryable: true, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "history_unavailable", detail) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Exchange(reject) => reject.into(),
            Refusal::Index(reject) => {
                let status = match reject {
                    index::Reject::UnknownSeries { .. } => StatusCode::NOT_FOUND,
                    index::Reject::SeriesExists { .. }
                    | index::Reject::SymbolTaken { .. }
                    | index::Reject::DayFinal { .. } => StatusCode::CONFLICT,
                    _ => StatusCode::UNPROCESSABLE_ENTITY,
                };
                let context = json!({ "number": reject.number() });
                Problem::new(status, reject.code(), reject.to_string()).with_context(context)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes problems out with the path and the request's name, and turns the web server's own errors into problems.
pub async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let request_id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => of_status(status),
        None => return response,
    };
    let allow = response.headers_mut().remove(header::ALLOW);
    let retry_after = problem.retry_after.map(HeaderValue::from);
    let mut rendered = (status, Json(problem.document(path, request_id))).into_response();
    rendered.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(allow) = allow {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    if let Some(retry_after) = retry_after {
        rendered.headers_mut().insert(header::RETRY_AFTER, retry_after);
    }
    rendered
}

fn of_status(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "there is nothing at this path; see /v1/openapi.json"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "this path has other methods; see /v1/openapi.json"),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is larger than a request may be"),
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
            let detail = "the answer took too long; ask again with the same client order id";
            return Problem { retryable: true, ..Problem::new(status, "outcome_unknown", detail) }
                .with_unknown_outcome();
        }
        _ => ("request_failed", "the request could not be handled"),
    };
    Problem::new(status, code, detail)
}
