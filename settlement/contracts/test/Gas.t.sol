// SPDX-License-Identifier: Apache-2.0
// What the calls cost that users and posters pay for, at the depth of a venue with a million accounts.
pragma solidity 0.8.37;

import {Leaf, Node, Proof, SumTree} from "../src/SumTree.sol";
import {AssetLeaf} from "../src/interfaces/IExportToken.sol";
import {Batch, UsdLeaf, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {TreeBuilder} from "./TreeBuilder.sol";
import {Venue} from "./Venue.sol";

contract GasTest is Venue {
    uint256 private constant DEPTH = 20;
    uint256 private constant ASSET_DEPTH = 4;
    uint256 private constant CLAIM_GAS_MAX = 180_000;

    /// Alice's leaf below siblings that hold nothing but take their full bytes, as they would in calldata.
    function _deepProof() internal pure returns (Proof memory proof) {
        proof = Proof(0xabcde, new Node[](DEPTH), 0, new bytes32[](ASSET_DEPTH));
        for (uint256 i; i < DEPTH; i++) {
            proof.path[i] = Node(keccak256(abi.encode("node", i)), uint128(1e12 + i), 0);
        }
        for (uint256 i; i < ASSET_DEPTH; i++) {
            proof.assetPath[i] = keccak256(abi.encode("asset", i));
        }
    }

    function _rootOf(Leaf memory leaf, Proof memory proof) internal pure returns (Node memory node) {
        node = Node(SumTree.leafHash(leaf), leaf.settled, leaf.claimable);
        for (uint256 i; i < DEPTH; i++) {
            bool isRight = (proof.index >> i) % 2 == 1;
            node = isRight ? TreeBuilder.join(proof.path[i], node) : TreeBuilder.join(node, proof.path[i]);
        }
    }

    function _postDeep(Leaf memory leaf, Proof memory proof) internal {
        Node memory root = _rootOf(leaf, proof);
        Batch memory batch = _cut();
        (batch.equity, batch.withdrawn) = (root.settled, root.claimable);
        batch.stateRoot = SumTree.assetHash(SumTree.USD, root, DEPTH);
        for (uint256 i; i < ASSET_DEPTH; i++) {
            batch.stateRoot = keccak256(abi.encode(batch.stateRoot, proof.assetPath[i]));
        }
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        d.vault.postBatch(batch, UsdRoot(root.hash, DEPTH, proof.assetPath), signatures);
        vm.snapshotGasLastCall("postBatch, 2 of 3, later");
    }

    function test_calls_at_depth_20() public {
        _deposit(ALICE, 100_000_000 * USD);
        _creditDeposits();
        _cutAndPost();
        digests[1] = d.vault.batchAt(1).digest;
        Proof memory proof = _deepProof();
        Leaf memory leaf = Leaf(ids[ALICE], SumTree.USD, 1e6, 5_000 * USD);
        _postDeep(leaf, proof);
        _wait(48 hours);
        UsdLeaf memory opened = UsdLeaf(2, owners[ALICE], SALT, leaf.settled, leaf.claimable);
        d.vault.claim(opened, proof, owners[ALICE]);
        uint256 gas = vm.snapshotGasLastCall("claim, first, depth 20");
        assertLe(gas, CLAIM_GAS_MAX, "claim");
        token.mint(owners[ALICE], 100 * USD);
        vm.prank(owners[ALICE]);
        token.approve(address(d.vault), 100 * USD);
        vm.prank(owners[ALICE]);
        d.vault.askExit(opened, proof, 1e6);
        vm.snapshotGasLastCall("askExit, depth 20");
        _wait(24 hours + 1);
        d.vault.freezeUnserved(ids[ALICE]);
        vm.snapshotGasLastCall("freezeUnserved");
        d.vault.escape(opened, proof, owners[ALICE]);
        vm.snapshotGasLastCall("escape, depth 20");
    }

    function test_deposits() public {
        token.mint(owners[ALICE], 10 * USD);
        vm.prank(owners[ALICE]);
        token.approve(address(d.vault), 10 * USD);
        vm.prank(owners[ALICE]);
        d.vault.deposit(ids[ALICE], 5 * USD);
        vm.snapshotGasLastCall("deposit, first");
        vm.prank(owners[ALICE]);
        d.vault.deposit(ids[ALICE], 5 * USD);
        vm.snapshotGasLastCall("deposit, later");
    }

    function test_exports() public {
        units[ALICE] = 1_000;
        _export(ALICE, 400);
        uint64 number = _openWith(0);
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, ALICE), _creditProof(number, ALICE));
        d.exports.claim(leaf, proof, owners[ALICE]);
        vm.snapshotGasLastCall("export claim, depth 3");
        vm.prank(owners[ALICE]);
        d.exports.burn(ids[ALICE], CREDIT, 400);
        vm.snapshotGasLastCall("export burn");
    }
}
