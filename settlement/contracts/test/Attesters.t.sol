// SPDX-License-Identifier: Apache-2.0
// Who may be the attesters, how their set changes, and what happens to a batch that was signed meanwhile.
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {IAttesters} from "../src/interfaces/IAttesters.sol";
import {Batch, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {Terms} from "../script/Deploy.s.sol";
import {Venue} from "./Venue.sol";

contract AttestersTest is Venue {
    function _fails(uint256 count, uint256 threshold, bytes memory message) internal {
        address[] memory members = _range(count);
        vm.expectRevert(message);
        this.deployWith(members, threshold);
    }

    /// A call of its own, so that it may revert.
    function deployWith(address[] memory members, uint256 threshold) external returns (SettlementVault) {
        Terms memory terms = _terms(IERC20Metadata(address(token)));
        (terms.attesters, terms.threshold) = (members, threshold);
        return _deployVault(terms);
    }

    function _range(uint256 count) internal pure returns (address[] memory members) {
        members = new address[](count);
        for (uint256 i; i < count; i++) {
            members[i] = address(uint160(i + 1));
        }
    }

    function test_a_set_has_two_to_sixteen_members() public {
        _fails(0, 2, abi.encodeWithSelector(IAttesters.WrongAttesterCount.selector, 0, 16));
        _fails(1, 1, abi.encodeWithSelector(IAttesters.WrongAttesterCount.selector, 1, 16));
        _fails(17, 9, abi.encodeWithSelector(IAttesters.WrongAttesterCount.selector, 17, 16));
        (address[] memory members, uint256 threshold) = this.deployWith(_range(16), 16).attesters();
        assertEq(members.length, 16, "members");
        assertEq(members[15], address(16), "member");
        assertEq(threshold, 16, "threshold");
    }

    function test_a_threshold_is_a_majority_of_at_least_two() public {
        _fails(2, 1, abi.encodeWithSelector(IAttesters.WrongThreshold.selector, 1, 2));
        _fails(3, 1, abi.encodeWithSelector(IAttesters.WrongThreshold.selector, 1, 3));
        _fails(4, 2, abi.encodeWithSelector(IAttesters.WrongThreshold.selector, 2, 4));
        _fails(3, 4, abi.encodeWithSelector(IAttesters.WrongThreshold.selector, 4, 3));
        this.deployWith(_range(2), 2);
        this.deployWith(_range(4), 3);
    }

    function test_members_ascend() public {
        address[] memory members = _range(3);
        members[2] = members[1];
        vm.expectRevert(abi.encodeWithSelector(IAttesters.NotAscending.selector, address(2), address(2)));
        this.deployWith(members, 2);
        members[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IAttesters.NotAscending.selector, address(0), address(0)));
        this.deployWith(members, 2);
    }

    // ---- Rotation ----

    function _propose(uint256[] memory fresh) internal {
        bytes memory call = abi.encodeCall(d.vault.proposeAttesters, (_addresses(fresh), 3));
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), call, 0);
        _wait(24 hours);
        vm.prank(GOVERN);
        d.vault.proposeAttesters(_addresses(fresh), 3);
    }

    function test_only_the_governor_proposes_and_after_a_delay() public {
        address[] memory members = _range(3);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        d.vault.proposeAttesters(members, 2);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        vm.prank(GOVERN);
        d.vault.proposeAttesters(members, 2);
    }

    function test_the_guardian_cancels_what_the_governor_scheduled() public {
        bytes memory call = abi.encodeCall(d.vault.proposeAttesters, (_range(3), 2));
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), call, 0);
        vm.prank(GUARD);
        d.manager.cancel(GOVERN, address(d.vault), call);
        _wait(24 hours);
        address[] memory members = _range(3);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        vm.prank(GOVERN);
        d.vault.proposeAttesters(members, 2);
    }

    function test_a_proposed_set_is_checked_too() public {
        bytes memory call = abi.encodeCall(d.vault.proposeAttesters, (_range(3), 1));
        vm.prank(GOVERN);
        d.manager.schedule(address(d.vault), call, 0);
        _wait(24 hours);
        address[] memory members = _range(3);
        vm.expectRevert(abi.encodeWithSelector(IAttesters.WrongThreshold.selector, 1, 3));
        vm.prank(GOVERN);
        d.vault.proposeAttesters(members, 1);
    }

    function test_a_set_rules_after_its_delay() public {
        vm.expectRevert(abi.encodeWithSelector(IAttesters.NoRotation.selector));
        d.vault.activateAttesters();
        uint256[] memory fresh = _sortedKeys(500);
        uint64 from = uint64(START + 48 hours);
        _propose(fresh);
        (address[] memory members, uint256 threshold, uint64 proposedFrom) = d.vault.proposedAttesters();
        assertEq(members[0], vm.addr(fresh[0]), "proposed");
        assertEq(threshold, 3, "threshold");
        assertEq(proposedFrom, from, "from");
        _wait(24 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesters.RotationTooEarly.selector, from, from - 1));
        d.vault.activateAttesters();
        _wait(1);
        vm.expectEmit(address(d.vault));
        emit IAttesters.AttestersActivated(_addresses(fresh), 3);
        vm.prank(STRANGER);
        d.vault.activateAttesters();
        (members, threshold) = d.vault.attesters();
        assertEq(members[2], vm.addr(fresh[2]), "present");
        assertEq(threshold, 3, "threshold");
        (members,, proposedFrom) = d.vault.proposedAttesters();
        assertEq(members.length + proposedFrom, 0, "nothing proposed");
        vm.expectRevert(abi.encodeWithSelector(IAttesters.NoRotation.selector));
        d.vault.activateAttesters();
    }

    function test_another_proposal_replaces_the_first_and_waits_anew() public {
        _propose(_sortedKeys(500));
        _wait(23 hours);
        _propose(_sortedKeys(900));
        vm.expectPartialRevert(IAttesters.RotationTooEarly.selector);
        d.vault.activateAttesters();
        _wait(24 hours);
        d.vault.activateAttesters();
        (address[] memory members,) = d.vault.attesters();
        assertEq(members[0], vm.addr(_sortedKeys(900)[0]), "the second");
    }

    /// The digest does not name the set: what the old set signed, the new one signs again, and the old signatures are void.
    function test_a_batch_in_flight_is_signed_again_by_the_new_set() public {
        uint256[] memory fresh = _sortedKeys(500);
        _propose(fresh);
        _cutAndPost();
        Batch memory inFlight = _cut();
        bytes32 digest = d.vault.digestOf(inFlight);
        bytes[] memory old = new bytes[](3);
        for (uint256 i; i < 3; i++) {
            old[i] = _signature(keys[i], digest);
        }
        UsdRoot memory usd = _usdRoot(inFlight.number);
        _wait(24 hours);
        d.vault.activateAttesters();
        vm.expectRevert(abi.encodeWithSelector(IAttesters.NotAttester.selector, vm.addr(keys[0])));
        d.vault.postBatch(inFlight, usd, old);
        (keys, signers) = (fresh, 3);
        _post(inFlight);
        assertEq(d.vault.batchAt(2).digest, digest, "the same digest");
    }

    function test_a_member_of_both_sets_stays_one() public {
        uint256[] memory mixed = _sortedKeys(101);
        _propose(mixed);
        _wait(24 hours);
        d.vault.activateAttesters();
        (keys, signers) = (mixed, 3);
        _cutAndPost();
    }
}
