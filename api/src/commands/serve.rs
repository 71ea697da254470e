//! `terahour serve`: the venue of a folder, until somebody stops it.

#![allow(clippy::print_stdout, reason = "tells the person at the terminal, and scripts, where the venue listens")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::commands::CommandError;
use crate::server::{Server, Tokens};
use crate::signing;
use crate::venue::Settings;
use crate::venue::clock::Clock;
use crate::venue::snapshots::follower;

/// What to serve.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of the journal; made if need be.
    #[arg(long)]
    data: PathBuf,
    /// Where to listen. Plain HTTP: put a TLS proxy in front of anything but a loopback address.
    #[arg(long, default_value = "127.0.0.1:7070")]
    listen: SocketAddr,
    /// Public key of an operator (64 hexadecimal digits, from `terahour keygen`); registered unless it is already.
    #[arg(long)]
    operator_key: Option<String>,
    /// How often contracts are marked, in milliseconds; 0 leaves it to the operator.
    #[arg(long, default_value_t = 1_000)]
    mark_interval_ms: u64,
    /// Commands between two snapshots, written by a thread that replays the journal; 0: none is written.
    #[arg(long, default_value_t = follower::EVERY_DEFAULT)]
    snapshot_every: u64,
    /// Move the journal's beginning into files of its own behind the older of two snapshots.
    #[arg(long)]
    archive: bool,
    /// Believe the clock although it leapt ahead when the venue ran last.
    #[arg(long)]
    accept_clock_jump: bool,
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let marks_every = (options.mark_interval_ms > 0).then(|| Duration::from_millis(options.mark_interval_ms));
    let settings = Settings { clock: Clock::System, marks_every, accept_clock_jump: options.accept_clock_jump };
    let server = Server::start(&options.data, settings, options.listen, Tokens::Refused).await?;
    if let Some(text) = &options.operator_key {
        let public_key = signing::unhex(text)
            .ok_or_else(|| CommandError::Usage("--operator-key takes 64 hexadecimal digits".to_owned()))?;
        let key = server.ensure_operator(public_key).await?;
        println!("operator {key}");
    }
    if options.snapshot_every > 0 {
        let plan = follower::Plan { every: options.snapshot_every, archive: options.archive };
        let started = follower::spawn(options.data.clone(), plan, server.app().position.clone());
        // It ends with the process: a snapshot that is not finished is none.
        drop(started.map_err(|error| CommandError::File { path: options.data.clone(), error })?);
    }
    println!("listening on http://{}", server.address()?);
    Ok(server.serve(stop_requested()).await?)
}

/// Resolves when the process is asked to stop.
pub(crate) async fn stop_requested() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    drop(interrupted.await);
}
