// SPDX-License-Identifier: Apache-2.0
// Builds trees and proofs on its own, by recursion and packed words, so that it can contradict the library under test.
pragma solidity 0.8.37;

import {Leaf, Node, Proof} from "../src/SumTree.sol";

/// The leaves of one asset, sorted by account.
struct AssetTree {
    uint256 asset;
    Leaf[] leaves;
}

library TreeBuilder {
    function depthFor(uint256 count) internal pure returns (uint256 depth) {
        while (2 ** depth < count) depth++;
    }

    /// The node over leaves `[from, from + 2 ** depth)`; there are empty ones behind the last.
    function node(Leaf[] memory leaves, uint256 from, uint256 depth) internal pure returns (Node memory) {
        if (from >= leaves.length) {
            return depth == 0 ? Node(0, 0, 0) : join(node(leaves, from, depth - 1), node(leaves, from, depth - 1));
        }
        if (depth == 0) return leafNode(leaves[from]);
        uint256 half = 2 ** (depth - 1);
        return join(node(leaves, from, depth - 1), node(leaves, from + half, depth - 1));
    }

    function leafNode(Leaf memory leaf) internal pure returns (Node memory) {
        bytes memory words = abi.encodePacked(leaf.account, leaf.asset, uint256(leaf.settled), uint256(leaf.claimable));
        return Node(keccak256(abi.encodePacked(keccak256(words))), leaf.settled, leaf.claimable);
    }

    function join(Node memory left, Node memory right) internal pure returns (Node memory) {
        bytes memory sums = abi.encodePacked(
            uint256(left.settled), uint256(left.claimable), uint256(right.settled), uint256(right.claimable)
        );
        bytes32 hash = keccak256(abi.encodePacked(sums, left.hash, right.hash));
        return Node(hash, left.settled + right.settled, left.claimable + right.claimable);
    }

    function root(AssetTree memory tree) internal pure returns (Node memory) {
        return node(tree.leaves, 0, depthFor(tree.leaves.length));
    }

    function assetHash(AssetTree memory tree) internal pure returns (bytes32) {
        Node memory top = root(tree);
        bytes memory words = abi.encodePacked(
            tree.asset, top.hash, uint256(top.settled), uint256(top.claimable), depthFor(tree.leaves.length)
        );
        return keccak256(abi.encodePacked(keccak256(words)));
    }

    function siblings(Leaf[] memory leaves, uint256 index) internal pure returns (Node[] memory path) {
        path = new Node[](depthFor(leaves.length));
        for (uint256 level; level < path.length; level++) {
            uint256 size = 2 ** level;
            uint256 ours = index / size;
            uint256 other = ours % 2 == 0 ? ours + 1 : ours - 1;
            path[level] = node(leaves, other * size, level);
        }
    }

    function stateRoot(AssetTree[] memory trees) internal pure returns (bytes32) {
        if (trees.length == 0) return 0;
        return plain(trees, 0, depthFor(trees.length));
    }

    function plain(AssetTree[] memory trees, uint256 from, uint256 depth) internal pure returns (bytes32) {
        if (depth == 0) return from < trees.length ? assetHash(trees[from]) : bytes32(0);
        uint256 half = 2 ** (depth - 1);
        return keccak256(abi.encodePacked(plain(trees, from, depth - 1), plain(trees, from + half, depth - 1)));
    }

    function assetPath(AssetTree[] memory trees, uint256 index) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](depthFor(trees.length));
        for (uint256 level; level < path.length; level++) {
            uint256 size = 2 ** level;
            uint256 ours = index / size;
            uint256 other = ours % 2 == 0 ? ours + 1 : ours - 1;
            path[level] = plain(trees, other * size, level);
        }
    }

    function proof(AssetTree[] memory trees, uint256 asset, uint256 index) internal pure returns (Proof memory) {
        return Proof(index, siblings(trees[asset].leaves, index), asset, assetPath(trees, asset));
    }
}
