//! A proof shows one account that it is counted, from nothing but its leaf and the state root of a batch.

use crate::amount::Sums;
use crate::bytes::Hash;
use crate::error::ProofError;
use crate::keccak::hash_words;
use crate::limits::{ASSET_DEPTH_MAX, DEPTH_MAX};
use crate::sum_tree::{AccountLeaf, AssetRoot, Node};

/// The way from a leaf to the state root: what lies beside each node on it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proof {
    /// The place of the leaf. Bit 0 says on which side it lies, the next bit the same of its parent, and so on: 1 is right.
    pub index: u64,
    /// Siblings in the sum tree, lowest first: as many as the tree is deep.
    pub path: Vec<Node>,
    /// The place of the asset, read as `index`.
    pub asset_index: u64,
    /// Siblings in the tree of assets, lowest first.
    pub asset_path: Vec<Hash>,
}

impl Proof {
    /// Whether `leaf` is counted under this state root; if so, what all accounts have of its asset, which is part of what
    /// was proved. An account that trusts nobody compares it with the batch.
    ///
    /// # Errors
    /// The first that applies, in the order of [`ProofError`]. All verifiers of this format refuse in this order.
    pub fn verify(&self, leaf: &AccountLeaf, state_root: &Hash) -> Result<Sums, ProofError> {
        self.check_shape()?;
        let mut node = leaf.node();
        for (height, sibling) in self.path.iter().enumerate() {
            let (left, right) = if is_right(self.index, height) { (sibling, &node) } else { (&node, sibling) };
            let sums = left.sums.checked_add(right.sums).ok_or(ProofError::SumOverflow { height })?;
            node = Node { hash: Node::parent_hash(left, right), sums };
        }
        #[expect(clippy::cast_possible_truncation, reason = "the path was checked to be at most DEPTH_MAX long")]
        let depth = self.path.len() as u8;
        let mut hash = AssetRoot { asset: leaf.asset, node, depth }.hash();
        for (height, sibling) in self.asset_path.iter().enumerate() {
            let (left, right) = if is_right(self.asset_index, height) { (*sibling, hash) } else { (hash, *sibling) };
            hash = hash_assets(left, right);
        }
        if hash == *state_root {
            Ok(node.sums)
        } else {
            Err(ProofError::WrongRoot { found: hash, wanted: *state_root })
        }
    }

    fn check_shape(&self) -> Result<(), ProofError> {
        let (depth, asset_depth) = (self.path.len(), self.asset_path.len());
        if depth > DEPTH_MAX {
            return Err(ProofError::PathTooLong { depth });
        }
        if self.index >> depth != 0 {
            return Err(ProofError::IndexOutOfRange { index: self.index, depth });
        }
        if asset_depth > ASSET_DEPTH_MAX {
            return Err(ProofError::AssetPathTooLong { depth: asset_depth });
        }
        if self.asset_index >> asset_depth != 0 {
            return Err(ProofError::AssetIndexOutOfRange { index: self.asset_index, depth: asset_depth });
        }
        Ok(())
    }
}

/// The node above two in the tree of assets, which sums nothing: assets do not add up.
pub(crate) fn hash_assets(left: Hash, right: Hash) -> Hash {
    hash_words(&[left.0, right.0])
}

fn is_right(index: u64, height: usize) -> bool {
    index >> height & 1 == 1
}
