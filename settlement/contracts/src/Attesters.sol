// SPDX-License-Identifier: Apache-2.0
// Keeps who may attest a batch, so that the vault itself only asks whether enough of them signed a digest.
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAttesters} from "./interfaces/IAttesters.sol";

/// @title The N of M who attest batches, and how their set changes
abstract contract Attesters is IAttesters, AccessManaged {
    /// So that checking signatures stays far below a block's gas.
    uint256 public constant ATTESTERS_MAX = 16;
    uint256 public constant THRESHOLD_MIN = 2;
    /// Shorter than a pause, so that stolen keys can be replaced while nothing can be posted with them.
    uint64 public constant ROTATION_DELAY = 24 hours;

    struct Set {
        address[] members;
        uint256 threshold;
    }

    Set private _present;
    Set private _proposed;
    uint64 private _proposedFrom;
    /// Number of the present set, from 1, and of the newest set that each address is in: rotation clears nothing.
    uint256 private _setNumber;
    mapping(address member => uint256 setNumber) private _setOf;

    constructor(address[] memory members, uint256 threshold) {
        _checkSet(members, threshold);
        _install(members, threshold);
    }

    function proposeAttesters(address[] calldata members, uint256 threshold) external restricted {
        _checkSet(members, threshold);
        _proposed = Set(members, threshold);
        _proposedFrom = uint64(block.timestamp) + ROTATION_DELAY;
        emit AttestersProposed(members, threshold, _proposedFrom);
    }

    function activateAttesters() external {
        uint64 from = _proposedFrom;
        if (from == 0) revert NoRotation();
        if (block.timestamp < from) revert RotationTooEarly(from, uint64(block.timestamp));
        _install(_proposed.members, _proposed.threshold);
        delete _proposed;
        delete _proposedFrom;
    }

    function attesters() external view returns (address[] memory members, uint256 threshold) {
        return (_present.members, _present.threshold);
    }

    function proposedAttesters() external view returns (address[] memory members, uint256 threshold, uint64 from) {
        return (_proposed.members, _proposed.threshold, _proposedFrom);
    }

    /// Reverts unless enough of the present set signed `digest`.
    function _checkSignatures(bytes32 digest, bytes[] calldata signatures) internal view {
        if (signatures.length < _present.threshold) revert TooFewSignatures(signatures.length, _present.threshold);
        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = ECDSA.recoverCalldata(digest, signatures[i]);
            if (signer <= previous) revert NotAscending(previous, signer);
            if (_setOf[signer] != _setNumber) revert NotAttester(signer);
            previous = signer;
        }
    }

    function _install(address[] memory members, uint256 threshold) private {
        uint256 number = ++_setNumber;
        for (uint256 i; i < members.length; ++i) {
            _setOf[members[i]] = number;
        }
        _present = Set(members, threshold);
        emit AttestersActivated(members, threshold);
    }

    function _checkSet(address[] memory members, uint256 threshold) private pure {
        uint256 count = members.length;
        if (count < THRESHOLD_MIN || count > ATTESTERS_MAX) revert WrongAttesterCount(count, ATTESTERS_MAX);
        if (threshold < THRESHOLD_MIN || threshold > count || 2 * threshold <= count) {
            revert WrongThreshold(threshold, count);
        }
        address previous;
        for (uint256 i; i < count; ++i) {
            if (members[i] <= previous) revert NotAscending(previous, members[i]);
            previous = members[i];
        }
    }
}
