//! A kill at any moment between a cut and its body, and files that are gone: the same bytes are made after the restart.

use std::time::Duration;

use api::batches::files::body_path;
use api::venue::{history_path, journal_path};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::scene::{body, open, published, recomputed, withdraw};
use crate::chance::seed_and_soak;
use crate::counts;
use crate::harness::Process;
use crate::market::operator;

const KILLS: u64 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_behind_a_cut_changes_no_byte() {
    let (seed, _) = seed_and_soak();
    println!("TERAHOUR_SEED={seed} repeats the moments of these kills");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, mut url) = Process::venue(folder.path());
    open(&url).await;
    let mut missing = 0;
    for number in 1..=KILLS {
        withdraw(&url, 1, (1_000_000, 1_000_000), number).await.expect("withdrawn");
        let (operator, asked) = (operator(&url), json!({ "number": number }));
        let cutting = tokio::spawn(async move { operator.post("/v1/operator/batches", &asked).await });
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..40_000))).await;
        process.kill();
        drop(cutting.await);
        missing += u64::from(!body_path(folder.path(), number).is_file());
        (process, url) = Process::venue(folder.path());
        // Whoever did not hear the answer asks again with the number.
        match crate::market::operator(&url).post("/v1/operator/batches", &json!({ "number": number })).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), Some("batch_cut"), "{error}"),
        }
        published(&url, number).await;
    }
    compare(&url, folder.path()).await;
    process.kill();

    // What was derived is derived again.
    std::fs::remove_file(body_path(folder.path(), 3)).expect("removed");
    std::fs::write(body_path(folder.path(), 5), b"THB1").expect("cut short");
    (process, url) = Process::venue(folder.path());
    compare_when_made(&url, folder.path(), &[3, 5]).await;
    process.kill();
    for file in [history_path(folder.path()), journal_path(folder.path()).with_file_name("history.sqlite-wal")] {
        drop(std::fs::remove_file(file));
    }
    drop(std::fs::remove_file(history_path(folder.path()).with_file_name("history.sqlite-shm")));
    let (_process, url) = Process::venue(folder.path());
    compare_when_made(&url, folder.path(), &[KILLS]).await;
    assert!(missing > 0, "every body was there before its kill");
    counts::note(usize::try_from(missing).expect("few"), "kills between a cut and its body");
}

async fn compare_when_made(url: &str, folder: &std::path::Path, numbers: &[u64]) {
    for &number in numbers {
        published(url, number).await;
        let end = std::time::Instant::now() + crate::harness::PATIENCE;
        while std::fs::metadata(body_path(folder, number)).map_or(true, |file| file.len() < 100) {
            assert!(std::time::Instant::now() < end, "body {number} is not made again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    compare(url, folder).await;
}

/// What is published against a replay of the journal that nobody has interrupted.
async fn compare(url: &str, folder: &std::path::Path) {
    let wanted = recomputed(folder).await;
    assert_eq!(wanted.len() as u64, KILLS);
    for (number, (signable, bytes)) in (1..).zip(&wanted) {
        let batch = published(url, number).await;
        assert_eq!(batch["digest"], signable.digest.to_string(), "batch {number}");
        assert_eq!(&body(url, number).await, bytes, "batch {number}");
    }
}
