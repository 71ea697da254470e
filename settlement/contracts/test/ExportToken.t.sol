// SPDX-License-Identifier: Apache-2.0
// Exports and imports: tokens are minted by matured batches alone, once, and burnt with a request that can be followed.
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {IActiveClock} from "../src/interfaces/IActiveClock.sol";
import {AssetLeaf, IExportToken} from "../src/interfaces/IExportToken.sol";
import {ISettlementVault} from "../src/interfaces/ISettlementVault.sol";
import {Leaf, Proof} from "../src/SumTree.sol";
import {Venue} from "./Venue.sol";

/// Claims again while it is being paid.
contract GreedyReceiver is ERC165, IERC1155Receiver {
    IExportToken private _exports;
    bytes private _call;
    bytes public answer;

    function plan(IExportToken exports, bytes calldata call) external {
        (_exports, _call) = (exports, call);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        (, answer) = address(_exports).call(_call);
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return 0;
    }
}

contract ExportTokenTest is Venue {
    function _openWithExport(uint128 amount) internal returns (uint64 number) {
        units[ALICE] = 1_000;
        _export(ALICE, amount);
        number = _openWith(0);
    }

    function _mint(uint64 number, uint256 who) internal returns (uint128) {
        return d.exports.claim(_creditLeaf(number, who), _creditProof(number, who), owners[who]);
    }

    function _mintFails(uint64 number, uint256 who, bytes memory message) internal {
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, who), _creditProof(number, who));
        vm.expectRevert(message);
        d.exports.claim(leaf, proof, owners[who]);
    }

    function test_what_was_exported_is_minted_once() public {
        uint64 number = _openWithExport(400);
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, ALICE), _creditProof(number, ALICE));
        vm.expectEmit(address(d.exports));
        emit IExportToken.Exported(ids[ALICE], CREDIT, number, owners[ALICE], 400);
        vm.prank(STRANGER);
        assertEq(d.exports.claim(leaf, proof, owners[ALICE]), 400, "minted");
        assertEq(d.exports.balanceOf(owners[ALICE], CREDIT), 400, "balance");
        assertEq(d.exports.totalSupply(CREDIT), 400, "supply");
        bytes memory nothing = abi.encodeWithSelector(IExportToken.NothingDue.selector, ids[ALICE], CREDIT, 400);
        _mintFails(number, ALICE, nothing);
        _export(ALICE, 50);
        uint64 later = _cutAndPost();
        _wait(48 hours);
        assertEq(_mint(later, ALICE), 50, "only what is new");
        nothing = abi.encodeWithSelector(IExportToken.NothingDue.selector, ids[ALICE], CREDIT, 450);
        _mintFails(number, ALICE, nothing);
    }

    function test_usd_is_not_exported() public {
        uint64 number = _openWith(400 * USD);
        Leaf storage leaf = usdLeaves[number][ALICE];
        AssetLeaf memory usd = AssetLeaf(number, owners[ALICE], SALT, 1, leaf.settled, leaf.claimable);
        Proof memory proof = _proof(number, ALICE);
        vm.expectRevert(abi.encodeWithSelector(IExportToken.UsdIsNotExported.selector));
        d.exports.claim(usd, proof, owners[ALICE]);
    }

    function test_a_leaf_that_is_not_in_the_batch_mints_nothing(uint128 more) public {
        uint64 number = _openWithExport(400);
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, ALICE), _creditProof(number, ALICE));
        leaf.claimable += uint128(bound(more, 1, 1e18));
        vm.expectPartialRevert(IExportToken.WrongProof.selector);
        d.exports.claim(leaf, proof, owners[ALICE]);
        leaf.claimable = 400;
        leaf.asset = CREDIT + 1;
        vm.expectPartialRevert(IExportToken.WrongProof.selector);
        d.exports.claim(leaf, proof, owners[ALICE]);
    }

    function test_only_the_owner_sends_tokens_elsewhere() public {
        uint64 number = _openWithExport(400);
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, ALICE), _creditProof(number, ALICE));
        vm.expectRevert(abi.encodeWithSelector(IExportToken.NotOwner.selector, owners[ALICE], STRANGER));
        vm.prank(STRANGER);
        d.exports.claim(leaf, proof, STRANGER);
        vm.prank(owners[ALICE]);
        d.exports.claim(leaf, proof, STRANGER);
        assertEq(d.exports.balanceOf(STRANGER, CREDIT), 400, "where the owner wants it");
    }

    function test_only_matured_batches_mint_and_not_in_a_pause() public {
        units[ALICE] = 1_000;
        _export(ALICE, 400);
        uint64 number = _cutAndPost();
        _mintFails(number, ALICE, abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, number, 0));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoBatch.selector, 2));
        d.vault.claimableRoot(2);
        _wait(48 hours);
        _pause();
        _mintFails(number, ALICE, abi.encodeWithSelector(IActiveClock.IsPaused.selector, _now() + 72 hours));
        _wait(72 hours);
        assertEq(_mint(number, ALICE), 400, "minted");
    }

    function test_a_frozen_vault_mints_by_the_pinned_batch_and_none_after() public {
        uint64 number = _openWithExport(400);
        _export(ALICE, 50);
        uint64 young = _cutAndPost();
        _wait(36 hours + 1);
        d.vault.freezeSilent();
        // By now the young one would have matured. A pause after the freeze holds nobody.
        _wait(48 hours);
        _pause();
        _mintFails(young, ALICE, abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, young, number));
        assertEq(_mint(number, ALICE), 400, "minted");
    }

    function test_a_receiver_that_claims_again_gains_nothing() public {
        uint64 number = _openWithExport(400);
        GreedyReceiver receiver = new GreedyReceiver();
        (AssetLeaf memory leaf, Proof memory proof) = (_creditLeaf(number, ALICE), _creditProof(number, ALICE));
        receiver.plan(d.exports, abi.encodeCall(d.exports.claim, (leaf, proof, owners[ALICE])));
        vm.prank(owners[ALICE]);
        d.exports.claim(leaf, proof, address(receiver));
        assertEq(d.exports.totalSupply(CREDIT), 400, "supply");
        bytes memory nothing = abi.encodeWithSelector(IExportToken.NothingDue.selector, ids[ALICE], CREDIT, 400);
        assertEq(keccak256(receiver.answer()), keccak256(nothing), "the answer to the second claim");
    }

    function test_a_burn_asks_for_an_import() public {
        _mint(_openWithExport(400), ALICE);
        bytes32 first = keccak256(abi.encode(bytes32(0), uint256(1), ids[BOB], CREDIT, uint256(300)));
        vm.expectEmit(address(d.exports));
        emit IExportToken.ImportAsked(1, ids[BOB], CREDIT, owners[ALICE], 300, first);
        vm.prank(owners[ALICE]);
        assertEq(d.exports.burn(ids[BOB], CREDIT, 300), 1, "index");
        vm.prank(owners[ALICE]);
        assertEq(d.exports.burn(ids[BOB], CREDIT, 100), 2, "index");
        bytes32 second = keccak256(abi.encode(first, uint256(2), ids[BOB], CREDIT, uint256(100)));
        assertEq(d.exports.importsHash(), second, "hash");
        assertEq(d.exports.importsCount(), 2, "count");
        assertEq(d.exports.totalSupply(CREDIT), 0, "supply");
    }

    function test_a_burn_is_of_something_that_one_has_for_somebody() public {
        vm.expectRevert(abi.encodeWithSelector(IExportToken.NothingToImport.selector));
        d.exports.burn(0, CREDIT, 1);
        vm.expectRevert(abi.encodeWithSelector(IExportToken.NothingToImport.selector));
        d.exports.burn(ids[BOB], CREDIT, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, address(this), 0, 1, CREDIT)
        );
        d.exports.burn(ids[BOB], CREDIT, 1);
        assertEq(d.exports.importsCount(), 0, "count");
    }
}
