// SPDX-License-Identifier: Apache-2.0
// Registers each machine once, so that one serial number cannot back two vaults of the ledger.
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Deed, IGpuDeeds} from "./interfaces/IGpuDeeds.sol";

/// @title Registry of machines as ERC-721
/// @notice Unaudited. What each call does, and each error, is told in `IGpuDeeds`.
contract GpuDeeds is IGpuDeeds, ERC721, AccessManaged {
    mapping(bytes32 serialHash => Deed) private _deeds;

    constructor(address authority) ERC721("Terahour GPU deed", "GPUDEED") AccessManaged(authority) {}

    function register(address to, bytes32 serialHash, bytes32 sku, bytes32 attestationHash) external restricted {
        if (serialHash == 0 || sku == 0 || attestationHash == 0) {
            revert IncompleteDeed(serialHash, sku, attestationHash);
        }
        address owner = _ownerOf(uint256(serialHash));
        if (owner != address(0)) revert SerialTaken(serialHash, owner);
        _deeds[serialHash] = Deed(sku, attestationHash, uint64(block.timestamp));
        emit DeedRegistered(serialHash, to, sku, attestationHash);
        // Not the "safe" mint: a receiver that is called could refuse, or come back.
        _mint(to, uint256(serialHash));
    }

    function attest(bytes32 serialHash, bytes32 attestationHash) external restricted {
        Deed storage deed = _deeds[serialHash];
        _requireOwned(uint256(serialHash));
        if (attestationHash == 0) revert IncompleteDeed(serialHash, deed.sku, attestationHash);
        deed.attestationHash = attestationHash;
        deed.attestedAt = uint64(block.timestamp);
        emit DeedAttested(serialHash, attestationHash);
    }

    function deedOf(bytes32 serialHash) external view returns (Deed memory) {
        _requireOwned(uint256(serialHash));
        return _deeds[serialHash];
    }
}
