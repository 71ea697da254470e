//! Random lives of a ladder of contracts, on the engine and on its twin: every event, the margin of everybody, and, now and then, a
//! snapshot in the place of the engine.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::ids::{AccountId, AssetId, KeyId, Seq, SeriesId};
use engine::instrument::Terms;
use engine::rules::Rules;
use engine::units::{Amount, Day, Price};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::contracts::listed;
use super::defaults::Defaults;
use super::writer::{ACCOUNTS, Act, Writer, acts, key, parameters};
use crate::chain::seen as chain;
use crate::compare::{CASES, Seen, compare_what_is_left, config, lines, note};
use crate::counts::count;
use crate::spreads::seen as spreads;
use crate::vaults::seen as vaults;
use crate::venue::{Exchange, Stage, TODAY};

const ACTS_MAX: usize = 160;

/// What the lives of a full run come by.
const MUST_BE_SEEN: &[&str] = &[
    "InstrumentHalted stale_index",
    "InstrumentResumed",
    "MarginCalled",
    "OrderCancelled expired",
    "OrderCancelled margin_call",
    "OrderCancelled time_in_force",
    "PositionCascaded",
    "SettlementCompleted cascade",
    "SettlementCompleted daily",
    "SettlementCompleted final",
    "SettlementCompleted funding",
    "SettlementStarted fixings",
    "SettlementStarted legs",
    "SettlementStarted midpoint",
    "SettlementStarted premium",
    "SettlementStarted reference",
    "SettlementStarted undelivered",
    "SettlementStarted volume_weighted",
    "StopTriggered mark",
    "Transferred funding",
    "Transferred repayment",
    "Transferred shortfall",
    "Transferred variation",
    "a snapshot in the middle of a cascade",
    "an order in a leg while its strip cascades",
    "refused 29 invalid_risk",
    "refused 32 invalid_terms",
    "refused 37 halted",
    "refused 41 settling",
    "refused 42 expired",
    "refused 53 risk_expired",
    "refused 59 risk_unknown",
    "refused 68 insufficient_margin",
    "refused 69 series_position_limit",
    "refused 74 open_interest_limit",
    "refused 75 index_stale",
    "refused 81 day_settled",
    "refused 82 too_early",
    "refused 83 fixing_missing",
    "refused 84 no_settlement_price",
    "refused 86 wrong_settlement",
];

/// What happens after the ladder was listed.
#[derive(Clone, Debug)]
pub struct Life {
    margin: u32,
    /// Each act, whether the clock does what is due before its commands, and whether a snapshot takes over behind it.
    acts: Vec<(Act, bool, bool)>,
    /// Every how many commands a snapshot takes over while something is due; 0 for never.
    restarts_every: u64,
}

/// Lives of such acts.
pub fn lives(acts: impl Strategy<Value = Act>) -> impl Strategy<Value = Life> {
    let acts = vec((acts, prop::bool::weighted(0.97), prop::bool::weighted(0.06)), 1..=ACTS_MAX);
    let restarts = prop_oneof![6 => Just(0_u64), 1 => Just(1_u64), 3 => 2..12_u64];
    (0..6_u32, acts, restarts).prop_map(|(margin, acts, restarts_every)| Life { margin, acts, restarts_every })
}

#[test]
fn engine_and_twin_live_the_same_lives() {
    let commands = live_alike::<Engine>(lives(acts()), |seen| {
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(|&&what| !seen.contains_key(what)).collect();
        assert!(missing.is_empty(), "missing {missing:?} of {seen:#?}");
    });
    count(commands, "commands of strips and perpetuals compared with the twin");
}

