//! Batches and bodies in their order: what may follow what, and what a batch binds.

use settlement::{
    AccountId, Amount, Asset, Batch, BatchError, Body, Cut, Deposit, DepositChain, DepositError, Digest, FollowError,
    Hash, Holding, StateTree, SumTree, Sums, limits,
};

const SHARE: Asset = Asset::numbered(2);

/// Rows of account, settled and claimable.
fn tree(asset: Asset, rows: &[(u8, u128, u128)]) -> SumTree {
    let holding = |&(id, settled, claimable): &(u8, u128, u128)| {
        let sums = Sums { settled: Amount(settled), claimable: Amount(claimable) };
        Holding { account: AccountId([id; 32]), sums }
    };
    SumTree::build(asset, rows.iter().map(holding).collect()).unwrap()
}

fn body(dollars: &[(u8, u128, u128)], shares: &[(u8, u128, u128)]) -> Body {
    let assets = [(Asset::USD, dollars), (SHARE, shares)];
    let trees = assets.iter().filter(|(_, rows)| !rows.is_empty()).map(|(asset, rows)| tree(*asset, rows)).collect();
    Body::new(StateTree::build(trees).unwrap(), Vec::new()).unwrap()
}

fn first() -> Batch {
    let cut = Cut {
        number: 1,
        prev_digest: Digest::default(),
        first_seq: 1,
        last_seq: 10,
        epoch: 3,
        journal_head: Hash([9; 32]),
        deposits: DepositChain::resume(2, Hash([1; 32])),
    };
    Batch::new(&cut, &body(&[(1, 100, 20), (2, 50, 5)], &[]))
}

#[test]
fn a_batch_follows_the_one_before() {
    let (before, digest) = (first(), Digest([5; 32]));
    let good = Batch { number: 2, prev_digest: digest, first_seq: 11, last_seq: 11, ..before };
    let other = Digest([6; 32]);
    let rows = [
        ("as it should be", good, Ok(())),
        ("the same number", Batch { number: 1, ..good }, Err(BatchError::Number { number: 1, wanted: 2 })),
        ("a gap", Batch { number: 3, ..good }, Err(BatchError::Number { number: 3, wanted: 2 })),
        (
            "another chain",
            Batch { prev_digest: other, ..good },
            Err(BatchError::PrevDigest { given: other, wanted: digest }),
        ),
        ("a command twice", Batch { first_seq: 10, ..good }, Err(BatchError::FirstSeq { first_seq: 10, wanted: 11 })),
        (
            "a command left out",
            Batch { first_seq: 12, ..good },
            Err(BatchError::FirstSeq { first_seq: 12, wanted: 11 }),
        ),
        ("no command", Batch { last_seq: 10, ..good }, Err(BatchError::LastSeq { last_seq: 10, first_seq: 11 })),
        ("an earlier epoch", Batch { epoch: 2, ..good }, Err(BatchError::EpochFell { epoch: 2, before: 3 })),
        ("fewer deposits", Batch { deposits_done: 1, ..good }, Err(BatchError::DepositsFell { done: 1, before: 2 })),
        (
            "other deposits",
            Batch { deposits_hash: Hash([2; 32]), ..good },
            Err(BatchError::DepositsHash { done: 2, given: Hash([2; 32]), wanted: Hash([1; 32]) }),
        ),
        ("more deposits", Batch { deposits_done: 3, deposits_hash: Hash([2; 32]), ..good }, Ok(())),
        (
            "fewer withdrawals",
            Batch { withdrawn: Amount(24), ..good },
            Err(BatchError::WithdrawnFell { withdrawn: Amount(24), before: Amount(25) }),
        ),
    ];
    for (name, batch, wanted) in rows {
        assert_eq!(batch.check_follows(Some((&before, digest))), wanted, "{name}");
    }
}

