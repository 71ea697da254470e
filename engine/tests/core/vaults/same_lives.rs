//! Random lives of a venue with several vaults, on the engine and on its twin: every event, every claim, and, now and then, a snapshot in the
//! place of the engine.

use std::cell::RefCell;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, Role};

use engine::ids::{AccountId, AssetId, KeyId, SeriesId};
use engine::ledger::{LedgerAccount, Purse};
use engine::rules::Rules;
use engine::units::{Amount, Day, Price};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::acts::{Act, SPONSOR, SUB_ACCOUNT, act, acts};
use crate::compare::{CASES, Seen, compare_what_is_left, config};
use crate::counts::count;
use crate::futures::contracts::listed;
use crate::futures::lives::Run;
use crate::futures::writer::{self, ACCOUNTS, key, parameters};
use crate::twin::Twin;
use crate::venue::{Exchange, TODAY};

const ACTS_MAX: usize = 160;

/// What the lives of a full run come by, and how often at least.
const MUST_BE_SEEN: &[(&str, u32)] = &[
    ("a day that costs more than it brings", 80),
    ("a deadline of a vault passes", 20),
    ("a residual", 15),
    ("a snapshot of a vault at work", 20),
    ("a subscription is paid back", 25),
    ("a vault is deployed", 70),
    ("a vault is refunded", 20),
    ("a vault is wound up with shares outside", 6),
    ("a vault is wound_up", 15),
    ("a vault is yielding", 50),
    ("an entry with exported shares", 40),
    ("orders in shares expire", 10),
    ("refused vault_exists", 10),
    ("refused invalid_vault", 30),
    ("refused invalid_operating_rate", 10),
    ("refused no_operating_rate", 5),
    ("refused deed_taken", 1),
    ("refused unknown_deed", 50),
    ("refused wrong_vault_state", 500),
    ("refused deeds_missing", 3),
    ("refused shares_not_left", 1),
    ("refused revenue_out_of_sequence", 5),
    ("refused revenue_day", 50),
    ("refused too_many_gpu_seconds", 50),
    ("refused nothing_to_claim", 100),
    ("refused not_exported", 50),
    ("shares are redeemed", 50),
    ("shares are redeemed later", 3),
    ("shares are worth nothing", 3),
    ("shares trade", 100),
    ("something carried", 200),
    ("yield is claimed", 30),
    ("yield is paid at the end", 30),
];

/// What happens after the futures were listed.
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
    let restarts = prop_oneof![4 => Just(0_u64), 2 => Just(1_u64), 3 => 2..12_u64];
    (0..6_u32, acts, restarts).prop_map(|(margin, acts, restarts_every)| Life { margin, acts, restarts_every })
}

#[test]
fn engine_and_twin_run_the_same_vaults() {
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
    count(lived, "lives with vaults");
    count(usize::try_from(commands.into_inner()).unwrap(), "commands with vaults compared with the twin");
}

fn live(run: &mut Run<Engine>, life: &Life) -> Result<(), TestCaseError> {
    open(run, life.margin);
    run.restarts_every = life.restarts_every;
    for (next, clock, restarts) in &life.acts {
        run.write(*clock, |writer, send| act(writer, next, send));
        if *restarts {
            run.restart();
        }
        if let Some(failure) = run.failure.take() {
            return Err(failure);
        }
        run.compare_margins()?;
        compare_vaults(&run.engine, &run.writer.twin)?;
    }
    compare_what_is_left(&run.engine, &run.writer.twin)
}

/// Accounts with money, everything that trades on margin, and an operating rate.
fn open(run: &mut Run<Engine>, margin: u32) {
    let venue = KeyId::VENUE;
    for version in 2..=Rules::LATEST.0 {
        run.send(venue, Command::AdoptRules { rules: Rules(version) });
    }
    for (account, dollars) in (1..=ACCOUNTS).chain([SPONSOR]).zip([100_000, 20_000, 3_000, 700, 150, 1]) {
        let (account, asset, amount) = (AccountId(account), AssetId::USD, Amount(dollars * 1_000_000));
        let (credential, role) = (Credential::Ed25519([7; 32]), Role::Trader(account));
        run.send(venue, Command::OpenAccount { account });
        run.send(venue, Command::RegisterKey { key: key(account), credential, role });
        run.send(venue, Command::Deposit { account, asset, amount, reference: 1 });
    }
    run.send(venue, Command::OpenSubAccount { account: AccountId(SUB_ACCOUNT), master: AccountId(1) });
    for terms in listed() {
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
    run.write(true, |writer, send| act(writer, &Act::Rate { series: 1, days_ahead: 0, rate: 600_000 }, send));
    let (gpus, cents, parts) = (2, 200, [3, 2, 4]);
    let launch = Act::Launch { vault: 1, gpus, cents, holders_bp: 9_000, parts, deploys: true };
    run.write(true, |writer, send| act(writer, &launch, send));
}

/// States, claims and purses; and the money of holders is there to the micro-dollar.
fn compare_vaults(engine: &Engine, twin: &Twin) -> Result<(), TestCaseError> {
    for (terms, state) in twin.vaults() {
        let (vault, asset) = (terms.vault, terms.asset);
        let known = engine.vault(vault).unwrap();
        prop_assert_eq!((known.terms, known.state), (terms, state));
        let mut claims = 0;
        for account in Exchange::accounts(twin) {
            let claim = twin.claim(account, vault);
            prop_assert_eq!(i128::from(engine.claimable(vault, account).0), claim, "{} of {}", account, vault);
            claims += claim;
        }
        for purse in [Purse::Shares, Purse::Escrow, Purse::Yield, Purse::Reserve, Purse::Redemption] {
            let of = LedgerAccount::Vault(vault, purse);
            for asset in [AssetId::USD, asset] {
                prop_assert_eq!(Exchange::balance(engine, of, asset), Exchange::balance(twin, of, asset));
            }
        }
        let pot = twin.posted(LedgerAccount::Vault(vault, Purse::Yield), AssetId::USD);
        prop_assert_eq!(pot, claims + i128::from(known.carried.0), "what may be claimed, and what is carried");
    }
    Ok(())
}
