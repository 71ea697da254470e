// SPDX-License-Identifier: Apache-2.0
// A contract that is wrong on purpose: a run of slither that does not find it has looked at nothing.
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract Planted {
    mapping(address => uint256) public balances;

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function withdraw() external {
        (bool done,) = msg.sender.call{value: balances[msg.sender]}("");
        require(done);
        balances[msg.sender] = 0;
    }

    function drain(IERC20 token, address from, uint256 amount) external {
        require(tx.origin == from);
        token.transferFrom(from, msg.sender, amount);
    }
}
