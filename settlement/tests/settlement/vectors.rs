//! Every row of `settlement/vectors`, which a naive program wrote.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use settlement::{
    AccountId, AccountLeaf, Amount, Asset, AttesterKey, Attesters, BATCH_TYPE, Batch, Body, BodyError, Deposit,
    DepositChain, Digest, Domain, Hash, Holding, Node, Proof, ProofError, Signature, StateTree, SumTree, Sums,
    TreeError, data_hash_of,
};

use crate::naive;

#[derive(Deserialize)]
struct TreeRow {
    name: String,
    #[serde(rename = "stateRoot")]
    state_root: String,
    equity: String,
    withdrawn: String,
    assets: Vec<AssetRow>,
}

#[derive(Deserialize)]
struct AssetRow {
    asset: String,
    root: RootRow,
    leaves: Vec<LeafRow>,
}

#[derive(Deserialize)]
struct RootRow {
    hash: String,
    settled: String,
    claimable: String,
    depth: u8,
}

#[derive(Deserialize)]
struct LeafRow {
    account: String,
    asset: String,
    settled: String,
    claimable: String,
}

#[derive(Deserialize)]
struct ProofRow {
    name: String,
    #[serde(rename = "stateRoot")]
    state_root: String,
    leaf: LeafRow,
    proof: PathRow,
    totals: Option<SumsRow>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PathRow {
    index: String,
    path: Vec<SiblingRow>,
    asset_index: String,
    asset_path: Vec<String>,
}

#[derive(Deserialize)]
struct SiblingRow {
    hash: String,
    settled: String,
    claimable: String,
}

#[derive(Deserialize)]
struct SumsRow {
    settled: String,
    claimable: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyRow {
    name: String,
    body: String,
    data_hash: Option<String>,
    state_root: Option<String>,
    equity: Option<String>,
    withdrawn: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct DepositRow {
    index: u64,
    account: String,
    received: String,
    hash: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchesFile {
    domain: DomainRow,
    batch_type: String,
    batch_type_hash: String,
    attesters: Vec<AttesterRow>,
    batches: Vec<SignedRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DomainRow {
    chain_id: String,
    verifying_contract: String,
    separator: String,
}

#[derive(Deserialize)]
struct AttesterRow {
    address: String,
    key: String,
}

#[derive(Deserialize)]
struct SignedRow {
    batch: BatchRow,
    digest: String,
    signatures: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchRow {
    number: String,
    prev_digest: String,
    first_seq: String,
    last_seq: String,
    epoch: String,
    journal_head: String,
    deposits_done: String,
    deposits_hash: String,
    state_root: String,
    data_hash: String,
    equity: String,
    withdrawn: String,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn hash(text: &str) -> Hash {
    text.parse().unwrap()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    Amount(text.parse().unwrap())
}

fn sums(settled: &str, claimable: &str) -> Sums {
    Sums { settled: amount(settled), claimable: amount(claimable) }
}

/// Assets are numbers of 256 bits, which no integer here holds.
fn asset(decimal: &str) -> Asset {
    let mut bytes = [0u8; 32];
    for digit in decimal.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            carry += u16::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(carry, 0, "{decimal}");
    }
    Asset(bytes)
}

fn bytes(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn leaf(row: &LeafRow) -> AccountLeaf {
    let account: AccountId = row.account.parse().unwrap();
    AccountLeaf { account, asset: asset(&row.asset), sums: sums(&row.settled, &row.claimable) }
}

fn holdings(leaves: &[LeafRow]) -> Vec<Holding> {
    leaves.iter().map(leaf).map(|AccountLeaf { account, sums, .. }| Holding { account, sums }).collect()
}

fn state(row: &TreeRow) -> StateTree {
    let trees = row.assets.iter().map(|row| SumTree::build(asset(&row.asset), holdings(&row.leaves)).unwrap());
    StateTree::build(trees.collect()).unwrap()
}

/// `None` if an index is beyond what the type holds: then there is no such proof here.
fn proof(row: &PathRow) -> Option<Proof> {
    let node = |row: &SiblingRow| Node { hash: hash(&row.hash), sums: sums(&row.settled, &row.claimable) };
    Some(Proof {
        index: row.index.parse().ok()?,
        path: row.path.iter().map(node).collect(),
        asset_index: row.asset_index.parse().ok()?,
        asset_path: row.asset_path.iter().map(|text| hash(text)).collect(),
    })
}

#[test]
fn trees_have_the_roots_and_sums_of_the_vectors() {
    let rows: Vec<TreeRow> = read("trees.json");
    assert!(rows.len() >= 9);
    for row in rows {
        let state = state(&row);
        assert_eq!(state.root(), hash(&row.state_root), "{}", row.name);
        assert_eq!(state.totals(&Asset::USD), sums(&row.equity, &row.withdrawn), "{}", row.name);
        for (tree, asset) in state.trees().iter().zip(&row.assets) {
            let (root, wanted) = (tree.root(), &asset.root);
            assert_eq!(root.depth, wanted.depth, "{}", row.name);
            assert_eq!(root.node.hash, hash(&wanted.hash), "{}", row.name);
            assert_eq!(root.node.sums, sums(&wanted.settled, &wanted.claimable), "{}", row.name);
            assert_eq!(naive::sum_root(tree.asset(), tree.holdings()), root.node, "{}, by the twin", row.name);
        }
    }
}

#[test]
fn proofs_are_made_and_verified_as_in_the_vectors() {
    let trees: Vec<TreeRow> = read("trees.json");
    let states: Vec<StateTree> = trees.iter().map(state).collect();
    let rows: Vec<ProofRow> = read("proofs.json");
    assert!(rows.len() >= 40);
    for row in rows {
        let (leaf, proof, root) = (leaf(&row.leaf), proof(&row.proof).unwrap(), hash(&row.state_root));
        let totals = row.totals.map(|totals| sums(&totals.settled, &totals.claimable)).unwrap();
        assert_eq!(proof.verify(&leaf, &root), Ok(totals), "{}", row.name);
        let state = states.iter().find(|state| state.root() == root).unwrap();
        assert_eq!(state.prove(&leaf.asset, &leaf.account), Some((leaf, proof)), "{}", row.name);
    }
}

#[test]
fn forged_proofs_are_refused_by_the_rule_of_the_vectors() {
    let rows: Vec<ProofRow> = read("refused_proofs.json");
    assert!(rows.len() >= 30);
    for row in rows {
        let found = proof(&row.proof).map_or("index_out_of_range", |proof| {
            match proof.verify(&leaf(&row.leaf), &hash(&row.state_root)) {
                Ok(_) => "accepted",
                Err(ProofError::PathTooLong { .. }) => "path_too_long",
                Err(ProofError::IndexOutOfRange { .. }) => "index_out_of_range",
                Err(ProofError::AssetPathTooLong { .. }) => "asset_path_too_long",
                Err(ProofError::AssetIndexOutOfRange { .. }) => "asset_index_out_of_range",
                Err(ProofError::SumOverflow { .. }) => "sum_overflow",
                Err(ProofError::WrongRoot { .. }) => "wrong_root",
                Err(_) => "another error",
            }
        });
        assert_eq!(Some(found), row.error.as_deref(), "{}", row.name);
    }
}

#[test]
fn bodies_are_the_bytes_of_the_vectors() {
    let rows: Vec<BodyRow> = read("bodies.json");
    assert!(rows.len() >= 4);
    for row in rows {
        let published = bytes(&row.body);
        let body = Body::decode(&published).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        assert_eq!(body.encode(), published, "{}", row.name);
        assert_eq!(Some(body.data_hash().to_string()), row.data_hash, "{}", row.name);
        assert_eq!(body.data_hash(), data_hash_of(&published), "{}", row.name);
        assert_eq!(Some(body.state().root().to_string()), row.state_root, "{}", row.name);
        let totals = body.state().totals(&Asset::USD);
        assert_eq!(Some(totals.settled.to_string()), row.equity, "{}", row.name);
        assert_eq!(Some(totals.claimable.to_string()), row.withdrawn, "{}", row.name);
    }
}

#[test]
fn bytes_that_are_no_body_are_refused_by_the_rule_of_the_vectors() {
    let rows: Vec<BodyRow> = read("refused_bodies.json");
    assert!(rows.len() >= 22);
    for row in rows {
        let found = match Body::decode(&bytes(&row.body)) {
            Ok(_) => "accepted",
            Err(BodyError::Truncated { .. }) => "truncated",
            Err(BodyError::UnknownForm { .. }) => "unknown_form",
            Err(BodyError::TrailingBytes { .. }) => "trailing_bytes",
            Err(BodyError::Tree(TreeError::NoLeaves { .. })) => "no_leaves",
            Err(BodyError::Tree(TreeError::TooManyLeaves { .. })) => "too_many_leaves",
            Err(BodyError::Tree(TreeError::AccountOrder { .. })) => "account_order",
            Err(BodyError::Tree(TreeError::SumOverflow { .. })) => "sum_overflow",
            Err(BodyError::Tree(TreeError::TooManyAssets { .. })) => "too_many_assets",
            Err(BodyError::Tree(TreeError::AssetOrder { .. })) => "asset_order",
            Err(BodyError::TooManyMarkets { .. }) => "too_many_markets",
            Err(BodyError::MarketOrder { .. }) => "market_order",
            Err(BodyError::MarketSymbol { .. }) => "market_symbol",
            Err(BodyError::Unbalanced { .. }) => "unbalanced",
            Err(_) => "another error",
        };
        assert_eq!(Some(found), row.error.as_deref(), "{}", row.name);
    }
}

/// The example of the page is worked out again from its three accounts.
#[test]
fn the_page_shows_the_hashes_of_its_example() {
    let rows: Vec<TreeRow> = read("trees.json");
    let state = state(rows.iter().find(|row| row.name == "three_accounts").unwrap());
    let tree = &state.trees()[0];
    let leaves = (0..3).map(|index| tree.leaf(index).unwrap().node().hash.to_string());
    // The node over the first two accounts is on the path of the third, and the other way round.
    let nodes = [2, 0].map(|index| tree.path(index).unwrap()[1].hash.to_string());
    let batches: BatchesFile = read("batches.json");
    let digest =
        batches.batches.into_iter().find(|row| row.batch.state_root == state.root().to_string()).unwrap().digest;
    let above = [tree.root().node.hash.to_string(), state.root().to_string(), batches.domain.separator, digest];
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settlement-batches.md");
    let page = fs::read_to_string(page).unwrap();
    for hash in leaves.chain(nodes).chain(above) {
        assert!(page.contains(&hash), "{hash} is not on the page");
    }
    assert!(page.contains(BATCH_TYPE));
}

#[test]
fn deposits_roll_as_in_the_vectors() {
    let rows: Vec<DepositRow> = read("deposits.json");
    let mut chain = DepositChain::default();
    for row in &rows {
        chain.push(&Deposit { account: row.account.parse().unwrap(), received: amount(&row.received) }).unwrap();
        assert_eq!((chain.done(), chain.hash()), (row.index, hash(&row.hash)));
        assert_eq!(DepositChain::resume(chain.done(), chain.hash()), chain);
    }
    assert!(chain.done() >= 5);
}

#[test]
fn batches_have_the_digests_and_signatures_of_the_vectors() {
    let file: BatchesFile = read("batches.json");
    let chain_id = number(&file.domain.chain_id);
    let domain = Domain { chain_id, verifying_contract: file.domain.verifying_contract.parse().unwrap() };
    assert_eq!(domain.separator(), hash(&file.domain.separator));
    assert_eq!((BATCH_TYPE, data_hash_of(BATCH_TYPE.as_bytes())), (&*file.batch_type, hash(&file.batch_type_hash)));

    let key = |row: &AttesterRow| AttesterKey::new(&hash(&row.key).0).unwrap();
    let keys: Vec<AttesterKey> = file.attesters.iter().map(key).collect();
    let named: Vec<String> = file.attesters.iter().map(|row| row.address.clone()).collect();
    assert_eq!(keys.iter().map(|key| key.address().to_string()).collect::<Vec<_>>(), named);
    let attesters = Attesters::new(keys.iter().map(AttesterKey::address).collect(), 2).unwrap();

    let mut previous: Option<(Batch, Digest)> = None;
    for row in &file.batches {
        let batch = batch(&row.batch);
        let digest = batch.digest(&domain);
        assert_eq!(digest.to_string(), row.digest, "batch {}", batch.number);
        batch.check_follows(previous.as_ref().map(|(batch, digest)| (batch, *digest))).unwrap();
        let signatures: Vec<Signature> = row.signatures.iter().map(|text| text.parse().unwrap()).collect();
        attesters.verify(&digest, &signatures).unwrap();
        assert_eq!(keys.iter().map(|key| key.sign(&digest)).collect::<Vec<_>>(), signatures);
        previous = Some((batch, digest));
    }
    assert!(file.batches.len() >= 3);
}

fn batch(row: &BatchRow) -> Batch {
    Batch {
        number: number(&row.number),
        prev_digest: row.prev_digest.parse().unwrap(),
        first_seq: number(&row.first_seq),
        last_seq: number(&row.last_seq),
        epoch: number(&row.epoch),
        journal_head: hash(&row.journal_head),
        deposits_done: number(&row.deposits_done),
        deposits_hash: hash(&row.deposits_hash),
        state_root: hash(&row.state_root),
        data_hash: hash(&row.data_hash),
        equity: amount(&row.equity),
        withdrawn: amount(&row.withdrawn),
    }
}
