//! Work that takes several steps goes on behind a restart where it was: mass cancels, settlements, stops, limits that moved.

use api::venue::machines::{Action, Core, Happening};
use engine::Engine;
use engine::command::{Command, Credential, FixingStage, Role, Stamp};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, SettlementKind, Terms};
use engine::order::{OrderRequest, Trigger, TriggerReference};
use engine::units::{Amount, Day, Lots, Price, Side, Timestamp};
use pricing::index::IndexBook;

use crate::counts;

const ACCOUNTS: u32 = 300;
const FIRST_DAY: Day = Day(20_700);
const CONTRACT: InstrumentId = InstrumentId(1);

struct Exchange {
    core: Core,
    seq: u64,
    time: Timestamp,
}

impl Exchange {
    /// A contract of one day, and accounts with money.
    fn new() -> Exchange {
        let time = Timestamp(FIRST_DAY.start().0 - 40 * 3_600_000_000);
        let mut exchange = Exchange { core: Core::default(), seq: 0, time };
        for account in (1..=ACCOUNTS).map(AccountId) {
            let credential = Credential::Ed25519([1; 32]);
            exchange.done(KeyId::VENUE, Command::OpenAccount { account });
            exchange.done(
                KeyId::VENUE,
                Command::RegisterKey { key: key(account), credential, role: Role::Trader(account) },
            );
            let (asset, amount) = (AssetId::USD, Amount(900_000_000_000));
            exchange.done(KeyId::VENUE, Command::Deposit { account, asset, amount, reference: 1 });
        }
        exchange.done(
            KeyId::VENUE,
            Command::ListInstrument {
                terms: Terms {
                    instrument: CONTRACT,
                    symbol: Symbol::new("HALF-WAY").expect("a symbol"),
                    kind: Kind::Month(Month { series: SeriesId(1), first_day: FIRST_DAY, days: 1 }),
                    tick: Price(1_000),
                    floor: Price(0),
                    cap: Price(10_000_000),
                    fees: FeeRates { maker: Price(0), taker: Price(500) },
                },
            },
        );
        exchange
    }

    fn send(&mut self, key: KeyId, command: &Command) -> (bool, Vec<Happening>) {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), time: self.time, key, session: 0 };
        let mut happenings = Vec::new();
        let action = Action::Exchange(*command);
        (self.core.apply(&stamp, &action, &mut happenings).is_ok(), happenings)
    }

    fn done(&mut self, key: KeyId, command: Command) {
        let (is_accepted, happenings) = self.send(key, &command);
        assert!(is_accepted, "{command:?}: {happenings:?}");
    }

    fn order(&mut self, account: u32, side: Side, ticks: i64) -> OrderRequest {
        let name = ClientOrderId::new(&format!("order-{}", self.seq)).expect("a name");
        OrderRequest::limit(AccountId(account), name, CONTRACT, side, Lots(2), Price(ticks * 1_000))
    }

    fn place(&mut self, account: u32, side: Side, ticks: i64) {
        let request = self.order(account, side, ticks);
        self.done(key(AccountId(account)), Command::SubmitOrder(request));
    }

    /// The same command again and again, here and on what is restored anew before each step, until it is refused.
    fn finish(mut self, command: Command) -> usize {
        for step in 0.. {
            let mut bytes = Vec::new();
            self.core.engine().write_snapshot(|piece| bytes.extend_from_slice(piece));
            let engine = Engine::read_snapshot(&bytes, step).expect("what was written is read");
            let mut restored = Exchange { core: Core::of(engine, IndexBook::default()), ..self };
            let here = self.send(KeyId::VENUE, &command);
            assert_eq!(restored.send(KeyId::VENUE, &command), here, "step {step}");
            assert_eq!(restored.core.state_hash(), self.core.state_hash(), "step {step}");
            assert_eq!(restored.core.engine().next_due(), self.core.engine().next_due(), "step {step}");
            if !here.0 {
                let steps = usize::try_from(step).expect("few steps");
                assert!(steps > 1, "it was done in {steps} steps: nothing was half way");
                counts::note(steps, "steps of long work, each behind a restore");
                return steps;
            }
            // What is restored goes on; nothing it carries along from before could help it.
            self.core = restored.core;
        }
        unreachable!("a count of steps does not end")
    }
}

