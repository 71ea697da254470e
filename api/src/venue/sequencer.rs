//! The one writer: stamps what arrives, applies it, makes it durable, and only then lets anybody know.
//!
//! One thread owns the two state machines. While a batch is being written the next one fills, so that the more arrives the more
//! each fsync carries. Every reply, read and rejection waits for the commit of the batch it saw; nothing that could still be lost is ever shown.

use std::future::Future;
use std::pin::Pin;

use engine::command::Stamp;
use engine::event::Event;
use engine::ids::{KeyId, Seq};
use engine::journal::batch::{Batch, Hash, put_record};
use engine::limits;
use engine::units::Timestamp;
use pricing::index;
use tokio::sync::{mpsc, oneshot, watch};

use crate::venue::clock::Clock;
use crate::venue::machines::{Action, Core, EventHasher, Happening, Refusal};
use crate::venue::store::{Store, StoreError};
use crate::venue::{Directory, JournalPosition};

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

type Release = Box<dyn FnOnce() + Send>;

enum Request {
    Submit { action: Action, key: KeyId, session: u32, reply: oneshot::Sender<Outcome> },
    Read(Box<dyn FnOnce(&Core) -> Release + Send>),
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
    clock: Clock,
    time: Timestamp,
    requests: mpsc::Receiver<Request>,
    outlets: Outlets,
}

/// Whom the sequencer tells what is durable.
#[derive(Debug)]
pub struct Outlets {
    /// The history; `None` once it could not follow.
    pub committed: Option<mpsc::Sender<Committed>>,
    /// The edge, which checks requests against it.
    pub directory: Directory,
    /// Whoever wants to know where the journal stands.
    pub position: watch::Sender<JournalPosition>,
}

/// A batch that fills.
#[derive(Default)]
struct Filling {
    body: Vec<u8>,
    event_hasher: EventHasher,
    outcomes: Vec<(Stamp, Vec<Happening>)>,
    releases: Vec<Release>,
}

/// A batch that is being written, or one of reads that only wait for the batch before.
struct Writing {
    batch: Batch,
    outcomes: Vec<(Stamp, Vec<Happening>)>,
    releases: Vec<Release>,
}

impl Sequencer {
    /// A sequencer over a core that has replayed the store to its end, whose last stamp carried `time`.
    pub fn new(core: Core, store: Store, time: Timestamp, clock: Clock, outlets: Outlets) -> (Sequencer, Handle) {
        let (sender, requests) = mpsc::channel(QUEUE_MAX);
        (Sequencer { core, store, clock, time, requests, outlets }, Handle { requests: sender })
    }

    /// Runs until every handle is gone, or until the journal fails.
    ///
    /// # Errors
    /// When a commit failed. Nothing of the batch was released; those who wait hear that the outcome is unknown, and the process has
    /// to end: the state in memory is ahead of what is known to be durable.
    pub async fn run(self) -> Result<(), StoreError> {
        let Sequencer { mut core, store, clock, mut time, mut requests, mut outlets } = self;
        let mut seq = store.last_seq();
        let (epoch, mut head) = (store.epoch(), store.head());
        let mut idle_store = Some(store);
        let mut filling = Filling::default();
        let mut open = true;
        type Commit = Pin<Box<dyn Future<Output = Result<(Store, Writing), StoreError>> + Send>>;
        let mut commit: Option<Commit> = None;

        loop {
            if let Some(store) = idle_store.take() {
                if filling.outcomes.is_empty() {
                    // Only reads: everything they saw is durable already.
                    std::mem::take(&mut filling).releases.into_iter().for_each(|release| release());
                    idle_store = Some(store);
                    if !open {
                        return store_closed(idle_store.take()).await;
                    }
                } else {
                    let writing = std::mem::take(&mut filling).seal(epoch, head);
                    head = writing.batch.hash();
                    commit = Some(Box::pin(append(store, writing)));
                }
            }
            tokio::select! {
                biased;
                done = async { commit.as_mut().expect("guarded").await }, if commit.is_some() => {
                    let (store, writing) = done?;
                    commit = None;
                    outlets.release(&core, &store, writing);
                    idle_store = Some(store);
                }
                request = requests.recv(), if open && filling.has_room() => {
                    match request {
                        None => open = false,
                        Some(Request::Read(look)) => filling.releases.push(look(&core)),
                        Some(Request::Submit { action, key, session, reply }) => {
                            seq = Seq(seq.0 + 1);
                            // Never backwards, whatever the machine's clock does.
                            time = time.max(clock.now());
                            let stamp = Stamp { seq, time, key, session };
                            filling.apply(&mut core, stamp, &action, reply);
                        }
                    }
                }
            }
        }
    }
}

