//! `terahour verify`: replays a journal from its first byte and checks everything that can be checked.

#![allow(clippy::print_stdout, reason = "prints the report")]

use std::path::PathBuf;

use clap::Args;
use engine::ids::AssetId;

use crate::commands::CommandError;
use crate::http::numbers::Amount;
use crate::http::operator::ledger::ledger_account_name;
use crate::signing::hex;
use crate::venue::journal_path;
use crate::venue::machines::Core;
use crate::venue::replay::replay_next;
use crate::venue::store::Store;

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
    let path = journal_path(&options.data);
    if !path.is_file() {
        return Err(CommandError::Usage(format!("{} is no file; --data takes the folder of a venue", path.display())));
    }
    let mut store = Store::open_read_only(&path).await?;
    let mut core = Core::default();
    let mut batches = 0;
    while let Some(replayed) = replay_next(&mut store, &mut core).await? {
        batches += replayed.len();
    }
    let total = core.engine().ledger().total(AssetId::USD);
    if options.ledger {
        for (account, _, balance) in core.engine().ledger().trial_balance() {
            let name = ledger_account_name(account);
            println!("{name:<16} {:>24} held {:>24}", Amount::from(balance.posted), Amount::from(balance.held));
        }
    }
    println!("commands      {}", store.last_seq());
    println!("batches       {batches}, every chain and event hash reproduced");
    println!("journal head  {}", hex(&store.head()));
    println!("state hash    {}", hex(&core.state_hash()));
    println!("ledger total  {total}");
    if total == 0 { Ok(()) } else { Err(CommandError::Unbalanced { total }) }
}