fn key(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0))
}

#[test]
fn a_mass_cancel_goes_on() {
    let mut exchange = Exchange::new();
    (0..700).for_each(|number| exchange.place(1, Side::Buy, 2_000 + number));
    let (account, side) = (AccountId(1), Some(Side::Buy));
    exchange.done(key(account), Command::CancelAllOrders { account, instrument: Some(CONTRACT), side });
    assert_eq!(exchange.finish(Command::ProcessDue), 2);
}

#[test]
fn a_dead_mans_switch_goes_on() {
    let mut exchange = Exchange::new();
    (0..700).for_each(|number| exchange.place(1, Side::Sell, 4_000 + number));
    let account = AccountId(1);
    exchange.done(key(account), Command::CancelAfter { account, timeout_us: 1_000 });
    exchange.time = Timestamp(exchange.time.0 + 1_000);
    assert_eq!(exchange.finish(Command::ProcessDue), 3);
}

#[test]
fn settlements_go_on() {
    for kind in [SettlementKind::Daily, SettlementKind::Final] {
        let mut exchange = Exchange::new();
        for account in 1..ACCOUNTS {
            exchange.place(account, Side::Sell, 3_000 + i64::from(account % 7));
            exchange.place(account + 1, Side::Buy, 3_003 - i64::from(account % 5));
        }
        let stage = FixingStage::Final;
        let fixing =
            Command::RecordFixing { series: SeriesId(1), day: FIRST_DAY, stage, price: Some(Price(3_100_500)) };
        let day = if kind == SettlementKind::Final { FIRST_DAY } else { Day(FIRST_DAY.0 - 2) };
        exchange.time =
            Timestamp(FIRST_DAY.start().0 + if kind == SettlementKind::Final { 90_000_000_000 } else { -1 });
        exchange.done(KeyId::VENUE, fixing);
        exchange.done(KeyId::VENUE, Command::StartSettlement { instrument: CONTRACT, day, kind });
        exchange.finish(Command::AdvanceSettlement { instrument: CONTRACT });
    }
}

#[test]
fn stops_within_reach_wake_up_further() {
    let mut exchange = Exchange::new();
    for account in 2..=200 {
        let (side, ticks) = if account % 2 == 0 { (Side::Buy, 2_990) } else { (Side::Sell, 3_010) };
        exchange.place(account, side, ticks - i64::from(account % 4));
    }
    for account in 201..=260 {
        let (side, price) = if account % 2 == 0 { (Side::Buy, 3_001_000) } else { (Side::Sell, 2_999_000) };
        let trigger = Some(Trigger { reference: TriggerReference::Last, price: Price(price) });
        let request = OrderRequest { trigger, ..exchange.order(account, side, 3_000) };
        exchange.done(key(AccountId(account)), Command::SubmitOrder(request));
    }
    // A trade in their midst reaches all buys; each that wakes up trades or rests, which may reach others.
    exchange.place(1, Side::Sell, 3_001);
    exchange.place(3, Side::Buy, 3_001);
    assert!(exchange.core.engine().next_due().is_some(), "stops are within reach");
    exchange.finish(Command::ProcessDue);
}

#[test]
fn orders_outside_limits_that_moved_are_taken_out_further() {
    let mut exchange = Exchange::new();
    for number in 0..700 {
        exchange.place(1 + number % 200, Side::Sell, 3_500 + i64::from(number % 50));
    }
    let daily_limits = [Price(50_000), Price(100_000), Price(200_000)];
    let controls = Controls { reference: Price(5_000_000), daily_limits, pause_us: 1_000_000, ..Controls::NONE };
    exchange.done(KeyId::VENUE, Command::SetControls { instrument: CONTRACT, controls });
    exchange.finish(Command::ProcessDue);
}
