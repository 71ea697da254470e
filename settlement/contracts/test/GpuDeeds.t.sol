// SPDX-License-Identifier: Apache-2.0
// The registry: complete deeds, one per serial, by the registrar alone.
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Deed, IGpuDeeds} from "../src/interfaces/IGpuDeeds.sol";
import {Venue} from "./Venue.sol";

contract GpuDeedsTest is Venue {
    bytes32 private constant SERIAL = keccak256("salted serial");
    bytes32 private constant PROOF = keccak256("attestation");

    function _registerFails(bytes32 serial, bytes32 sku, bytes32 attestation, bytes memory message) internal {
        vm.expectRevert(message);
        vm.prank(REGISTER);
        d.deeds.register(owners[ALICE], serial, sku, attestation);
    }

    function test_a_machine_is_registered_once() public {
        vm.expectEmit(address(d.deeds));
        emit IGpuDeeds.DeedRegistered(SERIAL, owners[ALICE], "H100-SXM", PROOF);
        vm.prank(REGISTER);
        d.deeds.register(owners[ALICE], SERIAL, "H100-SXM", PROOF);
        assertEq(d.deeds.ownerOf(uint256(SERIAL)), owners[ALICE], "owner");
        Deed memory deed = d.deeds.deedOf(SERIAL);
        assertEq(deed.sku, "H100-SXM", "sku");
        assertEq(deed.attestationHash, PROOF, "attestation");
        assertEq(deed.attestedAt, START, "time");
        vm.prank(owners[ALICE]);
        d.deeds.transferFrom(owners[ALICE], owners[BOB], uint256(SERIAL));
        bytes memory taken = abi.encodeWithSelector(IGpuDeeds.SerialTaken.selector, SERIAL, owners[BOB]);
        _registerFails(SERIAL, "H100-SXM", PROOF, taken);
    }

    function test_a_deed_is_complete() public {
        bytes4 selector = IGpuDeeds.IncompleteDeed.selector;
        _registerFails(0, "H100", PROOF, abi.encodeWithSelector(selector, bytes32(0), bytes32("H100"), PROOF));
        _registerFails(SERIAL, 0, PROOF, abi.encodeWithSelector(selector, SERIAL, bytes32(0), PROOF));
        _registerFails(SERIAL, "H100", 0, abi.encodeWithSelector(selector, SERIAL, bytes32("H100"), bytes32(0)));
    }

    function test_a_machine_is_attested_anew() public {
        vm.prank(REGISTER);
        d.deeds.register(owners[ALICE], SERIAL, "H100", PROOF);
        _wait(1 days);
        bytes32 renewed = keccak256("renewed");
        vm.expectEmit(address(d.deeds));
        emit IGpuDeeds.DeedAttested(SERIAL, renewed);
        vm.prank(REGISTER);
        d.deeds.attest(SERIAL, renewed);
        assertEq(d.deeds.deedOf(SERIAL).attestationHash, renewed, "attestation");
        assertEq(d.deeds.deedOf(SERIAL).attestedAt, START + 1 days, "time");
        bytes4 selector = IGpuDeeds.IncompleteDeed.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, SERIAL, bytes32("H100"), bytes32(0)));
        vm.prank(REGISTER);
        d.deeds.attest(SERIAL, 0);
    }

    function test_there_must_be_a_deed() public {
        bytes memory message = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, uint256(SERIAL));
        vm.expectRevert(message);
        d.deeds.deedOf(SERIAL);
        vm.expectRevert(message);
        vm.prank(REGISTER);
        d.deeds.attest(SERIAL, PROOF);
    }

    function test_only_the_registrar_registers() public {
        bytes memory message = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.expectRevert(message);
        vm.prank(STRANGER);
        d.deeds.register(owners[ALICE], SERIAL, "H100", PROOF);
        vm.expectRevert(message);
        vm.prank(STRANGER);
        d.deeds.attest(SERIAL, PROOF);
    }

    function test_the_deployer_keeps_no_role() public view {
        (bool isAdmin,) = d.manager.hasRole(d.manager.ADMIN_ROLE(), address(this));
        assertTrue(!isAdmin, "deployer");
        (bool isHeld, uint32 delay) = d.manager.hasRole(d.manager.ADMIN_ROLE(), ADMIN);
        assertTrue(isHeld && delay == 72 hours, "admin");
    }
}
