// SPDX-License-Identifier: Apache-2.0
// All that a poster, an attester, a user or a client library needs to know of the vault: types, events, errors, calls.
pragma solidity 0.8.37;

import {Proof} from "../SumTree.sol";

/// One cut of the ledger as the attesters sign it (EIP-712).
struct Batch {
    /// From 1, without gaps.
    uint64 number;
    /// Digest of the batch before; zero for the first.
    bytes32 prevDigest;
    /// First and last command of the journal covered; the first continues where the batch before ended.
    uint64 firstSeq;
    uint64 lastSeq;
    /// Of the journal's writer; it never falls.
    uint64 epoch;
    /// Hash chain of the journal up to `lastSeq`.
    bytes32 journalHead;
    /// Deposits credited so far, and the vault's rolling hash up to there.
    uint64 depositsDone;
    bytes32 depositsHash;
    /// Over all leaves of all assets; zero if there are none.
    bytes32 stateRoot;
    /// Hash of the published body, from which everybody builds their own proofs.
    bytes32 dataHash;
    /// Sums over the USD leaves: of `settled`, and of `claimable`.
    uint128 equity;
    uint128 withdrawn;
}

/// Shows that the USD root with a batch's sums is the first asset of its state root. All empty for an empty state.
struct UsdRoot {
    bytes32 hash;
    uint256 depth;
    bytes32[] assetPath;
}

/// An account's USD leaf in one batch, opened by whoever may speak for the account.
struct UsdLeaf {
    /// Number of the batch.
    uint64 batch;
    /// `keccak256(abi.encode(owner, salt))` is the account's id.
    address owner;
    bytes32 salt;
    uint128 settled;
    uint128 claimable;
}

/// What the vault keeps of a posted batch.
struct PostedBatch {
    bytes32 digest;
    bytes32 stateRoot;
    uint128 withdrawn;
    /// In active time.
    uint64 postedAt;
    uint64 depositsDone;
    uint64 lastSeq;
    uint64 epoch;
}

/// One deposit, by its index from 1.
struct Deposit {
    /// Rolling hash up to here.
    bytes32 hash;
    /// Sum of all deposits up to here, so that pending ones are a difference, never a loop.
    uint128 total;
    /// In active time.
    uint64 madeAt;
    /// Who paid, and gets it back after a freeze; zero once that has happened.
    address from;
}

/// A forced exit that was asked for.
struct Exit {
    /// The account's owner, who paid the bond.
    address owner;
    /// In active time.
    uint64 askedAt;
    /// Whether a batch has served it, so that the bond is free.
    bool isServed;
    /// Cumulative claimable at which it is served.
    uint128 target;
    /// Only batches after this one can serve it.
    uint64 afterBatch;
}

/// What is set once, at deployment. Amounts in micro-USD, times in seconds.
struct Limits {
    /// Active time between a batch's post and its first claim.
    uint64 claimDelay;
    /// Active time without a post after which anyone may freeze.
    uint64 silence;
    /// Active time in which an exit must be served, at least the 24 hours of the engine.
    uint64 exitWindow;
    /// Length of the periods over which the outflow is capped.
    uint64 outflowPeriod;
    /// Claims paid per period at the start, and the least to which the governor may lower it.
    uint128 outflowCap;
    uint128 outflowCapMin;
    /// Paid by who asks for an exit, back when it is served.
    uint128 exitBond;
}

/// @title The vault of one reviewed stablecoin and the record of the ledger's batches
/// @notice The ledger off the chain is the only home of balances. Attesters sign its cuts; this contract binds them into
/// one chain, pays what a matured cut promises, and lets everybody leave by the last matured cut if the cuts stop.
interface ISettlementVault {
    /// Money arrived; the ledger credits `account` at finality.
    event Deposited(uint64 indexed index, bytes32 indexed account, address indexed from, uint128 amount, bytes32 hash);
    /// A batch was bound.
    event BatchPosted(uint64 indexed number, bytes32 digest, bytes32 stateRoot, bytes32 dataHash, uint64 depositsDone);
    /// A part of what a matured batch promises was paid.
    event Claimed(bytes32 indexed account, uint64 indexed batch, address to, uint128 amount, uint128 paid);
    /// The engine has `exitWindow` to close the account and make what is free claimable.
    event ExitAsked(bytes32 indexed account, uint128 amount, uint128 target, uint64 afterBatch, uint64 deadline);
    /// A batch has served an exit; `isCovered` is false if the account had less than was asked, which costs the bond.
    event ExitServed(bytes32 indexed account, uint64 indexed batch, bool isCovered);
    /// A free bond was taken back.
    event BondReturned(bytes32 indexed account, address to, uint128 amount);
    /// The vault is closed for good; everybody leaves by batch `pinned` (0: there is none, deposits are refunded).
    event Frozen(uint64 pinned);
    /// An account left by the pinned batch.
    event Escaped(bytes32 indexed account, address to, uint128 amount);
    /// A deposit that the pinned batch does not contain went back.
    event Refunded(uint64 indexed index, address to, uint128 amount);
    /// Claims may pay this much per period from now on.
    event OutflowCapSet(uint128 cap);

