// SPDX-License-Identifier: Apache-2.0
// Holds the money of the ledger and pays it out by what N of M attesters signed, or by the last matured batch if they stop.
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ActiveClock} from "./ActiveClock.sol";
import {Attesters} from "./Attesters.sol";
import {Leaf, Node, Proof, SumTree} from "./SumTree.sol";
import {
    Batch,
    Deposit,
    Exit,
    ISettlementVault,
    Limits,
    PostedBatch,
    UsdLeaf,
    UsdRoot
} from "./interfaces/ISettlementVault.sol";

/// @title The settlement vault: deposits, batches, claims, forced exits, and the way out
/// @notice Unaudited. What each call does, and each error, is told in `ISettlementVault`.
contract SettlementVault is ISettlementVault, ActiveClock, Attesters, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20Metadata;

    bytes32 public constant BATCH_TYPEHASH = keccak256(
        "Batch(uint64 number,bytes32 prevDigest,uint64 firstSeq,uint64 lastSeq,uint64 epoch,bytes32 journalHead,"
        "uint64 depositsDone,bytes32 depositsHash,bytes32 stateRoot,bytes32 dataHash,uint128 equity,uint128 withdrawn)"
    );
    /// One unit of the ledger is one unit of the token.
    uint8 public constant DECIMALS = 6;
    /// A deposit costs the engine a command: dust is refused.
    uint128 public constant DEPOSIT_MIN = 1e6;
    /// After silence begins to count as a freeze, this much is left until an unfollowed bad batch matures.
    uint64 public constant FREEZE_MARGIN = 6 hours;
    uint64 public constant DELAY_MAX = 30 days;
    uint128 public constant EXIT_BOND_MAX = 10_000e6;

    IERC20Metadata public immutable token;
    /// Gets the bonds of exits for more than there was.
    bytes32 public immutable insuranceAccount;

    uint64 private immutable _claimDelay;
    uint64 private immutable _silence;
    uint64 private immutable _exitWindow;
    uint64 private immutable _outflowPeriod;
    uint128 private immutable _outflowCapStart;
    uint128 private immutable _outflowCapMin;
    uint128 private immutable _exitBond;

    uint64 public newestBatch;
    uint64 public depositsCount;
    bool public isFrozen;
    uint64 private _pinned;
    /// Together in a word, and so are the next two: a claim writes both words.
    uint128 private _outflowCap;
    uint128 public paidTotal;
    uint128 private _outflowSpent;
    uint64 private _outflowPeriodNow;
    uint256 public bondsHeld;
    mapping(uint64 number => PostedBatch) private _batches;
    mapping(uint64 index => Deposit) private _deposits;
    mapping(bytes32 account => uint256) public paidTo;
    mapping(bytes32 account => Exit) private _exits;

    modifier whenOpen() {
        _checkOpen();
        _;
    }

    modifier whenFrozen() {
        if (!isFrozen) revert NotFrozen();
        _;
    }

    constructor(
        IERC20Metadata token_,
        address authority,
        address[] memory members,
        uint256 threshold,
        bytes32 insuranceAccount_,
        Limits memory limits_
    ) AccessManaged(authority) Attesters(members, threshold) EIP712("Terahour Settlement", "1") {
        uint8 decimals = token_.decimals();
        if (decimals != DECIMALS) revert UnfitToken(address(token_), decimals);
        if (insuranceAccount_ == 0) revert NoAccount();
        _checkLimits(limits_);
        token = token_;
        insuranceAccount = insuranceAccount_;
        _claimDelay = limits_.claimDelay;
        _silence = limits_.silence;
        _exitWindow = limits_.exitWindow;
        _outflowPeriod = limits_.outflowPeriod;
        _outflowCapStart = limits_.outflowCap;
        _outflowCapMin = limits_.outflowCapMin;
        _exitBond = limits_.exitBond;
        _outflowCap = limits_.outflowCap;
    }

    // ---- Money in ----

    function deposit(bytes32 account, uint128 amount) external nonReentrant whenOpen whenRunning returns (uint64) {
        if (account == 0) revert NoAccount();
        if (amount < DEPOSIT_MIN) revert DepositTooSmall(amount, DEPOSIT_MIN);
        _receive(amount);
        return _recordDeposit(account, msg.sender, amount);
    }

    /// A token that takes a fee, or gives a present, does not keep one unit of the ledger at one unit of the token.
    function _receive(uint128 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert WrongAmountReceived(amount, received);
    }

    function _recordDeposit(bytes32 account, address from, uint128 amount) private returns (uint64 index) {
        Deposit storage last = _deposits[depositsCount];
        index = ++depositsCount;
        bytes32 hash = keccak256(abi.encode(last.hash, index, account, amount));
        _deposits[index] = Deposit({hash: hash, total: last.total + amount, madeAt: activeTime(), from: from});
        emit Deposited(index, account, from, amount, hash);
    }

    // ---- Batches ----

    function postBatch(Batch calldata batch, UsdRoot calldata usd, bytes[] calldata signatures) external nonReentrant {
        bytes32 digest = digestOf(batch);
        if (_isPosted(batch.number, digest)) return;
        _checkOpen();
        _checkRunning();
        _checkContinues(batch);
        _checkDeposits(batch);
        _checkUsdRoot(batch, usd);
        _checkSignatures(digest, signatures);
        _checkSolvent(batch);

        newestBatch = batch.number;
        _batches[batch.number] = PostedBatch({
            digest: digest,
            stateRoot: batch.stateRoot,
            withdrawn: batch.withdrawn,
            postedAt: activeTime(),
            depositsDone: batch.depositsDone,
            lastSeq: batch.lastSeq,
            epoch: batch.epoch
        });
        emit BatchPosted(batch.number, digest, batch.stateRoot, batch.dataHash, batch.depositsDone);
    }

    function _isPosted(uint64 number, bytes32 digest) private view returns (bool) {
        if (number == 0 || number > newestBatch) return false;
        bytes32 posted = _batches[number].digest;
        if (posted != digest) revert BatchConflict(number, posted, digest);
        return true;
    }

    function _checkContinues(Batch calldata batch) private view {
        if (batch.number != newestBatch + 1) revert BatchGap(newestBatch + 1, batch.number);
        PostedBatch storage previous = _batches[newestBatch];
        if (batch.prevDigest != previous.digest) revert WrongPrevDigest(previous.digest, batch.prevDigest);
        uint64 first = previous.lastSeq + 1;
        if (batch.firstSeq != first || batch.lastSeq < first) {
            revert WrongSequence(first, batch.firstSeq, batch.lastSeq);
        }
        if (batch.epoch < previous.epoch) revert EpochFell(previous.epoch, batch.epoch);
        if (batch.withdrawn < previous.withdrawn) revert WithdrawnFell(previous.withdrawn, batch.withdrawn);
    }

    /// The starved deposit's time is long enough for a batch that was signed and could not be posted: when it is over, the
    /// vault has been silent for long enough to be frozen anyway.
    function _checkDeposits(Batch calldata batch) private view {
        uint64 done = batch.depositsDone;
        uint64 least = _batches[newestBatch].depositsDone;
        if (done < least || done > depositsCount) revert WrongDepositsDone(least, depositsCount, done);
        bytes32 hash = _deposits[done].hash;
        if (batch.depositsHash != hash) revert WrongDepositsHash(done, hash, batch.depositsHash);
        if (done == depositsCount) return;
        uint64 madeAt = _deposits[done + 1].madeAt;
        if (activeTime() > madeAt + _silence + _exitWindow) revert DepositStarved(done + 1, madeAt);
    }

    function _checkUsdRoot(Batch calldata batch, UsdRoot calldata usd) private pure {
        if (batch.stateRoot == 0 && batch.equity == 0 && batch.withdrawn == 0) return;
        Node memory root = Node(usd.hash, batch.equity, batch.withdrawn);
        bytes32 proved = SumTree.foldPlain(SumTree.assetHash(SumTree.USD, root, usd.depth), 0, usd.assetPath);
        if (proved != batch.stateRoot) revert WrongUsdRoot(batch.stateRoot, proved);
    }

    /// `withdrawn` covers what was paid: it never falls, and no claim goes beyond it.
    function _checkSolvent(Batch calldata batch) private view {
        uint256 pending = _deposits[depositsCount].total - _deposits[batch.depositsDone].total;
        uint256 owed = uint256(batch.equity) + (batch.withdrawn - paidTotal) + pending + bondsHeld;
        uint256 balance = token.balanceOf(address(this));
        if (owed > balance) revert Insolvent(owed, balance);
    }

    // ---- Money out ----

    function claim(UsdLeaf calldata leaf, Proof calldata proof, address to)
        external
        nonReentrant
        whenOpen
        whenRunning
        returns (uint128 amount)
    {
        _checkRecipient(leaf.owner, to);
        bytes32 account = _provedAccount(leaf, proof, _maturedRoot(leaf.batch));
        uint256 paid = paidTo[account];
        if (leaf.claimable <= paid) revert NothingDue(account, paid);
        amount = _takeOutflow(leaf.claimable - uint128(paid));
        uint128 withdrawn = _batches[newestBatch].withdrawn;
        uint256 total = uint256(paidTotal) + amount;
        if (total > withdrawn) revert ClaimsExceedWithdrawn(total, withdrawn);
        emit Claimed(account, leaf.batch, to, amount, uint128(paid) + amount);
        _pay(account, to, amount);
    }

    /// What of `due` this period's cap still allows, counted as spent.
    function _takeOutflow(uint128 due) private returns (uint128 amount) {
        uint128 room = outflowRoom();
        uint64 period = _period();
        if (room == 0) revert OutflowCapReached(_outflowCap, (uint256(period) + 1) * _outflowPeriod);
        amount = due < room ? due : room;
        if (_outflowPeriodNow != period) {
            _outflowPeriodNow = period;
            _outflowSpent = 0;
        }
        _outflowSpent += amount;
    }

    function _pay(bytes32 account, address to, uint128 amount) private {
        paidTo[account] += amount;
        paidTotal += amount;
        token.safeTransfer(to, amount);
    }

    // ---- Forced exits ----

    function askExit(UsdLeaf calldata leaf, Proof calldata proof, uint128 amount) external nonReentrant whenOpen {
        if (msg.sender != leaf.owner) revert NotOwner(leaf.owner, msg.sender);
        bytes32 account = _provedAccount(leaf, proof, _maturedRoot(leaf.batch));
        if (_exits[account].owner != address(0)) revert ExitOpen(account);
        if (amount == 0 || amount > leaf.settled) revert WrongExitAmount(amount, leaf.settled);
        uint128 target = leaf.claimable + amount;
        uint64 askedAt = activeTime();
        _exits[account] =
            Exit({owner: msg.sender, askedAt: askedAt, isServed: false, target: target, afterBatch: newestBatch});
        bondsHeld += _exitBond;
        emit ExitAsked(account, amount, target, newestBatch, askedAt + _exitWindow);
        _receive(_exitBond);
    }

    function serveExit(UsdLeaf calldata leaf, Proof calldata proof) external nonReentrant whenOpen {
        bytes32 account = _provedAccount(leaf, proof, _postedRoot(leaf.batch));
        Exit storage exit = _openExit(account);
        if (leaf.batch <= exit.afterBatch) revert BatchTooOld(leaf.batch, exit.afterBatch);
        bool isCovered = leaf.claimable >= exit.target;
        if (!isCovered && leaf.settled != 0) revert ExitNotServed(exit.target, leaf.claimable, leaf.settled);
        if (isCovered) {
            exit.isServed = true;
        } else {
            address payer = exit.owner;
            delete _exits[account];
            bondsHeld -= _exitBond;
            _recordDeposit(insuranceAccount, payer, _exitBond);
        }
        emit ExitServed(account, leaf.batch, isCovered);
    }

    function takeBond(bytes32 account, address to) external nonReentrant {
        Exit memory exit = _exits[account];
        if (exit.owner == address(0)) revert NoExit(account);
        if (!exit.isServed && !isFrozen) revert BondNotFree(account);
        _checkRecipient(exit.owner, to);
        uint128 bond = _exitBond;
        delete _exits[account];
        bondsHeld -= bond;
        emit BondReturned(account, to, bond);
        token.safeTransfer(to, bond);
    }

    function _openExit(bytes32 account) private view returns (Exit storage exit) {
        exit = _exits[account];
        if (exit.owner == address(0) || exit.isServed) revert NoExit(account);
    }

    // ---- The end ----

    function freezeSilent() external nonReentrant whenOpen {
        // Before the first batch there is something to wait for only once somebody has paid in.
        uint64 since = newestBatch == 0 ? _deposits[1].madeAt : _batches[newestBatch].postedAt;
        uint64 time = activeTime();
        if (since == 0 || time <= since + _silence) revert NotSilent(since, time);
        _freeze();
    }

    function freezeUnserved(bytes32 account) external nonReentrant whenOpen {
        uint64 deadline = _openExit(account).askedAt + _exitWindow;
        uint64 time = activeTime();
        if (time <= deadline) revert ExitNotDue(deadline, time);
        _freeze();
    }

    function _freeze() private {
        _pinned = newestMatured();
        isFrozen = true;
        emit Frozen(_pinned);
    }

    function escape(UsdLeaf calldata leaf, Proof calldata proof, address to)
        external
        nonReentrant
        whenFrozen
        returns (uint128 amount)
    {
        _checkRecipient(leaf.owner, to);
        if (leaf.batch != _pinned) revert BatchNotMatured(leaf.batch, _pinned);
        bytes32 account = _provedAccount(leaf, proof, _postedRoot(leaf.batch));
        uint256 total = uint256(leaf.settled) + leaf.claimable;
        uint256 paid = paidTo[account];
        if (total <= paid) revert NothingDue(account, paid);
        amount = uint128(total - paid);
        emit Escaped(account, to, amount);
        _pay(account, to, amount);
    }

    function refundDeposit(uint64 index, address to) external nonReentrant whenFrozen returns (uint128 amount) {
        address from = _deposits[index].from;
        if (index <= _batches[_pinned].depositsDone || from == address(0)) revert NotRefundable(index);
        _checkRecipient(from, to);
        amount = _deposits[index].total - _deposits[index - 1].total;
        _deposits[index].from = address(0);
        emit Refunded(index, to, amount);
        token.safeTransfer(to, amount);
    }

    // ---- Governor ----

    function setOutflowCap(uint128 cap) external restricted {
        if (cap < _outflowCapMin) revert WrongLimit(5, cap, _outflowCapMin, type(uint128).max);
        _outflowCap = cap;
        emit OutflowCapSet(cap);
    }

    // ---- Views ----

    function claimableRoot(uint64 number) external view returns (bytes32) {
        if (!isFrozen) _checkRunning();
        return _maturedRoot(number);
    }

    function digestOf(Batch calldata batch) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPEHASH, batch)));
    }

    /// Batches mature in the order of their numbers, so that the newest is found by bisection: however many batches were
    /// posted, a freeze costs at most 64 reads.
    function newestMatured() public view returns (uint64) {
        if (isFrozen) return _pinned;
        (uint64 matured, uint64 young) = (0, newestBatch + 1);
        while (young - matured > 1) {
            uint64 middle = matured + (young - matured) / 2;
            if (_hasMatured(middle)) matured = middle;
            else young = middle;
        }
        return matured;
    }

    function outflowRoom() public view returns (uint128) {
        uint128 spent = _outflowPeriodNow == _period() ? _outflowSpent : 0;
        return spent < _outflowCap ? _outflowCap - spent : 0;
    }

    function batchAt(uint64 number) external view returns (PostedBatch memory) {
        return _batches[number];
    }

    function depositAt(uint64 index) external view returns (Deposit memory) {
        return _deposits[index];
    }

    function exitOf(bytes32 account) external view returns (Exit memory) {
        return _exits[account];
    }

    function limits() external view returns (Limits memory) {
        return Limits(_claimDelay, _silence, _exitWindow, _outflowPeriod, _outflowCapStart, _outflowCapMin, _exitBond);
    }

    // ---- Checks ----

    function _checkOpen() private view {
        if (isFrozen) revert IsFrozen(_pinned);
    }

    /// The account that `leaf` is of, once the leaf is shown to be in `stateRoot`.
    function _provedAccount(UsdLeaf calldata leaf, Proof calldata proof, bytes32 stateRoot)
        private
        pure
        returns (bytes32 account)
    {
        account = keccak256(abi.encode(leaf.owner, leaf.salt));
        if (proof.assetIndex != 0) revert NotUsdRoot(proof.assetIndex);
        (bytes32 proved,) = SumTree.stateRootOf(Leaf(account, SumTree.USD, leaf.settled, leaf.claimable), proof);
        if (proved != stateRoot) revert WrongProof(stateRoot, proved);
    }

    function _postedRoot(uint64 number) private view returns (bytes32) {
        if (number == 0 || number > newestBatch) revert NoBatch(number);
        return _batches[number].stateRoot;
    }

    function _maturedRoot(uint64 number) private view returns (bytes32 stateRoot) {
        stateRoot = _postedRoot(number);
        bool isYoung = isFrozen ? number > _pinned : !_hasMatured(number);
        if (isYoung) revert BatchNotMatured(number, newestMatured());
    }

    function _hasMatured(uint64 number) private view returns (bool) {
        return _batches[number].postedAt + _claimDelay <= activeTime();
    }

    /// Whoever pays the gas may send money to its owner; only the owner may send it elsewhere.
    function _checkRecipient(address owner, address to) private view {
        if (to != owner && msg.sender != owner) revert NotOwner(owner, msg.sender);
    }

    function _period() private view returns (uint64) {
        return _time() / _outflowPeriod;
    }

    /// A silent vault can be frozen before the batch it fell silent after has matured: that is what stops a bad batch whose
    /// signers were replaced during a pause.
    function _checkLimits(Limits memory given) private pure {
        _checkLimit(1, given.claimDelay, given.silence + FREEZE_MARGIN, DELAY_MAX);
        _checkLimit(2, given.silence, 1 hours, DELAY_MAX);
        _checkLimit(3, given.exitWindow, 24 hours, DELAY_MAX);
        _checkLimit(4, given.outflowPeriod, 1 hours, DELAY_MAX);
        _checkLimit(5, given.outflowCap, given.outflowCapMin, type(uint128).max);
        _checkLimit(6, given.outflowCapMin, DEPOSIT_MIN, type(uint128).max);
        _checkLimit(7, given.exitBond, DEPOSIT_MIN, EXIT_BOND_MAX);
    }

    function _checkLimit(uint256 position, uint256 given, uint256 least, uint256 most) private pure {
        if (given < least || given > most) revert WrongLimit(position, given, least, most);
    }
}
