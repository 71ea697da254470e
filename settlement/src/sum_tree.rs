//! The sum tree of one asset: from its root follows how much all accounts have, and to each account its own proof.

use crate::amount::Sums;
use crate::bytes::{AccountId, Asset, Hash, word};
use crate::error::TreeError;
use crate::keccak::{hash_leaf, hash_words};
use crate::limits::{LEAVES_MAX, PARALLEL_HASHES_MIN, THREADS_MAX};

/// What one account has, in a tree that knows the asset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Whose.
    pub account: AccountId,
    /// What it has.
    pub sums: Sums,
}

/// What one account has in one asset: all that a proof is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountLeaf {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: Asset,
    /// What it has.
    pub sums: Sums,
}

impl AccountLeaf {
    /// The lowest node of the account's path.
    pub fn node(&self) -> Node {
        let Sums { settled, claimable } = self.sums;
        let words = [self.account.0, self.asset.0, word(settled.0), word(claimable.0)];
        Node { hash: hash_leaf(&words), sums: self.sums }
    }
}

/// A node of a sum tree. The empty leaf, which fills a tree up to a power of two, is all zeros.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Node {
    /// Of a leaf, or of both children with both their sums.
    pub hash: Hash,
    /// What all accounts below have.
    pub sums: Sums,
}

impl Node {
    /// The hash of the node above. It covers the sums of each child: a hash of their total would let two children be shown
    /// with other sums each (Hu, Zhang, Guo, *Breaking the binding*, 2019).
    pub(crate) fn parent_hash(left: &Self, right: &Self) -> Hash {
        hash_words(&[
            word(left.sums.settled.0),
            word(left.sums.claimable.0),
            word(right.sums.settled.0),
            word(right.sums.claimable.0),
            left.hash.0,
            right.hash.0,
        ])
    }

    /// The node above two whose total is known to fit.
    fn parent(left: &Self, right: &Self) -> Self {
        Self { hash: Self::parent_hash(left, right), sums: left.sums.add(right.sums) }
    }
}

/// What the tree of assets knows of one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssetRoot {
    /// Of what.
    pub asset: Asset,
    /// The root of its sum tree.
    pub node: Node,
    /// How many levels lie below it.
    pub depth: u8,
}

impl AssetRoot {
    /// The leaf of the tree of assets. With the depth in it, a proof cannot be longer or shorter than the tree is deep.
    pub(crate) fn hash(&self) -> Hash {
        let Node { hash, sums } = self.node;
        hash_leaf(&[self.asset.0, hash.0, word(sums.settled.0), word(sums.claimable.0), word(u128::from(self.depth))])
    }
}

/// All accounts of one asset under one root.
///
/// ```
/// use settlement::{AccountId, Amount, Asset, Holding, SumTree, Sums};
///
/// # fn main() -> Result<(), settlement::TreeError> {
/// let has = |id, settled| Holding {
///     account: AccountId([id; 32]),
///     sums: Sums { settled: Amount(settled), claimable: Amount(0) },
/// };
/// let tree = SumTree::build(Asset::USD, vec![has(1, 2_500_000), has(2, 4_000_000), has(3, 1)])?;
/// assert_eq!(tree.root().node.sums.settled, Amount(6_500_001));
/// assert_eq!(tree.root().depth, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SumTree {
    asset: Asset,
    holdings: Vec<Holding>,
    /// From the leaves to the root alone. What only empty leaves lie below is not kept.
    levels: Vec<Vec<Node>>,
    /// The node that has only empty leaves below it, at each height.
    empty: Vec<Node>,
}

