//! The command line: one file per command.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::client::ClientError;
use crate::server::ServerError;
use crate::venue::replay::ReplayError;
use crate::venue::store::StoreError;

mod keygen;
mod request;
pub(crate) mod serve;
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
    /// Replay a venue's journal and check every hash and the trial balance.
    Verify(verify::Options),
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

/// Runs a command to its end.
///
/// # Errors
/// Whatever stopped it.
pub async fn run(command_line: CommandLine) -> Result<(), CommandError> {
    match command_line.command {
        Command::Demo(options) => crate::demo::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Keygen(options) => keygen::run(&options),
        Command::Request(options) => request::run(options).await,
        Command::Verify(options) => verify::run(options).await,
    }
}
