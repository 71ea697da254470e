// SPDX-License-Identifier: Apache-2.0
// Claims: by a named and matured batch, cumulative, within the period's cap, to the owner and nobody else.
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IActiveClock} from "../src/interfaces/IActiveClock.sol";
import {Batch, ISettlementVault, UsdLeaf} from "../src/interfaces/ISettlementVault.sol";
import {Proof} from "../src/SumTree.sol";
import {HookToken, Stablecoin} from "./Tokens.sol";
import {Venue} from "./Venue.sol";

contract ClaimsTest is Venue {
    function test_a_claim_pays_what_the_batch_promises_once() public {
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.Claimed(ids[ALICE], number, owners[ALICE], 400 * USD, 400 * USD);
        vm.prank(STRANGER);
        assertEq(d.vault.claim(leaf, proof, owners[ALICE]), 400 * USD, "paid");
        assertEq(token.balanceOf(owners[ALICE]), 400 * USD, "balance");
        assertEq(d.vault.paidTo(ids[ALICE]), 400 * USD, "paid to the account");
        assertEq(d.vault.paidTotal(), 400 * USD, "paid to all");
        _claimFails(number, ALICE, abi.encodeWithSelector(ISettlementVault.NothingDue.selector, ids[ALICE], 400 * USD));
        _claimFails(number, BOB, abi.encodeWithSelector(ISettlementVault.NothingDue.selector, ids[BOB], 0));
    }

    function test_claims_are_cumulative_whatever_the_order_of_batches() public {
        uint64 first = _openWith(400 * USD);
        _withdraw(ALICE, 50 * USD);
        uint64 second = _cutAndPost();
        _wait(48 hours);
        assertEq(_claim(second, ALICE), 450 * USD, "all at once");
        _claimFails(first, ALICE, abi.encodeWithSelector(ISettlementVault.NothingDue.selector, ids[ALICE], 450 * USD));
        _withdraw(ALICE, 1);
        uint64 third = _cutAndPost();
        _wait(48 hours);
        assertEq(_claim(third, ALICE), 1, "only what is new");
    }

    function test_a_batch_matures_after_the_delay_to_the_second() public {
        _deposit(ALICE, 1_000 * USD);
        _creditDeposits();
        _withdraw(ALICE, 400 * USD);
        uint64 number = _cutAndPost();
        assertEq(d.vault.newestMatured(), 0, "none matured");
        _wait(48 hours - 1);
        bytes memory message = abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, number, 0);
        _claimFails(number, ALICE, message);
        _wait(1);
        assertEq(d.vault.newestMatured(), number, "matured");
        _claim(number, ALICE);
    }

    /// Batches that come more often than the delay is long must not starve claims by older ones.
    function test_an_old_batch_stays_good_while_new_ones_come() public {
        uint64 number = _openWith(400 * USD);
        for (uint256 i; i < 5; i++) {
            _wait(1 hours);
            _cutAndPost();
        }
        assertEq(_claim(number, ALICE), 400 * USD, "paid by the first");
    }

    function test_the_batch_exists() public {
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        leaf.batch = 0;
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoBatch.selector, 0));
        d.vault.claim(leaf, proof, owners[ALICE]);
        leaf.batch = number + 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoBatch.selector, number + 1));
        d.vault.claim(leaf, proof, owners[ALICE]);
    }

    function test_a_leaf_that_is_not_in_the_batch_is_refused(uint256 which, uint128 noise) public {
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        uint128 change = noise == 0 ? 1 : noise;
        which = bound(which, 0, 6);
        if (which == 0) leaf.claimable = uint128(bound(noise, 401 * USD, 1e18));
        if (which == 1) leaf.settled ^= uint128(bound(noise, 1, 1e18));
        if (which == 2) leaf.salt ^= bytes32(uint256(change));
        if (which == 3) proof.path[noise % 3].hash ^= bytes32(uint256(change));
        if (which == 4) proof.path[noise % 3].settled ^= uint128(bound(noise, 1, 1e18));
        if (which == 5) proof.index ^= bound(noise, 1, 7);
        if (which == 6) proof.assetPath[0] ^= bytes32(uint256(change));
        vm.expectPartialRevert(ISettlementVault.WrongProof.selector);
        d.vault.claim(leaf, proof, owners[ALICE]);
    }

    function test_the_usd_root_is_the_first_asset() public {
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _creditProof(number, ALICE));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotUsdRoot.selector, 1));
        d.vault.claim(leaf, proof, owners[ALICE]);
    }

    function test_only_the_owner_sends_money_elsewhere() public {
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NotOwner.selector, owners[ALICE], STRANGER));
        vm.prank(STRANGER);
        d.vault.claim(leaf, proof, STRANGER);
        vm.prank(owners[ALICE]);
        d.vault.claim(leaf, proof, STRANGER);
        assertEq(token.balanceOf(STRANGER), 400 * USD, "where the owner wants it");
    }

    function test_a_pause_stops_claims_and_the_clock() public {
        uint64 number = _openWith(400 * USD);
        _withdraw(ALICE, 1);
        uint64 young = _cutAndPost();
        _wait(24 hours);
        _pause();
        uint256 until = _now() + 72 hours;
        _claimFails(number, ALICE, abi.encodeWithSelector(IActiveClock.IsPaused.selector, until));
        _wait(72 hours);
        _claim(number, ALICE);
        _wait(24 hours - 1);
        _claimFails(young, ALICE, abi.encodeWithSelector(ISettlementVault.BatchNotMatured.selector, young, number));
        _wait(1);
        _claim(young, ALICE);
    }

    // ---- The cap ----

    function test_claims_keep_to_the_cap_and_the_rest_waits() public {
        _setCap(1_000 * USD);
        _deposit(ALICE, 2_500 * USD);
        _deposit(BOB, 100 * USD);
        _creditDeposits();
        _withdraw(ALICE, 2_500 * USD);
        _withdraw(BOB, 100 * USD);
        uint64 number = _cutAndPost();
        _wait(48 hours);
        _startPeriod();
        assertEq(_claim(number, ALICE), 1_000 * USD, "the first period");
        assertEq(d.vault.outflowRoom(), 0, "room");
        uint256 next = _now() + 1 days;
        bytes memory message = abi.encodeWithSelector(ISettlementVault.OutflowCapReached.selector, 1_000 * USD, next);
        _claimFails(number, ALICE, message);
        _wait(1 days - 1);
        _claimFails(number, BOB, message);
        _wait(1);
        assertEq(_claim(number, BOB), 100 * USD, "another account");
        assertEq(_claim(number, ALICE), 900 * USD, "the second period");
        // Both claims of the period count, not only the last.
        message = abi.encodeWithSelector(ISettlementVault.OutflowCapReached.selector, 1_000 * USD, _now() + 1 days);
        _claimFails(number, ALICE, message);
        _wait(1 days);
        assertEq(_claim(number, ALICE), 600 * USD, "the third period");
        assertEq(token.balanceOf(address(d.vault)), 0, "all is paid");
    }

    function test_a_cap_below_what_was_spent_leaves_no_room() public {
        _openWith(0);
        _deposit(ALICE, 5_000 * USD);
        _creditDeposits();
        _withdraw(ALICE, 5_000 * USD);
        uint64 number = _cutAndPost();
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), abi.encodeCall(d.vault.setOutflowCap, (1_000 * USD)), 0);
        _wait(48 hours);
        _startPeriod();
        _claim(number, ALICE);
        vm.prank(GOVERN);
        d.vault.setOutflowCap(1_000 * USD);
        assertEq(d.vault.outflowRoom(), 0, "room");
    }

    function _setCap(uint128 cap) internal {
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), abi.encodeCall(d.vault.setOutflowCap, (cap)), 0);
        _wait(24 hours);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.OutflowCapSet(cap);
        vm.prank(GOVERN);
        d.vault.setOutflowCap(cap);
    }

    function _startPeriod() internal {
        vm.warp((_now() / 1 days + 1) * 1 days);
    }

    function test_the_cap_has_a_floor_and_a_governor() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        d.vault.setOutflowCap(5_000 * USD);
        bytes memory call = abi.encodeCall(d.vault.setOutflowCap, (1_000 * USD - 1));
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), call, 0);
        _wait(24 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISettlementVault.WrongLimit.selector, 5, 1_000 * USD - 1, 1_000 * USD, type(uint128).max
            )
        );
        vm.prank(GOVERN);
        d.vault.setOutflowCap(1_000 * USD - 1);
    }

    // ---- Attacks ----

    /// Attesters who move a promise from one account to another cannot pay it twice.
    function test_claims_never_exceed_what_the_newest_batch_promised() public {
        uint64 number = _openWith(400 * USD);
        _claim(number, ALICE);
        claimable[ALICE] = 0;
        claimable[BOB] = 400 * USD;
        uint64 bad = _cutAndPost();
        _wait(48 hours);
        bytes memory message =
            abi.encodeWithSelector(ISettlementVault.ClaimsExceedWithdrawn.selector, 800 * USD, 400 * USD);
        _claimFails(bad, BOB, message);
    }

    /// A token that calls back in the middle of a payment finds every door shut, also that of the poster.
    function test_a_token_that_calls_back_gains_nothing() public {
        HookToken hook = new HookToken();
        d = _deploy(_terms(IERC20Metadata(address(hook))), address(this));
        token = Stablecoin(address(hook));
        uint64 number = _openWith(400 * USD);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, ALICE), _proof(number, ALICE));
        _checkReentry(hook, abi.encodeCall(d.vault.claim, (leaf, proof, owners[ALICE])));
        _withdraw(ALICE, 1);
        _withdraw(BOB, 1);
        Batch memory batch = _cut();
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        bytes memory call = abi.encodeCall(d.vault.postBatch, (batch, _usdRoot(batch.number), signatures));
        hook.plan(address(d.vault), call);
        hook.mint(address(1), 1);
        assertEq(d.vault.newestBatch(), 2, "outside a payment the same call posts");
        digests[2] = d.vault.digestOf(batch);
        lastSeq = batch.lastSeq;
        _wait(48 hours);
        (leaf, proof) = (_leaf(2, ALICE), _proof(2, ALICE));
        batch = _cut();
        signatures = _sign(d.vault.digestOf(batch));
        hook.plan(address(d.vault), abi.encodeCall(d.vault.postBatch, (batch, _usdRoot(batch.number), signatures)));
        d.vault.claim(leaf, proof, owners[ALICE]);
        assertEq(d.vault.newestBatch(), 2, "not in the middle of one");
        _checkReentered(hook);
    }

    function _checkReentry(HookToken hook, bytes memory call) internal {
        hook.plan(address(d.vault), call);
        _claim(1, ALICE);
        _checkReentered(hook);
        assertEq(token.balanceOf(owners[ALICE]), 400 * USD, "paid once");
    }

    function _checkReentered(HookToken hook) internal view {
        bytes32 selector = bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(bytes32(hook.answer()), selector, "the answer to the call back");
    }
}
