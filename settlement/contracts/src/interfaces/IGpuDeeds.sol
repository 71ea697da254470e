// SPDX-License-Identifier: Apache-2.0
// What a reader of the registry needs to know: which machine a deed stands for and what was attested of it.
pragma solidity 0.8.37;

/// What is known of one machine. The deed's token id is the serial hash.
struct Deed {
    /// ASCII, padded with zeros, such as "H100-SXM".
    bytes32 sku;
    /// Hash of the newest attestation's evidence (a device identity, not hours of use).
    bytes32 attestationHash;
    uint64 attestedAt;
}

/// @title Registry of machines, one deed per serial number
interface IGpuDeeds {
    /// A machine was entered.
    event DeedRegistered(bytes32 indexed serialHash, address indexed to, bytes32 sku, bytes32 attestationHash);
    /// A machine was attested anew.
    event DeedAttested(bytes32 indexed serialHash, bytes32 attestationHash);

    /// There is a deed of this serial.
    error SerialTaken(bytes32 serialHash, address owner);
    /// A deed names serial, SKU and attestation.
    error IncompleteDeed(bytes32 serialHash, bytes32 sku, bytes32 attestationHash);

    /// @notice Enters a machine. Restricted to the registrar.
    /// @param serialHash salted, since serial numbers can be guessed; the registrar keeps the salt
    function register(address to, bytes32 serialHash, bytes32 sku, bytes32 attestationHash) external;

    /// @notice Replaces a machine's attestation. Restricted to the registrar.
    function attest(bytes32 serialHash, bytes32 attestationHash) external;

    /// @notice What is known of the machine. Reverts if there is no deed.
    function deedOf(bytes32 serialHash) external view returns (Deed memory);
}