impl SumTree {
    /// Builds the tree of these holdings, which are in rising order of their accounts.
    ///
    /// # Errors
    /// [`TreeError::NoLeaves`], [`TreeError::TooManyLeaves`], [`TreeError::AccountOrder`] if an account is not above the
    /// one before, be it out of order or there twice, [`TreeError::SumOverflow`].
    pub fn build(asset: Asset, holdings: Vec<Holding>) -> Result<Self, TreeError> {
        check(asset, &holdings)?;
        // The total fits, and nothing is negative: so the sums of every node fit.
        let leaves = filled(holdings.len(), |at| leaf(asset, &holdings[at]).node());
        let mut levels = vec![leaves];
        let mut empty = vec![Node::default()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let beside = empty[empty.len() - 1];
            let above = filled(below.len().div_ceil(2), |at| {
                Node::parent(&below[2 * at], below.get(2 * at + 1).unwrap_or(&beside))
            });
            empty.push(Node::parent(&beside, &beside));
            levels.push(above);
        }
        Ok(Self { asset, holdings, levels, empty })
    }

    /// Of what.
    pub fn asset(&self) -> Asset {
        self.asset
    }

    /// What each account has, in rising order of accounts.
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// The root with its sums: what all accounts have together.
    pub fn root(&self) -> AssetRoot {
        let node = self.levels[self.levels.len() - 1][0];
        AssetRoot { asset: self.asset, node, depth: self.depth() }
    }

    /// The place of an account, if it has a leaf. Takes the logarithm of the number of leaves.
    pub fn index_of(&self, account: &AccountId) -> Option<usize> {
        self.holdings.binary_search_by(|holding| holding.account.cmp(account)).ok()
    }

    /// The leaf at a place.
    pub fn leaf(&self, index: usize) -> Option<AccountLeaf> {
        self.holdings.get(index).map(|holding| leaf(self.asset, holding))
    }

    /// The siblings of the nodes from a leaf up to the root, lowest first.
    pub fn path(&self, index: usize) -> Option<Vec<Node>> {
        self.holdings.get(index)?;
        let below_root = self.levels.iter().zip(&self.empty).take(self.levels.len() - 1);
        let siblings = below_root.enumerate().map(|(height, (level, empty))| {
            let sibling = level.get((index >> height) ^ 1);
            *sibling.unwrap_or(empty)
        });
        Some(siblings.collect())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a tree of LEAVES_MAX leaves is less than DEPTH_MAX deep")]
    fn depth(&self) -> u8 {
        (self.levels.len() - 1) as u8
    }
}

fn leaf(asset: Asset, Holding { account, sums }: &Holding) -> AccountLeaf {
    AccountLeaf { account: *account, asset, sums: *sums }
}

fn check(asset: Asset, holdings: &[Holding]) -> Result<(), TreeError> {
    if holdings.is_empty() {
        return Err(TreeError::NoLeaves { asset });
    }
    if holdings.len() > LEAVES_MAX {
        return Err(TreeError::TooManyLeaves { asset, count: holdings.len() });
    }
    if let Some(pair) = holdings.windows(2).find(|pair| pair[0].account >= pair[1].account) {
        return Err(TreeError::AccountOrder { asset, before: pair[0].account, account: pair[1].account });
    }
    let mut total = Sums::default();
    for Holding { account, sums } in holdings {
        total = total.checked_add(*sums).ok_or(TreeError::SumOverflow { asset, account: *account })?;
    }
    Ok(())
}

/// `count` nodes, each made from its place alone, on as many threads as are there and worth it.
fn filled(count: usize, make: impl Fn(usize) -> Node + Sync) -> Vec<Node> {
    let mut nodes = vec![Node::default(); count];
    let threads = threads_for(count);
    let share = count.div_ceil(threads);
    let fill = |start: usize, part: &mut [Node]| {
        for (at, node) in part.iter_mut().enumerate() {
            *node = make(start + at);
        }
    };
    std::thread::scope(|scope| {
        let (own, others) = nodes.split_at_mut(share);
        let fill = &fill;
        for (at, part) in others.chunks_mut(share).enumerate() {
            scope.spawn(move || fill((at + 1) * share, part));
        }
        fill(0, own);
    });
    nodes
}

/// Asking the system how many cores there are takes longer than a small tree.
fn threads_for(hashes: usize) -> usize {
    let wanted = (hashes / PARALLEL_HASHES_MIN).min(THREADS_MAX);
    if wanted < 2 { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(wanted) }
}
