//! Random lives of a ledger with a chain, on the engine and on its twin: every event, the margin of everybody, where the chain stands, and,
//! now and then, a snapshot in the place of the engine; with what must hold of every batch whatever its figures.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Engine;
use engine::chain::Pseudonym;
use engine::command::{Command, Credential, FixingStage, Role};
use engine::ids::{AccountId, AssetId, AssetSymbol, KeyId, SeriesId};
use engine::ledger::LedgerAccount;
use engine::rules::Rules;
use engine::units::{Amount, Day, Price};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::writer::{Act, SUB_ACCOUNT, UNITS, UNLINKED, act, acts, pair};
use super::{FUND, alias, arrival, attach, link};
use crate::compare::{CASES, Seen, compare_what_is_left, config};
use crate::counts::count;
use crate::futures::contracts::listed;
use crate::futures::lives::Run;
use crate::futures::writer::{self, ACCOUNTS, key, parameters};
use crate::venue::{Exchange, TODAY};

const ACTS_MAX: usize = 130;

/// What the lives of a full run come by, and how often at least.
const MUST_BE_SEEN: &[(&str, u32)] = &[
    ("BatchConfirmed", 20),
    ("BatchCut", 50),
    ("ChainFrozen", 3),
    ("DepositCredited", 300),
    ("ImportCredited", 5),
    ("OrderCancelled exit", 100),
    ("Transferred internal", 5),
    ("TransferPending", 5),
    ("a batch with something claimable", 50),
    ("a close-out of everything", 15),
    ("a link brings what waited", 50),
    ("a payment of an exit", 200),
    ("a snapshot in the middle of a close-out", 5),
    ("a snapshot in the middle of a round of an exit", 10),
    ("a snapshot of a frozen chain", 5),
    ("a snapshot with an account in exit", 50),
    ("a snapshot with something unclaimed", 50),
    ("a withdrawal", 50),
    ("an exit ends with less", 40),
    ("an exit is covered", 80),
    ("an exit joins an exit", 20),
    ("an exit of nobody's", 20),
    ("an exit sweeps orders", 50),
    ("an exit waits for a contract", 30),
    ("an exit waits for a liquidation", 10),
    ("an exit waits for a settlement", 100),
    ("an exit waits for the book", 50),
    ("an exit with positions", 80),
    ("an order of an exit does not trade", 50),
    ("an order of an exit trades in part", 10),
    ("an order of an exit trades wholly", 5),
    ("refused 100 chain_attached", 3),
    ("refused 103 through_the_chain", 50),
    ("refused 104 not_linked", 30),
    ("refused 106 pseudonym_taken", 5),
    ("refused 107 account_linked", 10),
    ("refused 108 chain_out_of_sequence", 50),
    ("refused 109 more_than_exported", 10),
    ("refused 110 batch_cut", 3),
    ("refused 111 unsettled", 5),
    ("refused 112 chain_frozen", 50),
    ("refused 113 in_exit", 100),
    ("refused 64 insufficient_balance", 20),
];

/// What happens after the chain was attached.
#[derive(Clone, Debug)]
struct Life {
    margin: u32,
    /// Each act, whether the clock does what is due before its commands, and whether a snapshot takes over behind it.
    acts: Vec<(Act, bool, bool)>,
    /// Every how many commands a snapshot takes over while something is due; 0 for never.
    restarts_every: u64,
}

fn lives() -> impl Strategy<Value = Life> {
    let acts = vec((acts(), prop::bool::weighted(0.97), prop::bool::weighted(0.06)), 1..=ACTS_MAX);
    let restarts = prop_oneof![6 => Just(0_u64), 1 => Just(1_u64), 3 => 2..12_u64];
    (0..6_u32, acts, restarts).prop_map(|(margin, acts, restarts_every)| Life { margin, acts, restarts_every })
}

