//! The command line: one file per command.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client::ClientError;
use crate::server::ServerError;
use crate::venue::durable::FileError;
use crate::venue::journal_path;
use crate::venue::replay::ReplayError;
use crate::venue::snapshots::SnapshotError;
use crate::venue::snapshots::follower::FollowError;
use crate::venue::store::StoreError;

mod archive;
mod audit_chain;
mod consents;
mod keygen;
mod proof;
mod request;
pub(crate) mod serve;
mod settle;
mod snapshot;
mod verify;

/// The open exchange, clearing house and settlement system for GPU-hours.
#[derive(Debug, Parser)]
#[command(version, about, after_help = "Unaudited software: play money only. Nothing here is financial advice.")]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play weeks of recorded GPU prices through a venue of your own, and trade along.
    Demo(crate::demo::Options),
    /// Serve the venue of a folder.
    Serve(serve::Options),
    /// Make a key to sign requests with.
    Keygen(keygen::Options),
    /// Send one signed request to a venue and print the answer.
    Request(request::Options),
    /// Settle a business day, and report it.
    #[command(after_help = settle::EXIT_CODES)]
    Settle(settle::Options),
    /// Give your account its owner on the chain, for good.
    Link(consents::LinkOptions),
    /// Move an amount out to the chain, for good.
    WithdrawToChain(consents::WithdrawOptions),
    /// Fetch the proof that your account is counted in a settlement batch, and verify it.
    Proof(proof::Options),
    /// Recompute every settlement batch from published data alone, or from the journal.
    #[command(after_help = audit_chain::EXIT_CODES)]
    AuditChain(audit_chain::Options),
    /// Replay a venue's journal from its first command and check every hash, the trial balance and the snapshots.
    Verify(verify::Options),
    /// Write a snapshot of a venue, so that a start need not replay its whole journal.
    Snapshot(snapshot::Options),
    /// Move the part of a venue's journal that two snapshots stand behind out of the database.
    Archive(archive::Options),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A venue was not served, or no longer.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A venue did not answer, or said no.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A journal could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A journal does not lead to what was acknowledged.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A snapshot or segment could not be made.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The snapshots could not be listed.
    #[error(transparent)]
    Files(#[from] FileError),
    /// A snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A snapshot is not what the journal leads to.
    #[error("snapshot {seq} holds another state than the journal leads to; delete it")]
    SnapshotDiffers {
        /// The command it was written behind.
        seq: u64,
    },
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something on the command line cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The ledger of a journal does not balance.
    #[error("the ledger sums to {total}, not to zero")]
    Unbalanced {
        /// What it sums to.
        total: i128,
    },
    /// What was asked for shows nothing.
    #[error("not proved: {0}")]
    Unproved(String),
    /// The demo cannot go on.
    #[error("the demo stopped: {0}")]
    Demo(String),
}

impl CommandError {
    /// Whether the venue itself had to stop.
    pub fn is_fatal(&self) -> bool {
        matches!(self, CommandError::Server(ServerError::Fatal(_)))
    }
}

/// Runs a command to its end and says how it ended.
///
/// # Errors
/// Whatever stopped it.
pub async fn run(command_line: CommandLine) -> Result<ExitCode, CommandError> {
    let done = match command_line.command {
        Command::Settle(options) => return settle::run(options).await,
        Command::AuditChain(options) => return audit_chain::run(options).await,
        Command::Demo(options) => crate::demo::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Keygen(options) => keygen::run(&options),
        Command::Request(options) => request::run(options).await,
        Command::Link(options) => consents::link(options).await,
        Command::WithdrawToChain(options) => consents::withdraw(options).await,
        Command::Proof(options) => proof::run(options).await,
        Command::Verify(options) => verify::run(options).await,
        Command::Snapshot(options) => snapshot::run(options).await,
        Command::Archive(options) => archive::run(options).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Refuses a folder without a journal before anything is made there.
fn require_journal(folder: &Path) -> Result<PathBuf, CommandError> {
    let path = journal_path(folder);
    if path.is_file() {
        return Ok(path);
    }
    Err(CommandError::Usage(format!("{} is no file; --data takes the folder of a venue", path.display())))
}
