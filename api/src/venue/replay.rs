//! Rebuilds the state from the journal, and proves that the program still does what it did.

use engine::command::Stamp;
use engine::journal::batch::{Batch, Record};
use engine::journal::bytes::DecodeError;
use engine::limits;

use crate::venue::event_hash;
use crate::venue::machines::{Action, Core, RecordError};
use crate::venue::sequencer::Committed;
use crate::venue::store::{Store, StoreError};

/// Why a journal does not lead to a state.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A batch is not a row of records.
    #[error("batch {first_seq} cannot be read: {error}")]
    Batch {
        /// Place of its first command.
        first_seq: u64,
        /// Why.
        error: DecodeError,
    },
    /// A record is no command.
    #[error("command {seq} cannot be read: {error}")]
    Record {
        /// Its place.
        seq: u64,
        /// Why.
        error: RecordError,
    },
    /// The commands lead to other events than were acknowledged.
    #[error("batch {first_seq} leads to other events than were acknowledged; this program must not serve this journal")]
    EventsDiffer {
        /// Place of its first command.
        first_seq: u64,
    },
}

/// Applies the next batches of the store and returns what happened; `None` at the end of the journal.
///
/// # Errors
/// If the journal cannot be read, or does not reproduce the events that were acknowledged.
pub async fn replay_next(store: &mut Store, core: &mut Core) -> Result<Option<Vec<Committed>>, ReplayError> {
    let batches = store.read_next().await?;
    if batches.is_empty() {
        return Ok(None);
    }
    batches.iter().map(|batch| apply_batch(core, batch)).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Applies one batch and returns what happened.
///
/// # Errors
/// If it cannot be read, or does not reproduce the events that were acknowledged.
pub fn apply_batch(core: &mut Core, batch: &Batch) -> Result<Committed, ReplayError> {
    apply_actions(core, batch, &actions_of(batch)?)
}

/// The commands of a batch with their stamps.
///
/// # Errors
/// If it cannot be read.
pub fn actions_of(batch: &Batch) -> Result<Vec<(Stamp, Action)>, ReplayError> {
    let records = batch.records().map_err(|error| ReplayError::Batch { first_seq: batch.first_seq.0, error })?;
    records.iter().map(|record| Ok((record.stamp, action_of(record)?))).collect()
}

/// Applies the commands of a batch and returns what happened.
///
/// # Errors
/// If they do not reproduce the events that were acknowledged.
pub fn apply_actions(core: &mut Core, batch: &Batch, actions: &[(Stamp, Action)]) -> Result<Committed, ReplayError> {
    let mut outcomes = Vec::with_capacity(actions.len());
    for (at, (stamp, action)) in actions.iter().enumerate() {
        if at.is_multiple_of(limits::LOOKAHEAD_MAX) {
            let next = actions[at..].iter();
            core.engine().look_ahead(next.filter_map(|(stamp, action)| Some((stamp.key, action.command()?))));
        }
        let mut happenings = Vec::new();
        // A refusal is among what happened, and so in the hash.
        drop(core.apply(stamp, action, &mut happenings));
        outcomes.push((*stamp, happenings));
    }
    if event_hash(&outcomes) != batch.event_hash {
        return Err(ReplayError::EventsDiffer { first_seq: batch.first_seq.0 });
    }
    Ok(Committed { outcomes, last_seq: batch.last_seq })
}

fn action_of(record: &Record) -> Result<Action, ReplayError> {
    Action::of_record(record).map_err(|error| ReplayError::Record { seq: record.stamp.seq.0, error })
}
