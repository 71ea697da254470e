//! A venue with a chain: what its watcher sends, what holders sign, and the verifier in JavaScript.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use api::batches::documents::{ProofDocument, Signable};
use api::batches::{Consent, Recomputation};
use api::client::{Client, ClientError};
use api::signing::hex;
use api::venue::clock::Clock;
use api::venue::journal_path;
use api::venue::store::Store;
use engine::ids::{AccountId, AssetId};
use engine::units::Amount;
use serde_json::{Value, json};
use settlement::{Deposit, DepositChain, Domain};

use crate::harness::{Inside, PATIENCE, key};
use crate::margin;
use crate::market::{self, operator};

pub(super) const VAULT: &str = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
pub(super) const TOKEN: &str = "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512";

/// The pseudonym of an account here; that of 0 is the insurance fund's.
pub(crate) fn pseudonym(account: u8) -> settlement::AccountId {
    settlement::AccountId([0xa0 + account; 32])
}

pub(super) fn domain() -> Domain {
    Domain { chain_id: 31_337, verifying_contract: VAULT.parse().expect("an address") }
}

pub(super) async fn attach(url: &str) -> Result<Value, ClientError> {
    let insurance = pseudonym(0).to_string();
    let body = json!({ "chain_id": 31_337, "vault": VAULT, "token": TOKEN, "insurance": insurance });
    operator(url).post("/v1/operator/chain", &body).await
}

/// What the vault has received so far, and whoever tells the venue of it.
#[derive(Default)]
pub(super) struct Watcher {
    deposits: DepositChain,
}

impl Watcher {
    /// Credits a deposit in micro-USD.
    pub(super) async fn deposit(&mut self, url: &str, account: u8, units: u64) {
        let received = settlement::Amount(units.into());
        self.deposits.push(&Deposit { account: pseudonym(account), received }).expect("few deposits");
        let (index, hash) = (self.deposits.done(), self.deposits.hash().to_string());
        let pseudonym = pseudonym(account).to_string();
        let body = json!({ "index": index, "pseudonym": pseudonym, "units": units.to_string(), "hash": hash });
        operator(url).post("/v1/operator/chain/deposits", &body).await.expect("credited");
    }
}

/// Attaches a chain, opens accounts 1 and 2 with 10 000 dollars each that came before their links, and lists two months on margin.
/// A stranger has 5 dollars, the insurance fund 100.
pub(super) async fn open(url: &str) -> (Watcher, [Client; 2]) {
    attach(url).await.expect("attached");
    let operator = operator(url);
    market::begin_series(&operator, "2026-01-01").await;
    margin::list_with_array(&operator).await;
    let mark = format!("/v1/operator/instruments/{}/mark", margin::OCTOBER);
    operator.post(&mark, &Value::Null).await.expect("marked");
    let mut watcher = Watcher::default();
    for (account, units) in [(1, 10_000_000_000), (2, 10_000_000_000), (9, 5_000_000), (0, 100_000_000)] {
        watcher.deposit(url, account, units).await;
    }
    for account in [1, 2] {
        operator.post("/v1/operator/accounts", &json!({ "account": account })).await.expect("opened");
        let body = json!({ "account": account, "public_key": crate::harness::public_hex(&key(account)) });
        operator.post("/v1/operator/keys", &body).await.expect("registered");
        link(url, account, &key(account)).await.expect("linked");
    }
    (watcher, [market::trader(url, 1), market::trader(url, 2)])
}

/// A venue with a chain that has published its first batch.
pub(crate) async fn venue_with_a_batch(folder: &Path) -> Inside {
    let venue = Inside::start(folder, Clock::System).await;
    open(&venue.url).await;
    cut(&venue.url).await;
    published(&venue.url, 1).await;
    venue
}

/// Links an account, signed by a key that need not be its own.
pub(super) async fn link(url: &str, account: u8, signer: &ed25519_dalek::SigningKey) -> Result<Value, ClientError> {
    let consent = Consent::to_link(&domain(), AccountId(account.into()), &pseudonym(account).0);
    let body = json!({ "pseudonym": pseudonym(account).to_string(), "signature": hex(&consent.sign(signer)) });
    market::trader(url, account).post("/v1/chain/link", &body).await
}

