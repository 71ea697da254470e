//! `terahour verify`: replays a journal from its first byte and checks everything that can be checked.

#![allow(clippy::print_stdout, reason = "prints the report")]

use std::path::PathBuf;

use clap::Args;
use engine::journal::batch::Batch;
use engine::units::Timestamp;

use crate::commands::{CommandError, require_journal};
use crate::http::instruments::asset_of;
use crate::http::numbers::Quantity;
use crate::signing::hex;
use crate::venue::archive::Archive;
use crate::venue::machines::Core;
use crate::venue::projections::ledger_account_name;
use crate::venue::replay::apply_batch;
use crate::venue::snapshots::file::{content_hash, inspect, position_behind};
use crate::venue::snapshots::list;
use crate::venue::store::{Store, StoreError};

/// Which journal.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The venue's folder. The venue may be running: this only reads.
    #[arg(long)]
    data: PathBuf,
    /// Print every ledger account, too.
    #[arg(long)]
    ledger: bool,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let path = require_journal(&options.data)?;
    let mut store = Store::open_read_only(&path).await?;
    let (mut core, mut batches) = (Core::default(), 0);
    // The latest in front: each is compared when the replay comes by.
    let mut snapshots = list(&options.data)?;
    let mut equal = Vec::new();
    loop {
        let read = store.read_next().await?;
        if read.is_empty() {
            break;
        }
        for batch in &read {
            let replayed = apply_batch(&mut core, batch)?;
            batches += 1;
            while let Some(seq) = snapshots.pop_if(|seq| *seq <= batch.last_seq) {
                if seq != batch.last_seq {
                    return Err(CommandError::SnapshotDiffers { seq: seq.0 });
                }
                let time = replayed.outcomes.last().map(|(stamp, _)| stamp.time).unwrap_or_default();
                check_snapshot(&options, &core, batch, time)?;
                equal.push(batch.last_seq.0);
            }
        }
    }
    if options.ledger {
        for (account, asset, balance) in core.engine().ledger().trial_balance() {
            let (name, (symbol, decimals)) = (ledger_account_name(account), asset_of(&core, asset));
            let [posted, held] = [balance.posted, balance.held].map(|amount| Quantity::of(amount, decimals));
            println!("{name:<16} {symbol:<6} {posted:>24} held {held:>24}");
        }
    }
    println!("commands      {}", store.last_seq());
    println!("batches       {batches}, every chain and event hash reproduced");
    println!("journal head  {}", hex(&store.head()));
    println!("state hash    {}", hex(&core.state_hash()));
    println!("snapshots     {equal:?}, each equal to what the replay led to");
    println!("archive       {} segments", Archive::beside(&path).segments().map_err(StoreError::from)?.len());
    let ledger = core.engine().ledger();
    let unbalanced = ledger.assets().map(|(asset, _)| ledger.total(asset)).find(|&total| total != 0);
    println!("ledger total  {}", unbalanced.unwrap_or_default());
    unbalanced.map_or(Ok(()), |total| Err(CommandError::Unbalanced { total }))
}

/// A snapshot has to be the bytes that the replay would write.
fn check_snapshot(options: &Options, core: &Core, batch: &Batch, time: Timestamp) -> Result<(), CommandError> {
    let seq = batch.last_seq;
    let expected = position_behind(batch, time);
    let (_, found) = inspect(&options.data, seq)?;
    if found == content_hash(expected, core) { Ok(()) } else { Err(CommandError::SnapshotDiffers { seq: seq.0 }) }
}
