//! Whether the venue answers, and where its journal stands.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::problem::{Problem, ProblemDocument};
use crate::signing::hex;

/// A venue that answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Always `ready`; a venue that is not answers with a problem or not at all.
    pub status: &'static str,
    /// The reign of the writer: one more at each start.
    #[schema(minimum = 1)]
    pub epoch: u64,
    /// The last durable command.
    pub seq: u64,
    /// The hash of the last durable batch.
    pub journal_head: String,
    /// The venue's time.
    pub ts_us: i64,
}

/// Whether the venue answers: asks the one writer, not only the web server.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(
    (status = 200, body = Ready), (status = 503, body = ProblemDocument)))]
pub async fn ready(State(app): State<App>) -> Result<Json<Ready>, Problem> {
    let ts_us = app.handle.read(|core| core.engine().time().0).await?;
    let position = *app.position.borrow();
    Ok(Json(Ready {
        status: "ready",
        epoch: position.epoch,
        seq: position.seq.0,
        journal_head: hex(&position.head),
        ts_us,
    }))
}
