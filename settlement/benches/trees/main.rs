//! How long a batch takes to build, prove and verify, beside the naive builder in the same run: `cargo xtask bench settlement`.
//! It asserts that both come to the same roots, and never how long they took.
#![expect(clippy::print_stdout, reason = "a command line speaks by printing")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]

#[path = "../../tests/settlement/naive.rs"]
mod naive;

use std::hint::black_box;
use std::time::{Duration, Instant};

use settlement::{
    AccountId, Amount, Asset, AttesterKey, Attesters, Batch, Body, Cut, DepositChain, Digest, Domain, Hash, Holding,
    StateTree, SumTree, Sums,
};

/// Numbers of leaves that trees are measured with.
const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// Rounds of everything in turn, of which the median counts.
const ROUNDS: usize = 3;

/// Proofs of a round, of leaves all over the tree.
const PROOFS: usize = 100_000;

const SEED: u64 = 0x7e4a_0002;

fn main() {
    for size in SIZES {
        measure(size);
    }
    measure_digest();
}

fn measure(size: usize) {
    let holdings = holdings(size);
    let mut random = Random(SEED + 1);
    let leaves: Vec<usize> = (0..PROOFS).map(|_| random.below(size)).collect();
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        let naive = times.add("naive build", 1, || naive::sum_root(Asset::USD, &holdings));
        let given = holdings.clone();
        let tree = times.add("build", 1, || SumTree::build(Asset::USD, given).unwrap());
        assert_eq!(tree.root().node, naive, "both builders come to one root");
        let depth = u32::from(tree.root().depth);
        let state = StateTree::build(vec![tree]).unwrap();
        assert_eq!(state.root(), naive::state_root(&[(Asset::USD, naive, depth)]), "and to one state root");
        times.add("proof by place", PROOFS, || {
            for index in &leaves {
                black_box(state.prove_at(0, *index));
            }
        });
        times.add("proof by account", PROOFS, || {
            for index in &leaves {
                black_box(state.prove(&Asset::USD, &holdings[*index].account));
            }
        });
        let (root, few) = (state.root(), PROOFS / 50);
        let proofs: Vec<_> = leaves[..few].iter().map(|index| state.prove_at(0, *index).unwrap()).collect();
        times.add("verify", few, || proofs.iter().for_each(|(leaf, proof)| assert!(proof.verify(leaf, &root).is_ok())));
        let body = Body::new(state, Vec::new()).unwrap();
        let bytes = times.add("encode body", 1, || body.encode());
        times.add("hash body", 1, || body.data_hash());
        let read = times.add("decode body and build", 1, || Body::decode(&bytes).unwrap());
        assert_eq!(read.state().root(), root);
    }
    times.print(&format!("{size} leaves"), Some("naive build"));
}

fn measure_digest() {
    let body = Body::new(StateTree::build(Vec::new()).unwrap(), Vec::new()).unwrap();
    let (prev_digest, journal_head) = (Digest::default(), Hash([7; 32]));
    let deposits = DepositChain::default();
    let cut = Cut { number: 1, prev_digest, first_seq: 1, last_seq: 9, epoch: 1, journal_head, deposits };
    let (batch, domain) = (Batch::new(&cut, &body), Domain { chain_id: 1, verifying_contract: Default::default() });
    let mut keys: Vec<AttesterKey> = (1..=3).map(|id| AttesterKey::new(&[id; 32]).unwrap()).collect();
    keys.sort_by_key(AttesterKey::address);
    let attesters = Attesters::new(keys.iter().map(AttesterKey::address).collect(), 3).unwrap();
    let digest = batch.digest(&domain);
    let signatures: Vec<_> = keys.iter().map(|key| key.sign(&digest)).collect();
    let (mut times, many) = (Times::default(), 100);
    for _ in 0..ROUNDS {
        times.add("digest", many, || {
            for _ in 0..many {
                black_box(batch.digest(&domain));
            }
        });
        times.add("sign", many, || {
            for _ in 0..many {
                black_box(keys[0].sign(&digest));
            }
        });
        times.add("verify 3 of 3 signatures", many, || {
            (0..many).for_each(|_| attesters.verify(&digest, &signatures).unwrap());
        });
    }
    times.print("a batch", None);
}

/// Accounts in order, each with amounts below 2^40.
fn holdings(count: usize) -> Vec<Holding> {
    let mut random = Random(SEED);
    let mut holdings: Vec<Holding> = (0..count)
        .map(|_| {
            let mut account = [0; 32];
            account.chunks_exact_mut(8).for_each(|part| part.copy_from_slice(&random.next().to_be_bytes()));
            let mut amount = || Amount(u128::from(random.next() >> 24));
            Holding { account: AccountId(account), sums: Sums { settled: amount(), claimable: amount() } }
        })
        .collect();
    holdings.sort_unstable_by_key(|holding| holding.account);
    holdings
}

/// `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// What was measured, in the order of the first round.
#[derive(Default)]
struct Times(Vec<(&'static str, Vec<f64>)>);

impl Times {
    /// Runs `work`, which does something `count` times.
    fn add<T>(&mut self, way: &'static str, count: usize, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = black_box(work());
        let each = nanoseconds(start.elapsed()) / nanoseconds(Duration::from_nanos(count as u64));
        match self.0.iter_mut().find(|(known, _)| *known == way) {
            Some((_, times)) => times.push(each),
            None => self.0.push((way, vec![each])),
        }
        result
    }

    /// One line a way; the ratio is to the way named.
    fn print(&self, size: &str, unit: Option<&str>) {
        let denominator = self.0.iter().find(|(way, _)| Some(*way) == unit).map(|(_, times)| median(times));
        for (way, times) in &self.0 {
            let least = times.iter().copied().fold(f64::MAX, f64::min);
            let median = median(times);
            let ratio = denominator.map_or(String::new(), |whole| format!(",\"ratio\":{:.7}", median / whole));
            println!("{{\"size\":\"{size}\",\"way\":\"{way}\",\"ns\":{median:.1},\"least\":{least:.1}{ratio}}}");
        }
    }
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "a round is far below 2^53 nanoseconds")]
fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}
