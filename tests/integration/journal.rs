//! An auditor of a journal: replays it beside the venue, once, and keeps what it has learnt over every crash.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use api::venue::journal_path;
use api::venue::machines::{Action, Core, EventHasher, Happening};
use api::venue::store::Store;
use engine::event::Event;
use engine::journal::batch::{Batch, Hash};
use engine::order::OrderRequest;

/// An account and its client order id.
pub(crate) type Name = (u32, String);

/// What the journal says happened.
#[derive(Default)]
pub(crate) struct Auditor {
    core: Core,
    /// Last command and hash of every batch seen.
    batches: BTreeMap<u64, Hash>,
    /// Each order by the name its account gave it.
    pub(crate) orders: BTreeMap<Name, u64>,
    /// Lots that each order had traded when it was first answered.
    pub(crate) first_filled: BTreeMap<u64, u32>,
    pub(crate) cancelled: BTreeSet<u64>,
    pub(crate) trades: BTreeSet<u64>,
    pub(crate) commands_count: usize,
}

impl Auditor {
    /// A journal from its first batch to its last.
    pub(crate) async fn of(folder: &Path) -> Auditor {
        let mut auditor = Auditor::default();
        auditor.catch_up(folder).await;
        auditor
    }

    /// Reads the journal from its first batch on: the part that is known must be unchanged, the rest is replayed.
    pub(crate) async fn catch_up(&mut self, folder: &Path) {
        let mut store = Store::open_read_only(&journal_path(folder)).await.expect("the journal opens");
        let known = self.seq();
        loop {
            let batches = store.read_next().await.expect("the chain of hashes is whole");
            if batches.is_empty() {
                break;
            }
            for batch in &batches {
                match self.batches.get(&batch.last_seq.0) {
                    Some(hash) => assert_eq!(*hash, batch.hash(), "batch to {} has changed", batch.last_seq),
                    None => self.replay(batch),
                }
            }
        }
        assert!(store.last_seq().0 >= known, "the journal lost commands {} to {known}", store.last_seq().0 + 1);
        store.close().await.expect("the journal closes");
    }

    /// The last command.
    pub(crate) fn seq(&self) -> u64 {
        self.batches.last_key_value().map_or(0, |(&seq, _)| seq)
    }

    /// The hash of the last batch.
    pub(crate) fn head(&self) -> Hash {
        self.batches.last_key_value().map_or(engine::journal::batch::GENESIS, |(_, &hash)| hash)
    }

    pub(crate) fn batches_count(&self) -> usize {
        self.batches.len()
    }

    /// The hash of the state that was never restarted.
    pub(crate) fn state_hash(&self) -> Hash {
        self.core.state_hash()
    }

    fn replay(&mut self, batch: &Batch) {
        let mut hasher = EventHasher::default();
        for record in batch.records().expect("a batch is a row of records") {
            let action = Action::of_record(&record).expect("a record is a command");
            let mut happenings = Vec::new();
            drop(self.core.apply(&record.stamp, &action, &mut happenings));
            hasher.add(&happenings);
            self.commands_count += 1;
            self.note(record.stamp.seq.0, &happenings);
        }
        assert_eq!(hasher.finish(), batch.event_hash, "batch {} leads to other events", batch.first_seq);
        self.batches.insert(batch.last_seq.0, batch.hash());
    }

    fn note(&mut self, seq: u64, happenings: &[Happening]) {
        let mut filled = 0;
        for happening in happenings {
            let Happening::Exchange(event) = happening else { continue };
            match *event {
                Event::OrderAccepted { order, request, .. } => {
                    let OrderRequest { account, client_order_id, .. } = request;
                    assert_eq!(order.0, seq, "an order's id is its place in the journal");
                    let before = self.orders.insert((account.0, client_order_id.to_string()), order.0);
                    assert_eq!(before, None, "{client_order_id} of account {account} was accepted twice");
                    self.first_filled.insert(order.0, 0);
                }
                Event::Traded(trade) => {
                    assert!(self.trades.insert(trade.trade.0), "trade {} happened twice", trade.trade);
                    for side in [trade.taker, trade.maker] {
                        assert!(
                            !self.cancelled.contains(&side.order.0),
                            "order {} traded after its cancel",
                            side.order
                        );
                    }
                    filled += trade.lots.0;
                    self.first_filled.insert(trade.taker.order.0, filled);
                }
                Event::OrderCancelled { order, .. } => {
                    assert!(self.cancelled.insert(order.0), "order {order} was cancelled twice");
                }
                _ => {}
            }
        }
    }
}
