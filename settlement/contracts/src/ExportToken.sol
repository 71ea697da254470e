// SPDX-License-Identifier: Apache-2.0
// Carries credits, shares and units of the ledger onto the chain and back, never more than a matured batch says.
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {Leaf, Proof, SumTree} from "./SumTree.sol";
import {AssetLeaf, IExportToken} from "./interfaces/IExportToken.sol";
import {ISettlementVault} from "./interfaces/ISettlementVault.sol";

/// @title Exports of the ledger as ERC-1155
/// @notice Unaudited. What each call does, and each error, is told in `IExportToken`.
contract ExportToken is IExportToken, ERC1155Supply {
    /// Says which batches there are and have matured.
    ISettlementVault public immutable vault;
    mapping(bytes32 account => mapping(uint256 asset => uint256)) public mintedFor;
    uint64 public importsCount;
    bytes32 public importsHash;

    constructor(ISettlementVault vault_, string memory uri) ERC1155(uri) {
        vault = vault_;
    }

    function claim(AssetLeaf calldata leaf, Proof calldata proof, address to) external returns (uint128 amount) {
        if (leaf.asset == SumTree.USD) revert UsdIsNotExported();
        if (to != leaf.owner && msg.sender != leaf.owner) revert NotOwner(leaf.owner, msg.sender);
        bytes32 account = keccak256(abi.encode(leaf.owner, leaf.salt));
        bytes32 stateRoot = vault.claimableRoot(leaf.batch);
        (bytes32 proved,) = SumTree.stateRootOf(Leaf(account, leaf.asset, leaf.settled, leaf.claimable), proof);
        if (proved != stateRoot) revert WrongProof(stateRoot, proved);

        uint256 minted = mintedFor[account][leaf.asset];
        if (leaf.claimable <= minted) revert NothingDue(account, leaf.asset, minted);
        amount = leaf.claimable - uint128(minted);
        mintedFor[account][leaf.asset] = leaf.claimable;
        emit Exported(account, leaf.asset, leaf.batch, to, amount);
        // Calls the receiver, so it comes last: by then the leaf is used up.
        _mint(to, leaf.asset, amount, "");
    }

    function burn(bytes32 account, uint256 asset, uint128 amount) external returns (uint64 index) {
        if (account == 0 || amount == 0) revert NothingToImport();
        index = ++importsCount;
        importsHash = keccak256(abi.encode(importsHash, index, account, asset, amount));
        _burn(msg.sender, asset, amount);
        emit ImportAsked(index, account, asset, msg.sender, amount, importsHash);
    }
}
