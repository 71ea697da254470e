//! One writer at a time: whoever opens the journal later ends the reign of the one before.

use std::path::Path;
use std::time::Duration;

use api::client::{Client, ClientError};
use api::venue::journal_path;
use api::venue::store::{Store, StoreError};
use engine::ids::Seq;
use engine::journal::batch::{Batch, GENESIS};
use serde_json::Value;

use crate::harness::{self, PATIENCE, Process};
use crate::journal::Auditor;
use crate::market::{self, order, place};

/// Exit code of a venue that had to stop: EX_SOFTWARE of sysexits.h.
const EXIT_STOPPED: i32 = 70;

#[tokio::test]
async fn an_older_writer_can_never_append_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_path(folder.path());
    let mut older = Store::open(&path).await.unwrap();
    read_to_end(&mut older).await;
    older.append(&batch(&older)).await.expect("the only writer");
    let mut newer = Store::open(&path).await.unwrap();
    assert_eq!(newer.epoch(), older.epoch() + 1);

    let fenced = older.append(&batch(&older)).await.expect_err("another writer has opened the journal");
    assert!(matches!(fenced, StoreError::Fenced { epoch } if epoch == older.epoch()), "{fenced}");
    assert_eq!(count_batches(&path).await, 1, "the refused append wrote something");

    // A writer that has not read the tail cannot append either: it would write over commands it does not know.
    let blind = newer.append(&batch(&newer)).await.expect_err("the tail is not known yet");
    assert!(matches!(blind, StoreError::Fenced { .. }), "{blind}");
    read_to_end(&mut newer).await;
    newer.append(&batch(&newer)).await.expect("the newest writer");
    assert_eq!(count_batches(&path).await, 2);
}

#[tokio::test]
async fn of_many_writers_that_race_only_the_last_to_open_appends() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_path(folder.path());
    let mut stores = Vec::new();
    for _ in 0..10 {
        let mut store = Store::open(&path).await.unwrap();
        read_to_end(&mut store).await;
        stores.push(store);
    }
    let last_epoch = stores.last().unwrap().epoch();
    let tasks: Vec<_> = stores
        .into_iter()
        .map(|mut store| {
            tokio::spawn(async move {
                let batch = batch(&store);
                store.append(&batch).await.map(|()| store.epoch())
            })
        })
        .collect();
    let mut writers = Vec::new();
    for task in tasks {
        writers.extend(task.await.unwrap());
    }
    assert_eq!(writers, [last_epoch]);
    assert_eq!(count_batches(&path).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_whose_journal_was_taken_over_exits_and_says_that_the_outcome_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (mut venue, url) = Process::venue(folder.path());
    let [client] = one_trader(&url).await;
    place(&client, &order("before", "buy", 1, "3.000")).await;
    Store::open(&journal_path(folder.path())).await.unwrap().close().await.unwrap();

    let before = Auditor::of(folder.path()).await;
    assert_unknown(client.post("/v1/orders", &order("after", "buy", 1, "3.000")).await);
    let status = venue.exit_status(PATIENCE).expect("a fenced venue ends");
    assert_eq!(status.code(), Some(EXIT_STOPPED), "{}", venue.complaints());
    let complaints = venue.complaints();
    assert!(complaints.contains("another process writes this journal now"), "{complaints}");
    assert_eq!(Auditor::of(folder.path()).await.head(), before.head(), "the fenced venue wrote something");

    let (_venue, url) = Process::venue(folder.path());
    let again = market::trader(&url, 1).post("/v1/orders", &order("after", "buy", 1, "3.000")).await.unwrap();
    assert_eq!(again["replayed"], false, "the lost order was shown to nobody and is nowhere: {again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_that_was_paused_and_replaced_does_no_harm_when_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut paused, old_url) = Process::venue(folder.path());
    let [old] = one_trader(&old_url).await;
    let first = place(&old, &order("first", "buy", 1, "3.000")).await;
    paused.signal("STOP");
    let (mut successor, url) = Process::venue(folder.path());
    let client = market::trader(&url, 1);
    assert_eq!(client.get("/v1/orders/by-client-id/first").await.unwrap()["order_id"], first["order_id"]);
    place(&client, &order("second", "buy", 2, "3.000")).await;
    paused.signal("CONT");

    assert_unknown(old.post("/v1/orders", &order("third", "buy", 3, "3.000")).await);
    let status = paused.exit_status(PATIENCE).expect("a fenced venue ends");
    assert_eq!(status.code(), Some(EXIT_STOPPED), "{}", paused.complaints());
    place(&client, &order("third", "buy", 3, "3.000")).await;
    let orders = client.get("/v1/orders").await.unwrap();
    let names: Vec<&str> =
        orders["items"].as_array().unwrap().iter().filter_map(|o| o["client_order_id"].as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);

    successor.signal("TERM");
    assert_eq!(successor.exit_status(PATIENCE).and_then(|status| status.code()), Some(0));
    let (code, report, complaints) = harness::run(&["verify", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{report}{complaints}");
}

async fn one_trader(url: &str) -> [Client; 1] {
    let clients = market::open(url, [1], "1000000").await;
    clients.try_into().expect("one was asked for")
}

fn assert_unknown(answer: Result<Value, ClientError>) {
    match answer {
        Err(ClientError::Unanswered { .. }) => {}
        Err(ClientError::Problem { status, code, document, .. }) => {
            assert_eq!((status.as_u16(), code.as_str()), (503, "outcome_unknown"), "{document}");
            assert_eq!(document["outcome"], "unknown", "{document}");
        }
        Ok(answer) => panic!("acknowledged by a venue that no longer writes: {answer}"),
    }
}

/// One empty command, as this writer would append it.
fn batch(store: &Store) -> Batch {
    let seq = Seq(store.last_seq().0 + 1);
    Batch {
        epoch: store.epoch(),
        first_seq: seq,
        last_seq: seq,
        previous: store.head(),
        event_hash: GENESIS,
        body: vec![],
    }
}

async fn read_to_end(store: &mut Store) {
    let read = async { while !store.read_next().await.expect("the journal reads").is_empty() {} };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("the journal ends");
}

async fn count_batches(path: &Path) -> usize {
    let mut store = Store::open_read_only(path).await.expect("the journal opens");
    let mut count = 0;
    loop {
        match store.read_next().await.expect("the journal reads").len() {
            0 => return count,
            batches => count += batches,
        }
    }
}
