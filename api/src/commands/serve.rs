//! `terahour serve`: the venue of a folder, until somebody stops it.

#![allow(clippy::print_stdout, reason = "tells the person at the terminal, and scripts, where the venue listens")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::task::JoinHandle;

use crate::commands::CommandError;
use crate::risk;
use crate::server::{Server, Tokens};
use crate::settle::schedule::{self, Batches, TimeOfDay};
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
    /// Public key of an operator (64 hexadecimal digits, from `terahour keygen`); registered unless it is already. May be given
    /// several times.
    #[arg(long = "operator-key")]
    operator_keys: Vec<String>,
    /// Whether final settlements need the approval of a second operator; stays as the journal has it unless given.
    #[arg(long, value_enum)]
    final_approvals: Option<FinalApprovals>,
    /// How often contracts are marked, in milliseconds; 0 leaves it to the operator.
    #[arg(long, default_value_t = 1_000)]
    mark_interval_ms: u64,
    #[command(flatten)]
    risk: RiskOptions,
    /// Commands between two snapshots, written by a thread that replays the journal; 0: none is written.
    #[arg(long, default_value_t = follower::EVERY_DEFAULT)]
    snapshot_every: u64,
    /// Move the journal's beginning into files of its own behind the older of two snapshots.
    #[arg(long)]
    archive: bool,
    /// Settle each business day by itself at this time of the next, UTC, such as 00:30, and fund perpetuals each hour; off unless given.
    #[arg(long, value_name = "HH:MM")]
    settle_at: Option<TimeOfDay>,
    /// Cut a settlement batch of each day behind its settlements, if a chain is attached.
    #[arg(long, requires = "settle_at")]
    cut_batches: bool,
    /// Believe the clock although it leapt ahead when the venue ran last.
    #[arg(long)]
    accept_clock_jump: bool,
}

/// Whether final settlements need a second operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FinalApprovals {
    Required,
    Off,
}

/// How contracts on margin are priced.
#[derive(Debug, Args)]
struct RiskOptions {
    /// How often risk arrays are worked out, in milliseconds; what is new is published. 0 leaves them to the operator.
    #[arg(long, default_value_t = 60_000)]
    risk_interval_ms: u64,
    /// How far the price of a series may go before a position is closed, as SERIES=USD; of others it follows from their fixings.
    #[arg(long = "scan-range", value_name = "SERIES=USD")]
    scan_ranges: Vec<String>,
    /// How far the two extreme scenarios go, in scan ranges.
    #[arg(long, default_value_t = 3.0)]
    extreme_multiple: f64,
    /// The share of an extreme loss that counts.
    #[arg(long, default_value_t = 1.0 / 3.0)]
    extreme_cover: f64,
    /// How long an array holds, in hours.
    #[arg(long, default_value_t = 24)]
    risk_valid_hours: u32,
}

impl RiskOptions {
    fn settings(&self) -> Result<risk::Settings, CommandError> {
        let extremes = (self.extreme_multiple, self.extreme_cover);
        let settings = risk::Settings::read(&self.scan_ranges, extremes, self.risk_valid_hours);
        settings.map_err(|error| CommandError::Usage(error.to_string()))
    }
}

pub(super) async fn run(options: Options) -> Result<(), CommandError> {
    let risk_settings = options.risk.settings()?;
    let marks_every = (options.mark_interval_ms > 0).then(|| Duration::from_millis(options.mark_interval_ms));
    let settings = Settings { clock: Clock::System, marks_every, accept_clock_jump: options.accept_clock_jump };
    let server = Server::start(&options.data, settings, options.listen, Tokens::Refused).await?;
    for text in &options.operator_keys {
        let public_key = signing::unhex(text)
            .ok_or_else(|| CommandError::Usage("--operator-key takes 64 hexadecimal digits".to_owned()))?;
        let key = server.ensure_operator(public_key).await?;
        println!("operator {key}");
    }
    if let Some(setting) = options.final_approvals {
        server.require_approvals(setting == FinalApprovals::Required).await?;
    }
    if options.snapshot_every > 0 {
        let plan = follower::Plan { every: options.snapshot_every, archive: options.archive };
        let started = follower::spawn(options.data.clone(), plan, server.app().position.clone());
        // It ends with the process: a snapshot that is not finished is none.
        drop(started.map_err(|error| CommandError::File { path: options.data.clone(), error })?);
    }
    let service = (options.risk.risk_interval_ms > 0).then(|| {
        let service = risk::Service::new(server.app().handle.clone(), Clock::System, risk_settings);
        tokio::spawn(service.run(Duration::from_millis(options.risk.risk_interval_ms)))
    });
    println!("listening on http://{}", server.address()?);
    let batches = if options.cut_batches { Batches::Cut } else { Batches::Left };
    let schedule = options.settle_at.map(|at| tokio::spawn(schedule::run(server.app().jobs.clone(), at, batches)));
    let stopped = async move {
        stop_requested().await;
        schedule.inspect(JoinHandle::abort);
        // It has a way to the one writer, who ends when nobody has any more.
        service.inspect(JoinHandle::abort);
    };
    Ok(server.serve(stopped).await?)
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
