//! The whole venue after a power cut: every order that a client was told of is there, and the history tells of no other trades.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use api::client::Client;
use api::venue::clock::Clock;
use api::venue::{Venue, journal_path};
use engine::ids::InstrumentId;
use engine::journal::batch::Hash;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::store::hashes;
use super::trace::{Event, record};
use super::{Images, Recording, cuts, fail};
use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{serve_arguments, terahour};
use crate::journal::Auditor;
use crate::market::{self, order, place};

/// Traders that send an order each in a wave.
const TRADERS: u8 = 6;
/// Cuts of the usual run and of a soak; waves of orders in each of the venue's lives.
const CUTS: usize = 40;
const SOAK_CUTS: usize = 2_000;
const WAVES: usize = 6;
const SOAK_WAVES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_disk_makes_of_unsynced_writes_no_acknowledged_order_is_lost() {
    let (seed, is_soak) = seed_and_soak();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let recording = recorded(if is_soak { SOAK_WAVES } else { WAVES }, &mut random).await;
    let journal = hashes(&journal_path(&data(&recording.root))).await.expect("the journal is good");
    let mut images = Images::new(&recording.root, &recording.events);
    let mut orders = BTreeSet::new();
    let cuts = cuts(recording.events.len(), if is_soak { SOAK_CUTS } else { CUTS }, &mut random);
    for cut in &cuts {
        let image = images.image(*cut);
        let told = orders_told(&recording.events[..cut.at]);
        let last = told.last().copied().unwrap_or_default();
        orders.extend(told);
        if let Err(fault) = check(&data(image.path()), &journal, last).await {
            fail(&recording, *cut, seed, &fault);
        }
    }
    assert!(orders.len() > 2 * usize::from(TRADERS), "only {} orders were acknowledged", orders.len());
    println!("{} cuts in {} events of {} batches", cuts.len(), recording.events.len(), journal.len());
    counts::note(cuts.len(), "power cuts of the venue, each started again with all that it had acknowledged");
    counts::note(orders.len(), "acknowledged orders found after a power cut");
}

/// The venue makes this folder itself.
pub(super) fn data(root: &Path) -> PathBuf {
    root.join("new").join("venue")
}

/// Three lives of a venue: killed under load, killed again, ended in order.
async fn recorded(waves: usize, random: &mut ChaCha8Rng) -> Recording {
    let mut recording = Recording::new();
    for (life, signal) in [Signal::SIGKILL, Signal::SIGKILL, Signal::SIGTERM].into_iter().enumerate() {
        let (listening, heard) = tokio::sync::oneshot::channel();
        let running = tokio::task::spawn_blocking(move || {
            let mut program = Command::new(terahour());
            program.args(serve_arguments(&data(&recording.root)));
            let mut listening = Some(listening);
            let code = record(&mut program, &recording.root, &mut recording.events, &mut |process, bytes| {
                let said = String::from_utf8_lossy(bytes);
                if let Some(url) = said.trim_end().strip_prefix("listening on ")
                    && let Some(listening) = listening.take()
                {
                    listening.send((process, url.to_owned())).expect("the test waits");
                }
            });
            (recording, code)
        });
        let (process, url) = heard.await.expect("the venue listens");
        if life == 0 {
            market::open(&url, 1..=TRADERS, "1000000").await;
        }
        for wave in 0..waves {
            let orders = (1..=TRADERS).map(|account| {
                let (client, side) = (market::trader(&url, account), if random.random() { "buy" } else { "sell" });
                let name = format!("life-{life}-wave-{wave}");
                tokio::spawn(async move { place_one(&client, &name, side).await })
            });
            for placed in orders.collect::<Vec<_>>() {
                placed.await.expect("traders do not panic");
            }
        }
        kill(Pid::from_raw(process), signal).expect("the venue is there");
        let (recorded, code) = running.await.expect("the recording ends");
        assert_eq!(code, if signal == Signal::SIGKILL { 128 + 9 } else { 0 });
        recording = recorded;
    }
    recording.check_complete();
    recording
}

async fn place_one(client: &Client, name: &str, side: &str) {
    place(client, &order(name, side, 1, "3.000")).await;
}

/// The orders whose answers had left the venue.
pub(super) fn orders_told(events: &[Event]) -> BTreeSet<u64> {
    let said = events.iter().filter_map(|event| if let Event::Said(bytes) = event { Some(bytes) } else { None });
    let id = |text: &str| {
        let (_, rest) = text.split_once("\"order_id\":\"")?;
        rest.split('"').next()?.parse().ok()
    };
    said.filter_map(|bytes| id(&String::from_utf8_lossy(bytes))).collect()
}

pub(super) async fn check(folder: &Path, journal: &[(u64, Hash)], last_told: u64) -> Result<(), String> {
    let venue = Venue::start(folder, Clock::System).await;
    let venue = venue.map_err(|error| format!("the venue does not start: {error}"))?;
    let position = *venue.position.borrow();
    if position.seq.0 < last_told {
        return Err(format!("order {last_told} was acknowledged, the journal ends at {}", position.seq));
    }
    // A journal of which nothing is left begins anew, with the rules that it adopts.
    if position.seq.0 > 1 && !journal.contains(&(position.seq.0, position.head)) {
        return Err(format!("the journal never ended at {} with this hash", position.seq));
    }
    let trades = venue.history.trades(InstrumentId(1), None, 100_000).await.map_err(|error| error.to_string())?;
    let trades: BTreeSet<u64> = trades.iter().map(|row| row.trade.0).collect();
    if trades != Auditor::of(folder).await.trades {
        return Err("the history shows other trades than the journal".to_owned());
    }
    let Venue { handle, history, stopped, .. } = venue;
    drop((handle, history));
    stopped.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
