// SPDX-License-Identifier: Apache-2.0
// Deposits and posts: each rule that binds a batch to the one before, to the deposits, to its sums and its signers.
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IActiveClock} from "../src/interfaces/IActiveClock.sol";
import {IAttesters} from "../src/interfaces/IAttesters.sol";
import {Batch, ISettlementVault, Limits, PostedBatch, UsdRoot} from "../src/interfaces/ISettlementVault.sol";
import {SettlementVault} from "../src/SettlementVault.sol";
import {Node, SumTree} from "../src/SumTree.sol";
import {Terms} from "../script/Deploy.s.sol";
import {FeeToken, GiftToken, RefusingToken, SilentToken, Stablecoin} from "./Tokens.sol";
import {Venue} from "./Venue.sol";

contract BatchesTest is Venue {
    // ---- Construction ----

    /// A call of its own, so that it may revert.
    function deployVault(Terms memory terms) external returns (SettlementVault) {
        return _deployVault(terms);
    }

    function _deployFails(Terms memory terms, bytes memory message) internal {
        vm.expectRevert(message);
        this.deployVault(terms);
    }

    function test_a_token_of_other_decimals_is_refused() public {
        Stablecoin other = new Stablecoin(18);
        bytes memory message = abi.encodeWithSelector(ISettlementVault.UnfitToken.selector, address(other), 18);
        _deployFails(_terms(IERC20Metadata(address(other))), message);
    }

    function test_the_insurance_account_is_named() public {
        Terms memory terms = _terms(IERC20Metadata(address(token)));
        terms.insuranceAccount = 0;
        _deployFails(terms, abi.encodeWithSelector(ISettlementVault.NoAccount.selector));
    }

    function test_each_limit_is_bounded() public {
        uint128 max = type(uint128).max;
        _checkLimit(1, 42 hours - 1, 42 hours, 30 days);
        _checkLimit(1, 30 days + 1, 42 hours, 30 days);
        _checkLimit(2, 1 hours - 1, 1 hours, 30 days);
        _checkLimit(3, 24 hours - 1, 24 hours, 30 days);
        _checkLimit(3, 30 days + 1, 24 hours, 30 days);
        _checkLimit(4, 1 hours - 1, 1 hours, 30 days);
        _checkLimit(4, 30 days + 1, 1 hours, 30 days);
        _checkLimit(5, 1_000 * USD - 1, 1_000 * USD, max);
        _checkLimit(6, 1e6 - 1, 1e6, max);
        _checkLimit(7, 1e6 - 1, 1e6, 10_000 * USD);
        _checkLimit(7, 10_000 * USD + 1, 1e6, 10_000 * USD);
    }

    function _checkLimit(uint256 position, uint128 given, uint256 least, uint256 most) internal {
        Terms memory terms = _terms(IERC20Metadata(address(token)));
        Limits memory limits = terms.limits;
        if (position == 1) limits.claimDelay = uint64(given);
        if (position == 2) limits.silence = uint64(given);
        if (position == 3) limits.exitWindow = uint64(given);
        if (position == 4) limits.outflowPeriod = uint64(given);
        if (position == 5) limits.outflowCap = given;
        if (position == 6) limits.outflowCapMin = given;
        if (position == 7) limits.exitBond = given;
        _deployFails(terms, abi.encodeWithSelector(ISettlementVault.WrongLimit.selector, position, given, least, most));
    }

    function test_limits_at_their_bounds_are_taken() public {
        Terms memory terms = _terms(IERC20Metadata(address(token)));
        terms.limits = Limits(7 hours, 1 hours, 24 hours, 1 hours, 1e6, 1e6, 1e6);
        assertEq(_deployVault(terms).limits().claimDelay, 7 hours, "least claim delay");
        terms.limits = Limits(30 days, 30 days - 6 hours, 30 days, 30 days, 1e6, 1e6, 10_000 * USD);
        assertEq(_deployVault(terms).limits().claimDelay, 30 days, "longest claim delay");
    }

    // ---- Deposits ----

    function test_deposits_are_indexed_with_a_rolling_hash() public {
        bytes32 first = keccak256(abi.encode(bytes32(0), uint256(1), ids[ALICE], uint256(1_000 * USD)));
        bytes32 second = keccak256(abi.encode(first, uint256(2), ids[BOB], uint256(500 * USD)));
        token.mint(owners[ALICE], 1_000 * USD);
        vm.prank(owners[ALICE]);
        token.approve(address(d.vault), 1_000 * USD);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.Deposited(1, ids[ALICE], owners[ALICE], 1_000 * USD, first);
        vm.prank(owners[ALICE]);
        d.vault.deposit(ids[ALICE], 1_000 * USD);
        assertEq(_deposit(BOB, 500 * USD), 2, "index");
        assertEq(d.vault.depositAt(2).hash, second, "hash");
        assertEq(d.vault.depositAt(2).total, 1_500 * USD, "prefix sum");
        assertEq(d.vault.depositAt(2).from, owners[BOB], "payer");
        assertEq(d.vault.depositAt(2).madeAt, START, "time");
    }

    function test_a_deposit_names_an_account() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.NoAccount.selector));
        d.vault.deposit(0, USD);
    }

    function test_dust_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.DepositTooSmall.selector, 1e6 - 1, 1e6));
        d.vault.deposit(ids[ALICE], 1e6 - 1);
        _deposit(ALICE, 1e6);
    }

    function test_a_token_with_a_fee_is_refused() public {
        FeeToken fee = new FeeToken();
        _checkReceived(fee, 99 * USD);
        GiftToken gift = new GiftToken();
        _checkReceived(gift, 100 * USD + 1);
    }

    function _checkReceived(Stablecoin weird, uint256 received) internal {
        SettlementVault vault = _deployVault(_terms(IERC20Metadata(address(weird))));
        weird.mint(address(this), 100 * USD);
        weird.approve(address(vault), 100 * USD);
        vm.expectRevert(abi.encodeWithSelector(ISettlementVault.WrongAmountReceived.selector, 100 * USD, received));
        vault.deposit(ids[ALICE], 100 * USD);
    }

    function test_a_token_that_returns_nothing_works_and_one_that_returns_false_does_not() public {
        SilentToken silent = new SilentToken();
        SettlementVault vault = _deployVault(_terms(IERC20Metadata(address(silent))));
        silent.mint(address(this), 5 * USD);
        assertEq(vault.deposit(ids[ALICE], 5 * USD), 1, "index");
        RefusingToken refusing = new RefusingToken();
        vault = _deployVault(_terms(IERC20Metadata(address(refusing))));
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(refusing)));
        vault.deposit(ids[ALICE], 5 * USD);
    }

    function test_a_pause_stops_deposits_and_posts() public {
        Batch memory batch = _cut();
        _pause();
        bytes memory message = abi.encodeWithSelector(IActiveClock.IsPaused.selector, START + 72 hours);
        vm.expectRevert(message);
        d.vault.deposit(ids[ALICE], USD);
        _postFails(batch, message);
        _wait(72 hours);
        _deposit(ALICE, USD);
        _post(batch);
    }

    // ---- What a batch continues ----

    function test_a_batch_is_bound_as_it_is() public {
        _deposit(ALICE, 1_000 * USD);
        _creditDeposits();
        _withdraw(ALICE, 100 * USD);
        Batch memory batch = _cut();
        bytes32 digest = d.vault.digestOf(batch);
        UsdRoot memory usd = _usdRoot(1);
        bytes[] memory signatures = _sign(digest);
        vm.expectEmit(address(d.vault));
        emit ISettlementVault.BatchPosted(1, digest, batch.stateRoot, batch.dataHash, 1);
        vm.prank(STRANGER);
        d.vault.postBatch(batch, usd, signatures);
        PostedBatch memory posted = d.vault.batchAt(1);
        assertEq(posted.digest, digest, "digest");
        assertEq(posted.stateRoot, batch.stateRoot, "state root");
        assertEq(posted.withdrawn, 100 * USD, "withdrawn");
        assertEq(posted.depositsDone, 1, "deposits");
        assertEq(posted.lastSeq, 10, "sequence");
        assertEq(posted.epoch, 3, "epoch");
        assertEq(posted.postedAt, START, "time");
    }

    function test_the_first_batch_may_be_of_an_empty_state() public {
        Batch memory batch = _cut();
        batch.stateRoot = 0;
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        d.vault.postBatch(batch, UsdRoot(0, 0, new bytes32[](0)), signatures);
        assertEq(d.vault.newestBatch(), 1, "newest");
    }

    function test_an_empty_state_has_no_sums() public {
        Batch memory batch = _cut();
        batch.stateRoot = 0;
        batch.equity = 1;
        _postStateless(batch);
        batch.equity = 0;
        batch.withdrawn = 1;
        _postStateless(batch);
    }

    function _postStateless(Batch memory batch) internal {
        bytes[] memory signatures = _sign(d.vault.digestOf(batch));
        vm.expectPartialRevert(ISettlementVault.WrongUsdRoot.selector);
        d.vault.postBatch(batch, UsdRoot(0, 0, new bytes32[](0)), signatures);
    }

    function test_the_same_batch_twice_changes_nothing() public {
        Batch memory batch = _cut();
        _post(batch);
        _wait(1 hours);
        _cutAndPost();
        // Even without signatures, paused and frozen: a poster that retries must get its answer.
        d.vault.postBatch(batch, UsdRoot(0, 0, new bytes32[](0)), new bytes[](0));
        _pause();
        d.vault.postBatch(batch, UsdRoot(0, 0, new bytes32[](0)), new bytes[](0));
        assertEq(d.vault.newestBatch(), 2, "newest");
        assertEq(d.vault.batchAt(1).postedAt, START, "time of the first post");
    }

    function test_another_body_under_a_number_is_a_conflict() public {
        Batch memory batch = _cut();
        _post(batch);
        bytes32 posted = d.vault.digestOf(batch);
        batch.dataHash = keccak256("another");
        bytes32 given = d.vault.digestOf(batch);
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.BatchConflict.selector, 1, posted, given));
    }

    function test_numbers_have_no_gap() public {
        Batch memory batch = _cut();
        batch.number = 2;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.BatchGap.selector, 1, 2));
        batch.number = 0;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.BatchGap.selector, 1, 0));
    }

    function test_a_batch_names_the_one_before() public {
        Batch memory batch = _cut();
        batch.prevDigest = keccak256("another history");
        _postFails(
            batch, abi.encodeWithSelector(ISettlementVault.WrongPrevDigest.selector, bytes32(0), batch.prevDigest)
        );
        _cutAndPost();
        batch = _cut();
        batch.prevDigest = 0;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.WrongPrevDigest.selector, digests[1], bytes32(0)));
    }

    function test_the_journal_has_no_gap_and_no_overlap() public {
        _checkSequence(1, 0, 10);
        _checkSequence(1, 2, 10);
        _checkSequence(1, 1, 0);
        _cutAndPost();
        _checkSequence(11, 10, 20);
        _checkSequence(11, 12, 20);
        _checkSequence(11, 11, 10);
        Batch memory batch = _cut();
        batch.lastSeq = batch.firstSeq;
        _post(batch);
    }

    function _checkSequence(uint64 expected, uint64 first, uint64 last) internal {
        Batch memory batch = _cut();
        (batch.firstSeq, batch.lastSeq) = (first, last);
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.WrongSequence.selector, expected, first, last));
    }

    function test_the_epoch_never_falls() public {
        _cutAndPost();
        Batch memory batch = _cut();
        batch.epoch = 2;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.EpochFell.selector, 3, 2));
        batch.epoch = 3;
        _post(batch);
    }

    function test_withdrawn_never_falls() public {
        _deposit(ALICE, 1_000 * USD);
        _creditDeposits();
        _withdraw(ALICE, 100 * USD);
        _cutAndPost();
        claimable[ALICE] -= 1;
        settled[ALICE] += 1;
        _postFails(_cut(), abi.encodeWithSelector(ISettlementVault.WithdrawnFell.selector, 100 * USD, 100 * USD - 1));
    }

    // ---- What a batch says of deposits ----

    function test_a_batch_counts_deposits_that_were_made_and_takes_none_back() public {
        _deposit(ALICE, 1_000 * USD);
        Batch memory batch = _cut();
        batch.depositsDone = 2;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.WrongDepositsDone.selector, 0, 1, 2));
        _creditDeposits();
        _cutAndPost();
        batch = _cut();
        batch.depositsDone = 0;
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.WrongDepositsDone.selector, 1, 1, 0));
    }

    function test_a_batch_has_seen_the_same_deposits() public {
        _deposit(ALICE, 1_000 * USD);
        _creditDeposits();
        Batch memory batch = _cut();
        batch.depositsHash = keccak256("other deposits");
        bytes32 hash = d.vault.depositAt(1).hash;
        _postFails(
            batch, abi.encodeWithSelector(ISettlementVault.WrongDepositsHash.selector, 1, hash, batch.depositsHash)
        );
    }

    function test_deposits_may_wait_but_not_starve() public {
        _deposit(ALICE, 1_000 * USD);
        _deposit(BOB, 1_000 * USD);
        depositsDone = 1;
        settled[ALICE] = 1_000 * USD;
        _wait(36 hours + 24 hours);
        _cutAndPost();
        _wait(1);
        _postFails(_cut(), abi.encodeWithSelector(ISettlementVault.DepositStarved.selector, 2, START));
        depositsDone = 2;
        settled[BOB] = 1_000 * USD;
        _cutAndPost();
    }

    // ---- What a batch owes ----

    function test_the_sums_are_those_of_the_tree() public {
        _deposit(ALICE, 1_000 * USD);
        _creditDeposits();
        _withdraw(ALICE, 100 * USD);
        Batch memory batch = _cut();
        batch.equity -= 1;
        _checkSums(batch);
        batch.equity += 1;
        batch.withdrawn -= 1;
        _checkSums(batch);
    }

    function _checkSums(Batch memory batch) internal {
        UsdRoot memory usd = _usdRoot(1);
        Node memory root = Node(usd.hash, batch.equity, batch.withdrawn);
        bytes32 hash = keccak256(
            bytes.concat(keccak256(abi.encode(SumTree.USD, root.hash, root.settled, root.claimable, usd.depth)))
        );
        bytes32 proved = keccak256(abi.encode(hash, usd.assetPath[0]));
        _postFails(batch, abi.encodeWithSelector(ISettlementVault.WrongUsdRoot.selector, batch.stateRoot, proved));
    }

    /// Owed: equity, promised and unpaid, deposits not yet in the ledger, bonds.
    function test_each_part_of_what_is_owed_counts() public {
        uint64 number = _openWith(400 * USD);
        _claim(number, ALICE);
        _askExit(number, BOB, 100 * USD);
        _withdraw(ALICE, 100 * USD);
        _deposit(CAROL, 50 * USD);
        uint256 owed = 1_000 * USD + 100 * USD + 50 * USD + 100 * USD;
        assertEq(token.balanceOf(address(d.vault)), owed, "what there is");
        settled[BOB] += 1;
        bytes memory message = abi.encodeWithSelector(ISettlementVault.Insolvent.selector, owed + 1, owed);
        _postFails(_cut(), message);
        settled[BOB] -= 1;
        claimable[ALICE] += 1;
        _postFails(_cut(), message);
        token.mint(address(d.vault), 1);
        _cutAndPost();
    }

    // ---- Who signs a batch ----

    function test_signatures_are_enough_ascending_and_of_attesters() public {
        Batch memory batch = _cut();
        bytes32 digest = d.vault.digestOf(batch);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = _signature(keys[0], digest);
        _signedFails(batch, signatures, abi.encodeWithSelector(IAttesters.TooFewSignatures.selector, 1, 2));

        (address first, address second) = (vm.addr(keys[0]), vm.addr(keys[1]));
        signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (_signature(keys[1], digest), _signature(keys[0], digest));
        _signedFails(batch, signatures, abi.encodeWithSelector(IAttesters.NotAscending.selector, second, first));
        signatures[1] = signatures[0];
        _signedFails(batch, signatures, abi.encodeWithSelector(IAttesters.NotAscending.selector, second, second));

        address stranger = vm.addr(1);
        signatures[0] = _signature(1, digest);
        _signedFails(batch, signatures, abi.encodeWithSelector(IAttesters.NotAttester.selector, stranger));
        signatures[0] = hex"00";
        _signedFails(batch, signatures, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 1));
        signers = 3;
        _post(batch);
    }

    function _signedFails(Batch memory batch, bytes[] memory signatures, bytes memory message) internal {
        UsdRoot memory usd = _usdRoot(1);
        vm.expectRevert(message);
        d.vault.postBatch(batch, usd, signatures);
    }

    function test_signatures_are_for_one_chain_and_one_vault() public {
        Batch memory batch = _cut();
        bytes32 digest = d.vault.digestOf(batch);
        SettlementVault other = _deployVault(_terms(IERC20Metadata(address(token))));
        assertTrue(other.digestOf(batch) != digest, "another vault");
        bytes[] memory signatures = _ascending(_sign(digest), other.digestOf(batch));
        UsdRoot memory usd = _usdRoot(1);
        vm.expectPartialRevert(IAttesters.NotAttester.selector);
        other.postBatch(batch, usd, signatures);
        vm.chainId(77);
        assertTrue(d.vault.digestOf(batch) != digest, "another chain");
    }

    /// Foreign signatures recover to addresses by chance: in the order in which they ascend they meet the check of the set.
    function _ascending(bytes[] memory signatures, bytes32 digest) internal pure returns (bytes[] memory) {
        if (ECDSA.recover(digest, signatures[0]) < ECDSA.recover(digest, signatures[1])) return signatures;
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        return signatures;
    }

    function test_any_change_of_a_field_changes_the_digest(uint256 field, bytes32 noise) public {
        Batch memory batch = _cut();
        bytes32 digest = d.vault.digestOf(batch);
        bytes memory words = abi.encode(batch);
        uint256 offset = 32 * (1 + bound(field, 0, 11));
        // Below 2 ** 64, so that the word still fits every type.
        uint256 change = 1 + uint256(noise) % type(uint64).max;
        assembly {
            let place := add(words, offset)
            mstore(place, xor(mload(place), change))
        }
        assertTrue(d.vault.digestOf(abi.decode(words, (Batch))) != digest, "digest");
    }
}
