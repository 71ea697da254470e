// SPDX-License-Identifier: Apache-2.0
// Stablecoins as they come in the field: a plain one, and one for each habit that the vault refuses or survives.
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract Stablecoin is ERC20 {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) ERC20("Test dollar", "TUSD") {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// Keeps one part in a hundred of every transfer.
contract FeeToken is Stablecoin {
    constructor() Stablecoin(6) {}

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee), amount / 100);
    }
}

/// Gives a unit with every transfer.
contract GiftToken is Stablecoin {
    constructor() Stablecoin(6) {}

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(address(0), to, 1);
    }
}

/// Returns nothing from its transfers, as the largest stablecoin does.
contract SilentToken {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address, uint256) external {}

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Answers "false" instead of reverting.
contract RefusingToken {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// Calls back before it moves money, as tokens with hooks do.
contract HookToken is Stablecoin {
    address private _target;
    bytes private _call;
    bytes public answer;

    constructor() Stablecoin(6) {}

    function plan(address target, bytes calldata call) external {
        _target = target;
        _call = call;
    }

    function _update(address from, address to, uint256 amount) internal override {
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (, answer) = target.call(_call);
        }
        super._update(from, to, amount);
    }
}
