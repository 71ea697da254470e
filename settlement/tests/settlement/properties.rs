//! What holds for any accounts: every leaf proves, nothing altered does, sums add up, and bytes are read in one way.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;
use settlement::{
    AccountId, AccountLeaf, Amount, Asset, Body, Hash, Holding, MarketTotals, Node, Proof, StateTree, SumTree, Sums,
};

use crate::naive;

/// Half of the accounts have ids of one byte repeated; amounts reach what 500 of them can have in sum.
fn holdings(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Holding>> {
    let account = prop_oneof![any::<[u8; 32]>(), any::<u8>().prop_map(|id| [id; 32])];
    let amount = || prop_oneof![0..10_u128, 0..u128::MAX / 512].prop_map(Amount);
    btree_map(account, (amount(), amount()), count).prop_map(|rows| {
        let holding = |(account, (settled, claimable))| Holding {
            account: AccountId(account),
            sums: Sums { settled, claimable },
        };
        rows.into_iter().map(holding).collect()
    })
}

fn states() -> impl Strategy<Value = StateTree> {
    vec((any::<u8>(), holdings(1..12)), 0..6).prop_map(|mut assets| {
        assets.sort_by_key(|(asset, _)| *asset);
        assets.dedup_by_key(|(asset, _)| *asset);
        let tree = |(asset, holdings): (u8, _)| SumTree::build(Asset::numbered(asset.into()), holdings).unwrap();
        StateTree::build(assets.into_iter().map(tree).collect()).unwrap()
    })
}

fn bodies() -> impl Strategy<Value = Body> {
    let markets = btree_map("[!-~]{1,64}", any::<u128>(), 0..5)
        .prop_map(|rows| rows.iter().map(|(symbol, lots)| MarketTotals::new(symbol, *lots, *lots).unwrap()).collect());
    (states(), markets).prop_map(|(state, markets)| Body::new(state, markets).unwrap())
}

/// Every leaf of a state with its proof.
fn proofs(state: &StateTree) -> impl Iterator<Item = (AccountLeaf, Proof)> + '_ {
    let places = state.trees().iter().enumerate();
    places.flat_map(move |(place, tree)| {
        (0..tree.holdings().len()).map(move |index| state.prove_at(place, index).unwrap())
    })
}

/// All that a verifier is given but the root, as bytes.
fn flat(leaf: &AccountLeaf, proof: &Proof) -> Vec<u8> {
    let sums = |sums: &Sums| [sums.settled.0.to_be_bytes(), sums.claimable.0.to_be_bytes()].concat();
    let mut bytes = [&leaf.account.0[..], &leaf.asset.0, &sums(&leaf.sums)].concat();
    proof.path.iter().for_each(|node| bytes.extend([&node.hash.0[..], &sums(&node.sums)].concat()));
    proof.asset_path.iter().for_each(|hash| bytes.extend(hash.0));
    bytes.extend(proof.index.to_be_bytes());
    bytes.extend(proof.asset_index.to_be_bytes());
    bytes
}

/// The way back from [`flat`], to paths as long as those of `proof`.
fn unflat(bytes: &[u8], proof: &Proof) -> (AccountLeaf, Proof) {
    let mut left = bytes;
    let hash = |left: &mut &[u8]| Hash(take(left));
    let sums = |left: &mut &[u8]| {
        let mut amount = || Amount(u128::from_be_bytes(take(left)));
        Sums { settled: amount(), claimable: amount() }
    };
    let (account, asset) = (AccountId(take(&mut left)), Asset(take(&mut left)));
    let leaf = AccountLeaf { account, asset, sums: sums(&mut left) };
    let path = proof.path.iter().map(|_| Node { hash: hash(&mut left), sums: sums(&mut left) }).collect();
    let asset_path = proof.asset_path.iter().map(|_| hash(&mut left)).collect();
    let (index, asset_index) = (u64::from_be_bytes(take(&mut left)), u64::from_be_bytes(take(&mut left)));
    (leaf, Proof { index, path, asset_index, asset_path })
}

fn take<const LENGTH: usize>(left: &mut &[u8]) -> [u8; LENGTH] {
    let (taken, rest) = left.split_at(LENGTH);
    *left = rest;
    taken.try_into().unwrap()
}

