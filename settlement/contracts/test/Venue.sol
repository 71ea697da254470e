// SPDX-License-Identifier: Apache-2.0
// A small honest venue: a ledger, attesters with keys, and a poster, so that each test says only what it changes.
pragma solidity 0.8.37;

import {Leaf, Proof} from "../src/SumTree.sol";
import {SumTree} from "../src/SumTree.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {AssetLeaf} from "../src/interfaces/IExportToken.sol";
import {Batch, Limits, UsdLeaf, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {Deployed, Deployment, Holders, Terms} from "../script/Deploy.s.sol";
import {ExportToken} from "../src/ExportToken.sol";
import {GpuDeeds} from "../src/GpuDeeds.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {Base} from "./Base.sol";
import {Stablecoin} from "./Tokens.sol";
import {AssetTree, TreeBuilder} from "./TreeBuilder.sol";

abstract contract Venue is Base, Deployment {
    uint256 internal constant CREDIT = 7;
    uint256 internal constant OWNERS = 5;
    bytes32 internal constant SALT = keccak256("salt");
    uint256 internal constant START = 1_800_000_000;
    /// The owner with this index holds the insurance account.
    uint256 internal constant INSURANCE = 0;
    uint256 internal constant ALICE = 1;
    uint256 internal constant BOB = 2;
    uint256 internal constant CAROL = 3;
    uint128 internal constant USD = 1e6;

    address internal constant ADMIN = address(0xad);
    address internal constant GUARD = address(0x6a);
    address internal constant GOVERN = address(0x60);
    address internal constant REGISTER = address(0x4e);
    address internal constant STRANGER = address(0x57);

    Deployed internal d;
    Stablecoin internal token;
    address[] internal owners;
    bytes32[] internal ids;
    /// Of the ledger, by owner: USD, then credits.
    uint128[OWNERS] internal settled;
    uint128[OWNERS] internal claimable;
    uint128[OWNERS] internal units;
    uint128[OWNERS] internal exported;
    uint64 internal depositsDone;
    /// By number of the batch, as they were cut.
    mapping(uint64 number => Leaf[]) internal usdLeaves;
    mapping(uint64 number => Leaf[]) internal creditLeaves;
    mapping(uint64 number => bytes32) internal digests;
    mapping(uint64 index => uint256 owner) internal ownerOfDeposit;
    /// Keys of the present attesters by ascending address, and how many of them sign.
    uint256[] internal keys;
    uint256 internal signers = 2;
    uint64 internal lastSeq;

    function setUp() public virtual {
        vm.warp(START);
        token = new Stablecoin(6);
        _makeOwners();
        keys = _sortedKeys(100);
        d = _deploy(_terms(IERC20Metadata(address(token))), address(this));
    }

    // ---- Mutants ----

    /// A contract may come from another build, so that a mutant is tested without compiling the tests anew.
    function _newVault(Terms memory terms, address manager) internal override returns (SettlementVault) {
        string memory artifact = vm.envOr("VAULT_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) return super._newVault(terms, manager);
        return SettlementVault(
            _create(
                artifact,
                abi.encode(terms.token, manager, terms.attesters, terms.threshold, terms.insuranceAccount, terms.limits)
            )
        );
    }

    function _newExports(SettlementVault vault) internal override returns (ExportToken) {
        string memory artifact = vm.envOr("EXPORTS_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) return super._newExports(vault);
        return ExportToken(_create(artifact, abi.encode(vault, "")));
    }

    function _newDeeds(address manager) internal override returns (GpuDeeds) {
        string memory artifact = vm.envOr("DEEDS_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) return super._newDeeds(manager);
        return GpuDeeds(_create(artifact, abi.encode(manager)));
    }

    function _create(string memory artifact, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            created := create(0, add(code, 32), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    // ---- Setting up ----

    function _deployVault(Terms memory terms) internal returns (SettlementVault) {
        return _newVault(terms, address(d.manager));
    }

    function _terms(IERC20Metadata token_) internal view returns (Terms memory) {
        Holders memory holders = Holders(ADMIN, GUARD, GOVERN, REGISTER);
        return Terms(token_, _addresses(keys), 2, ids[INSURANCE], _limits(), holders);
    }

    function _limits() internal pure virtual returns (Limits memory) {
        return Limits({
            claimDelay: 48 hours,
            silence: 36 hours,
            exitWindow: 24 hours,
            outflowPeriod: 1 days,
            outflowCap: 1_000_000 * USD,
            outflowCapMin: 1_000 * USD,
            exitBond: 100 * USD
        });
    }

    /// Accounts are sorted, as in the tree.
    function _makeOwners() private {
        for (uint256 i; i < OWNERS; i++) {
            owners.push(vm.addr(1000 + i));
            for (uint256 j = i; j > 0 && _id(owners[j]) < _id(owners[j - 1]); j--) {
                (owners[j], owners[j - 1]) = (owners[j - 1], owners[j]);
            }
        }
        for (uint256 i; i < OWNERS; i++) {
            ids.push(_id(owners[i]));
        }
    }

    function _id(address owner) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint256(uint160(owner)), SALT));
    }

    function _sortedKeys(uint256 seed) internal pure returns (uint256[] memory sorted) {
        sorted = new uint256[](3);
        for (uint256 i; i < 3; i++) {
            sorted[i] = seed + i;
            for (uint256 j = i; j > 0 && vm.addr(sorted[j]) < vm.addr(sorted[j - 1]); j--) {
                (sorted[j], sorted[j - 1]) = (sorted[j - 1], sorted[j]);
            }
        }
    }

    function _addresses(uint256[] memory of_) internal pure returns (address[] memory list) {
        list = new address[](of_.length);
        for (uint256 i; i < of_.length; i++) {
            list[i] = vm.addr(of_[i]);
        }
    }

    // ---- The engine ----

    function _deposit(uint256 who, uint128 amount) internal returns (uint64 index) {
        token.mint(owners[who], amount);
        vm.prank(owners[who]);
        token.approve(address(d.vault), amount);
        vm.prank(owners[who]);
        index = d.vault.deposit(ids[who], amount);
        ownerOfDeposit[index] = who;
    }

    /// Credits all deposits there are, each to the account it names.
    function _creditDeposits() internal {
        while (depositsDone < d.vault.depositsCount()) {
            depositsDone++;
            uint128 amount = d.vault.depositAt(depositsDone).total - d.vault.depositAt(depositsDone - 1).total;
            settled[ownerOfDeposit[depositsDone]] += amount;
        }
    }

    function _withdraw(uint256 who, uint128 amount) internal {
        settled[who] -= amount;
        claimable[who] += amount;
    }

    function _export(uint256 who, uint128 amount) internal {
        units[who] -= amount;
        exported[who] += amount;
    }

    /// The next batch, of the ledger as it is now.
    function _cut() internal returns (Batch memory batch) {
        batch.number = d.vault.newestBatch() + 1;
        delete usdLeaves[batch.number];
        delete creditLeaves[batch.number];
        for (uint256 i; i < OWNERS; i++) {
            usdLeaves[batch.number].push(Leaf(ids[i], SumTree.USD, settled[i], claimable[i]));
            creditLeaves[batch.number].push(Leaf(ids[i], CREDIT, units[i], exported[i]));
            batch.equity += settled[i];
            batch.withdrawn += claimable[i];
        }
        batch.prevDigest = digests[batch.number - 1];
        batch.firstSeq = lastSeq + 1;
        batch.lastSeq = lastSeq + 10;
        batch.epoch = 3;
        batch.journalHead = keccak256(abi.encode("journal", batch.number));
        batch.dataHash = keccak256(abi.encode("data", batch.number));
        batch.depositsDone = depositsDone;
        batch.depositsHash = d.vault.depositAt(depositsDone).hash;
        batch.stateRoot = TreeBuilder.stateRoot(_trees(batch.number));
    }

    function _trees(uint64 number) internal view returns (AssetTree[] memory trees) {
        trees = new AssetTree[](2);
        trees[0] = AssetTree(SumTree.USD, usdLeaves[number]);
        trees[1] = AssetTree(CREDIT, creditLeaves[number]);
    }

    function _usdRoot(uint64 number) internal view returns (UsdRoot memory) {
        AssetTree[] memory trees = _trees(number);
        uint256 depth = TreeBuilder.depthFor(trees[0].leaves.length);
        return UsdRoot(TreeBuilder.root(trees[0]).hash, depth, TreeBuilder.assetPath(trees, 0));
    }

    function _post(Batch memory batch) internal {
        bytes32 digest = d.vault.digestOf(batch);
        UsdRoot memory usd = _usdRoot(batch.number);
        bytes[] memory signatures = _sign(digest);
        d.vault.postBatch(batch, usd, signatures);
        digests[batch.number] = digest;
        lastSeq = batch.lastSeq;
    }

    /// Posting must fail, with exactly this error.
    function _postFails(Batch memory batch, bytes memory message) internal {
        UsdRoot memory usd = _usdRoot(batch.number);
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        vm.expectRevert(message);
        d.vault.postBatch(batch, usd, signatures);
    }

    function _cutAndPost() internal returns (uint64 number) {
        Batch memory batch = _cut();
        _post(batch);
        return batch.number;
    }

    function _sign(bytes32 digest) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](signers);
        for (uint256 i; i < signers; i++) {
            signatures[i] = _signature(keys[i], digest);
        }
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    // ---- Users ----

    function _leaf(uint64 number, uint256 who) internal view returns (UsdLeaf memory) {
        Leaf storage leaf = usdLeaves[number][who];
        return UsdLeaf(number, owners[who], SALT, leaf.settled, leaf.claimable);
    }

    function _proof(uint64 number, uint256 who) internal view returns (Proof memory) {
        return TreeBuilder.proof(_trees(number), 0, who);
    }

    function _creditLeaf(uint64 number, uint256 who) internal view returns (AssetLeaf memory) {
        Leaf storage leaf = creditLeaves[number][who];
        return AssetLeaf(number, owners[who], SALT, CREDIT, leaf.settled, leaf.claimable);
    }

    function _creditProof(uint64 number, uint256 who) internal view returns (Proof memory) {
        return TreeBuilder.proof(_trees(number), 1, who);
    }

    function _claim(uint64 number, uint256 who) internal returns (uint128) {
        return d.vault.claim(_leaf(number, who), _proof(number, who), owners[who]);
    }

    function _claimFails(uint64 number, uint256 who, bytes memory message) internal {
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, who), _proof(number, who));
        vm.expectRevert(message);
        d.vault.claim(leaf, proof, owners[who]);
    }

    function _escape(uint64 number, uint256 who) internal returns (uint128) {
        return d.vault.escape(_leaf(number, who), _proof(number, who), owners[who]);
    }

    function _askExit(uint64 number, uint256 who, uint128 amount) internal {
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, who), _proof(number, who));
        token.mint(owners[who], _limits().exitBond);
        vm.prank(owners[who]);
        token.approve(address(d.vault), _limits().exitBond);
        vm.prank(owners[who]);
        d.vault.askExit(leaf, proof, amount);
    }

    function _serveExit(uint64 number, uint256 who) internal {
        d.vault.serveExit(_leaf(number, who), _proof(number, who));
    }

    // ---- Time and roles ----

    function _wait(uint256 time) internal {
        vm.warp(_now() + time);
    }

    /// Not `block.timestamp`, which the optimizer may read once for a whole function.
    function _now() internal view returns (uint256) {
        return TimeReader(address(this)).timeNow();
    }

    function timeNow() external view returns (uint256) {
        return block.timestamp;
    }

    function _pause() internal {
        vm.prank(GUARD);
        d.vault.pause();
    }

    function _unpause() internal {
        vm.prank(GUARD);
        d.vault.unpause();
    }

    /// Alice and Bob pay in, the ledger credits it, Alice takes `withdrawal` out; the batch has matured.
    function _openWith(uint128 withdrawal) internal returns (uint64 number) {
        _deposit(ALICE, 1_000 * USD);
        _deposit(BOB, 500 * USD);
        _creditDeposits();
        if (withdrawal != 0) _withdraw(ALICE, withdrawal);
        number = _cutAndPost();
        _wait(_limits().claimDelay);
    }
}

interface TimeReader {
    function timeNow() external view returns (uint256);
}
