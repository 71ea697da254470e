// SPDX-License-Identifier: Apache-2.0
// What a wallet, a custodian or the engine's importer needs to know of exported credits, shares and units.
pragma solidity 0.8.37;

import {Proof} from "../SumTree.sol";

/// An account's leaf in one asset of one batch, opened by whoever may speak for the account.
struct AssetLeaf {
    /// Number of the batch.
    uint64 batch;
    /// `keccak256(abi.encode(owner, salt))` is the account's id.
    address owner;
    bytes32 salt;
    /// The ledger's asset id, which is the token's id too.
    uint256 asset;
    uint128 settled;
    uint128 claimable;
}

/// @title Exports of the ledger: tokens that are minted by claim and burnt to import
/// @notice The ledger is the only home of credits, shares and units; redemption and yield happen there. Nobody owns this
/// contract and no role can mint.
interface IExportToken {
    /// A part of what a matured batch says was exported was minted.
    event Exported(bytes32 indexed account, uint256 indexed asset, uint64 indexed batch, address to, uint128 amount);
    /// Tokens were burnt; the ledger credits `account` at finality. `hash` chains all requests, like the vault's deposits.
    event ImportAsked(
        uint64 indexed index, bytes32 indexed account, uint256 indexed asset, address from, uint128 amount, bytes32 hash
    );

    /// USD is paid by the vault.
    error UsdIsNotExported();
    /// The leaf is not in the batch.
    error WrongProof(bytes32 stateRoot, bytes32 proved);
    /// Only the owner may send tokens elsewhere than to the owner.
    error NotOwner(address owner, address caller);
    /// All that was exported is minted.
    error NothingDue(bytes32 account, uint256 asset, uint256 minted);
    /// Zero is no account, and nothing is no amount.
    error NothingToImport();

    /// @notice Mints what `leaf` says was exported and was not minted yet. Anyone may call it for an owner.
    /// @param to the owner, or where the owner who calls wants it
    function claim(AssetLeaf calldata leaf, Proof calldata proof, address to) external returns (uint128 amount);

    /// @notice Burns the caller's tokens, so that the ledger credits `account` with as many.
    /// @return index of the request, from 1
    function burn(bytes32 account, uint256 asset, uint128 amount) external returns (uint64 index);

    /// @notice All that was ever minted for the account in the asset.
    function mintedFor(bytes32 account, uint256 asset) external view returns (uint256);

    /// @notice How many imports were asked for, and the rolling hash over them.
    function importsCount() external view returns (uint64);
    function importsHash() external view returns (bytes32);
}