proptest! {
    #[test]
    fn every_leaf_proves_and_proves_the_sums(state in states()) {
        for (leaf, proof) in proofs(&state) {
            let holdings = state.tree(&leaf.asset).unwrap().holdings();
            let totals = holdings.iter().fold(Sums::default(), |all, holding| all.checked_add(holding.sums).unwrap());
            prop_assert_eq!(proof.verify(&leaf, &state.root()), Ok(totals));
        }
    }

    #[test]
    fn the_twin_comes_to_the_same_roots(state in states(), many in holdings(1..100)) {
        let root = |tree: &SumTree| {
            let width = tree.holdings().len().next_power_of_two();
            (tree.asset(), naive::sum_root(tree.asset(), tree.holdings()), width.trailing_zeros())
        };
        let roots: Vec<_> = state.trees().iter().map(root).collect();
        prop_assert_eq!(naive::state_root(&roots), state.root());
        let tree = SumTree::build(Asset::USD, many).unwrap();
        prop_assert_eq!(root(&tree).1, tree.root().node);
    }

    #[test]
    fn no_altered_bit_is_accepted(state in states(), which in any::<Index>(), bit in any::<Index>()) {
        let all: Vec<_> = proofs(&state).collect();
        prop_assume!(!all.is_empty());
        let (leaf, proof) = which.get(&all);
        let mut bytes = flat(leaf, proof);
        prop_assert_eq!(unflat(&bytes, proof), (*leaf, proof.clone()));
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let (leaf, proof) = unflat(&bytes, proof);
        prop_assert!(proof.verify(&leaf, &state.root()).is_err(), "bit {}", bit);
    }

    #[test]
    fn no_proof_serves_another_leaf(state in states()) {
        let all: Vec<_> = proofs(&state).collect();
        let others = all.iter().skip(1).chain(all.first());
        for ((leaf, _), (other, proof)) in all.iter().zip(others).filter(|((leaf, _), (other, _))| leaf != other) {
            prop_assert!(proof.verify(leaf, &state.root()).is_err(), "{:?} by the proof of {:?}", leaf, other);
        }
    }

    #[test]
    fn a_body_comes_back_from_its_bytes(body in bodies()) {
        let bytes = body.encode();
        prop_assert_eq!(Body::decode(&bytes), Ok(body));
    }

    #[test]
    fn a_body_cut_short_is_refused(body in bodies(), at in any::<Index>()) {
        let bytes = body.encode();
        prop_assert!(Body::decode(&bytes[..at.index(bytes.len())]).is_err());
    }

    /// Whatever is accepted is canonical: it has no other bytes. So no altered byte can leave the hash as it was.
    #[test]
    fn altered_bytes_are_refused_or_another_body(body in bodies(), at in any::<Index>(), to in any::<u8>()) {
        let mut bytes = body.encode();
        let at = at.index(bytes.len());
        let is_same = bytes[at] == to;
        bytes[at] = to;
        if let Ok(read) = Body::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
            prop_assert_eq!(read == body, is_same);
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(noise in vec(any::<u8>(), 0..400), counts in vec(0..4_u32, 0..4)) {
        for start in [&b""[..], b"THB1"] {
            let counts: Vec<u8> = counts.iter().flat_map(|count| count.to_be_bytes()).collect();
            for bytes in [[start, &noise[..]].concat(), [start, &counts, &noise].concat()] {
                if let Ok(body) = Body::decode(&bytes) {
                    prop_assert_eq!(body.encode(), bytes);
                }
            }
        }
    }
}

/// Enough leaves for several threads, and numbers around powers of two.
#[test]
fn trees_of_every_shape_are_those_of_the_twin() {
    let counts = (1..=17).chain([31, 32, 33, 4096, 8193]);
    for count in counts {
        let holding = |id: u32| {
            let mut account = [0; 32];
            account[..4].copy_from_slice(&id.to_be_bytes());
            let sums = Sums { settled: Amount(u128::from(id) * 3), claimable: Amount(u128::from(id % 7)) };
            Holding { account: AccountId(account), sums }
        };
        let tree = SumTree::build(Asset::USD, (0..count).map(holding).collect()).unwrap();
        assert_eq!(tree.root().node, naive::sum_root(Asset::USD, tree.holdings()), "{count} leaves");
        let state = StateTree::build(vec![tree]).unwrap();
        for index in [0, count / 2, count - 1] {
            let (leaf, proof) = state.prove(&Asset::USD, &holding(index).account).unwrap();
            assert_eq!(proof.verify(&leaf, &state.root()), Ok(state.totals(&Asset::USD)), "leaf {index} of {count}");
        }
    }
}

#[test]
fn who_is_not_there_has_no_proof() {
    let state = StateTree::build(Vec::new()).unwrap();
    assert_eq!(state.root(), Hash::default());
    assert_eq!(state.prove(&Asset::USD, &AccountId([1; 32])), None);
    let tree =
        SumTree::build(Asset::USD, vec![Holding { account: AccountId([2; 32]), sums: Sums::default() }]).unwrap();
    let state = StateTree::build(vec![tree]).unwrap();
    assert_eq!(state.prove(&Asset::USD, &AccountId([1; 32])), None);
    assert_eq!(state.prove_at(0, 1), None);
    assert_eq!(state.prove_at(1, 0), None);
}
