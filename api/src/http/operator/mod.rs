//! What runs the venue. Operators only: every command goes through `submit`, which checks that.

use engine::command::Command;

use crate::http::App;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::venue::machines::Action;
use crate::venue::sequencer::Outcome;

pub mod index;
pub mod ledger;
pub mod registry;
pub mod settlement;

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
