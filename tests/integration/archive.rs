//! Whatever stops the archiving of a journal between two of its steps, the journal is whole, and the next run goes on.

use std::fs;

use api::venue::archive::{Archive, Archivist, SegmentName, segment};
use api::venue::journal_path;
use api::venue::snapshots::follower::{archive, follow};
use api::venue::store::{Store, StoreError};
use engine::ids::Seq;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::counts;
use crate::growing::Journal;

/// A step of the archivist at which everything stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    Read,
    Prepared,
    Half,
    Published,
    Forgotten,
}

async fn rows(journal: &Journal) -> i64 {
    let mut connection = connect(journal).await;
    let rows = sqlx::query_scalar("select count(*) from journal_batches").fetch_one(&mut connection).await;
    connection.close().await.expect("closed");
    rows.expect("counted")
}

async fn connect(journal: &Journal) -> SqliteConnection {
    SqliteConnectOptions::new().filename(journal_path(journal.path())).connect().await.expect("the file opens")
}

/// Goes as far as a step, then drops everything, as a crash would.
async fn stop_at(journal: &Journal, up_to: Seq, stop: Stop) {
    let mut archivist = Archivist::open(&journal_path(journal.path())).await.expect("opens");
    let batches = archivist.next_batches(up_to).await.expect("reads");
    assert!(!batches.is_empty());
    if stop == Stop::Read {
        return;
    }
    let name = archivist.files().prepare(&batches).expect("prepared");
    if stop == Stop::Half {
        // The machine stopped before all of it was on the disk.
        let part = archivist.files().path(name).with_added_extension("part");
        let bytes = fs::read(&part).expect("read");
        fs::write(&part, &bytes[..bytes.len() / 2]).expect("written");
    }
    if stop < Stop::Published {
        return;
    }
    archivist.files().publish(name).expect("published");
    if stop == Stop::Forgotten {
        archivist.forget(name).await.expect("forgotten");
    }
}

#[tokio::test]
async fn a_crash_between_two_steps_loses_nothing_and_the_next_run_goes_on() {
    let mut checks = 0;
    for (seed, stop) in (10..).zip([Stop::Read, Stop::Prepared, Stop::Half, Stop::Published, Stop::Forgotten]) {
        let mut journal = Journal::new(seed).await;
        let mut archived_to = Seq(0);
        for round in 0..4 {
            journal.grow(20).await;
            let up_to = journal.batches[journal.batches.len() - 7].last_seq;
            stop_at(&journal, up_to, stop).await;
            assert_eq!(journal.read().await, journal.batches, "{stop:?} in round {round}");
            assert_eq!(journal.restart().await.1, journal.writer.core.state_hash());
            // Somebody appends before the next run; another time nobody does.
            if round % 2 == 0 {
                journal.grow(3).await;
            }
            let mut archivist = Archivist::open(&journal_path(journal.path())).await.expect("opens");
            archivist.archive(up_to).await.expect("archived");
            let names = Archive::beside(&journal_path(journal.path())).segments().expect("listed");
            assert_eq!(names.last().map(|name| name.last), Some(up_to), "{stop:?}: all of it is archived");
            for name in names.iter().filter(|name| name.last > archived_to).collect::<Vec<_>>() {
                assert_eq!(name.first.0, archived_to.0 + 1, "{stop:?}: segments neither overlap nor leave gaps");
                archived_to = name.last;
            }
            let behind = journal.batches.iter().filter(|batch| batch.last_seq > up_to).count();
            assert_eq!(
                rows(&journal).await,
                i64::try_from(behind).expect("few"),
                "{stop:?}: what is archived is deleted"
            );
            assert_eq!(archivist.archive(up_to).await.expect("again"), Default::default());
            assert_eq!(journal.read().await, journal.batches);
            checks += 1;
        }
        // The fence still finds the end of the journal.
        journal.grow(2).await;
        assert_eq!(journal.read().await, journal.batches);
    }
    counts::note(checks, "archivings stopped between two steps and repeated");
}

