//! A venue that has other things to do: bodies are made beside it, rows of the journal end with their cuts, and the schedule cuts.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use api::client::Client;
use api::venue::clock::Clock;
use api::venue::machines::Action;
use engine::chain::{Pseudonym, RollingHash};
use engine::command::Command;
use engine::units::Amount;
use serde_json::{Value, json};
use settlement::{AccountId, Deposit, DepositChain};

use super::scene::{attach, body, cut, published, recomputed};
use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{Inside, PATIENCE, Process, operator_key};
use crate::market::{operator, refusal};

/// Strangers with a leaf each: enough that a body takes a moment, wherever this runs.
const STRANGERS: u64 = 20_000;
/// The same in a soak.
const STRANGERS_SOAK: u64 = 1_000_000;
/// Batches that are cut among other commands.
const CUTS: u64 = 8;
/// How many others are on their way at each.
const ACCOUNTS_PER_CUT: u32 = 100;

/// Credits deposits to so many strangers, a thousand on their way at a time.
async fn credit(venue: &Inside, strangers: u64) {
    let key = api::signing::key_id(&operator_key().verifying_key().to_bytes());
    let mut chain = DepositChain::default();
    let mut waiting = tokio::task::JoinSet::new();
    for index in 1..=strangers {
        let mut account = AccountId([7; 32]);
        account.0[..8].copy_from_slice(&index.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        chain.push(&Deposit { account, received: settlement::Amount(1_000_000) }).expect("few deposits");
        let (pseudonym, hash) = (Pseudonym(account.0), RollingHash(chain.hash().0));
        let command = Command::CreditDeposit { index, pseudonym, amount: Amount(1_000_000), hash };
        let handle = venue.app.handle.clone();
        let sent = async move { handle.submit(Action::Exchange(command), key, 0).await };
        // In order: a task of its own would send it when it is first polled, so it is polled here.
        let mut sent = Box::pin(sent);
        match poll_fn(|context| Poll::Ready(sent.as_mut().poll(context))).await {
            Poll::Pending => drop(waiting.spawn(sent)),
            Poll::Ready(done) => assert_eq!(done.expect("journaled").refusal, None),
        }
        if waiting.len() >= 1_000 {
            while let Some(done) = waiting.join_next().await {
                assert_eq!(done.expect("no panic").expect("journaled").refusal, None);
            }
        }
    }
    while let Some(done) = waiting.join_next().await {
        assert_eq!(done.expect("no panic").expect("journaled").refusal, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_body_holds_nobody_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    attach(&venue.url).await.expect("attached");
    let strangers = if seed_and_soak().1 { STRANGERS_SOAK } else { STRANGERS };
    credit(&venue, strangers).await;
    let operator = venue.operator();
    let (mut slowest, mut answers) = (Duration::ZERO, 0);
    let start = Instant::now();
    cut(&venue.url).await;
    // What comes behind the cut is answered while the body is made.
    let making = loop {
        let asked = Instant::now();
        operator.post("/v1/operator/accounts", &json!({ "account": 1_000 + answers })).await.expect("opened");
        let took = asked.elapsed();
        match Client::anonymous(&venue.url).get("/v1/batches/1").await {
            Ok(_) => break start.elapsed(),
            Err(error) => assert_eq!(error.code(), Some("batch_in_the_making"), "{error}"),
        }
        (slowest, answers) = (slowest.max(took), answers + 1);
    };
    println!(
        "{strangers} leaves: published after {making:?}, meanwhile {answers} commands, the slowest in {slowest:?}"
    );
    assert!(answers > 0, "the body was there before the next answer");
    let first = published(&venue.url, 1).await;
    assert_eq!(first["batch"]["equity"], (strangers * 1_000_000).to_string());
    counts::note(usize::try_from(strangers).expect("few"), "leaves of a body that was made beside a busy venue");
    venue.end().await;
}

/// Cuts among many other commands, with which they would share rows of the journal.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_the_journal_end_with_their_cuts() {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Inside::start(folder.path(), Clock::System).await;
    attach(&venue.url).await.expect("attached");
    let key = api::signing::key_id(&operator_key().verifying_key().to_bytes());
    let submit = |command: Command| {
        let handle = venue.app.handle.clone();
        async move { handle.submit(Action::Exchange(command), key, 0).await.expect("journaled").refusal }
    };
    let mut others = tokio::task::JoinSet::new();
    for (number, first) in (1..=CUTS).zip((0..).step_by(1_000)) {
        for account in first..first + ACCOUNTS_PER_CUT {
            let account = engine::ids::AccountId(account);
            others.spawn(submit(Command::OpenAccount { account }));
        }
        assert_eq!(submit(Command::CutBatch { number }).await, None);
    }
    while let Some(refusal) = others.join_next().await {
        assert_eq!(refusal.expect("no panic"), None);
    }
    published(&venue.url, CUTS).await;
    let made = recomputed(folder.path()).await;
    assert_eq!(made.len() as u64, CUTS);
    for (number, (signable, bytes)) in (1..).zip(&made) {
        assert_eq!(published(&venue.url, number).await["digest"], signable.digest.to_string());
        assert_eq!(&body(&venue.url, number).await, bytes);
    }
    counts::note(made.len(), "cuts among many other commands");
    venue.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_cuts_one_batch_a_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let serve = || async {
        let mut process = Process::spawn_venue_with(folder.path(), &["--settle-at", "00:00", "--cut-batches"]);
        let url = process.url().unwrap_or_else(|| panic!("the venue does not listen: {}", process.complaints()));
        (process, url)
    };
    let (mut process, url) = serve().await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(Client::anonymous(&url).get("/v1/batches").await.expect("listed")["items"], json!([]), "no chain yet");
    attach(&url).await.expect("attached");
    process.kill();
    let (mut process, url) = serve().await;
    let end = Instant::now() + PATIENCE;
    let cuts = |chain: &Value| chain["batches_cut"].as_u64();
    while cuts(&Client::anonymous(&url).get("/v1/chain").await.expect("a chain")) == Some(0) {
        assert!(Instant::now() < end, "the schedule cuts nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    published(&url, 1).await;
    process.kill();
    let (_process, url) = serve().await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(cuts(&Client::anonymous(&url).get("/v1/chain").await.expect("a chain")), Some(1), "cut once a day");

    let key = folder.path().join("operator.key");
    std::fs::write(&key, api::signing::hex(&operator_key().to_bytes())).expect("written");
    let settle = ["settle", "batch", "2", "--key", key.to_str().expect("plain"), "--url", &url];
    for (words, attempt) in [("batch 2 is cut\n", 1), ("batch 2 is cut already", 2)] {
        let (code, output, complaints) = crate::harness::run(&settle);
        assert!(code == 0 && output.contains(words), "{attempt}: {output}\n{complaints}");
    }
    assert_eq!(refusal(operator(&url).post("/v1/operator/batches", &json!({ "number": 9 })).await).0, 409);
}