    /// The token is not one of 6 decimals.
    error UnfitToken(address token, uint8 decimals);
    /// The token kept or added something on the way.
    error WrongAmountReceived(uint256 expected, uint256 received);
    /// A limit is outside its bounds, by its position in `Limits` from 1.
    error WrongLimit(uint256 position, uint256 given, uint256 least, uint256 most);
    /// Zero is no account.
    error NoAccount();
    /// Less than the least deposit.
    error DepositTooSmall(uint128 amount, uint128 least);

    /// Another body was posted under this number.
    error BatchConflict(uint64 number, bytes32 posted, bytes32 given);
    /// Batches come without gaps.
    error BatchGap(uint64 expected, uint64 given);
    /// The batch continues another history.
    error WrongPrevDigest(bytes32 expected, bytes32 given);
    /// The batch does not continue the journal where the one before ended, or ends before it begins.
    error WrongSequence(uint64 expectedFirst, uint64 first, uint64 last);
    /// The batch was cut by a writer that has been replaced.
    error EpochFell(uint64 previous, uint64 given);
    /// The batch takes back deposits or counts some that were not made.
    error WrongDepositsDone(uint64 least, uint64 most, uint64 given);
    /// The batch has seen other deposits than this vault.
    error WrongDepositsHash(uint64 depositsDone, bytes32 expected, bytes32 given);
    /// The batch leaves out a deposit that has waited for longer than silence and an exit window together.
    error DepositStarved(uint64 index, uint64 madeAt);
    /// The stated sums are not those of the USD root in the state root.
    error WrongUsdRoot(bytes32 stateRoot, bytes32 proved);
    /// Promises once made cannot be taken back.
    error WithdrawnFell(uint128 least, uint128 given);
    /// More would be paid than the newest batch says was ever promised: some leaf's `claimable` fell.
    error ClaimsExceedWithdrawn(uint256 paid, uint128 withdrawn);
    /// The vault owes more than it has.
    error Insolvent(uint256 owed, uint256 balance);

    /// There is no batch of this number.
    error NoBatch(uint64 number);
    /// The batch is too young to claim by, or younger than the pinned one.
    error BatchNotMatured(uint64 number, uint64 newestMatured);
    /// The leaf is not in the batch.
    error WrongProof(bytes32 stateRoot, bytes32 proved);
    /// The USD root is the first of the assets; another place could hold other sums.
    error NotUsdRoot(uint256 assetIndex);
    /// Only the owner may do this, or send money elsewhere than to the owner.
    error NotOwner(address owner, address caller);
    /// All that was promised is paid.
    error NothingDue(bytes32 account, uint256 paid);
    /// The claims of this period have used up the cap; the next begins at `next`.
    error OutflowCapReached(uint128 cap, uint256 next);

    /// An exit of the account is open, or its bond was not taken back yet.
    error ExitOpen(bytes32 account);
    /// There is no open exit of the account.
    error NoExit(bytes32 account);
    /// An exit is for something, and for no more than the account has.
    error WrongExitAmount(uint128 amount, uint128 settled);
    /// The batch was there when the exit was asked for.
    error BatchTooOld(uint64 number, uint64 afterBatch);
    /// The batch neither covers the exit nor shows that the account is closed.
    error ExitNotServed(uint128 target, uint128 claimable, uint128 settled);
    /// The exit's bond is not free.
    error BondNotFree(bytes32 account);

