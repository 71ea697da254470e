//! The state of a batch: the sum trees of all assets under one root.

use crate::amount::Sums;
use crate::bytes::{AccountId, Asset, Hash};
use crate::error::TreeError;
use crate::limits::ASSETS_MAX;
use crate::proof::{Proof, hash_assets};
use crate::sum_tree::{AccountLeaf, SumTree};

/// Every account's holdings in every asset.
///
/// ```
/// use settlement::{AccountId, Amount, Asset, Holding, StateTree, SumTree, Sums};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let has = |id, settled| Holding {
///     account: AccountId([id; 32]),
///     sums: Sums { settled: Amount(settled), claimable: Amount(0) },
/// };
/// let dollars = SumTree::build(Asset::USD, vec![has(1, 2_500_000), has(2, 4_000_000)])?;
/// let credits = SumTree::build(Asset::numbered(2), vec![has(2, 3_600)])?;
/// let state = StateTree::build(vec![dollars, credits])?;
///
/// let (mut leaf, proof) = state.prove(&Asset::USD, &AccountId([1; 32])).ok_or("has dollars")?;
/// let totals = proof.verify(&leaf, &state.root())?;
/// assert_eq!(totals.settled, Amount(6_500_000));
///
/// leaf.sums.settled = Amount(9_000_000);
/// assert!(proof.verify(&leaf, &state.root()).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateTree {
    trees: Vec<SumTree>,
    /// From the assets to the root alone, filled up with zeros at the lowest level; without assets a single zero.
    levels: Vec<Vec<Hash>>,
}

impl StateTree {
    /// Builds the state of these assets, which are in rising order.
    ///
    /// # Errors
    /// [`TreeError::TooManyAssets`], or [`TreeError::AssetOrder`] if one is not above the one before, be it out of order or
    /// there twice.
    pub fn build(trees: Vec<SumTree>) -> Result<Self, TreeError> {
        if trees.len() > ASSETS_MAX {
            return Err(TreeError::TooManyAssets { count: trees.len() });
        }
        if let Some(pair) = trees.windows(2).find(|pair| pair[0].asset() >= pair[1].asset()) {
            return Err(TreeError::AssetOrder { before: pair[0].asset(), asset: pair[1].asset() });
        }
        let mut level: Vec<Hash> = trees.iter().map(|tree| tree.root().hash()).collect();
        level.resize(trees.len().next_power_of_two(), Hash::default());
        let mut levels = vec![level];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let above = below.chunks_exact(2).map(|pair| hash_assets(pair[0], pair[1])).collect();
            levels.push(above);
        }
        Ok(Self { trees, levels })
    }

    /// The state root. Zero if there is no asset, which nothing hashes to.
    pub fn root(&self) -> Hash {
        self.levels[self.levels.len() - 1][0]
    }

    /// The tree of each asset, in rising order of assets.
    pub fn trees(&self) -> &[SumTree] {
        &self.trees
    }

    /// The tree of one asset.
    pub fn tree(&self, asset: &Asset) -> Option<&SumTree> {
        self.trees.get(self.place_of(asset)?)
    }

    /// What all accounts have of an asset; nothing, if it has no tree.
    pub fn totals(&self, asset: &Asset) -> Sums {
        self.tree(asset).map_or_else(Sums::default, |tree| tree.root().node.sums)
    }

    /// The leaf of an account with its proof, if it has one. Hashes nothing: it copies what was built.
    pub fn prove(&self, asset: &Asset, account: &AccountId) -> Option<(AccountLeaf, Proof)> {
        let place = self.place_of(asset)?;
        self.prove_at(place, self.trees[place].index_of(account)?)
    }

    /// The same by places: of the asset among [`StateTree::trees`], of the leaf among [`SumTree::holdings`].
    pub fn prove_at(&self, place: usize, index: usize) -> Option<(AccountLeaf, Proof)> {
        let tree = self.trees.get(place)?;
        let below_root = self.levels[..self.levels.len() - 1].iter().enumerate();
        let asset_path = below_root.map(|(height, level)| level[(place >> height) ^ 1]).collect();
        let (path, leaf) = (tree.path(index)?, tree.leaf(index)?);
        Some((leaf, Proof { index: index as u64, path, asset_index: place as u64, asset_path }))
    }

    fn place_of(&self, asset: &Asset) -> Option<usize> {
        self.trees.binary_search_by(|tree| tree.asset().cmp(asset)).ok()
    }
}
