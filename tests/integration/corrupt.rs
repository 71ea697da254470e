//! A journal that was changed or cut is noticed before anything is served, and named by its batch; a torn end is a shorter journal.

use std::collections::BTreeMap;
use std::path::Path;

use api::venue::clock::Clock;
use api::venue::machines::{Action, Core};
use api::venue::replay::replay_next;
use api::venue::store::Store;
use api::venue::{Venue, journal_path};
use engine::command::Command;
use engine::ids::{AccountId, AssetId, KeyId, Seq};
use engine::journal::batch::{Batch, Hash};
use engine::units::Amount;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use tempfile::TempDir;

use crate::counts;
use crate::harness::{self, ADOPTIONS, PATIENCE, Process};
use crate::market::{self, order, place};

/// Batches of the journal that is damaged: the first with the rules that the venue adopts, one command in each other.
const BATCHES: u64 = 12;
/// The place of the last command, by which its batch is named.
const LAST: u64 = ADOPTIONS + BATCHES - 1;
/// The batch in the middle that is damaged.
const VICTIM: i64 = 5;

/// A way to damage a journal, and what has to be said of it.
struct Damage {
    name: &'static str,
    sql: Vec<String>,
    message: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_a_batch_is_covered() {
    let folder = journal().await;
    let mut damages = Vec::new();
    for column in ["previous", "event_hash", "body", "hash"] {
        // The first bit, one in the middle, the last.
        for place in [0, 100, 255] {
            let flipped = flip(&blob(folder.path(), column).await, place);
            damages.push(damage(column, &format!("{column} = x'{flipped}'"), VICTIM));
        }
    }
    for bit in [0, 1, 7, 31, 62] {
        damages.push(damage("epoch", &format!("epoch = {}", 1_i64 ^ (1 << bit)), VICTIM));
        damages.push(damage("last_seq", &format!("last_seq = {}", VICTIM ^ (1 << bit)), VICTIM));
    }
    // A batch that moves leaves a gap: the next one is named.
    for bit in [4, 7, 31, 62, 63] {
        damages.push(damage("first_seq", &format!("first_seq = {}", VICTIM ^ (1 << bit)), VICTIM + 1));
    }
    check_refused(&folder, damages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_are_missing_moved_or_cut_are_named() {
    let folder = journal().await;
    let (next, last) = (VICTIM + 1, i64::try_from(LAST).unwrap());
    let table = "journal_batches";
    let swap = |columns: &[&str]| {
        let assignments = columns.iter().map(|column| {
            format!(
                "{column} = (select {column} from copy where copy.first_seq = {VICTIM} + {next} - {table}.first_seq)"
            )
        });
        let assignments: Vec<String> = assignments.collect();
        vec![
            format!("create temporary table copy as select * from {table}"),
            format!("update {table} set {} where first_seq in ({VICTIM}, {next})", assignments.join(", ")),
        ]
    };
    let row = |name, sql: Vec<String>, batch: i64| Damage { name, sql, message: format!("corrupt at batch {batch}: ") };
    let delete = |first_seq: i64| vec![format!("delete from {table} where first_seq = {first_seq}")];
    let cut = |bytes: &str| vec![format!("update {table} set body = {bytes} where first_seq = {last}")];
    check_refused(
        &folder,
        vec![
            row("the first batch deleted", delete(1), i64::try_from(ADOPTIONS).unwrap() + 1),
            row("a batch in the middle deleted", delete(VICTIM), next),
            row("the bodies of two batches swapped", swap(&["body"]), VICTIM),
            row("two batches swapped", swap(&["epoch", "previous", "event_hash", "body", "hash"]), VICTIM),
            row("the last body cut by a byte", cut("substr(body, 1, length(body) - 1)"), last),
            row("the last body emptied", cut("x''"), last),
            row("the last body longer by a byte", cut("cast(body || x'00' as blob)"), last),
        ],
    )
    .await;
}

/// What no program of ours writes, a bad disk may: it is a corrupt journal all the same, not a crash.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_schema_forbids_are_named() {
    let folder = journal().await;
    let unchecked = |name, change: &str| {
        let mut damage = damage(name, change, VICTIM);
        damage.sql.insert(0, "pragma ignore_check_constraints = on".to_owned());
        damage
    };
    check_refused(
        &folder,
        vec![
            unchecked("a short hash of the batch before", "previous = x'00'"),
            unchecked("a short hash of events", "event_hash = substr(event_hash, 2)"),
            unchecked("a short hash", "hash = substr(hash, 2)"),
            unchecked("a negative epoch", "epoch = -1"),
            unchecked("a last command before the first", "last_seq = 1"),
            unchecked("a negative last command", "last_seq = -1"),
        ],
    )
    .await;
}

/// Whoever can write the file can also compute hashes; then the events, or the next batch, give the change away.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_with_its_hash_recomputed_is_still_noticed() {
    let folder = journal().await;
    let batches = batches(folder.path()).await;
    let forged = |index: usize, change: &dyn Fn(&mut Batch)| {
        let mut batch = batches[index].clone();
        change(&mut batch);
        let hex = api::signing::hex;
        vec![format!(
            "update journal_batches set event_hash = x'{}', body = x'{}', hash = x'{}' where first_seq = {}",
            hex(&batch.event_hash),
            hex(&batch.body),
            hex(&batch.hash()),
            batch.first_seq,
        )]
    };
    let (last, victim) = (batches.len() - 1, usize::try_from(VICTIM).unwrap() - usize::try_from(ADOPTIONS).unwrap());
    let flip_event = |batch: &mut Batch| batch.event_hash[0] ^= 1;
    // The amount is the third field of a deposit from the end: eight bytes before the eight of its reference.
    let richer = |batch: &mut Batch| {
        let amount = batch.body.len() - 16;
        batch.body[amount] ^= 1;
    };
    let cut = |batch: &mut Batch| batch.body.truncate(batch.body.len() - 1);
    check_refused(
        &folder,
        vec![
            Damage {
                name: "other events",
                sql: forged(last, &flip_event),
                message: format!("batch {LAST} leads to other events than were acknowledged"),
            },
            Damage {
                name: "another amount",
                sql: forged(last, &richer),
                message: format!("batch {LAST} leads to other events than were acknowledged"),
            },
            Damage { name: "a shorter body", sql: forged(last, &cut), message: format!("batch {LAST} cannot be read") },
            Damage {
                name: "another amount in the middle",
                sql: forged(victim, &richer),
                message: format!("corrupt at batch {}: ", VICTIM + 1),
            },
        ],
    )
    .await;
}

/// Bits flipped anywhere in the file: never a crash, never another state. A flip that hides the end, as a cut does, leaves a
/// journal that is shorter, which only somebody who knows a later hash can see.
#[tokio::test(flavor = "multi_thread")]
async fn a_bit_flipped_anywhere_in_the_file_never_leads_to_another_state() {
    const FLIPS: usize = 400;
    let seed = 7;
    let folder = journal().await;
    let good = states(folder.path()).await.expect("the journal is good");
    let (mut refused, mut same, mut shorter) = (0, 0, 0);
    let bytes = std::fs::read(journal_path(folder.path())).unwrap();
    // Most of a page is empty; a flip there says little.
    let written: Vec<usize> = (0..bytes.len()).filter(|&place| bytes[place] != 0).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let scratch = tempfile::tempdir().unwrap();
    for _ in 0..FLIPS {
        let (place, bit) = (written[random.random_range(0..written.len())], random.random_range(0..8));
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << bit;
        std::fs::write(journal_path(scratch.path()), damaged).unwrap();
        let path = scratch.path().to_owned();
        let replayed = tokio::spawn(async move { states(&path).await }).await;
        match replayed.unwrap_or_else(|panic| panic!("bit {bit} of byte {place}: {panic}")) {
            Err(_) => refused += 1,
            Ok(states) if states == good => same += 1,
            Ok(states) => {
                let end = states.last_key_value().map(|(&seq, _)| seq).unwrap_or_default();
                assert!(good.range(..=end).eq(states.iter()), "bit {bit} of byte {place} leads to another state");
                shorter += 1;
            }
        }
    }
    assert!(refused > 0 && same > 0, "{refused} refused, {same} without effect");
    counts::note(FLIPS, "bits flipped among the written bytes of the journal's file");
    counts::note(refused, "flipped bits refused with an error");
    // Some seeds flip a bit that only shortens the journal, most do not.
    counts::note(same + shorter, "flipped bits without effect, or cutting the journal at its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_the_schema_that_is_no_text_is_refused() {
    // A thread of the database that dies is waited for only now and then, so each name is tried more than once.
    const TRIES: usize = 20;
    let folder = journal().await;
    let bytes = std::fs::read(journal_path(folder.path())).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for name in ["first_seq", "last_seq", "epoch", "previous", "event_hash", "body", "hash"] {
        // Where a column is declared, not where a comment or a check speaks of it.
        let declared = format!("\n    {name} ").into_bytes();
        let table = b"CREATE TABLE journal_batches";
        let schema = bytes.windows(table.len()).position(|window| window == table).unwrap();
        let place = bytes[schema..].windows(declared.len()).position(|window| window == declared).unwrap();
        let mut damaged = bytes.clone();
        damaged[schema + place + "\n    ".len()] ^= 0x80;
        std::fs::write(journal_path(scratch.path()), damaged).unwrap();
        for _ in 0..TRIES {
            let replayed = tokio::time::timeout(PATIENCE, states(scratch.path())).await;
            let refused = replayed.unwrap_or_else(|_| panic!("{name}: no answer")).unwrap_err();
            assert!(!refused.contains("crashed"), "{name}: {refused}");
        }
        counts::note(TRIES, "damaged names in the journal's schema refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_end_leaves_a_prefix_of_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, url) = Process::venue(folder.path());
    let clients = market::open(&url, [1], "1000000").await;
    for number in 0..20 {
        place(&clients[0], &order(&format!("order-{number}"), "buy", 1, "3.000")).await;
    }
    // What a crash leaves: the files as they lie on the disk while the venue runs. Opening them in place would tidy them up.
    let copy = tempfile::tempdir().unwrap();
    for name in ["journal.sqlite", "journal.sqlite-wal", "history.sqlite", "history.sqlite-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    process.kill();
    let good = states(folder.path()).await.expect("the journal is good");
    let end = *good.last_key_value().unwrap().0;

    let log = std::fs::read(copy.path().join("journal.sqlite-wal")).unwrap();
    let frame = 4_096 + 24;
    let mut lengths: Vec<usize> =
        [1, 7, 24, 25, 4_095, 4_096, frame, frame + 1, 3 * frame, log.len() / 2, log.len() - 33, log.len()]
            .iter()
            .map(|cut| log.len() - cut)
            .collect();
    lengths.push(log.len());
    let mut ends = Vec::new();
    for length in lengths {
        let torn = tempfile::tempdir().unwrap();
        std::fs::copy(copy.path().join("journal.sqlite"), journal_path(torn.path())).unwrap();
        std::fs::write(torn.path().join("journal.sqlite-wal"), &log[..length]).unwrap();
        let venue = Venue::start(torn.path(), Clock::System).await;
        let venue = venue.unwrap_or_else(|error| panic!("cut to {length} bytes: {error}"));
        let position = *venue.position.borrow();
        let state = venue.handle.read(Core::state_hash).await.unwrap();
        // A journal cut to nothing begins anew, in another epoch.
        if position.seq > Seq(ADOPTIONS) {
            assert_eq!(good.get(&position.seq.0), Some(&(position.head, state)), "cut to {length} bytes");
        }
        ends.push(position.seq.0);
    }
    assert_eq!(ends.last(), Some(&end), "the whole log holds everything");
    assert!(ends.iter().any(|&seq| ADOPTIONS < seq && seq < end), "no cut left a true prefix: {ends:?}");
    counts::note(ends.len(), "torn ends of the journal, each started with a prefix");

    // The history was not torn: it knows more than the journal, and the venue does not serve two truths.
    std::fs::write(copy.path().join("journal.sqlite-wal"), &log[..log.len() / 2]).unwrap();
    let refused = Venue::start(copy.path(), Clock::System).await.expect_err("the history is ahead").to_string();
    assert!(refused.contains("delete the history's file to rebuild it"), "{refused}");
    for name in ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"] {
        drop(std::fs::remove_file(copy.path().join(name)));
    }
    Venue::start(copy.path(), Clock::System).await.expect("the history is rebuilt");
}

/// A good journal of [`BATCHES`] batches, closed in order: an account and its deposits.
async fn journal() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let venue = Venue::start(folder.path(), Clock::System).await.expect("the venue starts");
    // The venue writes the first itself: it adopts the rules.
    for number in 1..BATCHES {
        let command = match number {
            1 => Command::OpenAccount { account: AccountId(1) },
            number => Command::Deposit {
                account: AccountId(1),
                asset: AssetId::USD,
                amount: Amount(1_000_000),
                reference: number - 1,
            },
        };
        let outcome = venue.handle.submit(Action::Exchange(command), KeyId::VENUE, 0).await;
        outcome.expect("done");
    }
    let Venue { handle, history, stopped, .. } = venue;
    drop((handle, history));
    stopped.await.expect("told").expect("ended in order");
    assert_eq!(batches(folder.path()).await.len() as u64, BATCHES);
    folder
}

/// Tries each damage on a copy: the venue does not start, neither inside the test nor as a process, and `verify` agrees.
async fn check_refused(folder: &TempDir, damages: Vec<Damage>) {
    let damages_count = damages.len();
    for Damage { name, sql, message } in damages {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::copy(journal_path(folder.path()), journal_path(copy.path())).expect("copied");
        let mut connection = connect(copy.path()).await;
        for statement in &sql {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await;
            done.unwrap_or_else(|error| panic!("{name}: {statement}: {error}"));
        }
        let rows_before = count(&mut connection).await;
        connection.close().await.expect("closed");

        let refused = match Venue::start(copy.path(), Clock::System).await {
            Ok(_) => panic!("{name}: the venue serves this journal"),
            Err(error) => error.to_string(),
        };
        assert!(refused.contains(&message), "{name}: {refused:?} instead of {message:?}");
        let path = copy.path().to_str().expect("a plain name");
        for arguments in [&["serve", "--data", path, "--listen", "127.0.0.1:0"][..], &["verify", "--data", path]] {
            let (code, output, complaints) = harness::run(arguments);
            assert_eq!(code, 1, "{name}: {arguments:?}: {output}{complaints}");
            assert!(complaints.contains(&message), "{name}: {arguments:?}: {complaints}");
            assert!(!output.contains("listening"), "{name}: {output}");
        }
        let mut connection = connect(copy.path()).await;
        assert_eq!(count(&mut connection).await, rows_before, "{name}: a refused start wrote batches");
    }
    counts::note(damages_count, "damaged journals refused by start, serve and verify");
}

/// Changes one column of [`VICTIM`].
fn damage(name: &'static str, change: &str, named: i64) -> Damage {
    let sql = vec![
        // Some bits cannot be flipped without breaking a rule of the schema; a disk does not ask.
        "pragma ignore_check_constraints = on".to_owned(),
        format!("update journal_batches set {change} where first_seq = {VICTIM}"),
    ];
    Damage { name, sql, message: format!("corrupt at batch {named}: ") }
}

async fn connect(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(journal_path(folder)).connect().await.expect("the file opens")
}

async fn count(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("select count(*) from journal_batches").fetch_one(connection).await.expect("counted")
}

async fn blob(folder: &Path, column: &str) -> Vec<u8> {
    let sql = format!("select {column} from journal_batches where first_seq = {VICTIM}");
    let mut connection = connect(folder).await;
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("the row is there");
    let bytes = row.try_get(0).expect("a blob");
    connection.close().await.expect("closed");
    bytes
}

/// Hexadecimal with one bit flipped.
fn flip(bytes: &[u8], place: usize) -> String {
    let mut bytes = bytes.to_vec();
    let bit = place % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    api::signing::hex(&bytes)
}

async fn batches(folder: &Path) -> Vec<Batch> {
    let mut store = Store::open_read_only(&journal_path(folder)).await.expect("the journal opens");
    let mut batches = Vec::new();
    loop {
        match store.read_next().await.expect("the journal reads") {
            read if read.is_empty() => break,
            read => batches.extend(read),
        }
    }
    store.close().await.expect("closed");
    batches
}

/// Head and state hash after each batch; an error if the journal is not good.
pub(crate) async fn states(folder: &Path) -> Result<BTreeMap<u64, (Hash, Hash)>, String> {
    let mut store = Store::open_read_only(&journal_path(folder)).await.map_err(|error| error.to_string())?;
    let (mut core, mut states) = (Core::default(), BTreeMap::new());
    // First as the venue does it, then batch by batch.
    while replay_next(&mut store, &mut core).await.map_err(|error| error.to_string())?.is_some() {}
    let mut core = Core::default();
    let mut store = Store::open_read_only(&journal_path(folder)).await.map_err(|error| error.to_string())?;
    loop {
        let batches = store.read_next().await.map_err(|error| error.to_string())?;
        if batches.is_empty() {
            return Ok(states);
        }
        for batch in batches {
            for record in batch.records().map_err(|error| error.to_string())? {
                let action = Action::of_record(&record).map_err(|error| error.to_string())?;
                drop(core.apply(&record.stamp, &action, &mut Vec::new()));
            }
            states.insert(batch.last_seq.0, (batch.hash(), core.state_hash()));
        }
    }
}
