//! What no tree and no market can be built of, and how it is said.

use settlement::{
    AccountId, Amount, Asset, Body, BodyError, Holding, MarketTotals, StateTree, SumTree, Sums, TreeError, limits,
};

const LARGEST: u128 = u128::MAX;

fn holding(id: u8, settled: u128, claimable: u128) -> Holding {
    Holding { account: AccountId([id; 32]), sums: Sums { settled: Amount(settled), claimable: Amount(claimable) } }
}

fn tree(asset: u128) -> SumTree {
    SumTree::build(Asset::numbered(asset), vec![holding(1, 1, 1)]).unwrap()
}

#[test]
fn leaves_that_make_no_tree() {
    let (asset, id) = (Asset::USD, |id| AccountId([id; 32]));
    let order = |before, account| TreeError::AccountOrder { asset, before: id(before), account: id(account) };
    let overflow = |account| TreeError::SumOverflow { asset, account: id(account) };
    let rows = [
        ("none", vec![], TreeError::NoLeaves { asset }),
        ("one twice", vec![holding(1, 1, 1), holding(1, 1, 1)], order(1, 1)),
        ("out of order", vec![holding(1, 1, 1), holding(3, 1, 1), holding(2, 1, 1)], order(3, 2)),
        ("settled past the end", vec![holding(1, LARGEST, 0), holding(2, 0, 0), holding(3, 1, 0)], overflow(3)),
        ("claimable past the end", vec![holding(1, 0, 1), holding(2, 0, LARGEST)], overflow(2)),
    ];
    for (name, holdings, wanted) in rows {
        assert_eq!(SumTree::build(asset, holdings).unwrap_err(), wanted, "{name}");
    }
    let full = SumTree::build(asset, vec![holding(1, LARGEST, 0), holding(2, 0, LARGEST)]).unwrap();
    assert_eq!(full.root().node.sums, holding(0, LARGEST, LARGEST).sums);
}

#[test]
fn assets_that_make_no_state() {
    let number = Asset::numbered;
    let rows = [
        ("one twice", vec![tree(1), tree(1)], TreeError::AssetOrder { before: number(1), asset: number(1) }),
        (
            "out of order",
            vec![tree(1), tree(9), tree(8)],
            TreeError::AssetOrder { before: number(9), asset: number(8) },
        ),
        ("too many", vec![tree(1); limits::ASSETS_MAX + 1], TreeError::TooManyAssets { count: limits::ASSETS_MAX + 1 }),
    ];
    for (name, trees, wanted) in rows {
        assert_eq!(StateTree::build(trees).unwrap_err(), wanted, "{name}");
    }
}

#[test]
fn the_most_assets_still_prove() {
    let state = StateTree::build((0..limits::ASSETS_MAX as u128).map(tree).collect()).unwrap();
    let (leaf, proof) = state.prove(&Asset::numbered(40_000), &AccountId([1; 32])).unwrap();
    assert_eq!(proof.asset_path.len(), limits::ASSET_DEPTH_MAX);
    assert_eq!(proof.verify(&leaf, &state.root()), Ok(leaf.sums));
}

#[test]
fn totals_that_make_no_market() {
    let longest = "A".repeat(limits::SYMBOL_BYTES_MAX);
    assert!(MarketTotals::new(&longest, 7, 7).is_ok());
    let symbol = |symbol: &str| BodyError::MarketSymbol { symbol: symbol.to_owned() };
    let rows = [
        ("", 1, 1, symbol("")),
        ("A B", 1, 1, symbol("A B")),
        ("Ä", 1, 1, symbol("Ä")),
        (&format!("{longest}B"), 1, 1, symbol(&longest)),
        ("A", 1, 2, BodyError::Unbalanced { symbol: "A".to_owned(), long: 1, short: 2 }),
    ];
    for (name, long, short, wanted) in rows {
        assert_eq!(MarketTotals::new(name, long, short), Err(wanted), "{name}");
    }
    let market = MarketTotals::new("A", 1, 1).unwrap();
    let (state, before, symbol) = (StateTree::build(Vec::new()).unwrap(), "A".to_owned(), "A".to_owned());
    let twice = Body::new(state, vec![market.clone(), market]);
    assert_eq!(twice, Err(BodyError::MarketOrder { before, symbol }));
}

#[test]
fn errors_name_rule_value_and_hint() {
    let unbalanced = MarketTotals::new("A", 1, 2).unwrap_err().to_string();
    assert_eq!(unbalanced, "market `A` has 1 lots long and 2 short: positions of a market sum to zero");
    let truncated = Body::decode(b"THB").unwrap_err().to_string();
    assert_eq!(truncated, "3 bytes at 0, wanted are 4: the body was cut short");
    let order = StateTree::build(vec![tree(1), tree(1)]).unwrap_err().to_string();
    assert!(order.ends_with("01: sort the assets, each once"), "{order}");
}