#[test]
fn nothing_comes_before_the_first_nor_behind_the_last() {
    let good = first();
    assert_eq!(good.check_follows(None), Ok(()));
    let second = Batch { number: 2, ..good };
    assert_eq!(second.check_follows(None), Err(BatchError::Number { number: 2, wanted: 1 }));
    let later = Batch { first_seq: 2, ..good };
    assert_eq!(later.check_follows(None), Err(BatchError::FirstSeq { first_seq: 2, wanted: 1 }));

    let digest = Digest([5; 32]);
    let last = Batch { last_seq: u64::MAX, ..good };
    let behind = Batch { number: 2, prev_digest: digest, first_seq: 0, ..good };
    assert_eq!(behind.check_follows(Some((&last, digest))), Err(BatchError::FirstSeq { first_seq: 0, wanted: 0 }));
    let last = Batch { number: u64::MAX, ..good };
    let behind = Batch { number: 0, ..behind };
    assert_eq!(behind.check_follows(Some((&last, digest))), Err(BatchError::Number { number: 0, wanted: 0 }));
}

#[test]
fn a_batch_binds_its_body() {
    let (good, other) = (first(), Hash([1; 32]));
    let of = body(&[(1, 100, 20), (2, 50, 5)], &[]);
    let rows = [
        ("as it was cut", good, Ok(())),
        (
            "other data",
            Batch { data_hash: other, ..good },
            Err(BatchError::DataHash { given: other, found: good.data_hash }),
        ),
        (
            "another root",
            Batch { state_root: other, ..good },
            Err(BatchError::StateRoot { given: other, found: good.state_root }),
        ),
        (
            "understated",
            Batch { equity: Amount(149), ..good },
            Err(BatchError::Equity { given: Amount(149), found: Amount(150) }),
        ),
        (
            "overpromised",
            Batch { withdrawn: Amount(26), ..good },
            Err(BatchError::Withdrawn { given: Amount(26), found: Amount(25) }),
        ),
    ];
    for (name, batch, wanted) in rows {
        assert_eq!(batch.check_body(&of), wanted, "{name}");
    }
}

#[test]
fn claims_never_fall_nor_disappear() {
    let before = body(&[(1, 9, 20), (3, 9, 0), (5, 9, 7)], &[(4, 1, 3)]);
    let (five, four) = (AccountId([5; 32]), AccountId([4; 32]));
    let fell = FollowError::ClaimFell { asset: Asset::USD, account: five, before: Amount(7), now: Amount(6) };
    let missing = FollowError::ClaimMissing { asset: Asset::USD, account: five, before: Amount(7) };
    let gone = FollowError::ClaimMissing { asset: SHARE, account: four, before: Amount(3) };
    type Rows<'a> = &'a [(u8, u128, u128)];
    let rows: [(&str, Rows<'_>, Rows<'_>, Result<(), FollowError>); 7] = [
        ("the same", &[(1, 9, 20), (3, 9, 0), (5, 9, 7)], &[(4, 1, 3)], Ok(())),
        ("more, and others between", &[(0, 1, 1), (1, 0, 21), (2, 1, 1), (5, 0, 8), (6, 1, 1)], &[(4, 0, 3)], Ok(())),
        ("who never claimed may leave", &[(1, 0, 20), (5, 0, 7)], &[(4, 0, 3)], Ok(())),
        ("a claim falls", &[(1, 9, 20), (5, 9, 6)], &[(4, 1, 3)], Err(fell)),
        ("an account is missing", &[(1, 9, 20), (6, 9, 7)], &[(4, 1, 3)], Err(missing)),
        ("an asset is missing", &[(1, 9, 20), (5, 9, 7)], &[], Err(gone.clone())),
        ("another account has it", &[(1, 9, 20), (5, 9, 7)], &[(3, 1, 3)], Err(gone)),
    ];
    for (name, dollars, shares, wanted) in rows {
        assert_eq!(body(dollars, shares).check_follows(&before), wanted, "{name}");
    }
}

#[test]
fn deposits_end() {
    let mut full = DepositChain::resume(limits::DEPOSITS_MAX, Hash([3; 32]));
    let deposit = Deposit { account: AccountId([1; 32]), received: Amount(1) };
    assert_eq!(full.push(&deposit), Err(DepositError::TooMany { done: limits::DEPOSITS_MAX }));
    assert_eq!(full, DepositChain::resume(limits::DEPOSITS_MAX, Hash([3; 32])));
}
