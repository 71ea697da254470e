// SPDX-License-Identifier: Apache-2.0
// The library against the builder of these tests, against its limits, and against the tricks that sum trees invite.
pragma solidity 0.8.37;

import {Leaf, Node, Proof, SumTree} from "../src/SumTree.sol";
import {Base} from "./Base.sol";
import {AssetTree, TreeBuilder} from "./TreeBuilder.sol";

/// Makes the library's functions calls of their own, so that they may revert.
contract SumTreeCaller {
    function stateRootOf(Leaf calldata leaf, Proof calldata proof) external pure returns (bytes32, Node memory) {
        return SumTree.stateRootOf(leaf, proof);
    }

    function fold(Node calldata node, uint256 index, Node[] calldata path) external pure returns (Node memory) {
        return SumTree.fold(node, index, path);
    }
}

contract SumTreeTest is Base {
    SumTreeCaller private caller = new SumTreeCaller();

    function _trees(uint256 seed, uint256 assets, uint256 leaves) internal pure returns (AssetTree[] memory trees) {
        trees = new AssetTree[](assets);
        for (uint256 i; i < assets; i++) {
            trees[i] = AssetTree(i + 1, new Leaf[](i == 0 ? leaves : 1 + leaves / (i + 1)));
            for (uint256 j; j < trees[i].leaves.length; j++) {
                uint256 dice = uint256(keccak256(abi.encode(seed, i, j)));
                trees[i].leaves[j] = Leaf(bytes32(dice), i + 1, uint128(dice % 1e30), uint128((dice >> 128) % 1e30));
            }
        }
    }

    function test_every_leaf_is_proved(uint256 seed, uint256 assets, uint256 leaves) public view {
        AssetTree[] memory trees = _trees(seed, bound(assets, 1, 4), bound(leaves, 1, 9));
        bytes32 stateRoot = TreeBuilder.stateRoot(trees);
        for (uint256 i; i < trees.length; i++) {
            Node memory expected = TreeBuilder.root(trees[i]);
            for (uint256 j; j < trees[i].leaves.length; j++) {
                (bytes32 proved, Node memory root) =
                    caller.stateRootOf(trees[i].leaves[j], TreeBuilder.proof(trees, i, j));
                assertEq(proved, stateRoot, "state root");
                assertEq(root.hash, expected.hash, "hash");
                assertEq(root.settled, expected.settled, "settled");
                assertEq(root.claimable, expected.claimable, "claimable");
            }
        }
    }

    /// One tree with its hashes worked out with `cast keccak`, apart from both Solidity builders.
    function test_two_leaves_by_hand() public view {
        Leaf memory left = Leaf(bytes32(uint256(1)), 1, 5, 2);
        Leaf memory right = Leaf(bytes32(uint256(2)), 1, 7, 3);
        Proof memory proof = Proof(0, new Node[](1), 0, new bytes32[](0));
        proof.path[0] = TreeBuilder.leafNode(right);
        (bytes32 proved, Node memory root) = caller.stateRootOf(left, proof);
        assertEq(root.settled, 12, "settled");
        assertEq(root.claimable, 5, "claimable");
        assertEq(root.hash, HAND_ROOT, "hash");
        assertEq(proved, HAND_STATE, "state root");
    }

    bytes32 private constant HAND_ROOT = 0xd49c4704965106fe3235bf374b190f9b8d545a5c64d10958b81c0d59444bbea1;
    bytes32 private constant HAND_STATE = 0xe7a917187efeb39d172f1f4414720b257adb4ae4c33d0ae307233c177d68e919;

    function test_depth_and_index_are_bounded() public {
        Leaf memory leaf = Leaf(bytes32(uint256(1)), 1, 5, 2);
        caller.stateRootOf(leaf, Proof(2 ** 32 - 1, new Node[](32), 2 ** 16 - 1, new bytes32[](16)));
        _fails(
            leaf,
            Proof(0, new Node[](33), 0, new bytes32[](0)),
            abi.encodeWithSelector(SumTree.ProofTooDeep.selector, 33, 32)
        );
        _fails(
            leaf,
            Proof(0, new Node[](0), 0, new bytes32[](17)),
            abi.encodeWithSelector(SumTree.ProofTooDeep.selector, 17, 16)
        );
        _fails(
            leaf,
            Proof(4, new Node[](2), 0, new bytes32[](0)),
            abi.encodeWithSelector(SumTree.IndexOutOfTree.selector, 4, 2)
        );
        _fails(
            leaf,
            Proof(0, new Node[](0), 1, new bytes32[](0)),
            abi.encodeWithSelector(SumTree.IndexOutOfTree.selector, 1, 0)
        );
    }

    function test_sums_fit_128_bits() public {
        Leaf memory leaf = Leaf(bytes32(uint256(1)), 1, 1, 1);
        Proof memory proof = Proof(0, new Node[](1), 0, new bytes32[](0));
        uint256 max = type(uint128).max;
        proof.path[0] = Node(0, uint128(max - 1), uint128(max - 1));
        (, Node memory root) = caller.stateRootOf(leaf, proof);
        assertEq(root.settled, max, "the largest sum");
        proof.path[0] = Node(0, uint128(max), 0);
        _fails(leaf, proof, abi.encodeWithSelector(SumTree.SumOverflow.selector, max + 1, 1));
        proof.path[0] = Node(0, 0, uint128(max));
        _fails(leaf, proof, abi.encodeWithSelector(SumTree.SumOverflow.selector, 1, max + 1));
    }

    function _fails(Leaf memory leaf, Proof memory proof, bytes memory message) internal {
        vm.expectRevert(message);
        caller.stateRootOf(leaf, proof);
    }

    /// Both child sums are hashed: moving an amount from one child to the other keeps the total and changes the root.
    function test_moving_an_amount_between_children_changes_the_root(uint128 amount) public view {
        amount = uint128(bound(amount, 1, 1e18));
        Leaf memory leaf = Leaf(bytes32(uint256(1)), 1, 2e18, 2e18);
        Proof memory proof = Proof(0, new Node[](1), 0, new bytes32[](0));
        proof.path[0] = Node(bytes32(uint256(2)), 2e18, 2e18);
        (, Node memory root) = caller.stateRootOf(leaf, proof);
        Node memory child = Node(SumTree.leafHash(leaf), 2e18 - amount, 2e18);
        Node memory other = Node(bytes32(uint256(2)), 2e18 + amount, 2e18);
        assertEq(caller.fold(child, 0, _one(other)).settled, root.settled, "the same total");
        assertTrue(caller.fold(child, 0, _one(other)).hash != root.hash, "settled");
        child = Node(SumTree.leafHash(leaf), 2e18, 2e18 - amount);
        other = Node(bytes32(uint256(2)), 2e18, 2e18 + amount);
        assertEq(caller.fold(child, 0, _one(other)).claimable, root.claimable, "the same total");
        assertTrue(caller.fold(child, 0, _one(other)).hash != root.hash, "claimable");
    }

    function _one(Node memory node) internal pure returns (Node[] memory path) {
        path = new Node[](1);
        path[0] = node;
    }
}
