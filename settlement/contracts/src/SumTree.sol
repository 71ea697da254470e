// SPDX-License-Identifier: Apache-2.0
// Proofs that an account's leaf is in a batch's state root, so that nobody can be shown a sum that the leaves do not have.
pragma solidity 0.8.37;

/// One account in one asset. Amounts are in the asset's smallest units (USD: micro-USD).
struct Leaf {
    /// Pseudonymous id: `keccak256(abi.encode(owner, salt))`.
    bytes32 account;
    /// 1 is USD; every other asset is a credit, share or unit of the ledger.
    uint256 asset;
    /// What the ledger holds for the account and a forced exit of everything would pay, besides `claimable`.
    uint128 settled;
    /// All that was ever promised to the chain for the account; it never falls.
    uint128 claimable;
}

/// A node of a sum tree: its hash and the sums of the leaves below it.
struct Node {
    bytes32 hash;
    uint128 settled;
    uint128 claimable;
}

/// The way from a leaf through its asset's sum tree, and from there through the tree of assets.
struct Proof {
    /// Position of the leaf; bit 0 is the lowest level, 1 means "we are the right child".
    uint256 index;
    /// The other child at each level, lowest first; its length is the depth of the tree.
    Node[] path;
    /// Position of the asset among the state's assets.
    uint256 assetIndex;
    bytes32[] assetPath;
}

/// @title Sum trees: per asset a tree whose nodes carry the sums of what is below them, and a plain tree over the assets
/// @notice Maxwell's construction with both child sums hashed, not only their total: a node that hashes the total alone
/// lets a prover hide liabilities (Hu, Zhang and Guo, "Breaking the binding: attacks on the Merkle approach to prove
/// liabilities and its applications", Computers & Security 87, 2019).
library SumTree {
    /// A tree of more levels has more leaves than there are accounts on earth.
    uint256 internal constant DEPTH_MAX = 32;
    /// The same for assets.
    uint256 internal constant ASSET_DEPTH_MAX = 16;
    /// The asset whose sums a batch states as `equity` and `withdrawn`.
    uint256 internal constant USD = 1;

    /// The path is longer than any tree may be deep.
    error ProofTooDeep(uint256 depth, uint256 limit);
    /// The index is not one of a tree of this depth.
    error IndexOutOfTree(uint256 index, uint256 depth);
    /// The sums of a node do not fit 128 bits.
    error SumOverflow(uint256 settled, uint256 claimable);

    /// @notice Folds `leaf` up to the state root. Whoever calls compares it with the root of a batch.
    /// @return stateRoot what the state root is if the proof is right
    /// @return root the root of the leaf's asset, with the sums over all its leaves
    function stateRootOf(Leaf memory leaf, Proof calldata proof)
        internal
        pure
        returns (bytes32 stateRoot, Node memory root)
    {
        root = fold(Node(leafHash(leaf), leaf.settled, leaf.claimable), proof.index, proof.path);
        bytes32 hash = assetHash(leaf.asset, root, proof.path.length);
        stateRoot = foldPlain(hash, proof.assetIndex, proof.assetPath);
    }

    /// @dev Hashed twice, so that no leaf can be taken for a node (which hashes six words, once).
    function leafHash(Leaf memory leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf.account, leaf.asset, leaf.settled, leaf.claimable))));
    }

    function assetHash(uint256 asset, Node memory root, uint256 depth) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(asset, root.hash, root.settled, root.claimable, depth))));
    }

    /// The root of a sum tree, from one node at the bottom and its siblings. The node stays in
    /// plain variables: as a struct in memory it would double what a proof costs.
    function fold(Node memory node, uint256 index, Node[] calldata path) internal pure returns (Node memory) {
        _checkIndex(index, path.length, DEPTH_MAX);
        (bytes32 hash, uint256 settled, uint256 claimable) = (node.hash, node.settled, node.claimable);
        for (uint256 level; level < path.length; ++level) {
            Node calldata other = path[level];
            hash = (index >> level) & 1 == 0
                ? _nodeHash(settled, claimable, other.settled, other.claimable, hash, other.hash)
                : _nodeHash(other.settled, other.claimable, settled, claimable, other.hash, hash);
            settled += other.settled;
            claimable += other.claimable;
            _checkSums(settled, claimable);
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        return Node(hash, uint128(settled), uint128(claimable));
    }

    function _nodeHash(
        uint256 leftSettled,
        uint256 leftClaimable,
        uint256 rightSettled,
        uint256 rightClaimable,
        bytes32 leftHash,
        bytes32 rightHash
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(leftSettled, leftClaimable, rightSettled, rightClaimable, leftHash, rightHash));
    }

    function _checkSums(uint256 settled, uint256 claimable) private pure {
        if (settled > type(uint128).max || claimable > type(uint128).max) revert SumOverflow(settled, claimable);
    }

    /// The root of a plain binary tree, from one hash at the bottom and its siblings.
    function foldPlain(bytes32 hash, uint256 index, bytes32[] calldata path) internal pure returns (bytes32) {
        _checkIndex(index, path.length, ASSET_DEPTH_MAX);
        for (uint256 level; level < path.length; ++level) {
            (bytes32 left, bytes32 right) = (index >> level) & 1 == 0 ? (hash, path[level]) : (path[level], hash);
            hash = keccak256(abi.encode(left, right));
        }
        return hash;
    }

    function _checkIndex(uint256 index, uint256 depth, uint256 limit) private pure {
        if (depth > limit) revert ProofTooDeep(depth, limit);
        if (index >> depth != 0) revert IndexOutOfTree(index, depth);
    }
}
