//! A batch on its way: fills with commands and with what waits for them, is sealed, is written, and then lets everybody know.

use engine::chain::Cut;
use engine::command::Stamp;
use engine::event::Event;
use engine::journal::batch::{Batch, Hash, put_record};
use engine::limits;
use pricing::index;
use tokio::sync::{mpsc, watch};

use crate::venue::machines::{Action, Core, EventHasher, Happening, Refusal};
use crate::venue::sequencer::{Committed, QUEUE_MAX};
use crate::venue::store::{Store, StoreError};
use crate::venue::{Directory, JournalPosition};

/// Steps of the clock in one batch: what a price sets off may take many, and whoever traded at it waits for one batch only.
const DUE_STEPS_MAX: usize = 64;

/// Tells somebody who waits for a commit that it is there.
pub(super) type Release = Box<dyn FnOnce() + Send>;

/// A batch that fills.
#[derive(Default)]
pub(super) struct Filling {
    body: Vec<u8>,
    event_hasher: EventHasher,
    outcomes: Vec<(Stamp, Vec<Happening>)>,
    releases: Vec<Release>,
    due_steps: usize,
    /// Whether a settlement batch was cut: its head is the hash of the batch that ends here.
    ends_with_cut: bool,
}

/// A batch that is being written.
pub(super) struct Writing {
    pub(super) batch: Batch,
    outcomes: Vec<(Stamp, Vec<Happening>)>,
    releases: Vec<Release>,
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
    /// Whoever makes batches of cuts.
    pub cuts: watch::Sender<Option<Cut>>,
}

impl Filling {
    pub(super) fn has_room(&self) -> bool {
        !self.ends_with_cut && self.outcomes.len() < limits::BATCH_RECORDS_MAX && self.releases.len() < QUEUE_MAX
    }

    pub(super) fn has_room_for_due_step(&self) -> bool {
        self.has_room() && self.due_steps < DUE_STEPS_MAX
    }

    /// Whether there is nothing to make durable.
    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    pub(super) fn count_due_step(&mut self) {
        self.due_steps += 1;
    }

    /// Applies an action; it is durable with this batch.
    pub(super) fn apply(
        &mut self,
        core: &mut Core,
        stamp: Stamp,
        action: &Action,
    ) -> (Vec<Happening>, Option<Refusal>) {
        let mut happenings = Vec::new();
        let refusal = core.apply(&stamp, action, &mut happenings).err();
        put_record(&mut self.body, &action.record(stamp));
        self.event_hasher.add(&happenings);
        self.ends_with_cut = happenings.iter().any(is_cut);
        self.outcomes.push((stamp, happenings.clone()));
        (happenings, refusal)
    }

    /// Lets somebody know once this batch is durable.
    pub(super) fn then(&mut self, release: Release) {
        self.releases.push(release);
    }

    /// Lets those know who only waited for the batch before.
    pub(super) fn release_reads(&mut self) {
        std::mem::take(self).releases.into_iter().for_each(|release| release());
    }

    pub(super) fn seal(self, epoch: u64, previous: Hash) -> Writing {
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

fn is_cut(happening: &Happening) -> bool {
    matches!(happening, Happening::Exchange(Event::BatchCut { .. }))
}

pub(super) async fn append(mut store: Store, writing: Writing) -> Result<(Store, Writing), StoreError> {
    store.append(&writing.batch).await?;
    Ok((store, writing))
}

impl Outlets {
    /// Lets the world know. The directory and the position come before the replies, so that a key works for whoever was told that it
    /// is registered; the history comes last, and never keeps a reply waiting.
    pub(super) fn release(&mut self, core: &Core, store: &Store, writing: Writing) {
        for happening in writing.outcomes.iter().flat_map(|(_, happenings)| happenings) {
            self.note(core, happening);
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

    fn note(&self, core: &Core, happening: &Happening) {
        match *happening {
            Happening::Exchange(Event::KeyRegistered { key, .. } | Event::KeyRevoked { key }) => {
                core.engine().key(key).into_iter().for_each(|entry| self.directory.set_key(key, *entry));
            }
            Happening::Exchange(Event::InstrumentListed { instrument, .. }) => {
                let market = core.engine().market(instrument);
                market.into_iter().for_each(|market| self.directory.set_terms(market.terms));
            }
            Happening::Exchange(Event::AssetDefined { asset, symbol, decimals }) => {
                self.directory.set_asset(asset, symbol, decimals);
            }
            Happening::Exchange(Event::BatchCut { number, last_seq, .. }) => {
                self.cuts.send_replace(Some(Cut { number, seq: last_seq }));
            }
            _ => {}
        }
        if let Happening::Index(index::Event::SeriesDefined { series, symbol, .. }) = happening {
            self.directory.set_series(symbol.clone(), *series);
        }
    }
}

/// Closes the journal in order.
pub(super) async fn close(store: Option<Store>) -> Result<(), StoreError> {
    match store {
        Some(store) => store.close().await,
        None => Ok(()),
    }
}
