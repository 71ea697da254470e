// SPDX-License-Identifier: Apache-2.0
// The end of a vault: what may freeze it, what is pinned, how everybody leaves, and how a guardian's pause is none of it.
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IActiveClock} from "../src/interfaces/IActiveClock.sol";
import {Batch, ISettlementVault, UsdLeaf, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {Proof} from "../src/SumTree.sol";
import {Venue} from "./Venue.sol";

contract FreezeTest is Venue {
    function _silentFails(uint256 since) internal {
        uint64 time = d.vault.activeTime();
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotSilent.selector, since, time));
        d.vault.freezeSilent();
    }

    function _freezeBySilence() internal {
        _wait(36 hours + 1);
        d.vault.freezeSilent();
    }

    // ---- When ----

    function test_silence_freezes_to_the_second() public {
        uint64 number = _openWith(0);
        _cutAndPost();
        uint256 since = _now();
        _wait(36 hours);
        _silentFails(since);
        _wait(1);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.Frozen(number);
        vm.prank(STRANGER);
        d.vault.freezeSilent();
        assertTrue(d.vault.isFrozen(), "frozen");
        assertEq(d.vault.newestMatured(), number, "pinned");
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.IsFrozen.selector, number));
        d.vault.freezeSilent();
    }

    function test_an_unserved_exit_freezes_to_the_second() public {
        uint64 number = _openWith(0);
        _askExit(number, ALICE, 1_000 * USD);
        uint256 asked = _now();
        _wait(23 hours);
        _cutAndPost();
        _wait(1 hours);
        bytes memory message =
            abi.encodeWithSelector(ISettlementVault.ExitNotDue.selector, asked + 24 hours, asked + 24 hours);
        vm.expectRevert(message);
        d.vault.freezeUnserved(ids[ALICE]);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[BOB]));
        d.vault.freezeUnserved(ids[BOB]);
        _wait(1);
        vm.prank(STRANGER);
        d.vault.freezeUnserved(ids[ALICE]);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.IsFrozen.selector, number));
        d.vault.freezeUnserved(ids[ALICE]);
    }

    /// An exit that was served late, but before somebody froze, is served.
    function test_a_late_service_is_a_service() public {
        uint64 number = _openWith(0);
        _askExit(number, ALICE, 1_000 * USD);
        _withdraw(ALICE, 1_000 * USD);
        _wait(30 hours);
        _serveExit(_cutAndPost(), ALICE);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoExit.selector, ids[ALICE]));
        d.vault.freezeUnserved(ids[ALICE]);
    }

    function test_a_vault_without_deposits_is_never_silent() public {
        _wait(365 days);
        _silentFails(0);
        _deposit(ALICE, 1_000 * USD);
        uint256 since = _now();
        _wait(36 hours);
        _silentFails(since);
        _deposit(BOB, 500 * USD);
        _wait(1);
        d.vault.freezeSilent();
        assertEq(d.vault.newestMatured(), 0, "nothing to pin");
        // No batch was ever posted: all deposits go back.
        assertEq(d.vault.refundDeposit(1, owners[ALICE]), 1_000 * USD, "first");
        assertEq(d.vault.refundDeposit(2, owners[BOB]), 500 * USD, "second");
        assertEq(token.balanceOf(address(d.vault)), 0, "all is out");
    }

    // ---- What is pinned ----

    function test_the_newest_root_that_has_matured_is_pinned() public {
        for (uint256 i; i < 9; i++) {
            _cutAndPost();
            assertEq(d.vault.newestMatured(), i < 5 ? 0 : i - 4, "newest matured");
            _wait(10 hours);
        }
        _freezeBySilence();
        // Batch n was posted at 10 (n − 1) hours and the freeze came at 126 hours, so 78 / 10 have matured.
        assertEq(d.vault.newestMatured(), 8, "pinned");
        _wait(365 days);
        assertEq(d.vault.newestMatured(), 8, "for good");
    }

    function test_bisection_finds_what_a_scan_finds(uint256 seed) public {
        uint256 count = bound(seed, 1, 12);
        for (uint256 i; i < count; i++) {
            _cutAndPost();
            _wait(uint256(keccak256(abi.encode(seed, i))) % 30 hours);
        }
        uint64 scanned;
        while (scanned < count && d.vault.batchAt(scanned + 1).postedAt + 48 hours <= _now()) scanned++;
        assertEq(d.vault.newestMatured(), scanned, "newest matured");
    }

    // ---- How everybody leaves ----

    function test_everybody_leaves_by_the_pinned_batch() public {
        uint64 number = _openWith(400 * USD);
        _claim(number, ALICE);
        _deposit(CAROL, 70 * USD);
        // Credited in a batch that never matures: Carol's deposit counts as pending.
        _creditDeposits();
        _withdraw(BOB, 500 * USD);
        uint64 young = _cutAndPost();
        _freezeBySilence();

        assertEq(_escape(number, ALICE), 600 * USD, "settled besides what was claimed");
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(young, BOB), _proof(young, BOB));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, young, number));
        d.vault.escape(leaf, proof, owners[BOB]);
        (leaf, proof) = (_leaf(number, BOB), _proof(number, BOB));
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.Escaped(ids[BOB], owners[BOB], 500 * USD);
        d.vault.escape(leaf, proof, owners[BOB]);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NothingDue.selector, ids[BOB], 500 * USD));
        d.vault.escape(leaf, proof, owners[BOB]);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.Refunded(3, owners[CAROL], 70 * USD);
        d.vault.refundDeposit(3, owners[CAROL]);
        assertEq(token.balanceOf(address(d.vault)), 0, "all is out");
        assertEq(d.vault.paidTo(ids[ALICE]), 1_000 * USD, "claimed and escaped");
    }

    function test_an_escape_needs_the_leaf_and_the_owner() public {
        uint64 number = _openWith(0);
        _freezeBySilence();
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotOwner.selector, owners[ALICE], STRANGER));
        vm.prank(STRANGER);
        d.vault.escape(leaf, proof, STRANGER);
        leaf.settled += 1;
        vm.expectPartialRevert(ISettlementVault.WrongProof.selector);
        d.vault.escape(leaf, proof, owners[ALICE]);
        leaf.settled -= 1;
        vm.prank(owners[ALICE]);
        d.vault.escape(leaf, proof, STRANGER);
        assertEq(token.balanceOf(STRANGER), 1_000 * USD, "where the owner wants it");
    }

    function test_the_cap_does_not_bind_an_escape() public {
        _deposit(ALICE, 3_000_000 * USD);
        _creditDeposits();
        uint64 number = _cutAndPost();
        _wait(48 hours);
        _freezeBySilence();
        assertEq(_escape(number, ALICE), 3_000_000 * USD, "all at once");
    }

    function test_only_deposits_after_the_pinned_batch_are_refunded_and_once() public {
        _openWith(0);
        _deposit(CAROL, 70 * USD);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotFrozen.selector));
        d.vault.refundDeposit(3, owners[CAROL]);
        _freezeBySilence();
        _refundFails(0, ISettlementVault.NotRefundable.selector);
        _refundFails(2, ISettlementVault.NotRefundable.selector);
        _refundFails(4, ISettlementVault.NotRefundable.selector);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotOwner.selector, owners[CAROL], STRANGER));
        vm.prank(STRANGER);
        d.vault.refundDeposit(3, STRANGER);
        vm.prank(owners[CAROL]);
        d.vault.refundDeposit(3, STRANGER);
        _refundFails(3, ISettlementVault.NotRefundable.selector);
        assertEq(token.balanceOf(STRANGER), 70 * USD, "where the payer wants it");
    }

    function _refundFails(uint64 index, bytes4 selector) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, index));
        d.vault.refundDeposit(index, owners[CAROL]);
    }

    function test_open_exits_get_their_bond_back() public {
        uint64 number = _openWith(0);
        _askExit(number, ALICE, 1_000 * USD);
        _wait(24 hours + 1);
        d.vault.freezeUnserved(ids[ALICE]);
        d.vault.takeBond(ids[ALICE], owners[ALICE]);
        assertEq(_escape(number, ALICE), 1_000 * USD, "equity");
        assertEq(token.balanceOf(owners[ALICE]), 1_100 * USD, "equity and bond");
    }

    function test_a_forfeited_bond_that_was_not_credited_goes_back_to_who_paid_it() public {
        uint64 number = _openWith(0);
        _askExit(number, ALICE, 1_000 * USD);
        settled[ALICE] = 0;
        settled[BOB] += 1_000 * USD;
        _serveExit(_cutAndPost(), ALICE);
        _freezeBySilence();
        assertEq(d.vault.refundDeposit(3, owners[ALICE]), 100 * USD, "refund");
        _escape(number, ALICE);
        _escape(number, BOB);
        assertEq(token.balanceOf(address(d.vault)), 0, "all is out");
    }

    // ---- What a freeze ends ----

    function test_a_frozen_vault_takes_and_promises_nothing() public {
        uint64 number = _openWith(400 * USD);
        Batch memory batch = _cut();
        _freezeBySilence();
        bytes memory message = abi.encodeWithSelector(ISettlementVault.IsFrozen.selector, number);
        _postFails(batch, message);
        _claimFails(number, ALICE, message);
        vm.expectRevert(message);
        d.vault.deposit(ids[ALICE], USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        vm.expectRevert(message);
        vm.prank(owners[ALICE]);
        d.vault.askExit(leaf, proof, USD);
        vm.expectRevert(message);
        d.vault.serveExit(leaf, proof);
    }

    function test_nobody_escapes_from_an_open_vault() public {
        uint64 number = _openWith(0);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotFrozen.selector));
        d.vault.escape(leaf, proof, owners[ALICE]);
    }

    // ---- A pause is no freeze ----

    function test_pauses_lapse_and_keep_apart() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        d.vault.pause();
        vm.expectEmit(address(d.vault));
        emit IActiveClock.Paused(uint64(START + 72 hours));
        _pause();
        _pauseFails(START + 72 hours + 14 days);
        _wait(72 hours - 1);
        assertTrue(d.vault.paused(), "paused");
        _wait(1);
        assertTrue(!d.vault.paused(), "lapsed");
        vm.expectRevert(abi.encodeWithSelector(IActiveClock.NotPaused.selector));
        _unpause();
        _wait(14 days - 1);
        _pauseFails(START + 72 hours + 14 days);
        _wait(1);
        _pause();
        _wait(1 hours);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        d.vault.unpause();
        vm.expectEmit(address(d.vault));
        emit IActiveClock.Unpaused();
        _unpause();
        assertTrue(!d.vault.paused(), "ended");
        _pauseFails(_now() + 14 days);
        assertEq(_now() - d.vault.activeTime(), 73 hours, "length of all pauses");
        _wait(14 days);
        _pause();
        _wait(100 days);
        assertEq(_now() - d.vault.activeTime(), 145 hours, "a lapsed pause counts 72 hours");
    }

    function _pauseFails(uint256 earliest) internal {
        bytes memory message = abi.encodeWithSelector(IActiveClock.PauseTooSoon.selector, earliest, _now());
        vm.expectRevert(message);
        vm.prank(GUARD);
        d.vault.pause();
    }

    function test_active_time_never_runs_back_and_never_faster(uint256 seed) public {
        uint256 active = d.vault.activeTime();
        for (uint256 i; i < 20; i++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            if (dice % 3 == 0) _try(abi.encodeCall(d.vault.pause, ()));
            if (dice % 3 == 1) _try(abi.encodeCall(d.vault.unpause, ()));
            assertEq(d.vault.activeTime(), active, "no jump");
            bool wasPaused = d.vault.paused();
            uint256 step = (dice >> 8) % 6 days;
            _wait(step);
            uint256 passed = d.vault.activeTime() - active;
            assertLe(passed, step, "not faster");
            if (!wasPaused) assertEq(passed, step, "as fast when it runs");
            else assertEq(passed, d.vault.paused() ? 0 : passed, "not at all when it stands");
            active += passed;
        }
    }

    function _try(bytes memory call) internal {
        vm.prank(GUARD);
        (bool done,) = address(d.vault).call(call);
        done;
    }

    function test_a_pause_brings_no_silence_nearer() public {
        _openWith(0);
        _cutAndPost();
        uint256 since = d.vault.activeTime();
        _wait(10 hours);
        _pause();
        _wait(72 hours + 26 hours);
        _silentFails(since);
        _wait(1);
        d.vault.freezeSilent();
    }

    function test_a_vault_that_is_silent_already_can_be_frozen_in_a_pause_and_left() public {
        uint64 number = _openWith(0);
        _pause();
        d.vault.freezeSilent();
        assertTrue(d.vault.paused(), "paused");
        assertEq(_escape(number, ALICE), 1_000 * USD, "no pause holds who leaves");
    }

    /// The whole defence against stolen keys: pause, rotate, fall silent, freeze before the bad batch has matured.
    function test_a_bad_batch_is_outlived() public {
        uint64 good = _openWith(0);
        // Thieves with two keys give themselves all there is.
        (settled[ALICE], settled[BOB], settled[CAROL]) = (0, 0, 1_500 * USD);
        _withdraw(CAROL, 1_500 * USD);
        uint64 bad = _cutAndPost();
        _wait(1 hours);
        _pause();
        uint256[] memory fresh = _sortedKeys(500);
        bytes memory call = abi.encodeCall(d.vault.proposeAttesters, (_addresses(fresh), 2));
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), call, 0);
        _wait(24 hours);
        vm.prank(GOVERN);
        d.vault.proposeAttesters(_addresses(fresh), 2);
        _wait(24 hours);
        d.vault.activateAttesters();
        // The pause lapses; the thieves can no longer post, and the honest do not build on what they posted.
        _wait(24 hours);
        assertTrue(!d.vault.paused(), "lapsed");
        Batch memory next = _cut();
        UsdRoot memory usd = _usdRoot(next.number);
        bytes[] memory signatures = _sign(d.vault.digestOf(next));
        vm.expectPartialRevert(bytes4(keccak256("NotAttester(address)")));
        d.vault.postBatch(next, usd, signatures);
        _wait(35 hours + 1);
        d.vault.freezeSilent();
        assertEq(d.vault.newestMatured(), good, "pinned");
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(bad, CAROL), _proof(bad, CAROL));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, bad, good));
        d.vault.escape(leaf, proof, owners[CAROL]);
        assertEq(_escape(good, ALICE), 1_000 * USD, "Alice is whole");
        assertEq(_escape(good, BOB), 500 * USD, "Bob is whole");
    }
}
