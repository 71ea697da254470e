//! The one writer: stamps what arrives, applies it, makes it durable, and only then lets anybody know.
//!
//! One thread owns the two state machines. While a batch is being written the next one fills, so that the more arrives the more
//! each fsync carries. Every reply, read and rejection waits for the commit of the batch it saw; nothing that could still be lost is ever shown.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use engine::command::Stamp;
use engine::ids::{KeyId, Seq};
use engine::limits;
use engine::units::Timestamp;
use tokio::sync::{mpsc, oneshot};

pub use crate::venue::batching::Outlets;
use crate::venue::batching::{Release, Writing, append, close};
use crate::venue::desk::Desk;
use crate::venue::machines::{Action, Core, Happening, Refusal};
use crate::venue::store::{Store, StoreError};
use crate::venue::timekeeper::Timekeeper;
use crate::venue::{Fatal, Settings};

/// Requests that may wait. Beyond that the venue answers "busy" instead of letting a queue grow.
pub const QUEUE_MAX: usize = 4_096;

/// What a command led to, once it is durable.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its place and time.
    pub stamp: Stamp,
    /// Everything that happened, in order.
    pub happenings: Vec<Happening>,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
}

/// A durable batch, as projections and feeds receive it.
#[derive(Clone, Debug)]
pub struct Committed {
    /// What each command led to.
    pub outcomes: Vec<(Stamp, Vec<Happening>)>,
    /// Place of the last command.
    pub last_seq: Seq,
}

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full; the command was not journaled.
    #[error("the venue is busy; nothing was done, try again in a moment")]
    Busy,
    /// The venue stopped before the commit was confirmed; the command may or may not be in the journal.
    #[error(
        "the venue stopped before the answer was durable; ask again with the same client order id after it is back"
    )]
    Unknown,
}

/// Looks at the state, and says how to tell what was seen.
pub(super) type Look = Box<dyn FnOnce(&Core) -> Release + Send>;

/// What is asked of the one writer.
pub(super) enum Request {
    /// A command, answered when it is durable.
    Submit { action: Action, key: KeyId, session: u32, reply: oneshot::Sender<Outcome> },
    /// A look at the state, answered when what it saw is durable.
    Read(Look),
    /// What is due now, answered when it is done and durable.
    Tick(oneshot::Sender<()>),
}

/// The way to the sequencer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
}

impl Handle {
    /// Submits an action and waits until its outcome is durable.
    ///
    /// # Errors
    /// [`SubmitError`] if there is no outcome; a refusal is an outcome.
    pub async fn submit(&self, action: Action, key: KeyId, session: u32) -> Result<Outcome, SubmitError> {
        let (reply, outcome) = oneshot::channel();
        self.send(Request::Submit { action, key, session, reply })?;
        outcome.await.map_err(|_| SubmitError::Unknown)
    }

    /// Looks at the state, and waits until everything it saw is durable.
    ///
    /// # Errors
    /// [`SubmitError`] if there is no answer.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Read(Box::new(move |core| {
            let value = look(core);
            Box::new(move || drop(reply.send(value)))
        })))?;
        answer.await.map_err(|_| SubmitError::Unknown)
    }

    /// Does what is due by now, and waits until it is durable. A venue on the machine's clock needs nobody to say so; this is for
    /// whoever moves a simulated one.
    ///
    /// # Errors
    /// [`SubmitError`] if there is no answer.
    pub async fn tick(&self) -> Result<(), SubmitError> {
        let (reply, done) = oneshot::channel();
        self.send(Request::Tick(reply))?;
        done.await.map_err(|_| SubmitError::Unknown)
    }

    fn send(&self, request: Request) -> Result<(), SubmitError> {
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Unknown,
        })
    }
}

/// The sequencer before it runs.
#[derive(Debug)]
pub struct Sequencer {
    core: Core,
    store: Store,
    settings: Settings,
    time: Timestamp,
    requests: mpsc::Receiver<Request>,
    outlets: Outlets,
}

impl Sequencer {
    /// A sequencer over a core that has replayed the store to its end, whose last stamp carried `time`.
    pub fn new(core: Core, store: Store, time: Timestamp, settings: Settings, outlets: Outlets) -> (Sequencer, Handle) {
        let (sender, requests) = mpsc::channel(QUEUE_MAX);
        (Sequencer { core, store, settings, time, requests, outlets }, Handle { requests: sender })
    }

    /// Runs until every handle is gone, until the journal fails, or until the clock leaps.
    ///
    /// # Errors
    /// When a commit failed. Nothing of the batch was released; those who wait hear that the outcome is unknown, and the process has
    /// to end: the state in memory is ahead of what is known to be durable. When the clock leapt, nothing was stamped since; whoever
    /// waits for the batch that is being written hears the same.
    pub async fn run(self) -> Result<(), Fatal> {
        let Sequencer { core, store, settings, time, mut requests, mut outlets } = self;
        let (epoch, mut head) = (store.epoch(), store.head());
        let timekeeper = Timekeeper::new(settings.clock, time);
        let mut desk = Desk::new(core, store.last_seq(), timekeeper, settings.marks_every);
        desk.adopt_rules()?;
        let mut idle_store = Some(store);
        let (mut open, mut waiting) = (true, VecDeque::with_capacity(limits::LOOKAHEAD_MAX));
        type Commit = Pin<Box<dyn Future<Output = Result<(Store, Writing), StoreError>> + Send>>;
        let mut commit: Option<Commit> = None;

        loop {
            if let Some(store) = idle_store.take() {
                if desk.filling.is_empty() {
                    // Only reads: everything they saw is durable already.
                    desk.filling.release_reads();
                    idle_store = Some(store);
                    if !open {
                        return Ok(close(idle_store.take()).await?);
                    }
                } else {
                    let writing = std::mem::take(&mut desk.filling).seal(epoch, head);
                    head = writing.batch.hash();
                    commit = Some(Box::pin(append(store, writing)));
                }
            }
            let nap = desk.nap();
            tokio::select! {
                biased;
                done = async { commit.as_mut().expect("guarded").await }, if commit.is_some() => {
                    let (store, writing) = done?;
                    commit = None;
                    outlets.release(&desk.core, &store, writing);
                    idle_store = Some(store);
                }
                request = requests.recv(), if open && waiting.is_empty() && desk.filling.has_room() => match request {
                    None => open = false,
                    Some(Request::Read(look)) => desk.read(look),
                    Some(command) => {
                        desk.wake()?;
                        waiting.push_back(command);
                        // Those that came meanwhile are served together, in their order.
                        while waiting.len() < limits::LOOKAHEAD_MAX
                            && let Ok(request) = requests.try_recv()
                        {
                            waiting.push_back(request);
                        }
                        if waiting.len() > 1 {
                            desk.look_ahead(&waiting);
                        }
                    }
                },
                () = tokio::time::sleep(nap.unwrap_or_default()),
                    if nap.is_some() && open && waiting.is_empty() && desk.filling.has_room_for_due_step() =>
                {
                    desk.wake()?;
                }
            }
            desk.work(&mut waiting);
        }
    }
}