/// Lives lives on an exchange and on the twin; what a full run came by is to be judged. Says how many commands there were.
pub fn live_alike<E: Stage>(lives: impl Strategy<Value = Life>, judge: impl FnOnce(&Seen)) -> usize {
    let config = config();
    let cases = config.cases;
    let (seen, commands) = (RefCell::new(Seen::new()), RefCell::new(0));
    let outcome = TestRunner::new(config).run(&lives, |life| {
        let mut run = Run::<E>::new();
        run.live(&life)?;
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
        judge(&seen.into_inner());
    }
    usize::try_from(commands.into_inner()).unwrap()
}

/// Engine and twin side by side.
pub struct Run<E> {
    pub engine: E,
    pub writer: Writer,
    pub restarts_every: u64,
    pub seen: BTreeMap<String, u32>,
    defaults: Defaults,
    pub failure: Option<TestCaseError>,
}

impl<E: Stage> Run<E> {
    pub fn new() -> Run<E> {
        let (engine, writer) = (E::default(), Writer::new(TODAY.start()));
        let (seen, defaults) = (BTreeMap::new(), Defaults::default());
        Run { engine, writer, restarts_every: 0, seen, defaults, failure: None }
    }

    fn live(&mut self, life: &Life) -> Result<(), TestCaseError> {
        self.open(life.margin);
        self.restarts_every = life.restarts_every;
        for (act, clock, restarts) in &life.acts {
            self.act(act, *clock);
            if *restarts {
                self.restart();
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.compare_margins()?;
        }
        compare_what_is_left(&self.engine, &self.writer.twin)
    }

    pub fn open(&mut self, margin: u32) {
        for version in 2..=Rules::LATEST.0 {
            self.send(KeyId::VENUE, Command::AdoptRules { rules: Rules(version) });
        }
        for (account, dollars) in (1..=ACCOUNTS).zip([100_000, 20_000, 3_000, 700, 150]) {
            let (account, asset, amount) = (AccountId(account), AssetId::USD, Amount(dollars * 1_000_000));
            let (credential, role) = (Credential::Ed25519([7; 32]), Role::Trader(account));
            self.send(KeyId::VENUE, Command::OpenAccount { account });
            self.send(KeyId::VENUE, Command::RegisterKey { key: key(account), credential, role });
            self.send(KeyId::VENUE, Command::Deposit { account, asset, amount, reference: 1 });
        }
        for terms in listed() {
            self.send(KeyId::VENUE, Command::ListInstrument { terms });
        }
        for series in [1, 2].map(SeriesId) {
            let (day, stage, price) = (Day(TODAY.0 - 1), FixingStage::Final, Some(Price(3_000_000)));
            self.send(KeyId::VENUE, Command::RecordFixing { series, day, stage, price });
            self.send(KeyId::VENUE, Command::SetMargin { series, margin: parameters(margin) });
            while self.failure.is_none() && self.writer.twin.is_due() {
                self.send(KeyId::VENUE, Command::ProcessDue);
            }
        }
        self.act(&Act::Refresh { away: 0, range: 200_000 }, true);
    }

    fn act(&mut self, act: &Act, clock: bool) {
        self.write(clock, |writer, send| writer.act(act, send));
    }

    /// Lets commands be written, and sends them; with the clock what is due is done before each.
    pub fn write(&mut self, clock: bool, write: impl FnOnce(&mut Writer, &mut dyn FnMut(&mut Writer, KeyId, Command))) {
        // The writer is lent to whoever sends what it writes.
        let mut writer = std::mem::replace(&mut self.writer, Writer::new(TODAY.start()));
        write(&mut writer, &mut |writer, key, command| {
            std::mem::swap(&mut self.writer, writer);
            while clock && self.failure.is_none() && self.writer.twin.is_due_at(self.writer.now) {
                self.send(KeyId::VENUE, Command::ProcessDue);
                if self.restarts_every > 0 && self.writer.seq.is_multiple_of(self.restarts_every) {
                    self.restart();
                }
            }
            self.send(key, command);
            std::mem::swap(&mut self.writer, writer);
        });
        self.writer = writer;
    }

    /// A snapshot takes the place of the engine.
    pub fn restart(&mut self) {
        self.engine = self.engine.restored();
        let twin = &self.writer.twin;
        let is_cascading = |terms: Terms| terms.strip().is_some() && twin.is_cascading(terms.instrument);
        for (what, is_so) in [
            ("a snapshot in the middle of a cascade", listed().any(is_cascading)),
            ("a snapshot in the middle of a round", twin.is_in_a_round()),
            ("a snapshot in the middle of a default", twin.is_in_default()),
            ("a snapshot in the middle of a round of an exit", twin.in_a_round_of_exit().is_some()),
            ("a snapshot in the middle of a close-out", twin.is_in_close_out()),
            ("a snapshot of a vault at work", twin.is_a_vault_at_work()),
        ] {
            if is_so {
                *self.seen.entry(what.to_owned()).or_default() += 1;
            }
        }
    }

    /// Sends one command to both and compares what they say.
    pub fn send(&mut self, key: KeyId, command: Command) {
        if self.failure.is_some() {
            return;
        }
        let Run { engine, writer, seen, .. } = self;
        let stamp = Stamp { seq: Seq(writer.seq), time: writer.now, key, session: 0 };
        writer.seq += 1;
        let (mut from_engine, mut from_twin) = (Vec::new(), Vec::new());
        let engine_answer = engine.apply(&stamp, &command, &mut from_engine);
        let twin_answer = writer.twin.apply(&stamp, &command, &mut from_twin);
        if (engine_answer, &from_engine) != (twin_answer, &from_twin) {
            let (engine, twin) = (lines(&from_engine), lines(&from_twin));
            let reason = format!("{stamp:?}\n{command:?}\n--- engine\n{engine}--- twin\n{twin}");
            self.failure = Some(TestCaseError::fail(reason));
        }
        note(&command, &from_twin, seen);
        spreads::note(&writer.twin, &command, &from_twin, seen);
        chain::note(&writer.twin, writer.now, &command, &from_twin, seen);
        vaults::note(&writer.twin, &command, &from_twin, seen);
        if let (Command::SubmitOrder(request), Ok(())) = (&command, twin_answer)
            && writer.twin.is_cascaded_into(request.instrument)
        {
            *seen.entry("an order in a leg while its strip cascades".to_owned()).or_default() += 1;
        }
        let kept = self.defaults.watch(&writer.twin, writer.now, &from_twin, seen);
        self.failure = self.failure.take().or(kept.err());
    }

    /// While contracts are still to be revalued the engine's sums are of different moments.
    pub fn compare_margins(&self) -> Result<(), TestCaseError> {
        let twin = &self.writer.twin;
        for account in (1..=ACCOUNTS).map(AccountId).filter(|_| !twin.is_revaluation_due()) {
            prop_assert_eq!(self.engine.margin(account), Exchange::margin(twin, account), "{}", account);
        }
        Ok(())
    }
}