/// Moves micro-USD out; signed for so many, asked for so many.
pub(super) async fn withdraw(
    url: &str,
    account: u8,
    (signed, asked): (i64, i64),
    reference: u64,
) -> Result<Value, ClientError> {
    let consent = Consent::to_withdraw(&domain(), AccountId(account.into()), AssetId::USD, Amount(signed), reference);
    let amount = api::http::numbers::Amount(asked).to_string();
    let body = json!({ "amount": amount, "reference": reference, "signature": hex(&consent.sign(&key(account))) });
    market::trader(url, account).post("/v1/chain/withdrawals", &body).await
}

/// Cuts the next batch.
pub(super) async fn cut(url: &str) -> Value {
    let answer = operator(url).post("/v1/operator/batches", &json!({})).await;
    answer.unwrap_or_else(|error| panic!("no batch is cut: {error}"))
}

/// A batch once its body is made.
pub(super) async fn published(url: &str, number: u64) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        match Client::anonymous(url).get(&format!("/v1/batches/{number}")).await {
            Ok(batch) => return batch,
            Err(error) if error.code() == Some("batch_in_the_making") && Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("batch {number} is not published: {error}"),
        }
    }
}

pub(super) async fn body(url: &str, number: u64) -> Vec<u8> {
    Client::anonymous(url).get_bytes(&format!("/v1/batches/{number}/body")).await.expect("a body")
}

/// The proof of an account as its own key gets it, verified here.
pub(super) async fn proof(url: &str, account: u8, number: u64) -> Value {
    let answer = market::trader(url, account).get(&format!("/v1/batches/{number}/proof")).await.expect("a proof");
    let proof: ProofDocument = serde_json::from_value(answer.clone()).expect("a proof");
    proof.verify().unwrap_or_else(|error| panic!("account {account}: {error}"));
    answer
}

/// Every batch of a journal, with the bytes of its body, from the first command on.
pub(super) async fn recomputed(folder: &Path) -> Vec<(Signable, Vec<u8>)> {
    let mut store = Store::open_read_only(&journal_path(folder)).await.expect("a journal");
    let (mut recomputation, mut made) = (Recomputation::default(), Vec::new());
    loop {
        let rows = store.read_next().await.expect("rows");
        if rows.is_empty() {
            return made;
        }
        for row in &rows {
            let batch = recomputation.apply(row).expect("the journal is right");
            made.extend(batch.map(|made| (Signable::of(&made.batch, &made.domain), made.body.encode())));
        }
    }
}

/// Lets the verifier in JavaScript look at proofs; what it says of each: the sums, or the rule that is broken.
pub(super) fn verified_in_javascript(proofs: &[Value]) -> Vec<Value> {
    const SCRIPT: &str = r#"
        import { verify } from "./verify.js";
        import { readFileSync } from "node:fs";
        const said = JSON.parse(readFileSync(0, "utf8")).map(({ leaf, proof, stateRoot }) => {
          try {
            const { settled, claimable } = verify(leaf, proof, stateRoot);
            return { settled: String(settled), claimable: String(claimable) };
          } catch (error) {
            return error.code;
          }
        });
        console.log(JSON.stringify(said));
    "#;
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", SCRIPT])
        .current_dir(verifier())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let text = Value::from(proofs.to_vec()).to_string();
    node.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "the verifier fails");
    serde_json::from_slice(&output.stdout).expect("the verifier answers")
}

/// The verifier's folder, with what it is built from.
fn verifier() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../settlement/verifier");
        if !folder.join("node_modules/@noble/hashes").is_dir() {
            let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            let installed = Command::new("npm").args(install).current_dir(&folder).stdout(Stdio::null()).status();
            assert!(installed.expect("npm runs").success(), "the verifier's packages cannot be installed");
        }
        folder
    })
}
