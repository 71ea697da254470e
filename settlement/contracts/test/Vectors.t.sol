// SPDX-License-Identifier: Apache-2.0
// The contracts against the vectors that the Rust crate is held to as well, so that both speak of the same bytes.
pragma solidity 0.8.37;

import {Leaf, Node, Proof, SumTree} from "../src/SumTree.sol";
import {Batch} from "../src/interfaces/ISettlementVault.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {SumTreeCaller} from "./SumTree.t.sol";
import {AssetTree, TreeBuilder} from "./TreeBuilder.sol";
import {Venue} from "./Venue.sol";

struct ProofVector {
    string name;
    bytes32 stateRoot;
    Leaf leaf;
    Proof proof;
    Totals totals;
}

struct Totals {
    uint128 settled;
    uint128 claimable;
}

struct RefusedVector {
    string name;
    string errorName;
    bytes32 stateRoot;
    Leaf leaf;
    Proof proof;
}

struct RootVector {
    bytes32 hash;
    uint128 settled;
    uint128 claimable;
    uint256 depth;
}

struct DepositVector {
    uint64 index;
    bytes32 account;
    uint128 received;
    bytes32 hash;
}

struct Domain {
    uint256 chainId;
    address verifyingContract;
    bytes32 separator;
}

contract VectorsTest is Venue {
    string private constant LEAF = "Leaf(bytes32 account,uint256 asset,uint128 settled,uint128 claimable)";
    string private constant PROOF = "Node(bytes32 hash,uint128 settled,uint128 claimable)"
        "Proof(uint256 index,Node[] path,uint256 assetIndex,bytes32[] assetPath)";
    string private constant BATCH = "Batch(uint64 number,bytes32 prevDigest,uint64 firstSeq,uint64 lastSeq,uint64 epoch,"
        "bytes32 journalHead,uint64 depositsDone,bytes32 depositsHash,bytes32 stateRoot,bytes32 dataHash,"
        "uint128 equity,uint128 withdrawn)";

    string private constant ROOT = "Root(bytes32 hash,uint128 settled,uint128 claimable,uint256 depth)";

    SumTreeCaller private caller = new SumTreeCaller();

    function _read(string memory name) internal view returns (string memory) {
        return vm.readFile(string.concat("../vectors/", name, ".json"));
    }

    function _parse(string memory name, string memory types) internal view returns (bytes memory) {
        return vm.parseJsonTypeArray(_read(name), "$", types);
    }

    function test_proofs() public view {
        string memory types = string.concat(
            "Case(string name,bytes32 stateRoot,Leaf leaf,Proof proof,Totals totals)",
            LEAF,
            PROOF,
            "Totals(uint128 settled,uint128 claimable)"
        );
        ProofVector[] memory vectors = abi.decode(_parse("proofs", types), (ProofVector[]));
        for (uint256 i; i < vectors.length; i++) {
            (bytes32 proved, Node memory root) = caller.stateRootOf(vectors[i].leaf, vectors[i].proof);
            assertEq(proved, vectors[i].stateRoot, vectors[i].name);
            assertEq(root.settled, vectors[i].totals.settled, vectors[i].name);
            assertEq(root.claimable, vectors[i].totals.claimable, vectors[i].name);
        }
        assertLe(40, vectors.length, "vectors");
    }

    function test_refused_proofs() public view {
        string memory types =
            string.concat("Case(string name,string error,bytes32 stateRoot,Leaf leaf,Proof proof)", LEAF, PROOF);
        RefusedVector[] memory vectors = abi.decode(_parse("refused_proofs", types), (RefusedVector[]));
        for (uint256 i; i < vectors.length; i++) {
            bytes4 expected = _errorOf(vectors[i].errorName);
            try caller.stateRootOf(vectors[i].leaf, vectors[i].proof) returns (bytes32 proved, Node memory) {
                assertTrue(expected == 0 && proved != vectors[i].stateRoot, vectors[i].name);
            } catch (bytes memory message) {
                assertEq(bytes32(bytes4(message)), bytes32(expected), vectors[i].name);
            }
        }
        assertLe(30, vectors.length, "vectors");
    }

    /// Zero for a root that simply is another.
    function _errorOf(string memory name) internal pure returns (bytes4) {
        bytes32 hash = keccak256(bytes(name));
        if (hash == keccak256("path_too_long") || hash == keccak256("asset_path_too_long")) {
            return SumTree.ProofTooDeep.selector;
        }
        if (hash == keccak256("index_out_of_range") || hash == keccak256("asset_index_out_of_range")) {
            return SumTree.IndexOutOfTree.selector;
        }
        if (hash == keccak256("sum_overflow")) return SumTree.SumOverflow.selector;
        assertEq(hash, keccak256("wrong_root"), "an error these tests know");
        return 0;
    }

    function test_trees() public view {
        string memory json = _read("trees");
        uint256 count;
        for (string memory key = "$[0]"; vm.keyExistsJson(json, key); key = _at("$", ++count)) {
            AssetTree[] memory trees = _readTrees(json, string.concat(key, ".assets"));
            assertEq(TreeBuilder.stateRoot(trees), vm.parseJsonBytes32(json, string.concat(key, ".stateRoot")), key);
        }
        assertLe(8, count, "vectors");
    }

    function _at(string memory list, uint256 index) internal pure returns (string memory) {
        return string.concat(list, "[", vm.toString(index), "]");
    }

    function _readTrees(string memory json, string memory list) internal view returns (AssetTree[] memory trees) {
        uint256 count;
        while (vm.keyExistsJson(json, _at(list, count))) count++;
        trees = new AssetTree[](count);
        for (uint256 i; i < count; i++) {
            string memory key = _at(list, i);
            trees[i].asset = vm.parseJsonUint(json, string.concat(key, ".asset"));
            trees[i].leaves = abi.decode(vm.parseJsonTypeArray(json, string.concat(key, ".leaves"), LEAF), (Leaf[]));
            RootVector memory root = abi.decode(vm.parseJsonType(json, string.concat(key, ".root"), ROOT), (RootVector));
            Node memory built = TreeBuilder.root(trees[i]);
            assertEq(built.hash, root.hash, key);
            assertEq(built.settled, root.settled, key);
            assertEq(built.claimable, root.claimable, key);
            assertEq(TreeBuilder.depthFor(trees[i].leaves.length), root.depth, key);
        }
    }

    /// By packed words; `BatchesTest` holds the vault itself to the same formula, since it takes no deposits as small as these.
    function test_deposits() public view {
        DepositVector[] memory vectors = abi.decode(
            _parse("deposits", "Case(uint64 index,bytes32 account,uint128 received,bytes32 hash)"), (DepositVector[])
        );
        bytes32 hash;
        for (uint256 i; i < vectors.length; i++) {
            hash = keccak256(
                abi.encodePacked(hash, uint256(vectors[i].index), vectors[i].account, uint256(vectors[i].received))
            );
            assertEq(hash, vectors[i].hash, "hash");
        }
        assertLe(5, vectors.length, "vectors");
    }

    /// The digest is asked of a vault at the vectors' address on their chain, and the signatures of the precompile.
    function test_batches() public {
        string memory json = _read("batches");
        Domain memory domain = abi.decode(
            vm.parseJsonType(json, "$.domain", "Domain(uint256 chainId,address verifyingContract,bytes32 separator)"),
            (Domain)
        );
        vm.chainId(domain.chainId);
        SettlementVault vault = SettlementVault(domain.verifyingContract);
        vm.etch(address(vault), address(d.vault).code);
        uint256 count;
        for (string memory key = "$.batches[0]"; vm.keyExistsJson(json, key); key = _at("$.batches", ++count)) {
            Batch memory batch = abi.decode(vm.parseJsonType(json, string.concat(key, ".batch"), BATCH), (Batch));
            bytes32 digest = vm.parseJsonBytes32(json, string.concat(key, ".digest"));
            assertEq(vault.digestOf(batch), digest, key);
            _checkSignatures(json, digest, vm.parseJsonBytesArray(json, string.concat(key, ".signatures")));
        }
        assertEq(vault.BATCH_TYPEHASH(), vm.parseJsonBytes32(json, "$.batchTypeHash"), "type hash");
        assertLe(3, count, "vectors");
    }

    function _checkSignatures(string memory json, bytes32 digest, bytes[] memory signatures) internal pure {
        for (uint256 i; i < signatures.length; i++) {
            string memory key = _at("$.attesters", i);
            uint256 secret = vm.parseJsonUint(json, string.concat(key, ".key"));
            assertEq(vm.addr(secret), vm.parseJsonAddress(json, string.concat(key, ".address")), "address");
            assertEq(keccak256(_signature(secret, digest)), keccak256(signatures[i]), "signature");
        }
        assertLe(2, signatures.length, "signatures");
    }
}