impl Filling {
    fn has_room(&self) -> bool {
        self.outcomes.len() < limits::BATCH_RECORDS_MAX && self.releases.len() < QUEUE_MAX
    }

    fn apply(&mut self, core: &mut Core, stamp: Stamp, action: &Action, reply: oneshot::Sender<Outcome>) {
        let mut happenings = Vec::new();
        let refusal = core.apply(&stamp, action, &mut happenings).err();
        put_record(&mut self.body, &action.record(stamp));
        self.event_hasher.add(&happenings);
        self.outcomes.push((stamp, happenings.clone()));
        self.releases.push(Box::new(move || drop(reply.send(Outcome { stamp, happenings, refusal }))));
    }

    fn seal(self, epoch: u64, previous: Hash) -> Writing {
        let (first, last) = (self.outcomes.first(), self.outcomes.last());
        let seq_of = |outcome: Option<&(Stamp, Vec<Happening>)>| outcome.expect("a sealed batch has commands").0.seq;
        let batch = Batch {
            epoch,
            first_seq: seq_of(first),
            last_seq: seq_of(last),
            previous,
            event_hash: self.event_hasher.finish(),
            body: self.body,
        };
        Writing { batch, outcomes: self.outcomes, releases: self.releases }
    }
}

async fn append(mut store: Store, writing: Writing) -> Result<(Store, Writing), StoreError> {
    store.append(&writing.batch).await?;
    Ok((store, writing))
}

impl Outlets {
    /// Lets the world know. The directory and the position come before the replies, so that a key works for whoever was told that it
    /// is registered; the history comes last, and never keeps a reply waiting.
    fn release(&mut self, core: &Core, store: &Store, writing: Writing) {
        for happening in writing.outcomes.iter().flat_map(|(_, happenings)| happenings) {
            match *happening {
                Happening::Exchange(Event::KeyRegistered { key, .. } | Event::KeyRevoked { key }) => {
                    core.engine().key(key).into_iter().for_each(|entry| self.directory.set_key(key, *entry));
                }
                Happening::Exchange(Event::InstrumentListed { instrument, .. }) => {
                    let market = core.engine().market(instrument);
                    market.into_iter().for_each(|market| self.directory.set_terms(market.terms));
                }
                _ => {}
            }
            if let Happening::Index(index::Event::SeriesDefined { series, symbol, .. }) = happening {
                self.directory.set_series(symbol.clone(), *series);
            }
        }
        let (last_seq, head) = (store.last_seq(), store.head());
        self.position.send_replace(JournalPosition { epoch: store.epoch(), seq: last_seq, head });
        writing.releases.into_iter().for_each(|release| release());
        let news = Committed { outcomes: writing.outcomes, last_seq };
        if let Some(committed) = &self.committed
            && committed.try_send(news).is_err()
        {
            // A history that cannot follow must not stop the venue. It ends here and is brought up to date at the next start.
            tracing::error!("the history has fallen too far behind and is given up until the next start");
            self.committed = None;
        }
    }
}

async fn store_closed(store: Option<Store>) -> Result<(), StoreError> {
    match store {
        Some(store) => store.close().await,
        None => Ok(()),
    }
}
