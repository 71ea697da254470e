//! A disk that refuses a sync: nothing is answered, nothing is tried again, and what comes after it survives a power cut.
//!
//! After such an error the system takes what it could not write for written, so that a program which syncs again is told that all
//! is well (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). A venue must not go on, and one that
//! starts on what the system still shows must not build on it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use api::client::ClientError;
use api::venue::journal_path;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::disk::Survival;
use super::store::hashes;
use super::trace::{Event, record_refusing};
use super::venue::{check, data, orders_told};
use super::{Cut, Images, Recording, cuts, fail};
use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{serve_arguments, terahour};
use crate::market::{self, order, place};

/// Exit code of a venue that had to stop.
const EXIT_STOPPED: i32 = 70;
/// And of one that was killed.
const EXIT_KILLED: i32 = 128 + 9;
/// Traders that wait when the sync is refused.
const TRADERS: u8 = 4;
/// Orders of each before and after.
const ORDERS: usize = 3;
/// Power cuts behind the refused sync, of the usual run and of a soak.
const CUTS: usize = 60;
const SOAK_CUTS: usize = 2_000;

/// The disk is good, or the end of one.
const GOOD: u8 = 0;
/// The next sync of the journal's log is refused.
const REFUSES: u8 = 1;
/// The same, and the process is killed before it can do anything more with the log.
const REFUSES_AND_KILLS: u8 = 2;
const KILLS: u8 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sync_stops_the_venue_and_it_comes_back_without_what_nobody_heard_of() {
    let recording = refuse(REFUSES, EXIT_STOPPED).await;
    check_later(recording, Some(0)).await;
}

/// What it could not clear away is still shown by the system, though it is not on the disk.
#[tokio::test(flavor = "multi_thread")]
async fn killed_behind_a_refused_sync_it_builds_on_nothing_that_is_not_on_the_disk() {
    let recording = refuse(REFUSES_AND_KILLS, EXIT_KILLED).await;
    // Whoever heard nothing may have traded, and learns it when asking.
    check_later(recording, None).await;
}

/// A venue with orders, then a refused sync while traders wait.
async fn refuse(how: u8, expected: i32) -> Recording {
    let disk = Arc::new(AtomicU8::new(GOOD));
    let (recording, code) = live(Recording::new(), &disk, async |url, _| {
        let clients = market::open(&url, 1..=TRADERS, "1000000").await;
        for number in 0..ORDERS {
            place(&clients[0], &order(&format!("before-{number}"), "buy", 1, "3.000")).await;
        }
        disk.store(how, Ordering::SeqCst);
        let waiting = (1..=TRADERS).map(|account| {
            let client = market::trader(&url, account);
            tokio::spawn(async move { client.post("/v1/orders", &order("waits", "sell", 1, "3.000")).await })
        });
        for answer in waiting.collect::<Vec<_>>() {
            let refused = answer.await.expect("traders do not panic").expect_err("nothing was durable");
            let is_unknown = !matches!(&refused, ClientError::Problem { code, .. } if code != "outcome_unknown");
            assert!(is_unknown, "an answer although the sync was refused: {refused}");
        }
    })
    .await;
    assert_eq!(code, expected, "how a venue ends whose journal cannot be made durable");
    let after = &recording.events[refused_at(&recording)..];
    let is_write = |event: &&Event| matches!(event, Event::Wrote { path, .. } if path.ends_with("journal.sqlite-wal"));
    assert_eq!(after.iter().filter(is_write).count(), 0, "the log was written again after its sync was refused");
    assert!(orders_told(after).is_empty(), "an order was acknowledged after the sync was refused");
    recording
}

/// It starts on what the system shows it, works on and is killed; then the power fails at any moment behind the refused sync.
async fn check_later(recording: Recording, unheard_shown: Option<usize>) {
    let (seed, is_soak) = seed_and_soak();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let refused_at = refused_at(&recording);
    let (recording, code) = live(recording, &Arc::new(AtomicU8::new(GOOD)), async |url, process| {
        let mut unheard = 0;
        for account in 1..=TRADERS {
            let client = market::trader(&url, account);
            let found = client.get("/v1/orders/by-client-id/waits").await;
            unheard += usize::from(found.is_ok());
            for number in 0..ORDERS {
                place(&client, &order(&format!("after-{number}"), "buy", 1, "2.000")).await;
            }
        }
        assert!(unheard_shown.is_none_or(|shown| shown == unheard), "{unheard} orders are shown that nobody heard of");
        kill(Pid::from_raw(process), Signal::SIGKILL).expect("the venue is there");
    })
    .await;
    assert_eq!(code, EXIT_KILLED);
    let mut journal = hashes(&journal_path(&data(&recording.root))).await.expect("the journal is good");
    // Or it ended with the batch that nobody heard of, should the disk have all of it after all and the venue not come to clear it away.
    let all = Cut { at: refused_at, survival: Survival::Everything, seed };
    let unheard = Images::new(&recording.root, &recording.events).image(all);
    journal.extend(hashes(&journal_path(&data(unheard.path()))).await.expect("the journal is good").last());
    let mut images = Images::new(&recording.root, &recording.events);
    let cuts_count = if is_soak { SOAK_CUTS } else { CUTS };
    for cut in cuts(recording.events.len() - refused_at, cuts_count, &mut random) {
        let cut = Cut { at: refused_at + cut.at, ..cut };
        let image = images.image(cut);
        let last = orders_told(&recording.events[..cut.at]).last().copied().unwrap_or_default();
        if let Err(fault) = check(&data(image.path()), &journal, last).await {
            fail(&recording, cut, seed, &fault);
        }
    }
    counts::note(cuts_count, "power cuts behind a sync that the disk refused, nothing acknowledged lost");
}

fn refused_at(recording: &Recording) -> usize {
    let refused = recording.events.iter().position(|event| matches!(event, Event::SyncRefused { .. }));
    refused.expect("a sync was refused")
}

/// Runs a venue on a disk that does to the log of the journal what it is told to; returns how the venue ended.
async fn live(mut recording: Recording, disk: &Arc<AtomicU8>, work: impl AsyncFnOnce(String, i32)) -> (Recording, i32) {
    let (listening, heard) = tokio::sync::oneshot::channel();
    let disk = Arc::clone(disk);
    let running = tokio::task::spawn_blocking(move || {
        let mut program = Command::new(terahour());
        program.args(serve_arguments(&data(&recording.root)));
        let mut listening = Some(listening);
        let found = AtomicI32::new(0);
        let mut hear = |process: i32, bytes: &[u8]| {
            let said = String::from_utf8_lossy(bytes);
            if let Some(url) = said.trim_end().strip_prefix("listening on ")
                && let Some(listening) = listening.take()
            {
                found.store(process, Ordering::SeqCst);
                listening.send((process, url.to_owned())).expect("the test waits");
            }
        };
        let mut refuse = |path: &Path| {
            if !path.ends_with("journal.sqlite-wal") {
                return false;
            }
            let now = disk.load(Ordering::SeqCst);
            disk.store(if now == REFUSES_AND_KILLS { KILLS } else { GOOD }, Ordering::SeqCst);
            if now == KILLS {
                kill(Pid::from_raw(found.load(Ordering::SeqCst)), Signal::SIGKILL).expect("the venue is there");
            }
            [REFUSES, REFUSES_AND_KILLS].contains(&now)
        };
        let code = record_refusing(&mut program, &recording.root, &mut recording.events, &mut hear, &mut refuse);
        (recording, code)
    });
    let (process, url) = heard.await.expect("the venue listens");
    work(url, process).await;
    running.await.expect("the recording ends")
}