    /// The vault is closed: escape, or take the refund of a deposit or bond.
    error IsFrozen(uint64 pinned);
    /// Only after a freeze.
    error NotFrozen();
    /// Batches still come, or there is nothing to wait for.
    error NotSilent(uint64 since, uint64 time);
    /// The exit's window is not over.
    error ExitNotDue(uint64 deadline, uint64 time);
    /// The deposit is in the pinned batch, was refunded, or was never made.
    error NotRefundable(uint64 index);

    /// @notice Pays `amount` in for `account`. Counts only if exactly that much arrives.
    /// @return index of the deposit, from 1
    function deposit(bytes32 account, uint128 amount) external returns (uint64 index);

    /// @notice Binds the next batch. Open to anyone: the attesters' signatures are the permission. The same batch again
    /// changes nothing, so that a poster may always retry.
    /// @param signatures 65 bytes each, of distinct attesters in ascending order, at least the threshold
    function postBatch(Batch calldata batch, UsdRoot calldata usd, bytes[] calldata signatures) external;

    /// @notice Pays what `leaf` promises and was not paid yet, as far as this period's cap allows; the rest can be
    /// claimed later by the same leaf. Anyone may call it for an owner.
    /// @param to the owner, or where the owner who calls wants it
    /// @return amount paid, in micro-USD
    function claim(UsdLeaf calldata leaf, Proof calldata proof, address to) external returns (uint128 amount);

    /// @notice Asks the engine to close the account and make `amount` claimable; takes the bond. Only the owner.
    /// @param leaf of a matured batch; its `settled` caps the amount
    function askExit(UsdLeaf calldata leaf, Proof calldata proof, uint128 amount) external;

    /// @notice Shows that a later batch serves the exit: it covers the amount, or the account is closed with less (the
    /// bond then goes to the insurance account as a deposit). Open to anyone.
    function serveExit(UsdLeaf calldata leaf, Proof calldata proof) external;

    /// @notice Takes back the bond of a served exit, or of any exit after a freeze. Anyone may call it for the owner.
    /// @param to the owner, or where the owner who calls wants it
    function takeBond(bytes32 account, address to) external;

    /// @notice Closes the vault because no batch was posted for `silence` seconds of active time. Open to anyone.
    function freezeSilent() external;

    /// @notice Closes the vault because the exit of `account` was not served in time. Open to anyone.
    function freezeUnserved(bytes32 account) external;

    /// @notice After a freeze: pays `max(0, settled + claimable − paid)` by the leaf of the pinned batch.
    /// @param to the owner, or where the owner who calls wants it
    function escape(UsdLeaf calldata leaf, Proof calldata proof, address to) external returns (uint128 amount);

    /// @notice After a freeze: gives back a deposit that the pinned batch does not contain. Anyone may call it.
    /// @param to the payer, or where the payer who calls wants it
    function refundDeposit(uint64 index, address to) external returns (uint128 amount);

    /// @notice Sets how much claims may pay per period, from now on. Restricted to the governor.
    function setOutflowCap(uint128 cap) external;

    /// @notice The state root by which exports may be claimed: of a matured batch, neither during a pause nor of a batch
    /// after the pinned one.
    function claimableRoot(uint64 number) external view returns (bytes32);

    /// @notice The EIP-712 digest that attesters sign.
    function digestOf(Batch calldata batch) external view returns (bytes32);

    /// @notice Number of the newest batch by which can be claimed; 0 if there is none. After a freeze, the pinned one.
    function newestMatured() external view returns (uint64);

    function newestBatch() external view returns (uint64);
    function batchAt(uint64 number) external view returns (PostedBatch memory);
    function depositsCount() external view returns (uint64);
    function depositAt(uint64 index) external view returns (Deposit memory);
    function exitOf(bytes32 account) external view returns (Exit memory);
    /// @notice All that was ever paid to the account, and to all accounts, in micro-USD.
    function paidTo(bytes32 account) external view returns (uint256);
    function paidTotal() external view returns (uint128);
    /// @notice Bonds held besides what the ledger owns.
    function bondsHeld() external view returns (uint256);
    function isFrozen() external view returns (bool);
    function limits() external view returns (Limits memory);
    /// @notice What claims may still pay in this period, in micro-USD.
    function outflowRoom() external view returns (uint128);
}
