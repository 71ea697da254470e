//! The history beside the journal: derived, so it may be lost, but it is never silently behind.

use std::path::Path;
use std::time::Duration;

use api::client::Client;
use api::http::App;
use api::venue::clock::Clock;
use api::venue::{history_path, journal_path, projections};
use serde_json::Value;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::harness::{Inside, PATIENCE, Process, serve_view};
use crate::market::{self, LASTING, SERIES, order, place, refusal};
use crate::request::answer;

/// One trade between accounts 1 and 2.
async fn trade(clients: &[Client], name: &str) {
    place(&clients[0], &order(name, "sell", 1, "3.000")).await;
    place(&clients[1], &order(name, "buy", 1, "3.000")).await;
}

fn trades() -> String {
    format!("/v1/trades?instrument={LASTING}")
}

/// The trades of a page.
fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a page has items");
    items.iter().map(|trade| trade["trade_id"].as_str().expect("an id").to_owned()).collect()
}

async fn history_file(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(history_path(folder)).connect().await.expect("the history opens")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_was_deleted_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let (mut venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1, 2], "100000").await;
    for name in ["a", "b", "c"] {
        trade(&clients, name).await;
    }
    let before = Client::anonymous(&url).get(&trades()).await.unwrap();
    assert_eq!(before["items"].as_array().unwrap().len(), 3);
    venue.kill();
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", history_path(folder.path()).display());
        drop(std::fs::remove_file(path));
    }
    let (_venue, url) = Process::venue(folder.path());
    assert_eq!(Client::anonymous(&url).get(&trades()).await.unwrap(), before);
}

/// Somebody looks at the file with a tool that locks it, and goes for a coffee.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_locked_keeps_its_readers_waiting_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (_venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1, 2], "100000").await;
    trade(&clients, "before").await;
    let anonymous = Client::anonymous(&url);
    assert_eq!(ids(&anonymous.get(&trades()).await.unwrap()), ["1"]);
    let mut tool = history_file(folder.path()).await;
    sqlx::raw_sql("begin immediate").execute(&mut tool).await.unwrap();

    // Trading does not depend on it.
    trade(&clients, "locked").await;
    let reader = {
        let anonymous = anonymous.clone();
        tokio::spawn(async move { anonymous.get(&trades()).await })
    };
    // Longer than SQLite itself waits, so that the history has to try again.
    tokio::time::sleep(Duration::from_secs(6)).await;
    trade(&clients, "still-locked").await;
    assert!(!reader.is_finished(), "an answer without the latest trade, or none although it was about to come");
    sqlx::raw_sql("rollback").execute(&mut tool).await.unwrap();
    let page = tokio::time::timeout(PATIENCE, reader).await.expect("an answer").unwrap().unwrap();
    assert!(ids(&page).ends_with(&["2".to_owned(), "1".to_owned()]), "{page}");
    // It has caught up without a restart.
    trade(&clients, "after").await;
    let page = tokio::time::timeout(PATIENCE, anonymous.get(&trades())).await.expect("an answer").unwrap();
    assert_eq!(ids(&page), ["4", "3", "2", "1"]);
}

/// An old answer must not look like a new one, so there is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_has_stopped_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1, 2], "100000").await;
    trade(&clients, "a").await;
    // The same venue with a history that nothing feeds.
    let other = tempfile::tempdir().unwrap();
    let (history, projector) = projections::open(&history_path(other.path())).await.unwrap();
    drop(projector);
    let url = serve_view(App { history, ..venue.app.clone() }).await;
    for path in [trades(), format!("/v1/settlements?instrument={LASTING}"), format!("/v1/fixings?series={SERIES}")] {
        let answer = answer(reqwest::Client::new().get(format!("{url}{path}"))).await;
        answer.assert_problem(503, "history_unavailable");
        assert_eq!(answer.body["retryable"], true, "{answer:?}");
    }
    let clients = [1, 2].map(|account| market::trader(&url, account));
    for path in [format!("/v1/variations?instrument={LASTING}"), "/v1/fills".to_owned()] {
        let refused = clients[0].get(&path).await;
        assert_eq!(refusal(refused), (503, "history_unavailable".to_owned()), "{path}");
    }
    trade(&clients, "b").await;
}

/// A row that no engine writes makes a handler panic; one request is lost to that, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let venue = Inside::start(folder.path(), Clock::System).await;
    let clients = market::open(&venue.url, [1, 2], "100000").await;
    trade(&clients, "a").await;
    let anonymous = Client::anonymous(&venue.url);
    assert_eq!(ids(&anonymous.get(&trades()).await.unwrap()), ["1"]);
    let mut file = history_file(folder.path()).await;
    let row = format!("insert into settlements values (1, 1, 1, {}, 'daily', 1, 'last_trade', null)", i32::MAX);
    sqlx::query(sqlx::AssertSqlSafe(row)).execute(&mut file).await.unwrap();
    for _ in 0..8 {
        let path = format!("{}/v1/settlements?instrument={LASTING}", venue.url);
        answer(reqwest::Client::new().get(path)).await.assert_problem(500, "request_failed");
    }
    trade(&clients, "b").await;
    assert_eq!(ids(&anonymous.get(&trades()).await.unwrap()), ["2", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_another_journal_is_not_served() {
    let [long, short] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (folder, trades_count) in [(&long, 3), (&short, 1)] {
        let (mut venue, url) = Process::venue(folder.path());
        let clients = market::open(&url, [1, 2], "100000").await;
        for number in 0..trades_count {
            trade(&clients, &format!("t{number}")).await;
        }
        Client::anonymous(&url).get(&trades()).await.unwrap();
        venue.signal("TERM");
        assert!(venue.exit_status(PATIENCE).is_some());
    }
    for suffix in ["", "-wal", "-shm"] {
        let from = format!("{}{suffix}", journal_path(short.path()).display());
        let to = format!("{}{suffix}", journal_path(long.path()).display());
        drop(std::fs::remove_file(&to));
        drop(std::fs::copy(from, to));
    }
    let mut venue = Process::spawn_venue(long.path());
    assert_eq!(venue.exit_status(PATIENCE).and_then(|status| status.code()), Some(1));
    let complaints = venue.complaints();
    assert!(complaints.contains("delete the history's file to rebuild it"), "{complaints}");
}
