//! `terahour archive`: moves the journal's beginning into segments, as far as two snapshots stand in front of it.

#![allow(clippy::print_stdout, reason = "prints what was moved")]

use std::path::PathBuf;

use clap::Args;

use crate::commands::{CommandError, require_journal};
use crate::venue::snapshots::follower;

/// Of which venue.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The venue's folder. The venue may be running: its writer waits for one short transaction a segment.
    #[arg(long)]
    data: PathBuf,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    require_journal(&options.data)?;
    let archived = follower::archive(&options.data).await?;
    println!("segments      {}", archived.segments);
    println!("batches       {}, deleted from the database", archived.batches);
    Ok(())
}
