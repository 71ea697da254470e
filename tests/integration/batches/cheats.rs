//! A venue that does what nobody signed, and a journal or a body that was changed: whoever recomputes finds it.

use api::batches::{Consent, Recomputation, RecomputeError};
use api::venue::clock::Clock;
use api::venue::journal_path;
use api::venue::machines::Action;
use api::venue::store::Store;
use engine::chain::{Pseudonym, RollingHash, Signature64};
use engine::command::Command;
use engine::ids::{AccountId, AssetId, KeyId};
use engine::units::Amount;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::scene::{cut, domain, open, pseudonym, published};
use crate::harness::{self, Inside, Process, key, operator_key};
use crate::market::refusal;

/// A command as the venue itself could journal it, past the checks of its edge.
async fn journal(venue: &Inside, key: KeyId, command: Command) {
    let outcome = venue.app.handle.submit(Action::Exchange(command), key, 0).await.expect("journaled");
    assert_eq!(outcome.refusal, None, "the engine looks at no signature");
}

fn id_of(key: &ed25519_dalek::SigningKey) -> KeyId {
    api::signing::key_id(&key.verifying_key().to_bytes())
}

async fn first_error(folder: &std::path::Path) -> Option<RecomputeError> {
    let mut store = Store::open_read_only(&journal_path(folder)).await.expect("a journal");
    let mut recomputation = Recomputation::default();
    loop {
        let rows = store.read_next().await.expect("rows");
        if rows.is_empty() {
            return None;
        }
        for row in &rows {
            if let Err(error) = recomputation.apply(row) {
                return Some(error);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_moves_money_out_or_names_an_owner_without_a_signature() {
    let (account, asset, amount) = (AccountId(1), AssetId::USD, Amount(5));
    let good = Consent::to_withdraw(&domain(), account, asset, amount, 1).sign(&key(1));
    let of_another_amount = Consent::to_withdraw(&domain(), account, asset, Amount(4), 1).sign(&key(1));
    let withdrawal = |signature: [u8; 64]| {
        let signature = Signature64(signature);
        Command::WithdrawToChain { account, asset, amount, reference: 1, signature }
    };
    let link =
        Command::LinkAccount { account: AccountId(3), pseudonym: Pseudonym([3; 32]), signature: Signature64([0; 64]) };
    let deposit =
        Command::CreditDeposit { index: 5, pseudonym: Pseudonym(pseudonym(1).0), amount, hash: RollingHash([5; 32]) };
    let (own, operator) = (id_of(&key(1)), id_of(&operator_key()));
    type Wanted = fn(&RecomputeError) -> bool;
    let not_signed: Wanted = |error| matches!(error, RecomputeError::NotSigned { .. });
    let rows: [(&str, KeyId, Command, Option<Wanted>); 5] = [
        ("signed", own, withdrawal(good), None),
        ("signed for another amount", own, withdrawal(of_another_amount), Some(not_signed)),
        ("not signed", own, withdrawal([0; 64]), Some(not_signed)),
        ("linked without a signature", id_of(&key(3)), link, Some(not_signed)),
        (
            "a deposit the vault never had",
            operator,
            deposit,
            Some(|error| matches!(error, RecomputeError::DepositHash { .. })),
        ),
    ];
    for (name, key_id, command, wanted) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let venue = Inside::start(folder.path(), Clock::System).await;
        open(&venue.url).await;
        let operator = venue.operator();
        operator.post("/v1/operator/accounts", &serde_json::json!({ "account": 3 })).await.expect("opened");
        let body = serde_json::json!({ "account": 3, "public_key": harness::public_hex(&key(3)) });
        operator.post("/v1/operator/keys", &body).await.expect("registered");
        journal(&venue, key_id, command).await;
        cut(&venue.url).await;
        let found = first_error(folder.path()).await;
        assert_eq!(found.is_some(), wanted.is_some(), "{name}: {found:?}");
        let (code, _, complaints) = harness::run(&["audit-chain", "--journal", folder.path().to_str().expect("plain")]);
        assert_eq!(code, i32::from(wanted.is_some()), "{name}: {complaints}");
        match wanted {
            None => drop(published(&venue.url, 1).await),
            Some(wanted) => {
                assert!(found.is_some_and(|error| wanted(&error)), "{name}");
                // The venue's own follower publishes no such batch either.
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                let asked = api::client::Client::anonymous(&venue.url).get("/v1/batches/1").await;
                assert_eq!(refusal(asked), (404, "batch_in_the_making".to_owned()), "{name}");
            }
        }
        venue.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_changed_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, url) = Process::venue(folder.path());
    open(&url).await;
    cut(&url).await;
    published(&url, 1).await;
    process.signal("TERM");
    process.exit_status(harness::PATIENCE).expect("it ends");
    let audit = || harness::run(&["audit-chain", "--journal", folder.path().to_str().expect("plain")]);
    assert_eq!(audit().0, 0);
    let options = SqliteConnectOptions::new().filename(journal_path(folder.path()));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    // The stamp of the first command of the last row but one: its time.
    let changed = sqlx::query(
        "update journal_batches set body = cast(substr(body, 1, 14) || x'ff' || substr(body, 16) as blob)
         where first_seq = (select first_seq from journal_batches order by first_seq desc limit 1 offset 1)",
    );
    assert_eq!(changed.execute(&mut connection).await.expect("changed").rows_affected(), 1);
    connection.close().await.expect("closed");
    let (code, _, complaints) = audit();
    assert!(code == 1 && complaints.contains("its hash does not cover its content"), "{code} {complaints}");
}
