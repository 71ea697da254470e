//! From the chain to the ledger and back, with every account's proof in between.

use api::client::Client;
use engine::units::{Day, Timestamp};
use serde_json::{Value, json};

use super::scene::{
    TOKEN, VAULT, attach, body, cut, domain, link, open, proof, pseudonym, published, verified_in_javascript, withdraw,
};
use crate::harness::{self, Process, key};
use crate::margin::OCTOBER;
use crate::market::{self, operator, order_in, place, refusal};
use crate::request::now_ms;

const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

fn number(value: &Value) -> u128 {
    value.as_str().expect("decimal text").parse().expect("a whole number")
}

/// Micro-USD of the leaf that a proof shows: settled and claimable.
fn leaf(proof: &Value) -> (u128, u128) {
    (number(&proof["leaf"]["settled"]), number(&proof["leaf"]["claimable"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_from_the_chain_is_proved_and_goes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, url) = Process::venue(folder.path());
    let (mut watcher, [long, short]) = open(&url).await;
    place(&long, &order_in(OCTOBER, "buy", "buy", 4, "3.000")).await;
    place(&short, &order_in(OCTOBER, "sell", "sell", 4, "3.000")).await;
    // Yesterday is settled between bid and offer: 3.050, so that 4 lots of 744 hours move 148.80.
    place(&long, &order_in(OCTOBER, "bid", "buy", 1, "3.000")).await;
    place(&short, &order_in(OCTOBER, "offer", "sell", 1, "3.100")).await;
    settle_yesterday(&url, folder.path());

    let said = cut(&url).await;
    assert_eq!((&said["number"], &said["first_seq"], &said["deposits"]), (&json!(1), &json!(1), &json!(4)));
    let batch = published(&url, 1).await;
    assert_eq!(batch["domain"]["verifyingContract"], VAULT);
    assert_eq!((&batch["batch"]["prevDigest"], &batch["batch"]["lastSeq"]), (&json!(ZERO), &said["last_seq"]));
    // Fees of 0.0005 for the taker and 0.0005 for the maker of 4 × 744 hours each.
    let proofs = [proof(&url, 1, 1).await, proof(&url, 2, 1).await, public_proof(&url, 9, 1).await];
    let fee = 1_488_000;
    let settled = [10_000_000_000 + 148_800_000 - fee, 10_000_000_000 - 148_800_000 - fee, 5_000_000];
    assert_eq!(proofs.each_ref().map(leaf), settled.map(|settled| (settled, 0)));
    assert_eq!(number(&batch["batch"]["equity"]), settled.iter().sum::<u128>());
    let totals = json!({ "settled": settled.iter().sum::<u128>().to_string(), "claimable": "0" });
    assert_eq!(verified_in_javascript(&proofs), vec![totals; 3]);
    assert_eq!(verified_in_javascript(&forged(&proofs[0])), ["wrong_root", "wrong_root", "index_out_of_range"]);

    // Promised by the next batch, for good.
    assert_eq!(refusal(withdraw(&url, 1, (249_000_000, 250_000_000), 1).await), (422, "consent_needed".to_owned()));
    let out = withdraw(&url, 1, (250_000_000, 250_000_000), 1).await.expect("withdrawn");
    assert_eq!((&out["amount"], &out["claimable"]), (&json!("250.000000"), &json!("250.000000")));
    assert_eq!(refusal(withdraw(&url, 1, (1, 1), 1).await), (409, "payment_out_of_sequence".to_owned()));
    watcher.deposit(&url, 2, 7_000_000).await;

    // A restart in between changes nothing.
    process.signal("TERM");
    process.exit_status(harness::PATIENCE).expect("it ends");
    let (mut process, url) = Process::venue(folder.path());
    let said = cut(&url).await;
    assert_eq!(said["number"], 2);
    let second = published(&url, 2).await;
    assert_eq!(second["batch"]["prevDigest"], batch["digest"]);
    assert_eq!(second["batch"]["firstSeq"].as_u64(), batch["batch"]["lastSeq"].as_u64().map(|last| last + 1));
    assert_eq!((&second["batch"]["withdrawn"], &second["batch"]["depositsDone"]), (&json!("250000000"), &json!(5)));
    assert_eq!(leaf(&proof(&url, 1, 2).await), (settled[0] - 250_000_000, 250_000_000));
    assert_eq!(leaf(&proof(&url, 2, 2).await), (settled[1] + 7_000_000, 0));
    assert_eq!(leaf(&proof(&url, 1, 1).await), (settled[0], 0), "an earlier batch stays as it was");
    let reconciled = operator(&url).get("/v1/operator/reconciliation").await.expect("the books are equal");
    assert_eq!(reconciled["chain"]["claimable"], "250.000000", "{reconciled}");
    assert_eq!(reconciled["chain"]["deposits"], "20112.000000", "{reconciled}");
    what_is_published_can_be_kept(&url).await;
    command_line(&url, folder.path(), &batch);
    process.signal("TERM");
    process.exit_status(harness::PATIENCE).expect("it ends");
}

async fn public_proof(url: &str, account: u8, number: u64) -> Value {
    let path = format!("/v1/batches/{number}/proof/{}", pseudonym(account));
    Client::anonymous(url).get(&path).await.expect("a proof")
}

/// More than there is, a sibling with less, and a place beside the tree.
fn forged(proof: &Value) -> Vec<Value> {
    let change = |pointer: &str, value: &str| {
        let mut forged = proof.clone();
        *forged.pointer_mut(pointer).expect("it is there") = json!(value);
        forged
    };
    vec![change("/leaf/settled", "10147312001"), change("/proof/path/0/settled", "0"), change("/proof/index", "4")]
}

fn settle_yesterday(url: &str, folder: &std::path::Path) {
    let yesterday = Day(Timestamp(now_ms() * 1_000).day().0 - 1);
    let path = operator_file(folder);
    let day = api::http::extract::day_text(yesterday);
    let (code, output, complaints) = harness::run(&["settle", "daily", &day, "--key", &path, "--url", url]);
    assert_eq!(code, 0, "{output}\n{complaints}");
}

fn operator_file(folder: &std::path::Path) -> String {
    key_file(folder, "operator.key", &harness::operator_key())
}

fn key_file(folder: &std::path::Path, name: &str, key: &ed25519_dalek::SigningKey) -> String {
    let path = folder.join(name);
    std::fs::write(&path, api::signing::hex(&key.to_bytes())).expect("written");
    path.to_str().expect("plain").to_owned()
}

/// A body never changes, and whoever has it need not fetch it again.
async fn what_is_published_can_be_kept(url: &str) {
    let batch = published(url, 2).await;
    let bytes = body(url, 2).await;
    assert_eq!(settlement::data_hash_of(&bytes).to_string(), batch["batch"]["dataHash"].as_str().expect("a hash"));
    assert_eq!(batch["bytes"], bytes.len());
    let request = |tag: Option<&str>| {
        let request = reqwest::Client::new().get(format!("{url}/v1/batches/2/body"));
        tag.map_or(request.try_clone().expect("no stream"), |tag| request.header("if-none-match", tag)).send()
    };
    let first = request(None).await.expect("answered");
    let header = |name: &str| first.headers()[name].to_str().expect("text").to_owned();
    assert!(header("cache-control").contains("immutable"));
    assert_eq!(header("content-length"), bytes.len().to_string());
    assert_eq!(request(Some(&header("etag"))).await.expect("answered").status(), 304);
    assert_eq!(request(Some("\"other\"")).await.expect("answered").status(), 200);
    let anybody = Client::anonymous(url);
    for (path, wanted) in [
        ("/v1/batches/0", (404, "not_found")),
        ("/v1/batches/3", (404, "not_found")),
        ("/v1/batches/x", (404, "not_found")),
        ("/v1/batches/1/proof/0x12", (400, "invalid_request")),
        (&format!("/v1/batches/1/proof/{ZERO}"), (404, "not_found")),
        ("/v1/batches/1/proof", (401, "authentication_required")),
    ] {
        let (status, code) = refusal(anybody.get(path).await);
        assert_eq!((status, code.as_str()), wanted, "{path}");
    }
    let listed = market::walk(&anybody, "/v1/batches?", 1).await;
    assert_eq!(listed.iter().map(|batch| batch["batch"]["number"].as_u64()).collect::<Vec<_>>(), [Some(2), Some(1)]);
}

fn command_line(url: &str, folder: &std::path::Path, first: &Value) {
    let key = key_file(folder, "1.key", &key(1));
    let digest = first["digest"].as_str().expect("a digest");
    let prove = ["proof", "--batch", "1", "--key", &key, "--url", url, "--digest"];
    let (code, output, complaints) = harness::run(&[&prove[..], &[digest]].concat());
    assert_eq!(code, 0, "{complaints}");
    assert!(output.contains("verified") && output.contains(digest), "{output}");
    let (code, _, complaints) = harness::run(&[&prove[..], &[ZERO]].concat());
    assert!(code == 1 && complaints.contains("not proved"), "{complaints}");
    let json = ["proof", "--batch", "2", "--pseudonym", &pseudonym(9).to_string(), "--url", url, "--json"];
    let (code, output, complaints) = harness::run(&json);
    assert_eq!(code, 0, "{complaints}");
    let shown: Value = serde_json::from_str(&output).expect("JSON");
    assert!(verified_in_javascript(&[shown])[0].is_object());

    let withdraw = ["withdraw-to-chain", "--key", &key, "--url", url, "--amount", "1.5"];
    let (code, output, complaints) = harness::run(&withdraw);
    assert!(code == 0 && output.contains("\"claimable\": \"251.500000\""), "{output}\n{complaints}");

    let kept = folder.join("kept");
    let kept = kept.to_str().expect("plain");
    let journal = folder.to_str().expect("plain");
    let (code, output, complaints) = harness::run(&["audit-chain", "--url", url, "--save", kept, "--journal", journal]);
    assert_eq!(code, 0, "{output}\n{complaints}");
    assert!(output.contains("2 batches, every one right"), "{output}");
    assert_eq!(harness::run(&["audit-chain", "--folder", kept]).0, 0);
    assert_eq!(harness::run(&["audit-chain", "--folder", journal]).0, 3, "there is no batch");
    assert_eq!(harness::run(&["audit-chain", "--url", "http://127.0.0.1:9"]).0, 70);
    let path = folder.join("kept/00000002.body");
    let mut bytes = std::fs::read(&path).expect("a body");
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    std::fs::write(&path, &bytes).expect("written");
    let (code, _, complaints) = harness::run(&["audit-chain", "--folder", kept]);
    assert!(code == 1 && complaints.contains("batch 2: the batch binds data"), "{complaints}");
}

/// The lines that the page tells a reader to type, with the binary in the place of the cargo that would build it.
#[test]
fn the_commands_of_the_page_lead_to_a_proof() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settlement-batches.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, block) = page.split_once("```sh no-run\n").expect("a block");
    let (block, _) = block.split_once("```").expect("it ends");
    let binary = harness::terahour().to_str().expect("plain");
    let script = block.replace("cargo run --quiet -p api --", binary);
    assert!(script.matches(binary).count() >= 8, "{script}");
    let run = std::process::Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().expect("bash runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(
        said.contains("settled       25000000 of 25000000") && said.contains("1 batches, every one right"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_refuses_what_nobody_signed_and_what_is_out_of_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, url) = Process::venue(folder.path());
    let anybody = Client::anonymous(&url);
    assert_eq!(refusal(anybody.get("/v1/chain").await), (404, "no_chain".to_owned()));
    assert_eq!(anybody.get("/v1/batches").await.expect("listed")["items"], json!([]));
    let operator = operator(&url);
    operator.post("/v1/operator/accounts", &json!({ "account": 1 })).await.expect("opened");
    let body = json!({ "account": 1, "public_key": harness::public_hex(&key(1)) });
    operator.post("/v1/operator/keys", &body).await.expect("registered");
    assert_eq!(refusal(link(&url, 1, &key(1)).await), (409, "no_chain".to_owned()));
    let cut_now = json!({});
    assert_eq!(refusal(operator.post("/v1/operator/batches", &cut_now).await), (409, "no_chain".to_owned()));
    attach(&url).await.expect("attached");
    assert_eq!(refusal(attach(&url).await), (409, "chain_attached".to_owned()));
    let chain = anybody.get("/v1/chain").await.expect("a chain");
    assert_eq!((&chain["token"], &chain["domain"]["chainId"]), (&json!(TOKEN), &json!(domain().chain_id)));
    assert_eq!(refusal(market::trader(&url, 1).post("/v1/operator/batches", &cut_now).await).0, 403);

    assert_eq!(refusal(link(&url, 1, &key(2)).await), (422, "consent_needed".to_owned()), "another key signed");
    link(&url, 1, &key(1)).await.expect("linked");
    assert_eq!(refusal(link(&url, 1, &key(1)).await), (409, "pseudonym_taken".to_owned()));
    let account = market::trader(&url, 1).get("/v1/chain/account").await.expect("shown");
    assert_eq!((&account["pseudonym"], &account["exit"]), (&json!(pseudonym(1).to_string()), &Value::Null));

    let posts = [
        (
            "chain/deposits",
            json!({ "index": 2, "pseudonym": ZERO, "units": "5", "hash": ZERO }),
            (409, "chain_out_of_sequence"),
        ),
        (
            "chain/deposits",
            json!({ "index": 1, "pseudonym": ZERO, "units": "-5", "hash": ZERO }),
            (400, "invalid_request"),
        ),
        (
            "chain/deposits",
            json!({ "index": 1, "pseudonym": "0x1", "units": "5", "hash": ZERO }),
            (400, "invalid_request"),
        ),
        ("chain/imports", json!({ "index": 1, "pseudonym": ZERO, "asset": 7, "units": "5" }), (404, "unknown_asset")),
        ("chain/exits", json!({ "number": 2, "pseudonym": ZERO, "target_units": "5" }), (409, "chain_out_of_sequence")),
        ("chain/confirmations", json!({ "number": 1 }), (409, "chain_out_of_sequence")),
        ("chain/freeze", json!({ "pinned": 1 }), (409, "chain_out_of_sequence")),
        ("batches", json!({ "number": 2 }), (409, "chain_out_of_sequence")),
        ("deposits", json!({ "account": 1, "amount": "5", "reference": 1 }), (422, "through_the_chain")),
    ];
    for (path, body, wanted) in posts {
        let (status, code) = refusal(operator.post(&format!("/v1/operator/{path}"), &body).await);
        assert_eq!((status, code.as_str()), wanted, "{path} {body}");
    }
    let first = operator.post("/v1/operator/batches", &json!({ "number": 1 })).await.expect("cut");
    assert_eq!(first["number"], 1);
    let again = operator.post("/v1/operator/batches", &json!({ "number": 1 })).await;
    assert_eq!(refusal(again), (409, "batch_cut".to_owned()), "a retry learns of it");
    published(&url, 1).await;
    operator.post("/v1/operator/chain/confirmations", &json!({ "number": 1 })).await.expect("confirmed");
    assert_eq!(published(&url, 1).await["confirmed"], true);
    let exit = json!({ "number": 1, "pseudonym": pseudonym(1).to_string(), "target_units": "0" });
    operator.post("/v1/operator/chain/exits", &exit).await.expect("received");
    operator.post("/v1/operator/chain/freeze", &json!({ "pinned": 1 })).await.expect("recorded");
    assert_eq!(refusal(operator.post("/v1/operator/batches", &cut_now).await), (409, "chain_frozen".to_owned()));
    let chain = anybody.get("/v1/chain").await.expect("a chain");
    let shown = ["frozen", "exits", "batches_cut", "batches_confirmed"].map(|name| chain[name].as_u64());
    assert_eq!(shown, [Some(1); 4]);
}
