//! The durable venue: two state machines, one journal, one writer. Start reading at [`Venue::start`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::Duration;

use engine::Key;
use engine::ids::{AssetId, AssetSymbol, InstrumentId, KeyId, Seq, Symbol};
use engine::instrument::Terms;
use engine::journal::batch::Hash;
use pricing::index::SeriesId;
use tokio::sync::{mpsc, oneshot, watch};

use crate::batches;
use crate::venue::clock::Clock;
use crate::venue::machines::{EventHasher, Happening};
use crate::venue::projections::{History, ProjectionError};
use crate::venue::sequencer::{Handle, Outlets, Sequencer};
use crate::venue::snapshots::{Restored, restore};
use crate::venue::store::{Store, StoreError};
use crate::venue::timekeeper::{ClockError, ClockLeap};

pub mod archive;
mod batching;
pub mod clock;
mod desk;
pub mod durable;
mod folder;
mod log;
pub mod machines;
pub mod projections;
pub mod replay;
pub mod sequencer;
pub mod snapshots;
pub mod store;
pub mod timekeeper;

/// Durable batches that may wait for the history before it is given up.
const COMMITS_MAX: usize = 8_192;

/// Why a venue does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be made.
    #[error("cannot create {folder}: {error}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The journal cannot be opened, or is corrupt.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal was read, but does not lead to what was acknowledged.
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    /// The history cannot be opened, or does not belong to the journal.
    #[error("{0}; delete the history's file to rebuild it")]
    Projection(#[from] ProjectionError),
    /// The clock cannot be believed.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A thread cannot be made.
    #[error("cannot start a thread of the venue: {0}")]
    Thread(std::io::Error),
}

/// Why a venue stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// A commit failed.
    #[error("the journal failed, so the venue stops: {0}")]
    Store(#[from] StoreError),
    /// The clock leapt ahead.
    #[error(transparent)]
    Clock(#[from] ClockLeap),
    /// The core panicked.
    #[error("the core failed an assertion, so the venue stops; restart replays the journal")]
    Panicked,
}

/// How a venue runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where its time comes from.
    pub clock: Clock,
    /// How often it works out mark prices by itself; `None`: only when the operator asks. Counted on the machine's clock.
    pub marks_every: Option<Duration>,
    /// Whether the operator says that the clock is right although it leapt when the venue ran last.
    pub accept_clock_jump: bool,
}

impl From<Clock> for Settings {
    fn from(clock: Clock) -> Settings {
        Settings { clock, marks_every: None, accept_clock_jump: false }
    }
}

/// A venue that runs.
#[derive(Debug)]
pub struct Venue {
    /// Where its files are.
    pub folder: PathBuf,
    /// Where its time comes from.
    pub clock: Clock,
    /// The way to the one writer.
    pub handle: Handle,
    /// What happened.
    pub history: History,
    /// Keys and contract terms, as far as they are durable.
    pub directory: Directory,
    /// Where the journal stands.
    pub position: watch::Receiver<JournalPosition>,
    /// Resolves when the venue stops by itself or when every handle is gone.
    pub stopped: oneshot::Receiver<Result<(), Fatal>>,
}

/// Where the journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalPosition {
    /// The reign of the writer.
    pub epoch: u64,
    /// The last durable command.
    pub seq: Seq,
    /// The hash of the last durable batch.
    pub head: Hash,
}

/// What the edge has to know to check a request before it costs anything: keys, contract terms, series and assets, as far as they
/// are durable.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<RwLock<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    keys: BTreeMap<KeyId, Key>,
    terms: BTreeMap<Symbol, Terms>,
    symbols: BTreeMap<InstrumentId, Symbol>,
    series: BTreeMap<String, SeriesId>,
    assets: BTreeMap<AssetSymbol, ListedAsset>,
}

/// An asset as the edge has to know it: to read and write its amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedAsset {
    /// Its number.
    pub id: AssetId,
    /// Its name for people.
    pub symbol: AssetSymbol,
    /// Decimal places of its smallest unit.
    pub decimals: u8,
}

impl Directory {
    /// A key that is registered and was not revoked.
    pub fn active_key(&self, key: KeyId) -> Option<Key> {
        self.read().keys.get(&key).copied().filter(|key| !key.revoked)
    }

    /// The terms of a listed contract.
    pub fn terms(&self, symbol: Symbol) -> Option<Terms> {
        self.read().terms.get(&symbol).copied()
    }

    /// The terms of a listed contract by its number.
    pub fn terms_of(&self, instrument: InstrumentId) -> Option<Terms> {
        self.terms(self.symbol(instrument)?)
    }

    /// The symbol of a listed contract.
    pub fn symbol(&self, instrument: InstrumentId) -> Option<Symbol> {
        self.read().symbols.get(&instrument).copied()
    }

    /// The number of a series.
    pub fn series(&self, symbol: &str) -> Option<SeriesId> {
        self.read().series.get(symbol).copied()
    }

    /// An asset by its symbol.
    pub fn asset(&self, symbol: &str) -> Option<ListedAsset> {
        self.read().assets.get(&AssetSymbol::new(symbol)?).copied()
    }

    /// An asset by its number.
    pub fn asset_of(&self, asset: AssetId) -> Option<ListedAsset> {
        self.read().assets.values().find(|listed| listed.id == asset).copied()
    }

