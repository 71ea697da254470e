//! A disk that fills up: clients hear that the outcome is unknown, nothing acknowledged is lost, and with room it goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use api::client::{Client, ClientError};
use api::venue::store::Store;
use api::venue::{history_path, journal_path};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use self::disks::{Disk, Limited, Small, limited};
use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::{PATIENCE, Process};
use crate::journal::{Auditor, Name};
use crate::market::{self, LASTING, order, place};

mod disks;

/// Exit code of a venue that had to stop.
const EXIT_STOPPED: i32 = 70;
/// Traders that fill the disk.
const TRADERS: u8 = 4;
/// Disks of the usual run and of a soak.
const DISKS: u32 = 1;
const SOAK_DISKS: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_stops_the_venue_and_loses_nothing() {
    let (seed, is_soak) = seed_and_soak();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut disks, mut acknowledged) = (0, 0);
    for _ in 0..if is_soak { SOAK_DISKS } else { DISKS } {
        let (blocks, kilobytes) = (random.random_range(650..1_000), random.random_range(750..1_300));
        acknowledged += fill(&mut Limited::new(blocks)).await;
        disks += 1;
        match Small::new(kilobytes) {
            Some(mut small) => {
                acknowledged += fill(&mut small).await;
                disks += 1;
            }
            None => println!("not tried on a small disk: this system lets only the superuser mount one"),
        }
    }
    counts::note(disks, "full disks on which the venue stopped with its exit code");
    counts::note(acknowledged, "orders acknowledged before the disk was full, all there afterwards");
}

/// Trades on a disk until it is full, then with room again; returns how many orders were acknowledged.
async fn fill(disk: &mut dyn Disk) -> usize {
    let name = disk.name();
    let mut venue = disk.start();
    let url = venue.url().unwrap_or_else(|| panic!("{name}: {}", venue.complaints()));
    market::open(&url, 1..=TRADERS, "900000000").await;
    let trade = |account| tokio::spawn(trade_until_unanswered(market::trader(&url, account), account));
    let mut acknowledged = BTreeMap::new();
    for trader in (1..=TRADERS).map(trade).collect::<Vec<_>>() {
        let trader = tokio::time::timeout(PATIENCE, trader).await.expect("a full disk ends it");
        acknowledged.extend(trader.expect("traders do not panic"));
    }
    let code = venue.exit_status(PATIENCE).and_then(|status| status.code());
    let complaints = venue.complaints();
    assert_eq!(code, Some(EXIT_STOPPED), "{name}: {complaints}");
    assert!(complaints.contains("the journal failed, so the venue stops"), "{name}: {complaints}");
    check(&name, disk.files().path(), &acknowledged).await;

    // As long as there is no room it may start or not, and says which.
    let mut full = disk.start();
    if full.url().is_some() {
        end(&mut full);
    } else {
        let code = full.exit_status(PATIENCE).and_then(|status| status.code());
        let complaints = full.complaints();
        assert!(matches!(code, Some(1 | EXIT_STOPPED)), "{name}: {code:?}: {complaints}");
        assert!(complaints.contains("full") || complaints.contains("disk I/O error"), "{name}: {complaints}");
    }
    check(&name, disk.files().path(), &acknowledged).await;

    disk.make_room();
    let mut venue = disk.start();
    let url = venue.url().unwrap_or_else(|| panic!("{name}, with room again: {}", venue.complaints()));
    for ((account, order), id) in &acknowledged {
        let client = market::trader(&url, u8::try_from(*account).expect("few accounts"));
        let found = client.get(&format!("/v1/orders/by-client-id/{order}")).await.expect("an acknowledged order");
        assert_eq!(found["order_id"], id.to_string(), "{name}");
    }
    place(&market::trader(&url, 1), &order("with-room", "buy", 1, "1.000")).await;
    acknowledged.len()
}

/// Ends in order, whatever the exit code.
fn end(venue: &mut Process) {
    venue.signal("TERM");
    assert!(venue.exit_status(PATIENCE).is_some(), "a venue that is asked to stop does not");
}

async fn trade_until_unanswered(client: Client, account: u8) -> BTreeMap<Name, u64> {
    let mut acknowledged = BTreeMap::new();
    for number in 0.. {
        let name = format!("order-{number}");
        match client.post("/v1/orders", &order(&name, "buy", 1, "1.000")).await {
            Ok(answer) => acknowledged.insert((u32::from(account), name), id(&answer["order_id"])),
            Err(ClientError::Unanswered { .. }) => return acknowledged,
            Err(error) => {
                assert_eq!(error.code(), Some("outcome_unknown"), "{error}");
                return acknowledged;
            }
        };
    }
    acknowledged
}

async fn check(disk: &str, folder: &Path, acknowledged: &BTreeMap<Name, u64>) {
    let auditor = Auditor::of(folder).await;
    for (name, id) in acknowledged {
        assert_eq!(auditor.orders.get(name), Some(id), "{disk}: order {name:?} was acknowledged and is lost");
    }
}

/// The history's log is already as large as a file may be, the journal has room: trading goes on, and no old answer is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_cannot_write_does_not_stop_trading() {
    let folder = tempfile::tempdir().unwrap();
    let (mut venue, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1, 2], "900000000").await;
    // Few enough that the history's log is never begun anew: its file would have room then.
    trade(&clients, "before", 20).await;
    assert_eq!(trades(&url).await, 20);
    venue.kill();
    // Only the journal's log is tidied up.
    Store::open(&journal_path(folder.path())).await.unwrap().close().await.unwrap();
    let log = history_path(folder.path()).with_extension("sqlite-wal").metadata().unwrap().len();
    let mut venue = limited(log / 512, folder.path());
    let url = venue.url().unwrap_or_else(|| panic!("{}", venue.complaints()));
    let clients = [1, 2].map(|account| market::trader(&url, account));
    let behind = offset(folder.path()).await;
    tokio::time::timeout(Duration::from_secs(10), trade(&clients, "full", 20)).await.expect("trading is not held up");
    assert_eq!(offset(folder.path()).await, behind, "the history has found room");
    let (anonymous, trades_path) = (Client::anonymous(&url), format!("/v1/trades?instrument={LASTING}"));
    let shown = tokio::time::timeout(Duration::from_millis(1_500), anonymous.get(&trades_path)).await;
    assert!(!matches!(shown, Ok(Ok(_))), "an old answer looks like a new one: {shown:?}");
    end(&mut venue);

    let (_venue, url) = Process::venue(folder.path());
    assert_eq!(trades(&url).await, 40);
}

async fn trade(clients: &[Client], name: &str, count: usize) {
    for number in 0..count {
        place(&clients[0], &order(&format!("{name}-{number}"), "sell", 1, "3.000")).await;
        place(&clients[1], &order(&format!("{name}-{number}"), "buy", 1, "3.000")).await;
    }
}

async fn trades(url: &str) -> usize {
    market::walk(&Client::anonymous(url), &format!("/v1/trades?instrument={LASTING}"), 1_000).await.len()
}

/// How far the history has come.
async fn offset(folder: &Path) -> i64 {
    let options = SqliteConnectOptions::new().filename(history_path(folder)).read_only(true);
    let mut history = options.connect().await.expect("the history opens");
    let offset = sqlx::query_scalar("select seq from projection_offset").fetch_one(&mut history).await;
    history.close().await.expect("closed");
    offset.expect("an offset")
}

fn id(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no id"))
}
