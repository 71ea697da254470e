//! What runs the venue. Operators only: every command goes through `submit`, which checks that.

use engine::command::Command;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::venue::machines::Action;
use crate::venue::sequencer::Outcome;

pub mod accounts;
pub mod approvals;
pub mod chain;
pub mod families;
pub mod futures;
pub mod index;
pub mod jobs;
pub mod ledger;
pub mod listing;
pub mod margin;
pub mod money;
pub mod settlement;
pub mod trading;
pub mod vaults;
pub mod waterfall;

/// Something that is done and needs no more words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Done {
    /// Place of this request in the journal.
    pub seq: u64,
    /// The venue's time.
    pub ts_us: i64,
}

impl From<&Outcome> for Done {
    fn from(outcome: &Outcome) -> Done {
        Done { seq: outcome.stamp.seq.0, ts_us: outcome.stamp.time.0 }
    }
}

async fn submit_to_exchange(app: &App, caller: Caller, command: Command) -> Result<Outcome, Problem> {
    submit(app, caller, Action::Exchange(command)).await
}

async fn submit(app: &App, caller: Caller, action: Action) -> Result<Outcome, Problem> {
    caller.operator()?;
    caller.fresh()?;
    let outcome = app.handle.submit(action, caller.key, 0).await?;
    match outcome.refusal {
        Some(refusal) => Err(refusal.into()),
        None => Ok(outcome),
    }
}
