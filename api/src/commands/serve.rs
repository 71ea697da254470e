//! `terahour serve`: the venue of a folder, until somebody stops it.

#![allow(clippy::print_stdout, reason = "tells the person at the terminal, and scripts, where the venue listens")]

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::commands::CommandError;
use crate::server::{Server, Tokens};
use crate::signing;
use crate::venue::clock::Clock;

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
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let server = Server::start(&options.data, Clock::System, options.listen, Tokens::Refused).await?;
    if let Some(text) = &options.operator_key {
        let public_key = signing::unhex(text)
            .ok_or_else(|| CommandError::Usage("--operator-key takes 64 hexadecimal digits".to_owned()))?;
        let key = server.ensure_operator(public_key).await?;
        println!("operator {key}");
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
