// SPDX-License-Identifier: Apache-2.0
// What can be asked of the attesters' set and how it changes: who signs batches, how many must, from when on.
pragma solidity 0.8.37;

/// @title The N of M who recompute each batch from the journal and sign it
interface IAttesters {
    /// A set was proposed; it rules once `activateAttesters` is called at `from` or later.
    event AttestersProposed(address[] members, uint256 threshold, uint64 from);
    /// A set rules from this block on; signatures of the one before are worth nothing any more.
    event AttestersActivated(address[] members, uint256 threshold);

    /// A set needs between two and `ATTESTERS_MAX` members.
    error WrongAttesterCount(uint256 given, uint256 limit);
    /// A threshold is more than half of the set, at least two, at most all.
    error WrongThreshold(uint256 given, uint256 members);
    /// Members and signers are listed in strictly ascending order, so that none counts twice.
    error NotAscending(address previous, address next);
    /// A signature recovers to somebody outside the present set.
    error NotAttester(address signer);
    /// Fewer signatures than the threshold.
    error TooFewSignatures(uint256 given, uint256 threshold);
    /// There is no proposed set to activate.
    error NoRotation();
    /// The proposed set may not rule yet.
    error RotationTooEarly(uint64 from, uint64 time);

    /// @notice Proposes the next set. Restricted to the governor. A new proposal replaces an open one and waits anew.
    /// @param members strictly ascending
    /// @param threshold signatures a batch then needs
    function proposeAttesters(address[] calldata members, uint256 threshold) external;

    /// @notice Lets the proposed set rule, once its delay is over. Open to anyone, also during a pause.
    function activateAttesters() external;

    /// @notice The present set and how many of it must sign.
    function attesters() external view returns (address[] memory members, uint256 threshold);

    /// @notice The proposed set, how many of it would have to sign, and from when on; empty if there is none.
    function proposedAttesters() external view returns (address[] memory members, uint256 threshold, uint64 from);
}