#[tokio::test]
async fn the_last_batch_stays_in_the_database() {
    let mut journal = Journal::new(20).await;
    journal.grow(9).await;
    let mut archivist = Archivist::open(&journal_path(journal.path())).await.expect("opens");
    assert_eq!(archivist.archive(Seq(u64::MAX)).await.expect("archived").batches, 8);
    assert_eq!(rows(&journal).await, 1);
    journal.grow(1).await;
    assert_eq!(journal.read().await, journal.batches);
}

#[tokio::test]
async fn nothing_is_archived_behind_fewer_than_two_good_snapshots() {
    let mut journal = Journal::new(21).await;
    journal.grow(20).await;
    assert_eq!(archive(journal.path()).await.expect("nothing").batches, 0);
    let first = follow(journal.path()).await.expect("a snapshot").seq;
    assert_eq!(archive(journal.path()).await.expect("nothing").batches, 0);
    journal.grow(20).await;
    let second = follow(journal.path()).await.expect("a snapshot").seq;
    let path = api::venue::snapshots::snapshot_path(journal.path(), second);
    let good = fs::read(&path).expect("read");
    fs::write(&path, &good[1..]).expect("written");
    assert_eq!(archive(journal.path()).await.expect("nothing").batches, 0);
    fs::write(&path, &good).expect("written");
    assert_eq!(archive(journal.path()).await.expect("archived").batches, 20);
    let names = Archive::beside(&journal_path(journal.path())).segments().expect("listed");
    assert_eq!(names, [SegmentName { first: Seq(1), last: first }]);
    assert_eq!(journal.read().await, journal.batches);
}

#[tokio::test]
async fn a_segment_that_is_damaged_or_gone_is_named() {
    let mut journal = Journal::new(22).await;
    journal.grow(30).await;
    let mut archivist = Archivist::open(&journal_path(journal.path())).await.expect("opens");
    archivist.archive(journal.batches[20].last_seq).await.expect("archived");
    let files = archivist.files().clone();
    let name = files.segments().expect("listed")[0];
    let good = fs::read(files.path(name)).expect("read");
    let read = async || -> Result<(), StoreError> {
        let mut store = Store::open_read_only(&journal_path(journal.path())).await?;
        while !store.read_next().await?.is_empty() {}
        Ok(())
    };
    for at in (0..good.len()).step_by(good.len() / 97) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        assert!(segment::decode(&bytes).is_err(), "byte {at}");
        assert!(segment::decode(&good[..at]).is_err(), "cut at byte {at}");
    }
    fs::write(files.path(name), &good[..good.len() - 1]).expect("written");
    let message = read().await.expect_err("a damaged segment").to_string();
    assert!(message.contains(".segment is damaged: its hash does not cover its content"), "{message}");
    fs::remove_file(files.path(name)).expect("removed");
    let message = read().await.expect_err("a missing segment").to_string();
    assert!(message.contains("it does not follow the last command before it"), "{message}");
    fs::write(files.path(name), &good).expect("written");
    read().await.expect("whole again");
}

#[tokio::test]
async fn a_database_older_than_its_archive_is_refused() {
    let mut journal = Journal::new(23).await;
    journal.grow(10).await;
    let mut connection = connect(&journal).await;
    Archivist::open(&journal_path(journal.path()))
        .await
        .expect("opens")
        .archive(Seq(u64::MAX))
        .await
        .expect("archived");
    // As if an old copy had been put in its place: the tail is lost.
    sqlx::query("delete from journal_batches").execute(&mut connection).await.expect("deleted");
    connection.close().await.expect("closed");
    let mut store = Store::open_read_only(&journal_path(journal.path())).await.expect("opens");
    let message = loop {
        match store.read_next().await {
            Ok(read) => assert!(!read.is_empty(), "the loss is not noticed"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(message.contains("it is the end, but the archive goes on"), "{message}");
}
