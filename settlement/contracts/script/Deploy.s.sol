// SPDX-License-Identifier: Apache-2.0
// Deploys the contracts with their roles and delays, so that tests, rehearsals and a chain all have the same wiring.
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ExportToken} from "../src/ExportToken.sol";
import {GpuDeeds} from "../src/GpuDeeds.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {IActiveClock} from "../src/interfaces/IActiveClock.sol";
import {IAttesters} from "../src/interfaces/IAttesters.sol";
import {IGpuDeeds} from "../src/interfaces/IGpuDeeds.sol";
import {ISettlementVault, Limits} from "../src/interfaces/ISettlementVault.sol";

/// Who holds which role.
struct Holders {
    /// Grants roles, after `ADMIN_DELAY`.
    address admin;
    /// Pauses at once, and cancels what the governor has scheduled.
    address guardian;
    /// Rotates attesters and sets the outflow cap, after `GOVERNOR_DELAY`.
    address governor;
    /// Registers machines at once: it moves no money.
    address registrar;
}

struct Terms {
    IERC20Metadata token;
    address[] attesters;
    uint256 threshold;
    bytes32 insuranceAccount;
    Limits limits;
    Holders holders;
}

struct Deployed {
    AccessManager manager;
    SettlementVault vault;
    ExportToken exports;
    GpuDeeds deeds;
}

/// The cheatcodes of forge that a deployment needs.
interface ScriptVm {
    function envAddress(string calldata name) external view returns (address);
    function envAddress(string calldata name, string calldata delimiter) external view returns (address[] memory);
    function envUint(string calldata name) external view returns (uint256);
    function envBytes32(string calldata name) external view returns (bytes32);
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @title The wiring, for whoever deploys
abstract contract Deployment {
    uint64 internal constant GUARDIAN = 1;
    uint64 internal constant GOVERNOR = 2;
    uint64 internal constant REGISTRAR = 3;
    uint32 internal constant ADMIN_DELAY = 72 hours;
    /// With the rotation's own delay still shorter than a pause.
    uint32 internal constant GOVERNOR_DELAY = 24 hours;

    /// @param deployer whoever sends these calls; it holds no role any more when all is done
    function _deploy(Terms memory terms, address deployer) internal returns (Deployed memory deployed) {
        AccessManager manager = new AccessManager(deployer);
        deployed.manager = manager;
        deployed.vault = _newVault(terms, address(manager));
        deployed.exports = _newExports(deployed.vault);
        deployed.deeds = _newDeeds(address(manager));

        address vault = address(deployed.vault);
        _allow(manager, vault, IActiveClock.pause.selector, GUARDIAN);
        _allow(manager, vault, IActiveClock.unpause.selector, GUARDIAN);
        _allow(manager, vault, IAttesters.proposeAttesters.selector, GOVERNOR);
        _allow(manager, vault, ISettlementVault.setOutflowCap.selector, GOVERNOR);
        _allow(manager, address(deployed.deeds), IGpuDeeds.register.selector, REGISTRAR);
        _allow(manager, address(deployed.deeds), IGpuDeeds.attest.selector, REGISTRAR);

        Holders memory holders = terms.holders;
        manager.grantRole(GUARDIAN, holders.guardian, 0);
        manager.grantRole(GOVERNOR, holders.governor, GOVERNOR_DELAY);
        manager.grantRole(REGISTRAR, holders.registrar, 0);
        manager.setRoleGuardian(GOVERNOR, GUARDIAN);
        uint64 adminRole = manager.ADMIN_ROLE();
        manager.grantRole(adminRole, holders.admin, ADMIN_DELAY);
        manager.renounceRole(adminRole, deployer);
    }

    function _newVault(Terms memory terms, address manager) internal virtual returns (SettlementVault) {
        return new SettlementVault(
            terms.token, manager, terms.attesters, terms.threshold, terms.insuranceAccount, terms.limits
        );
    }

    function _newExports(SettlementVault vault) internal virtual returns (ExportToken) {
        return new ExportToken(vault, "");
    }

    function _newDeeds(address manager) internal virtual returns (GpuDeeds) {
        return new GpuDeeds(manager);
    }

    function _allow(AccessManager manager, address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }
}

/// @title `forge script script/Deploy.s.sol --broadcast --private-key …`, with the terms in the environment
/// @notice ATTESTERS is a comma-separated list in ascending order; amounts are in micro-USD, times in seconds.
contract Deploy is Deployment {
    ScriptVm private constant VM = ScriptVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external returns (Deployed memory deployed) {
        Terms memory terms = _terms();
        VM.startBroadcast();
        deployed = _deploy(terms, msg.sender);
        VM.stopBroadcast();
    }

    function _terms() private view returns (Terms memory terms) {
        terms.token = IERC20Metadata(VM.envAddress("TOKEN"));
        terms.attesters = VM.envAddress("ATTESTERS", ",");
        terms.threshold = VM.envUint("THRESHOLD");
        terms.insuranceAccount = VM.envBytes32("INSURANCE_ACCOUNT");
        terms.limits = Limits({
            claimDelay: uint64(VM.envUint("CLAIM_DELAY")),
            silence: uint64(VM.envUint("SILENCE")),
            exitWindow: uint64(VM.envUint("EXIT_WINDOW")),
            outflowPeriod: uint64(VM.envUint("OUTFLOW_PERIOD")),
            outflowCap: uint128(VM.envUint("OUTFLOW_CAP")),
            outflowCapMin: uint128(VM.envUint("OUTFLOW_CAP_MIN")),
            exitBond: uint128(VM.envUint("EXIT_BOND"))
        });
        terms.holders = Holders({
            admin: VM.envAddress("ADMIN"),
            guardian: VM.envAddress("GUARDIAN"),
            governor: VM.envAddress("GOVERNOR"),
            registrar: VM.envAddress("REGISTRAR")
        });
    }
}
