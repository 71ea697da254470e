// SPDX-License-Identifier: Apache-2.0
// Forced exits: who may ask for how much, what serves one, and where the bond goes.
pragma solidity 0.8.37;

import {ISettlementVault, Exit, UsdLeaf} from "../src/interfaces/ISettlementVault.sol";
import {Proof} from "../src/SumTree.sol";
import {Venue} from "./Venue.sol";

contract ExitsTest is Venue {
    uint64 private number;

    function setUp() public override {
        super.setUp();
        number = _openWith(400 * USD);
    }

    function test_an_exit_is_asked_for() public {
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        token.mint(owners[ALICE], 100 * USD);
        vm.prank(owners[ALICE]);
        token.approve(address(d.vault), 100 * USD);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.ExitAsked(ids[ALICE], 600 * USD, 1_000 * USD, 1, uint64(_now() + 24 hours));
        vm.prank(owners[ALICE]);
        d.vault.askExit(leaf, proof, 600 * USD);
        Exit memory exit = d.vault.exitOf(ids[ALICE]);
        assertEq(exit.owner, owners[ALICE], "owner");
        assertEq(exit.target, 1_000 * USD, "target");
        assertEq(exit.askedAt, _now(), "time");
        assertEq(exit.afterBatch, 1, "after");
        assertEq(d.vault.bondsHeld(), 100 * USD, "bond");
        assertEq(token.balanceOf(owners[ALICE]), 0, "the bond is paid");
    }

    function _askFails(uint64 batch, address caller, uint128 amount, bytes memory message) internal {
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(batch, ALICE), _proof(batch, ALICE));
        vm.expectRevert(message);
        vm.prank(caller);
        d.vault.askExit(leaf, proof, amount);
    }

    function test_only_the_owner_asks() public {
        bytes memory message = abi.encodeWithSelector(ISettlementVault.NotOwner.selector, owners[ALICE], owners[BOB]);
        _askFails(number, owners[BOB], USD, message);
    }

    function test_the_amount_is_something_and_no_more_than_the_account_has() public {
        bytes memory message =
            abi.encodeWithSelector(ISettlementVault.WrongExitAmount.selector, 600 * USD + 1, 600 * USD);
        _askFails(number, owners[ALICE], 600 * USD + 1, message);
        message = abi.encodeWithSelector(ISettlementVault.WrongExitAmount.selector, 0, 600 * USD);
        _askFails(number, owners[ALICE], 0, message);
    }

    function test_an_exit_is_asked_by_a_matured_leaf() public {
        uint64 young = _cutAndPost();
        bytes memory message = abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, young, number);
        _askFails(young, owners[ALICE], USD, message);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        leaf.settled += 1;
        vm.expectPartialRevert(ISettlementVault.WrongProof.selector);
        vm.prank(owners[ALICE]);
        d.vault.askExit(leaf, proof, 600 * USD + 1);
    }

    function test_one_exit_at_a_time() public {
        _askExit(number, ALICE, USD);
        bytes memory message = abi.encodeWithSelector(ISettlementVault.ExitOpen.selector, ids[ALICE]);
        _askFails(number, owners[ALICE], USD, message);
    }

    function test_a_later_batch_that_covers_it_serves_it() public {
        _askExit(number, ALICE, 600 * USD);
        _withdraw(ALICE, 600 * USD);
        uint64 later = _cutAndPost();
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(later, ALICE), _proof(later, ALICE));
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.ExitServed(ids[ALICE], later, true);
        vm.prank(STRANGER);
        d.vault.serveExit(leaf, proof);
        assertTrue(d.vault.exitOf(ids[ALICE]).isServed, "served");
        assertEq(d.vault.bondsHeld(), 100 * USD, "the bond waits");
        _wait(30 days);
        _freezeUnservedFails(ALICE, abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.BondReturned(ids[ALICE], owners[ALICE], 100 * USD);
        d.vault.takeBond(ids[ALICE], owners[ALICE]);
        assertEq(token.balanceOf(owners[ALICE]), 100 * USD, "the bond is back");
        assertEq(d.vault.bondsHeld(), 0, "no bond held");
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
        d.vault.takeBond(ids[ALICE], owners[ALICE]);
    }

    function _freezeUnservedFails(uint256 who, bytes memory message) internal {
        vm.expectRevert(message);
        d.vault.freezeUnserved(ids[who]);
    }

    /// Served is what is promised, not what is left: the rest of the account may go on.
    function test_a_part_can_be_asked_for() public {
        _askExit(number, ALICE, 100 * USD);
        _withdraw(ALICE, 100 * USD - 1);
        uint64 short = _cutAndPost();
        _serveFails(short, ALICE, _notServed(500 * USD, 500 * USD - 1, 500 * USD + 1));
        _withdraw(ALICE, 1);
        _serveExit(_cutAndPost(), ALICE);
    }

    function _notServed(uint128 target, uint128 claimable_, uint128 settled_) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlementVault.ExitNotServed.selector, target, claimable_, settled_);
    }

    function _serveFails(uint64 batch, uint256 who, bytes memory message) internal {
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(batch, who), _proof(batch, who));
        vm.expectRevert(message);
        d.vault.serveExit(leaf, proof);
    }

    function test_a_batch_that_was_there_already_serves_nothing() public {
        _withdraw(ALICE, 600 * USD);
        uint64 there = _cutAndPost();
        _askExit(number, ALICE, 600 * USD);
        _serveFails(there, ALICE, abi.encodeWithSelector(ISettlementVault.BatchTooOld.selector, there, there));
        _serveExit(_cutAndPost(), ALICE);
    }

    function test_a_leaf_that_is_not_in_the_batch_serves_nothing() public {
        _askExit(number, ALICE, 600 * USD);
        uint64 later = _cutAndPost();
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(later, ALICE), _proof(later, ALICE));
        leaf.claimable = 1_000 * USD;
        vm.expectPartialRevert(ISettlementVault.WrongProof.selector);
        d.vault.serveExit(leaf, proof);
        leaf.batch = later + 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoBatch.selector, later + 1));
        d.vault.serveExit(leaf, proof);
    }

    function test_there_must_be_an_exit_to_serve() public {
        _serveFails(_cutAndPost(), ALICE, abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
        _askExit(number, ALICE, 100 * USD);
        _withdraw(ALICE, 100 * USD);
        uint64 later = _cutAndPost();
        _serveExit(later, ALICE);
        _serveFails(later, ALICE, abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
    }

    /// Who asks for more than there is cannot freeze the venue by it, and pays for the trouble.
    function test_a_closed_account_that_had_less_loses_the_bond_to_the_insurance() public {
        _askExit(number, ALICE, 600 * USD);
        // Alice's position loses 200 dollars to Bob while the engine closes it.
        settled[ALICE] -= 200 * USD;
        settled[BOB] += 200 * USD;
        _withdraw(ALICE, 400 * USD);
        uint64 later = _cutAndPost();
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(later, ALICE), _proof(later, ALICE));
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.ExitServed(ids[ALICE], later, false);
        d.vault.serveExit(leaf, proof);
        assertEq(d.vault.bondsHeld(), 0, "no bond held");
        assertEq(d.vault.depositsCount(), 3, "a deposit");
        bytes32 hash = keccak256(abi.encode(d.vault.depositAt(2).hash, uint256(3), ids[INSURANCE], uint256(100 * USD)));
        assertEq(d.vault.depositAt(3).hash, hash, "to the insurance account");
        assertEq(d.vault.depositAt(3).from, owners[ALICE], "paid by the owner");
        ownerOfDeposit[3] = INSURANCE;
        _creditDeposits();
        _cutAndPost();
        _wait(30 days);
        _freezeUnservedFails(ALICE, abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
    }

    function test_the_bond_of_an_open_exit_is_not_free() public {
        _askExit(number, ALICE, 600 * USD);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.BondNotFree.selector, ids[ALICE]));
        d.vault.takeBond(ids[ALICE], owners[ALICE]);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[BOB]));
        d.vault.takeBond(ids[BOB], owners[BOB]);
    }

    function test_only_the_owner_sends_the_bond_elsewhere() public {
        _askExit(number, ALICE, 100 * USD);
        _withdraw(ALICE, 100 * USD);
        _serveExit(_cutAndPost(), ALICE);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotOwner.selector, owners[ALICE], STRANGER));
        vm.prank(STRANGER);
        d.vault.takeBond(ids[ALICE], STRANGER);
        vm.prank(owners[ALICE]);
        d.vault.takeBond(ids[ALICE], STRANGER);
        assertEq(token.balanceOf(STRANGER), 100 * USD, "where the owner wants it");
        _askExit(number, ALICE, 100 * USD);
    }

    function test_a_guardian_cannot_stop_who_wants_to_leave() public {
        _pause();
        _askExit(number, ALICE, 600 * USD);
        // The engine's time starts when the pause is over.
        _wait(72 hours + 24 hours);
        uint256 deadline = d.vault.activeTime();
        _freezeUnservedFails(
            ALICE, abi.encodeWithSelector(ISettlementVault.ExitNotDue.selector, deadline, d.vault.activeTime())
        );
        _wait(1);
        d.vault.freezeUnserved(ids[ALICE]);
    }
}
