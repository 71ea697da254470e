//! `terahour snapshot`: writes a snapshot of a venue that runs, or of one that does not.

#![allow(clippy::print_stdout, reason = "prints what was written")]

use std::path::PathBuf;

use clap::Args;

use crate::commands::{CommandError, require_journal};
use crate::venue::snapshots::{follower, snapshot_path};

/// Of which venue.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The venue's folder. The venue may be running: its journal is only read.
    #[arg(long)]
    data: PathBuf,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    require_journal(&options.data)?;
    let round = follower::follow(&options.data).await?;
    let path = snapshot_path(&options.data, round.seq);
    match round.from {
        Some(from) => println!("from          the snapshot behind command {from}"),
        None => println!("from          the first command"),
    }
    match round.has_written() {
        true => println!("written       {}", path.display()),
        false => println!("written       nothing, since nothing has happened"),
    }
    Ok(())
}
