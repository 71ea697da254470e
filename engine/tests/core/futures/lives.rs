//! Random lives of a ladder of contracts, on the engine and on its twin: every event, the margin of everybody, and, now and then, a
//! snapshot in the place of the engine.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Engine;
use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::ids::{AccountId, AssetId, KeyId, Seq, SeriesId};
use engine::rules::Rules;
use engine::units::{Amount, Day, Price};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::contracts::listed;
use super::writer::{ACCOUNTS, Act, Writer, acts, key, parameters};
use crate::compare::{CASES, Seen, compare_what_is_left, config, lines, note};
use crate::counts::count;
use crate::spreads::seen as spreads;
use crate::venue::{Exchange, TODAY};

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
struct Life {
    margin: u32,
    /// Each act, whether the clock does what is due before its commands, and whether a snapshot takes over behind it.
    acts: Vec<(Act, bool, bool)>,
}

fn lives() -> impl Strategy<Value = Life> {
    let acts = vec((acts(), prop::bool::weighted(0.97), prop::bool::weighted(0.06)), 1..=ACTS_MAX);
    (0..6_u32, acts).prop_map(|(margin, acts)| Life { margin, acts })
}

#[test]
fn engine_and_twin_live_the_same_lives() {
    let config = config();
    let cases = config.cases;
    let (seen, commands) = (RefCell::new(Seen::new()), RefCell::new(0));
    let outcome = TestRunner::new(config).run(&lives(), |life| {
        let mut run = Run::new();
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
        let seen = seen.into_inner();
        let missing: Vec<_> = MUST_BE_SEEN.iter().filter(|&&what| !seen.contains_key(what)).collect();
        assert!(missing.is_empty(), "missing {missing:?} of {seen:#?}");
    }
    count(usize::try_from(commands.into_inner()).unwrap(), "commands of strips and perpetuals compared with the twin");
}

/// Engine and twin side by side.
pub struct Run {
    pub engine: Engine,
    pub writer: Writer,
    pub seen: BTreeMap<String, u32>,
    pub failure: Option<TestCaseError>,
}

impl Run {
    pub fn new() -> Run {
        let (engine, writer) = (Engine::new(), Writer::new(TODAY.start()));
        Run { engine, writer, seen: BTreeMap::new(), failure: None }
    }

    fn live(&mut self, life: &Life) -> Result<(), TestCaseError> {
        self.open(life.margin);
        for (act, clock, restarts) in &life.acts {
            self.act(act, *clock);
            if *restarts {
                self.restart()?;
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
            while self.writer.twin.is_due() {
                self.send(KeyId::VENUE, Command::ProcessDue);
            }
        }
        self.act(&Act::Refresh { away: 0, range: 200_000 }, true);
    }

    pub fn act(&mut self, act: &Act, clock: bool) {
        self.write(clock, |writer, send| writer.act(act, send));
    }

    /// Lets commands be written, and sends them; with the clock what is due is done before each.
    pub fn write(&mut self, clock: bool, write: impl FnOnce(&mut Writer, &mut dyn FnMut(&mut Writer, KeyId, Command))) {
        let Run { engine, writer, seen, failure } = self;
        write(writer, &mut |writer, key, command| {
            while clock && failure.is_none() && writer.twin.is_due_at(writer.now) {
                apply(engine, writer, (KeyId::VENUE, Command::ProcessDue), seen, failure);
            }
            apply(engine, writer, (key, command), seen, failure);
        });
    }

    pub fn send(&mut self, key: KeyId, command: Command) {
        apply(&mut self.engine, &mut self.writer, (key, command), &mut self.seen, &mut self.failure);
    }

    /// A snapshot takes the place of the engine.
    pub fn restart(&mut self) -> Result<(), TestCaseError> {
        let mut bytes = Vec::new();
        self.engine.write_snapshot(|piece| bytes.extend_from_slice(piece));
        let restored = Engine::read_snapshot(&bytes, 0x5eed).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(restored.state_hash(), self.engine.state_hash());
        self.engine = restored;
        if listed().any(|terms| terms.strip().is_some() && self.writer.twin.is_cascading(terms.instrument)) {
            *self.seen.entry("a snapshot in the middle of a cascade".to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// While contracts are still to be revalued the engine's sums are of different moments.
    pub fn compare_margins(&self) -> Result<(), TestCaseError> {
        let twin = &self.writer.twin;
        for account in (1..=ACCOUNTS).map(AccountId).filter(|_| !twin.is_revaluation_due()) {
            prop_assert_eq!(Exchange::margin(&self.engine, account), Exchange::margin(twin, account), "{}", account);
        }
        Ok(())
    }
}

/// Sends one command to both and compares what they say.
fn apply(
    engine: &mut Engine,
    writer: &mut Writer,
    (key, command): (KeyId, Command),
    seen: &mut Seen,
    failure: &mut Option<TestCaseError>,
) {
    if failure.is_some() {
        return;
    }
    let stamp = Stamp { seq: Seq(writer.seq), time: writer.now, key, session: 0 };
    writer.seq += 1;
    let (mut from_engine, mut from_twin) = (Vec::new(), Vec::new());
    let engine_answer = engine.apply(&stamp, &command, &mut from_engine);
    let twin_answer = writer.twin.apply(&stamp, &command, &mut from_twin);
    if (engine_answer, &from_engine) != (twin_answer, &from_twin) {
        let (engine, twin) = (lines(&from_engine), lines(&from_twin));
        *failure = Some(TestCaseError::fail(format!("{stamp:?}\n{command:?}\n--- engine\n{engine}--- twin\n{twin}")));
    }
    note(&command, &from_twin, seen);
    spreads::note(&writer.twin, &command, &from_twin, seen);
    if let (Command::SubmitOrder(request), Ok(())) = (&command, twin_answer)
        && writer.twin.is_cascaded_into(request.instrument)
    {
        *seen.entry("an order in a leg while its strip cascades".to_owned()).or_default() += 1;
    }
}