#[test]
fn engine_and_twin_agree_about_the_chain() {
    let mut config = config();
    let cases = config.cases;
    config.cases = cases.div_ceil(2);
    let lived = usize::try_from(config.cases).unwrap();
    let (seen, commands) = (RefCell::new(Seen::new()), RefCell::new(0));
    let outcome = TestRunner::new(config).run(&lives(), |life| {
        let mut run = Run::<Engine>::new();
        live(&mut run, &life)?;
        *commands.borrow_mut() += run.writer.seq;
        for (what, times) in run.seen {
            *seen.borrow_mut().entry(what).or_default() += times;
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    if cases >= CASES {
        let seen = seen.into_inner();
        let is_rare = |(what, least): &&(&str, u32)| seen.get(*what).copied().unwrap_or(0) < *least;
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(is_rare).collect();
        assert!(missing.is_empty(), "missing {missing:?} of {seen:#?}");
    }
    count(lived, "lives with a chain");
    count(usize::try_from(commands.into_inner()).unwrap(), "commands with a chain compared with the twin");
}

fn live(run: &mut Run<Engine>, life: &Life) -> Result<(), TestCaseError> {
    open(run, life.margin);
    run.restarts_every = life.restarts_every;
    let mut claimed = BTreeMap::new();
    for (next, clock, restarts) in &life.acts {
        run.write(*clock, |writer, send| act(writer, next, send));
        if *restarts {
            restart(run);
        }
        if let Some(failure) = run.failure.take() {
            return Err(failure);
        }
        run.compare_margins()?;
        keeps_its_promises(run, &mut claimed)?;
    }
    compare_what_is_left(&run.engine, &run.writer.twin)
}

/// A chain, accounts with an owner there, money that came before and after the link, and everything that trades on margin.
fn open(run: &mut Run<Engine>, margin: u32) {
    let venue = KeyId::VENUE;
    for version in 2..=Rules::LATEST.0 {
        run.send(venue, Command::AdoptRules { rules: Rules(version) });
    }
    run.send(venue, attach());
    run.send(venue, Command::DefineAsset { asset: UNITS, symbol: AssetSymbol::new("UNITS").unwrap(), decimals: 0 });
    for account in (1..=ACCOUNTS).chain([UNLINKED]).map(AccountId) {
        let (credential, role) = (Credential::Ed25519([7; 32]), Role::Trader(account));
        run.send(venue, Command::OpenAccount { account });
        run.send(venue, Command::RegisterKey { key: key(account), credential, role });
    }
    run.send(venue, Command::OpenSubAccount { account: AccountId(SUB_ACCOUNT), master: AccountId(1) });
    if margin.is_multiple_of(2) {
        run.send(key(AccountId(1)), link(SUB_ACCOUNT, alias(SUB_ACCOUNT)));
    }
    for (account, dollars) in (1..=ACCOUNTS).zip([100_000, 20_000, 3_000, 700, 150]) {
        let arrives = arrival(u64::from(account), alias(account), dollars * 1_000_000);
        let links = link(account, alias(account));
        let [first, second] = if account % 2 == 0 { [arrives, links] } else { [links, arrives] };
        for command in [first, second] {
            let sender = if matches!(command, Command::LinkAccount { .. }) { key(AccountId(account)) } else { venue };
            run.send(sender, command);
        }
        let (account, amount) = (AccountId(account), Amount(100));
        run.send(venue, Command::Deposit { account, asset: UNITS, amount, reference: 1 });
    }
    for terms in listed().chain([pair()]) {
        run.send(venue, Command::ListInstrument { terms });
    }
    for series in [1, 2].map(SeriesId) {
        let (day, stage, price) = (Day(TODAY.0 - 1), FixingStage::Final, Some(Price(3_000_000)));
        run.send(venue, Command::RecordFixing { series, day, stage, price });
        let margin = parameters(margin);
        run.write(true, |writer, send| send(writer, venue, Command::SetMargin { series, margin }));
    }
    let first = Act::Futures(writer::Act::Refresh { away: 0, range: 200_000 });
    run.write(true, |writer, send| act(writer, &first, send));
}

fn restart(run: &mut Run<Engine>) {
    run.restart();
    let standing = run.writer.twin.chain_standing();
    let mut note = |what: &str, is_so: bool| {
        if is_so {
            *run.seen.entry(what.to_owned()).or_default() += 1;
        }
    };
    note("a snapshot with an account in exit", !standing.exits.is_empty());
    note("a snapshot with something unclaimed", !standing.unclaimed.is_empty());
    note("a snapshot of a frozen chain", standing.frozen.is_some());
}

/// No leaf ever says less of what is claimable, and all of them together say what the ledger has for others.
fn keeps_its_promises(
    run: &Run<Engine>,
    claimed: &mut BTreeMap<(AssetId, Pseudonym), i128>,
) -> Result<(), TestCaseError> {
    let twin = &run.writer.twin;
    let leaves = twin.leaves();
    let mut now = BTreeMap::new();
    for leaf in &leaves {
        let known = now.insert((leaf.asset, leaf.pseudonym), leaf.claimable);
        prop_assert_eq!(known, None, "one leaf each");
    }
    for (of, before) in claimed.iter() {
        prop_assert!(now.get(of).copied().unwrap_or(0) >= *before, "what is claimable never falls");
    }
    *claimed = now;
    let settled = |asset| leaves.iter().filter(|leaf| leaf.asset == asset).map(|leaf| leaf.settled).sum::<i128>();
    let posted = |of, asset| twin.posted(of, asset);
    let owed: i128 = Exchange::accounts(twin).into_iter().map(|account| twin.owed(account)).sum();
    let pots =
        twin.instruments().into_iter().map(|instrument| posted(LedgerAccount::Variation(instrument), AssetId::USD));
    let venue = posted(LedgerAccount::Fees, AssetId::USD) + posted(LedgerAccount::Insurance, AssetId::USD);
    let dollars = settled(AssetId::USD) + venue + pots.sum::<i128>() - owed;
    prop_assert_eq!(dollars, -posted(LedgerAccount::Chain, AssetId::USD), "the vault has all that anybody has");
    let inside = settled(UNITS) + twin.waiting(FUND, UNITS);
    let came = -posted(LedgerAccount::Outside, UNITS) - posted(LedgerAccount::Chain, UNITS);
    prop_assert_eq!(inside, came, "units are inside or out");
    Ok(())
}