    /// All assets by their symbols.
    pub fn assets(&self) -> Vec<ListedAsset> {
        self.read().assets.values().copied().collect()
    }

    pub(crate) fn set_asset(&self, id: AssetId, symbol: AssetSymbol, decimals: u8) {
        self.write().assets.insert(symbol, ListedAsset { id, symbol, decimals });
    }

    pub(crate) fn set_series(&self, symbol: String, series: SeriesId) {
        self.write().series.insert(symbol, series);
    }

    pub(crate) fn set_key(&self, id: KeyId, key: Key) {
        self.write().keys.insert(id, key);
    }

    pub(crate) fn set_terms(&self, terms: Terms) {
        let mut entries = self.write();
        entries.terms.insert(terms.symbol, terms);
        entries.symbols.insert(terms.instrument, terms.symbol);
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().expect("nobody panics while writing the directory")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().expect("nobody panics while writing the directory")
    }
}

/// The journal's file in a venue's folder.
pub fn journal_path(folder: &Path) -> PathBuf {
    folder.join("journal.sqlite")
}

/// The history's file in a venue's folder.
pub fn history_path(folder: &Path) -> PathBuf {
    folder.join("history.sqlite")
}

impl Venue {
    /// Starts the venue of a folder: fences earlier writers, restores the newest snapshot that fits, replays the rest of the
    /// journal and proves it, brings the history up to date, runs.
    ///
    /// # Errors
    /// If any of it fails; nothing was served then.
    pub async fn start(folder: &Path, settings: impl Into<Settings>) -> Result<Venue, StartError> {
        let settings = settings.into();
        folder::create_durably(folder).map_err(|error| StartError::Folder { folder: folder.to_owned(), error })?;
        timekeeper::check_start(folder, &settings.clock, settings.accept_clock_jump)?;
        let mut store = Store::open(&journal_path(folder)).await?;
        let (history, mut projector) = projections::open(&history_path(folder)).await?;
        // The history needs the events behind its end, and a snapshot has none.
        let Restored { mut core, mut time, .. } = restore(&mut store, folder, projector.offset()).await?;
        while let Some(past) = replay::replay_next(&mut store, &mut core).await? {
            for committed in &past {
                projector.take_over(committed).await?;
                time = committed.outcomes.last().map_or(time, |(stamp, _)| stamp.time);
            }
        }
        projector.check_end(store.last_seq())?;

        let directory = Directory::default();
        core.engine().keys().for_each(|(id, key)| directory.set_key(id, *key));
        core.engine().markets().for_each(|market| directory.set_terms(market.terms));
        let assets = core.engine().ledger().assets();
        assets.for_each(|(id, asset)| directory.set_asset(id, asset.symbol, asset.decimals));
        core.index().all_series().for_each(|(series, symbol)| directory.set_series(symbol.to_owned(), series));
        let start = JournalPosition { epoch: store.epoch(), seq: store.last_seq(), head: store.head() };
        tracing::info!(epoch = start.epoch, seq = start.seq.0, "journal replayed");

        let (position_sender, position) = watch::channel(start);
        let (cuts_sender, cuts) = watch::channel(core.engine().chain().last_cut());
        let (committed, commits) = mpsc::channel(COMMITS_MAX);
        tokio::spawn(async move {
            if let Err(error) = projector.run(commits).await {
                tracing::error!(%error, "the history stops; the venue goes on, and a restart brings it up to date");
            }
        });
        let outlets = Outlets {
            committed: Some(committed),
            directory: directory.clone(),
            position: position_sender,
            cuts: cuts_sender,
        };
        // It ends when the sequencer does: what is not finished by then is begun anew by the next start.
        drop(batches::follower::spawn(folder.to_owned(), cuts).map_err(StartError::Thread)?);
        let clock = settings.clock.clone();
        let (sequencer, handle) = Sequencer::new(core, store, time, settings, outlets);
        let stopped = spawn_sequencer(sequencer, folder.to_owned())?;
        // Nobody is served before the rules of this program are in force and what fell due meanwhile is done. Should the journal fail
        // at that, `stopped` tells.
        let _told_by_stopped = handle.tick().await;
        Ok(Venue { folder: folder.to_owned(), clock, handle, history, directory, position, stopped })
    }
}

/// The writer has a thread of its own. Should the core panic there, waiting clients hear "unknown" as their replies are dropped.
fn spawn_sequencer(sequencer: Sequencer, folder: PathBuf) -> Result<oneshot::Receiver<Result<(), Fatal>>, StartError> {
    let (sender, stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Thread)?;
    thread::Builder::new()
        .name("sequencer".to_owned())
        .spawn(move || {
            let run = std::panic::AssertUnwindSafe(|| runtime.block_on(sequencer.run()));
            let outcome = match std::panic::catch_unwind(run) {
                Ok(outcome) => outcome,
                Err(_) => Err(Fatal::Panicked),
            };
            if let Err(Fatal::Clock(leap)) = &outcome {
                timekeeper::note(&folder, leap);
            }
            drop(sender.send(outcome));
        })
        .map_err(StartError::Thread)?;
    Ok(stopped)
}

/// The hash of what happened in one durable batch.
pub(crate) fn event_hash(outcomes: &[(engine::command::Stamp, Vec<Happening>)]) -> Hash {
    let mut hasher = EventHasher::default();
    outcomes.iter().for_each(|(_, happenings)| hasher.add(happenings));
    hasher.finish()
}
