//! Group commit: many commands share one commit, and nobody sees anything that is not durable yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::venue::clock::Clock;
use api::venue::machines::Action;
use api::venue::sequencer::{Handle, SubmitError};
use api::venue::store::{Store, StoreError};
use api::venue::{Fatal, Venue, journal_path};
use engine::command::Command;
use engine::ids::{AccountId, AssetId, KeyId};
use engine::ledger::LedgerAccount;
use engine::units::Amount;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::counts;
use crate::harness::ADOPTIONS;
use crate::journal::Auditor;

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_share_a_commit_and_each_is_in_the_journal_once() {
    const COMMANDS: u32 = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let venue = Venue::start(folder.path(), Clock::System).await.unwrap();
    let tasks: Vec<_> =
        (1..=COMMANDS).map(|account| tokio::spawn(submit(venue.handle.clone(), open(account)))).collect();
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap().unwrap());
    }
    places.sort_unstable();
    // The first places are the venue's own: it adopts the rules.
    let expected: Vec<_> = (ADOPTIONS + 1..=ADOPTIONS + u64::from(COMMANDS)).collect();
    assert_eq!(places, expected, "places are neither lost nor given twice");
    let auditor = end(venue, folder.path()).await;
    assert_eq!(auditor.commands_count as u64, u64::from(COMMANDS) + ADOPTIONS);
    let batches = auditor.batches_count();
    assert!(batches * 4 < COMMANDS as usize, "{batches} commits for {COMMANDS} commands that were there at once");
    counts::note(COMMANDS as usize, "commands submitted at once");
    counts::note(batches, "commits they shared");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_read_shows_is_in_the_journal() {
    const COMMANDS: u32 = 400;
    let folder = tempfile::tempdir().unwrap();
    let venue = Venue::start(folder.path(), Clock::System).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (handle, position, done) = (venue.handle.clone(), venue.position.clone(), Arc::clone(&done));
        let file = SqliteConnectOptions::new().filename(journal_path(folder.path())).read_only(true);
        let mut file = file.connect().await.unwrap();
        tokio::spawn(async move {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                let seen = handle.read(|core| core.engine().seq()).await.expect("the venue answers");
                assert!(position.borrow().seq >= seen, "{seen} was shown before it was durable");
                // The file itself, not what the venue says of it.
                let sql = "select coalesce(max(last_seq), 0) from journal_batches";
                let end: i64 = sqlx::query_scalar(sql).fetch_one(&mut file).await.expect("the journal reads");
                assert!(end.unsigned_abs() >= seen.0, "{seen} was shown, the journal ends at {end}");
                looks += 1;
            }
            looks
        })
    };
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let handle = venue.handle.clone();
            tokio::spawn(async move {
                for command in 0..COMMANDS / 4 {
                    submit(handle.clone(), open(1 + writer * COMMANDS + command)).await.expect("done");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let looks = reader.await.unwrap();
    counts::note(looks, "reads compared with the journal's file while it was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_commit_failed_is_shown_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut venue = Venue::start(folder.path(), Clock::System).await.unwrap();
    submit(venue.handle.clone(), open(7)).await.unwrap();
    submit(venue.handle.clone(), deposit(100, 1)).await.unwrap();
    let before = *venue.position.borrow();
    // Another writer: the next commit fails.
    Store::open(&journal_path(folder.path())).await.unwrap().close().await.unwrap();

    let mut lost = Vec::new();
    let mut looks = Vec::new();
    for reference in 2..=200 {
        lost.push(tokio::spawn(submit(venue.handle.clone(), deposit(1_000, reference))));
        let handle = venue.handle.clone();
        looks.push(tokio::spawn(async move { handle.read(balance).await }));
    }
    for reply in lost {
        assert_eq!(reply.await.unwrap(), Err(SubmitError::Unknown));
    }
    for look in looks {
        match look.await.unwrap() {
            Ok(seen) => assert_eq!(seen, Amount(100), "a read saw money that is in no journal"),
            Err(error) => assert_eq!(error, SubmitError::Unknown),
        }
    }
    let fatal = (&mut venue.stopped).await.unwrap().expect_err("a venue that cannot commit stops");
    assert!(matches!(fatal, Fatal::Store(StoreError::Fenced { .. })), "{fatal}");
    assert_eq!(*venue.position.borrow(), before);
    assert_eq!(venue.handle.read(balance).await, Err(SubmitError::Unknown), "a stopped venue answers nothing");
    drop(venue);

    let venue = Venue::start(folder.path(), Clock::System).await.unwrap();
    assert_eq!(venue.handle.read(balance).await, Ok(Amount(100)));
    assert_eq!(venue.position.borrow().head, before.head);
    counts::note(199, "commands of a failed commit, shown to nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_before_it_journals() {
    const COMMANDS: u32 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let venue = Venue::start(folder.path(), Clock::System).await.unwrap();
    let tasks: Vec<_> =
        (1..=COMMANDS).map(|account| tokio::spawn(submit(venue.handle.clone(), open(account)))).collect();
    let (mut done, mut busy) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => {
                assert_eq!(error, SubmitError::Busy);
                busy += 1;
            }
        }
    }
    assert!(busy > 0, "{COMMANDS} commands at once filled no queue");
    let auditor = end(venue, folder.path()).await;
    assert_eq!(
        auditor.commands_count,
        done + usize::try_from(ADOPTIONS).expect("they are few"),
        "a command that was refused as busy is in the journal, or one is lost"
    );
    counts::note(busy, "commands refused by a full queue, none in the journal");
}

async fn submit(handle: Handle, command: Command) -> Result<u64, SubmitError> {
    let outcome = handle.submit(Action::Exchange(command), KeyId::VENUE, 0).await?;
    assert_eq!(outcome.refusal, None);
    Ok(outcome.stamp.seq.0)
}

fn open(account: u32) -> Command {
    Command::OpenAccount { account: AccountId(account) }
}

fn deposit(amount: i64, reference: u64) -> Command {
    Command::Deposit { account: AccountId(7), asset: AssetId::USD, amount: Amount(amount), reference }
}

fn balance(core: &api::venue::machines::Core) -> Amount {
    core.engine().ledger().balance(LedgerAccount::Customer(AccountId(7)), AssetId::USD).posted
}

/// Ends a venue in order and audits its journal.
async fn end(venue: Venue, folder: &std::path::Path) -> Auditor {
    let Venue { handle, history, directory, position, stopped, .. } = venue;
    drop((handle, history, directory, position));
    stopped.await.expect("the venue tells how it ended").expect("it ended in order");
    Auditor::of(folder).await
}
