//! `terahour demo`: a venue on an empty folder, weeks of recorded prices played through it, traders as ordinary API clients.
//!
//! One driver moves the clock and does everything in order, one request after the other, so that the same seed writes the same
//! commands and ends with the same hashes. Operator and traders use nothing but the public API; whoever pastes the printed curl lines trades in
//! the same book. Risk arrays come from the venue's own service, in the moments that the driver gives it.

#![allow(clippy::print_stdout, reason = "the demo talks to the person at the terminal")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ed25519_dalek::SigningKey;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::client::Client;
use crate::commands::CommandError;
use crate::commands::serve::stop_requested;
use crate::risk;
use crate::server::{Server, ServerError, Tokens};
use crate::signing;
use crate::venue::clock::{Clock, SimulatedClock};

mod calendar;
mod listing;
mod prices;
mod report;
mod setup;
mod trader;
mod traders;
mod vaults;
mod waterfall;

/// How long an array holds: past the half hour after midnight in which the next day's is made.
const ARRAYS_HOLD: Duration = Duration::from_hours(36);

/// How to play.
#[derive(Debug, Args)]
pub struct Options {
    /// Empty folder for the venue; a temporary one unless given.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7070")]
    listen: SocketAddr,
    /// What the traders do; the same seed repeats everything exactly.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Days of history a second; 0 plays as fast as the disk allows.
    #[arg(long, default_value_t = 3)]
    days_per_second: u32,
    /// End when the history is over instead of keeping the venue open.
    #[arg(long)]
    once: bool,
}

/// Plays the demo.
pub(crate) async fn run(options: Options) -> Result<(), CommandError> {
    let temporary;
    let folder = match &options.data {
        Some(folder) => folder.clone(),
        None => {
            temporary =
                tempfile::tempdir().map_err(|error| CommandError::File { path: std::env::temp_dir(), error })?;
            temporary.path().to_owned()
        }
    };
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let text = format!("{} is not empty; the demo starts on an empty folder", folder.display());
        return Err(CommandError::Usage(text));
    }
    let started = std::time::Instant::now();
    let clock = SimulatedClock::default();
    clock.set(calendar::moment(prices::first_day(), 0, 0));
    let server = Server::start(&folder, Clock::Simulated(clock.clone()), options.listen, Tokens::Accepted).await?;
    let server = server.with_notice(prices::ATTRIBUTION);
    let url = format!("http://{}", server.address()?);

    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let operator_key = SigningKey::from_bytes(&random.random());
    let token = format!("demo-{}", signing::hex(&random.random::<[u8; 8]>()));
    server.ensure_operator(operator_key.verifying_key().to_bytes()).await?;
    let app = server.app().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut serving = tokio::spawn(server.serve(async move { drop(stopped.await) }));

    let pace = match options.days_per_second {
        0 => Duration::ZERO,
        days => Duration::from_secs(1) / days,
    };
    let operator = Client::anonymous(&url).with_key(operator_key);
    let play = async {
        let settings = risk::Settings { valid_for: ARRAYS_HOLD, ..risk::Settings::default() };
        let risk = risk::Service::new(app.handle.clone(), Clock::Simulated(clock.clone()), settings);
        let watch = waterfall::Watch::default();
        let mut demo = setup::Demo { operator, risk, clock, random, pace, started, watch, funding_paid: 0 };
        let mut traders = demo.set_up(&token).await?;
        report::welcome(&url, &token);
        demo.play(&mut traders).await?;
        report::farewell(&demo, &mut traders, &app, &folder).await?;
        if options.once {
            return Ok(());
        }
        println!("\nThe venue stays open at {url}: the September contract trades. Ctrl-C ends it.");
        std::future::pending().await
    };
    let ended = |served: Result<Result<(), ServerError>, JoinError>| {
        served.map_err(|error| CommandError::Demo(error.to_string()))?.map_err(CommandError::from)
    };
    let outcome: Result<(), CommandError> = tokio::select! {
        outcome = play => outcome,
        () = stop_requested() => Ok(()),
        served = &mut serving => return ended(served),
    };
    drop(app);
    // Nobody listens any more if the venue has stopped by itself; why it did comes before what that led to.
    let _stopped_already = stop.send(());
    ended(serving.await)?;
    outcome
}
