// SPDX-License-Identifier: Apache-2.0
// What a guardian may do and what a pause does to time: it stands still, so that a pause never becomes a freeze.
pragma solidity 0.8.37;

/// @title A clock that a guardian can stop for at most 72 hours
/// @notice "Active time" is block time less all pauses. Claim delays, exits and silence are measured in it.
interface IActiveClock {
    /// A guardian stopped the clock, at the latest until `until`.
    event Paused(uint64 until);
    /// A guardian let the clock run again before the pause had lapsed.
    event Unpaused();

    /// Not while a guardian's pause lasts.
    error IsPaused(uint64 until);
    /// There is no pause to end.
    error NotPaused();
    /// The next pause may begin only some time after the last.
    error PauseTooSoon(uint64 earliest, uint64 time);

    /// @notice Stops deposits, posts, claims and the clock for up to `PAUSE_MAX`. Restricted to the guardian.
    function pause() external;

    /// @notice Ends a pause early. Restricted to the guardian.
    function unpause() external;

    /// @notice Whether a pause lasts.
    function paused() external view returns (bool);

    /// @notice Seconds of the chain's clock less all seconds of pause so far.
    function activeTime() external view returns (uint64);
}
