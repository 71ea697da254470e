// SPDX-License-Identifier: Apache-2.0
// An honest venue, its users, a guardian and thieves in any order; what must never happen leaves a flag that a test reads.
pragma solidity 0.8.37;

import {AssetLeaf} from "../src/interfaces/IExportToken.sol";
import {Batch, Exit, UsdLeaf, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {Proof} from "../src/SumTree.sol";
import {Venue} from "./Venue.sol";

contract Handler is Venue {
    /// What went in and out, as the users saw it.
    uint256 public paidIn;
    uint256 public paidOut;
    uint256 public minted;
    uint256 public burnt;
    uint256 public exportedSum;
    /// Flags: a revert in here would be rolled back and forgotten.
    bool public attackPassed;
    bool public insolventPost;
    bool public honestRefused;
    bool public wronglyPaid;

    modifier whenOpen() {
        if (!d.vault.isFrozen() && !d.vault.paused()) _;
    }

    // ---- The ledger ----

    function deposit(uint256 who, uint128 amount) external whenOpen {
        amount = uint128(bound(amount, 1e6, 1e13));
        _deposit(bound(who, 0, OWNERS - 1), amount);
        paidIn += amount;
    }

    function trade(uint256 from, uint256 to, uint128 amount) external {
        (from, to) = (bound(from, 0, OWNERS - 1), bound(to, 0, OWNERS - 1));
        amount = uint128(bound(amount, 0, settled[from]));
        settled[from] -= amount;
        settled[to] += amount;
    }

    function withdraw(uint256 who, uint128 amount) external {
        who = bound(who, 0, OWNERS - 1);
        _withdraw(who, uint128(bound(amount, 0, settled[who])));
    }

    function exportUnits(uint256 who, uint128 amount) external {
        who = bound(who, 0, OWNERS - 1);
        units[who] += 1e6;
        amount = uint128(bound(amount, 1, units[who]));
        _export(who, amount);
        exportedSum += amount;
    }

    /// An honest batch is never refused, and leaves the vault solvent.
    function post(bool creditsNow) external whenOpen {
        uint64 next = depositsDone + 1;
        bool isOld = next <= d.vault.depositsCount() && d.vault.depositAt(next).madeAt + 48 hours < d.vault.activeTime();
        if (creditsNow || isOld) _creditDeposits();
        for (uint256 i; i < OWNERS; i++) {
            if (_hasOpenExit(i)) _withdraw(i, settled[i]);
        }
        Batch memory batch = _cut();
        UsdRoot memory usd = _usdRoot(batch.number);
        bytes32 digest = d.vault.digestOf(batch);
        try d.vault.postBatch(batch, usd, _sign(digest)) {
            (digests[batch.number], lastSeq) = (digest, batch.lastSeq);
        } catch {
            honestRefused = true;
        }
        if (_owed(batch) > token.balanceOf(address(d.vault))) insolventPost = true;
    }

    function _owed(Batch memory batch) private view returns (uint256 owed) {
        owed = d.vault.bondsHeld();
        for (uint256 i; i < OWNERS; i++) {
            owed += uint256(settled[i]) + claimable[i] - d.vault.paidTo(ids[i]);
        }
        for (uint64 i = batch.depositsDone + 1; i <= d.vault.depositsCount(); i++) {
            owed += _amountOf(i);
        }
    }

    function _amountOf(uint64 index) private view returns (uint256) {
        return d.vault.depositAt(index).total - d.vault.depositAt(index - 1).total;
    }

    function _hasOpenExit(uint256 who) private view returns (bool) {
        Exit memory exit = d.vault.exitOf(ids[who]);
        return exit.owner != address(0) && !exit.isServed;
    }

    // ---- Users ----

    function claim(uint64 number, uint256 who) external whenOpen {
        if (d.vault.newestMatured() == 0) return;
        number = uint64(bound(number, 1, d.vault.newestMatured()));
        who = bound(who, 0, OWNERS - 1);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, who), _proof(number, who));
        uint256 paid = d.vault.paidTo(ids[who]);
        uint256 due = leaf.claimable > paid ? leaf.claimable - paid : 0;
        uint256 room = d.vault.outflowRoom();
        _checkPaid(due < room ? due : room, abi.encodeCall(d.vault.claim, (leaf, proof, owners[who])), owners[who]);
    }

    /// Calls the vault; exactly `expected` must come out of it, or it must revert if that is nothing.
    function _checkPaid(uint256 expected, bytes memory call, address to) private {
        uint256 before = token.balanceOf(to);
        (bool done,) = address(d.vault).call(call);
        uint256 received = token.balanceOf(to) - before;
        paidOut += received;
        if (received != expected || done != (expected != 0)) wronglyPaid = true;
    }

    function mint(uint64 number, uint256 who) external whenOpen {
        if (d.vault.newestMatured() == 0) return;
        number = uint64(bound(number, 1, d.vault.newestMatured()));
        who = _pick(who, _hasDueExport);
        minted += d.exports.claim(_creditLeaf(number, who), _creditProof(number, who), owners[who]);
    }

    function burn(uint256 who, uint128 amount) external {
        who = _pick(who, _hasTokens);
        amount = uint128(bound(amount, 0, d.exports.balanceOf(owners[who], CREDIT)));
        vm.prank(owners[who]);
        d.exports.burn(ids[who], CREDIT, amount);
        burnt += amount;
    }

    function askExit(uint64 number, uint256 who, uint128 amount) external whenOpen {
        if (d.vault.newestMatured() == 0) return;
        number = uint64(bound(number, 1, d.vault.newestMatured()));
        who = _pick(who, _isRich);
        amount = uint128(bound(amount, 1, usdLeaves[number][who].settled));
        _askExit(number, who, amount);
        paidIn += _limits().exitBond;
    }

    function serveExit(uint256 who) external {
        who = _pick(who, _hasOpenExit);
        uint64 before = d.vault.depositsCount();
        _serveExit(d.vault.newestBatch(), who);
        if (d.vault.depositsCount() > before) ownerOfDeposit[before + 1] = INSURANCE;
    }

    function takeBond(uint256 who) external {
        who = _pick(who, _hasFreeBond);
        d.vault.takeBond(ids[who], owners[who]);
        paidOut += _limits().exitBond;
    }

    /// The first owner from `who` on for whom the action makes sense, so that few calls are spent on nothing.
    function _pick(uint256 who, function(uint256) view returns (bool) suits) private view returns (uint256) {
        who = bound(who, 0, OWNERS - 1);
        for (uint256 i; i < OWNERS; i++) {
            if (suits((who + i) % OWNERS)) return (who + i) % OWNERS;
        }
        return who;
    }

    function _hasDueExport(uint256 who) private view returns (bool) {
        return exported[who] > d.exports.mintedFor(ids[who], CREDIT);
    }

    function _hasTokens(uint256 who) private view returns (bool) {
        return d.exports.balanceOf(owners[who], CREDIT) != 0;
    }

    function _isRich(uint256 who) private view returns (bool) {
        return settled[who] != 0 && d.vault.exitOf(ids[who]).owner == address(0);
    }

    function _hasFreeBond(uint256 who) private view returns (bool) {
        return d.vault.exitOf(ids[who]).isServed;
    }

    // ---- Time ----

    function wait(uint256 time) external {
        _wait(bound(time, 1 hours, 30 hours));
    }

    function pause(bool ends) external {
        if (!ends) _pause();
        else _unpause();
    }

    /// Seldom, since it is the end of the run's other actions.
    function freeze(uint256 dice, uint256 who) external {
        if (dice % 4 != 0) return;
        if (dice % 8 == 0) d.vault.freezeSilent();
        else d.vault.freezeUnserved(ids[bound(who, 0, OWNERS - 1)]);
    }

    // ---- Thieves ----

    function forgeLeaf(uint64 number, uint256 who, uint128 more, bool inSettled) external {
        if (d.vault.newestBatch() == 0) return;
        number = uint64(bound(number, 1, d.vault.newestBatch()));
        who = bound(who, 0, OWNERS - 1);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, who), _proof(number, who));
        more = uint128(bound(more, 1, 1e15));
        if (inSettled) leaf.settled += more;
        else leaf.claimable += more;
        _attack(abi.encodeCall(d.vault.claim, (leaf, proof, owners[who])), owners[who]);
        _attack(abi.encodeCall(d.vault.escape, (leaf, proof, owners[who])), owners[who]);
        (AssetLeaf memory credit, Proof memory path) = (_creditLeaf(number, who), _creditProof(number, who));
        credit.claimable += more;
        vm.prank(owners[who]);
        (bool done,) = address(d.exports).call(abi.encodeCall(d.exports.claim, (credit, path, owners[who])));
        if (done) attackPassed = true;
    }

    function redirect(uint64 number, uint256 who) external {
        if (d.vault.newestBatch() == 0) return;
        number = uint64(bound(number, 1, d.vault.newestBatch()));
        who = bound(who, 0, OWNERS - 1);
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(number, who), _proof(number, who));
        _attack(abi.encodeCall(d.vault.claim, (leaf, proof, STRANGER)), STRANGER);
        _attack(abi.encodeCall(d.vault.escape, (leaf, proof, STRANGER)), STRANGER);
        _attack(abi.encodeCall(d.vault.takeBond, (ids[who], STRANGER)), STRANGER);
        _attack(abi.encodeCall(d.vault.refundDeposit, (number, STRANGER)), STRANGER);
    }

    function claimYoung(uint256 who) external {
        uint64 number = d.vault.newestMatured() + 1;
        if (number > d.vault.newestBatch()) return;
        who = bound(who, 0, OWNERS - 1);
        _attack(abi.encodeCall(d.vault.claim, (_leaf(number, who), _proof(number, who), owners[who])), owners[who]);
    }

    /// With one key of three, or a body that says more than there is.
    function postBadly(uint128 more, uint256 kind) external whenOpen {
        Batch memory batch = _cut();
        kind = bound(kind, 0, 3);
        if (kind == 1) batch.equity += uint128(bound(more, 1, 1e15));
        if (kind == 2) batch.lastSeq = batch.firstSeq - 1;
        if (kind == 3) batch.depositsHash ^= bytes32(uint256(1));
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        if (kind == 0) signatures[1] = signatures[0];
        bytes memory call = abi.encodeCall(d.vault.postBatch, (batch, _usdRoot(batch.number), signatures));
        (bool done,) = address(d.vault).call(call);
        if (done) attackPassed = true;
    }

    function _attack(bytes memory call, address to) private {
        uint256 before = token.balanceOf(to);
        vm.prank(STRANGER);
        (bool done,) = address(d.vault).call(call);
        if (done || token.balanceOf(to) != before) attackPassed = true;
    }

    // ---- The end ----

    function escape(uint256 who) public {
        if (!d.vault.isFrozen()) return;
        who = bound(who, 0, OWNERS - 1);
        uint64 pinned = d.vault.newestMatured();
        if (pinned == 0) return;
        (UsdLeaf memory leaf, Proof memory proof) = (_leaf(pinned, who), _proof(pinned, who));
        uint256 total = uint256(leaf.settled) + leaf.claimable;
        uint256 paid = d.vault.paidTo(ids[who]);
        bytes memory call = abi.encodeCall(d.vault.escape, (leaf, proof, owners[who]));
        _checkPaid(total > paid ? total - paid : 0, call, owners[who]);
    }

    function refund(uint64 index) public {
        if (!d.vault.isFrozen() || d.vault.depositsCount() == 0) return;
        index = uint64(bound(index, 1, d.vault.depositsCount()));
        address from = d.vault.depositAt(index).from;
        bool isDue = from != address(0) && index > d.vault.batchAt(d.vault.newestMatured()).depositsDone;
        bytes memory call = abi.encodeCall(d.vault.refundDeposit, (index, from));
        _checkPaid(isDue ? _amountOf(index) : 0, call, from == address(0) ? STRANGER : from);
    }

    /// Whatever happened before: the vault can be frozen, and everybody leaves until nothing is left.
    function windUp() external {
        if (d.vault.depositsCount() == 0) return;
        _wait(72 hours + 36 hours + 1);
        if (!d.vault.isFrozen()) d.vault.freezeSilent();
        for (uint256 i; i < OWNERS; i++) {
            escape(i);
            if (d.vault.exitOf(ids[i]).owner != address(0)) {
                d.vault.takeBond(ids[i], owners[i]);
                paidOut += _limits().exitBond;
            }
        }
        // `bound` maps n − 1 to index n.
        for (uint64 i; i < d.vault.depositsCount(); i++) {
            refund(i);
        }
    }

    function vaultBalance() external view returns (uint256) {
        return token.balanceOf(address(d.vault));
    }

    function supply() external view returns (uint256) {
        return d.exports.totalSupply(CREDIT);
    }

    /// Whether numbers, digests and sequences of all batches form one chain.
    function isOneChain() external view returns (bool) {
        for (uint64 i = 1; i <= d.vault.newestBatch(); i++) {
            if (d.vault.batchAt(i).digest != digests[i] || d.vault.batchAt(i).lastSeq != 10 * i) return false;
        }
        return d.vault.batchAt(d.vault.newestBatch() + 1).digest == 0;
    }
}
