// SPDX-License-Identifier: Apache-2.0
// What holds whatever anybody does in whatever order: solvent, one chain, no theft, and everybody leaves whole.
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./Handler.sol";

contract InvariantsTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() public {
        _handler = new Handler();
        _handler.setUp();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[24] memory chosen = [
            Handler.deposit.selector,
            Handler.deposit.selector,
            Handler.trade.selector,
            Handler.withdraw.selector,
            Handler.withdraw.selector,
            Handler.exportUnits.selector,
            Handler.post.selector,
            Handler.post.selector,
            Handler.post.selector,
            Handler.wait.selector,
            Handler.wait.selector,
            Handler.wait.selector,
            Handler.claim.selector,
            Handler.mint.selector,
            Handler.burn.selector,
            Handler.askExit.selector,
            Handler.askExit.selector,
            Handler.serveExit.selector,
            Handler.serveExit.selector,
            Handler.takeBond.selector,
            Handler.pause.selector,
            Handler.freeze.selector,
            Handler.escape.selector,
            Handler.refund.selector
        ];
        bytes4[4] memory attacks = [
            Handler.forgeLeaf.selector,
            Handler.redirect.selector,
            Handler.claimYoung.selector,
            Handler.postBadly.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), new bytes4[](28));
        for (uint256 i; i < 24; i++) {
            targets[0].selectors[i] = chosen[i];
        }
        for (uint256 i; i < 4; i++) {
            targets[0].selectors[24 + i] = attacks[i];
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_whatever_anybody_does() public view {
        _checkFlags();
        assertEq(_handler.vaultBalance(), _handler.paidIn() - _handler.paidOut(), "money is conserved");
        assertEq(_handler.supply(), _handler.minted() - _handler.burnt(), "tokens are conserved");
        assertLe(_handler.minted(), _handler.exportedSum(), "no token beyond what was exported");
        assertTrue(_handler.isOneChain(), "batches form one chain");
    }

    function afterInvariant() public {
        _handler.windUp();
        _checkFlags();
        assertEq(_handler.vaultBalance(), 0, "everybody left with what the pinned batch says, and nothing is left");
    }

    function _checkFlags() private view {
        assertTrue(!_handler.attackPassed(), "no attack passes");
        assertTrue(!_handler.insolventPost(), "solvent at every post");
        assertTrue(!_handler.honestRefused(), "an honest batch is never refused");
        assertTrue(!_handler.wronglyPaid(), "every payment is exactly what is due");
    }
}
