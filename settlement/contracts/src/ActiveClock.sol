// SPDX-License-Identifier: Apache-2.0
// Lets a guardian win time against a bad batch without ever holding money hostage: a pause stops the clock, and lapses.
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IActiveClock} from "./interfaces/IActiveClock.sol";

/// @title A clock that a guardian can stop for at most 72 hours
abstract contract ActiveClock is IActiveClock, AccessManaged {
    /// A pause lapses by itself after this time.
    uint64 public constant PAUSE_MAX = 72 hours;
    /// Between the end of a pause and the next one, so that pauses in a row are no freeze.
    uint64 public constant PAUSE_COOLDOWN = 14 days;

    /// The last pause, from when and until when; both zero if there never was one.
    uint64 private _pausedFrom;
    uint64 private _pausedUntil;
    /// Length of all pauses before the last.
    uint64 private _pausedBefore;

    modifier whenRunning() {
        _checkRunning();
        _;
    }

    function pause() external restricted {
        uint64 time = _time();
        if (_pausedUntil != 0) {
            uint64 earliest = _pausedUntil + PAUSE_COOLDOWN;
            if (time < earliest) revert PauseTooSoon(earliest, time);
        }
        _pausedBefore += _pausedUntil - _pausedFrom;
        _pausedFrom = time;
        _pausedUntil = time + PAUSE_MAX;
        emit Paused(_pausedUntil);
    }

    function unpause() external restricted {
        if (!paused()) revert NotPaused();
        _pausedUntil = _time();
        emit Unpaused();
    }

    function paused() public view returns (bool) {
        return _time() < _pausedUntil;
    }

    function activeTime() public view returns (uint64) {
        uint64 time = _time();
        uint64 lastPauseEnd = time < _pausedUntil ? time : _pausedUntil;
        return time - _pausedBefore - (lastPauseEnd - _pausedFrom);
    }

    function _checkRunning() internal view {
        if (paused()) revert IsPaused(_pausedUntil);
    }

    function _time() internal view returns (uint64) {
        return uint64(block.timestamp);
    }
}
