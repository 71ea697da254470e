//! What happens in random lives, in small numbers, and what it means in commands.

use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, OrderId, SeriesId};
use engine::instrument::{SettlementKind, Terms};
use engine::margin::{Risk, SCENARIOS, SeriesMargin};
use engine::order::{OrderRequest, TimeInForce, Trigger, TriggerReference};
use engine::units::{Amount, Cash, Day, Lots, Price, Side, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::contracts::{LISTED, LISTINGS, contract, listing};
use crate::margin::LENIENT;
use crate::twin::Twin;

pub const HOUR: i64 = 3_600_000_000;
pub const ACCOUNTS: u32 = 5;

#[derive(Clone, Debug)]
pub enum Act {
    /// Microseconds pass.
    Wait(i64),
    /// To the end of the day, or of a contract's trading if that is later; give or take a microsecond.
    EndOf(Option<u32>, i64),
    Order {
        account: u32,
        contract: u32,
        side: Side,
        lots: u32,
        away: i64,
        trigger: Option<i64>,
        day: bool,
    },
    Cancel(usize),
    /// Two accounts meet at a price.
    Trade {
        buyer: u32,
        seller: u32,
        contract: u32,
        lots: u32,
        away: i64,
    },
    Publish {
        contract: u32,
        away: i64,
        range: i64,
        lasts: i64,
    },
    Mark(u32),
    /// Arrays and marks of everything, the months before the strips.
    Refresh {
        away: i64,
        range: i64,
    },
    Fix {
        series: u32,
        days_back: i32,
        away: i64,
    },
    Start {
        contract: u32,
        days_back: i32,
        kind: SettlementKind,
    },
    Advance(u32),
    /// A day of all contracts, in rising number, is settled from beginning to end.
    SettleAll {
        days_back: i32,
    },
    /// A strip's last day: its legs are settled for it, and the cascade begins.
    Cascade {
        contract: u32,
        advances: bool,
    },
    /// Every day of a month is fixed, and it is settled for good.
    Final(u32),
    Fund {
        contract: u32,
        advances: bool,
    },
    List(u32),
    Margin {
        series: u32,
        choice: u32,
    },
    Control {
        contract: u32,
        width: i64,
    },
    Withdraw {
        account: u32,
        thousandths: i64,
    },
    Deposit {
        account: u32,
        dollars: i64,
    },
    /// The insurance fund receives so many cents.
    Insure(i64),
    Back(Option<u32>),
    Halt(u32),
    Resume(u32),
}

pub fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        50 => any_wait(),
        110 => orders(),
        110 => trades(),
        6 => select(vec![1, 2, 5, 8]).prop_map(Act::Final),
        20 => (0..8_usize).prop_map(Act::Cancel),
        25 => (contracts(), away(), ranges(), select(vec![2 * 24 * HOUR, 2 * 24 * HOUR, HOUR, 1, 0]))
            .prop_map(|(contract, away, range, lasts)| Act::Publish { contract, away, range, lasts }),
        60 => contracts().prop_map(Act::Mark),
        70 => (away(), ranges()).prop_map(|(away, range)| Act::Refresh { away, range }),
        25 => (1..=2_u32, -1..3, away()).prop_map(|(series, days_back, away)| Act::Fix { series, days_back, away }),
        30 => (contracts(), -1..4, kinds()).prop_map(|(contract, days_back, kind)| Act::Start { contract, days_back, kind }),
        40 => contracts().prop_map(Act::Advance),
        15 => (0..3).prop_map(|days_back| Act::SettleAll { days_back }),
        12 => (strips(), any::<bool>()).prop_map(|(contract, advances)| Act::Cascade { contract, advances }),
        30 => (select(vec![6, 6, 7]), any::<bool>()).prop_map(|(contract, advances)| Act::Fund { contract, advances }),
        4 => (0..LISTINGS).prop_map(Act::List),
        6 => (1..=2_u32, 0..6_u32).prop_map(|(series, choice)| Act::Margin { series, choice }),
        3 => (contracts(), select(vec![0, 20_000, 300_000])).prop_map(|(contract, width)| Act::Control { contract, width }),
        10 => (1..=ACCOUNTS, select(vec![1_000, 999, 500])).prop_map(|(account, thousandths)| Act::Withdraw { account, thousandths }),
        4 => (1..=ACCOUNTS, 1..400_i64).prop_map(|(account, dollars)| Act::Deposit { account, dollars }),
    ]
}

/// Acts after which accounts default: many lots, marks that leap, contracts that cannot trade.
pub fn acts_of_defaults() -> impl Strategy<Value = Act> {
    let leaps = prop_oneof![2 => -4..=4_i64, 4 => -250..=250_i64, 3 => -2_500..=2_500_i64];
    let lots = || prop_oneof![3 => 1..6_u32, 3 => 6..30_u32, 1 => 30..90_u32];
    let waits = select(vec![1, 10_000_000, 29_999_999, 30_000_000, 30_000_000, HOUR / 4, 3 * HOUR]);
    let crowd =
        (1..=ACCOUNTS, 1..ACCOUNTS, contracts(), lots(), -60..=60_i64).prop_map(|(buyer, on, contract, lots, away)| {
            Act::Trade { buyer, seller: (buyer - 1 + on) % ACCOUNTS + 1, contract, lots, away }
        });
    prop_oneof![
        60 => waits.prop_map(Act::Wait),
        3 => Just(Act::EndOf(None, -HOUR / 2)),
        100 => orders(),
        120 => crowd,
        10 => (0..8_usize).prop_map(Act::Cancel),
        90 => (leaps, select(vec![200_001, 200_001, 1_000_000])).prop_map(|(away, range)| Act::Refresh { away, range }),
        15 => (contracts(), away(), ranges()).prop_map(|(contract, away, range)| Act::Publish { contract, away, range, lasts: 2 * 24 * HOUR }),
        25 => contracts().prop_map(Act::Mark),
        12 => (1..=2_u32, 0..3, away()).prop_map(|(series, days_back, away)| Act::Fix { series, days_back, away }),
        8 => (contracts(), 1..3, Just(SettlementKind::Daily)).prop_map(|(contract, days_back, kind)| Act::Start { contract, days_back, kind }),
        10 => contracts().prop_map(Act::Advance),
        8 => (0..3).prop_map(|days_back| Act::SettleAll { days_back }),
        2 => (strips(), any::<bool>()).prop_map(|(contract, advances)| Act::Cascade { contract, advances }),
        4 => (1..=2_u32, 0..6_u32).prop_map(|(series, choice)| Act::Margin { series, choice }),
        6 => (contracts(), select(vec![0, 20_000, 300_000])).prop_map(|(contract, width)| Act::Control { contract, width }),
        6 => (1..=ACCOUNTS, select(vec![1_000, 999, 500])).prop_map(|(account, thousandths)| Act::Withdraw { account, thousandths }),
        12 => (1..=ACCOUNTS, 1..400_i64).prop_map(|(account, dollars)| Act::Deposit { account, dollars }),
        8 => select(vec![1, 4_000, 100_000, 0]).prop_map(Act::Insure),
        12 => prop::option::weighted(0.9, select(vec![1, 2, 2, 3, 4, 9])).prop_map(Act::Back),
        5 => contracts().prop_map(Act::Halt),
        14 => contracts().prop_map(Act::Resume),
    ]
}

fn any_wait() -> impl Strategy<Value = Act> {
    prop_oneof![
        60 => select(vec![1, HOUR / 4, HOUR, 3 * HOUR]).prop_map(Act::Wait),
        10 => Just(Act::EndOf(None, 0)),
        1 => (contracts(), -1..=1_i64).prop_map(|(contract, micros)| Act::EndOf(Some(contract), micros)),
        // The last hour of a day settles it.
        14 => Just(Act::EndOf(None, -HOUR / 2)),
    ]
}

fn orders() -> impl Strategy<Value = Act> {
    let side = select(vec![Side::Buy, Side::Sell]);
    let lots = prop_oneof![8 => 1..4_u32, 1 => 4..30_u32];
    let away = prop_oneof![8 => -3..=3_i64, 2 => -60..=60_i64, 1 => -1_500..=1_500_i64];
    let trigger = prop::option::weighted(0.08, -20..=20_i64);
    (1..=ACCOUNTS, contracts(), side, lots, away, trigger, prop::bool::weighted(0.05)).prop_map(
        |(account, contract, side, lots, away, trigger, day)| Act::Order {
            account,
            contract,
            side,
            lots,
            away,
            trigger,
            day,
        },
    )
}

fn contracts() -> impl Strategy<Value = u32> {
    prop_oneof![6 => 1..=4_u32, 2 => Just(5_u32), 4 => Just(6_u32), 1 => 7..=8_u32, 8 => strips(), 1 => 20..22_u32]
}

fn strips() -> impl Strategy<Value = u32> {
    select(vec![9, 9, 10, 11, 11, 20])
}

fn trades() -> impl Strategy<Value = Act> {
    (1..=ACCOUNTS, 1..ACCOUNTS, contracts(), prop_oneof![6 => 1..6_u32, 1 => 6..20_u32], -300..=300_i64).prop_map(
        |(buyer, on, contract, lots, away)| Act::Trade {
            buyer,
            seller: (buyer - 1 + on) % ACCOUNTS + 1,
            contract,
            lots,
            away,
        },
    )
}

/// Thousandths of a dollar.
fn away() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -4..=4_i64, 3 => -200..=200_i64, 1 => -2_500..=2_500_i64]
}

fn ranges() -> impl Strategy<Value = i64> {
    select(vec![50_000, 200_001, 1_000_000, 4_000_000])
}

fn kinds() -> impl Strategy<Value = SettlementKind> {
    use SettlementKind::{Cascade, Daily, Final, Funding};
    select(vec![Daily, Daily, Daily, Final, Cascade, Cascade, Funding])
}

/// Turns acts into commands; a twin that lives along says what is due.
pub struct Writer {
    pub now: Timestamp,
    pub twin: Twin,
    pub orders: Vec<(OrderId, AccountId)>,
    /// The number of the next command.
    pub seq: u64,
    versions: u64,
}

impl Writer {
    pub fn new(now: Timestamp) -> Writer {
        Writer { now, twin: Twin::default(), orders: Vec::new(), seq: 1, versions: 0 }
    }

    /// Does an act; each command goes to `send`, which applies it to the twin, too.
    pub fn act(&mut self, act: &Act, send: &mut dyn FnMut(&mut Writer, KeyId, Command)) {
        let mut operate = |writer: &mut Writer, command| send(writer, KeyId::VENUE, command);
        match *act {
            Act::Wait(micros) => self.now = self.now.plus_micros(micros),
            Act::EndOf(number, micros) => {
                let end = number.map_or(self.now.day().end(), |number| contract(number).end());
                let is_near = end < self.now.plus_micros(30 * 24 * HOUR);
                self.now = if is_near { self.now.max(end.plus_micros(micros)) } else { self.now };
            }
            Act::Order { .. } | Act::Trade { .. } | Act::Cancel(_) | Act::Withdraw { .. } => self.trade(act, send),
            Act::Publish { contract: number, away, range, lasts } => {
                let command = self.array(number, away, range, lasts);
                operate(self, command);
            }
            Act::Mark(number) => operate(self, Command::UpdateMark { instrument: InstrumentId(number) }),
            Act::Refresh { away, range } => {
                for number in 1..=8 {
                    let command = self.array(number, away + i64::from(number), range, 2 * 24 * HOUR);
                    operate(self, command);
                }
                for number in 1..=LISTED {
                    operate(self, Command::UpdateMark { instrument: InstrumentId(number) });
                }
            }
            Act::Fix { series, days_back, away } => {
                let (series, day) = (SeriesId(series), Day(self.now.day().0 - days_back));
                let stage = if days_back > 1 { FixingStage::Final } else { FixingStage::Provisional };
                operate(self, Command::RecordFixing { series, day, stage, price: Some(near(away)) });
            }
            Act::List(choice) => operate(self, Command::ListInstrument { terms: listing(choice) }),
            Act::Margin { series, choice } => {
                operate(self, Command::SetMargin { series: SeriesId(series), margin: parameters(choice) });
            }
            Act::Control { contract: number, width } => {
                let daily_limits = [Price(width), Price(2 * width), Price(0)];
                let controls = Controls { reference: near(0), daily_limits, pause_us: 60_000_000, ..Controls::NONE };
                operate(self, Command::SetControls { instrument: InstrumentId(number), controls });
            }
            Act::Deposit { account, dollars } => {
                let (account, amount) = (AccountId(account), Amount(dollars * 1_000_000));
                let reference = self.twin.next_deposit(account);
                operate(self, Command::Deposit { account, asset: AssetId::USD, amount, reference });
            }
            Act::Insure(cents) => {
                let (amount, number) = (Amount(cents * 10_000), self.twin.insurance_payments() + 1);
                operate(self, Command::FundInsurance { number, amount });
            }
            Act::Back(account) => operate(self, Command::SetBackstop { account: account.map(AccountId) }),
            Act::Halt(number) => operate(self, Command::HaltInstrument { instrument: InstrumentId(number) }),
            Act::Resume(number) => operate(self, Command::ResumeInstrument { instrument: InstrumentId(number) }),
            _ => self.settle(act, &mut operate),
        }
    }

    fn settle(&mut self, act: &Act, operate: &mut dyn FnMut(&mut Writer, Command)) {
        let start = |number, day, kind| Command::StartSettlement { instrument: InstrumentId(number), day, kind };
        let advance = |number| Command::AdvanceSettlement { instrument: InstrumentId(number) };
        match *act {
            Act::Start { contract: number, days_back, kind } => {
                operate(self, start(number, Day(self.now.day().0 - days_back), kind));
            }
            Act::Advance(number) => operate(self, advance(number)),
            Act::SettleAll { days_back } => {
                let day = Day(self.now.day().0 - days_back);
                for number in 1..=LISTED {
                    operate(self, start(number, day, SettlementKind::Daily));
                    operate(self, advance(number));
                }
            }
            Act::Cascade { contract: number, advances } => {
                let strip = if number == 20 { listing(0) } else { contract(number) };
                self.now = self.now.max(strip.end());
                let day = Day(strip.end().day().0 - 1);
                for leg in 1..number.min(LISTED) {
                    operate(self, start(leg, day, SettlementKind::Daily));
                    operate(self, advance(leg));
                }
                operate(self, start(number, day, SettlementKind::Cascade));
                if advances {
                    operate(self, advance(number));
                }
            }
            Act::Final(number) => {
                let terms = contract(number);
                let month = terms.month().expect("only months have a final settlement");
                self.now = self.now.max(month.end());
                for day in month.delivery_days() {
                    let (series, stage, price) =
                        (month.series, FixingStage::Final, Some(near(i64::from(day.0) % 7 * 100)));
                    operate(self, Command::RecordFixing { series, day, stage, price });
                }
                operate(self, start(number, Day(self.now.day().0 - 1), SettlementKind::Final));
                operate(self, advance(number));
            }
            Act::Fund { contract: number, advances } => {
                operate(self, start(number, self.now.day(), SettlementKind::Funding));
                if advances {
                    operate(self, advance(number));
                }
            }
            ref other => unreachable!("{other:?} is done elsewhere"),
        }
    }

    fn trade(&mut self, act: &Act, send: &mut dyn FnMut(&mut Writer, KeyId, Command)) {
        match *act {
            Act::Order { account, contract: number, side, lots, away, trigger, day } => {
                let (account, instrument) = (AccountId(account), InstrumentId(number));
                let name = ClientOrderId::new(&format!("n{}", self.seq)).unwrap();
                let request = OrderRequest::limit(account, name, instrument, side, Lots(lots), near(away));
                let trigger = trigger.map(|away| Trigger { reference: TriggerReference::Mark, price: near(away) });
                let time_in_force = if day { TimeInForce::Day } else { TimeInForce::GoodTillCancelled };
                send(self, key(account), Command::SubmitOrder(OrderRequest { trigger, time_in_force, ..request }));
                self.orders.push((OrderId(self.seq - 1), account));
            }
            Act::Trade { buyer, seller, contract, lots, away } => {
                for (account, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
                    let (trigger, day) = (None, false);
                    self.trade(&Act::Order { account, contract, side, lots, away, trigger, day }, send);
                }
            }
            Act::Cancel(nth) => {
                let Some(&(order, account)) = self.orders.iter().rev().nth(nth) else { return };
                send(self, key(account), Command::CancelOrder { account, order });
            }
            Act::Withdraw { account, thousandths } => {
                let (account, asset) = (AccountId(account), AssetId::USD);
                let all = self.twin.available(account, asset) * i128::from(thousandths) / 1_000;
                let (amount, reference) = (Amount(i64::try_from(all.max(1)).unwrap()), self.twin.next_payment(account));
                send(self, key(account), Command::RequestWithdrawal { account, asset, amount, reference });
            }
            ref other => unreachable!("{other:?} is done elsewhere"),
        }
    }

    /// The next array of a contract. Versions rise over all contracts.
    pub fn array(&mut self, number: u32, away: i64, range: i64, lasts: i64) -> Command {
        const THIRDS: [i64; SCENARIOS] = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -2, 3];
        self.versions += 1;
        let terms: Terms = contract(number);
        let hours = i64::from(terms.hours().0);
        let losses = THIRDS.map(|thirds| Cash(thirds * (range + i64::from(number)) * hours / 3));
        let expires = self.now.plus_micros(lasts);
        let risk = Risk { version: self.versions, expires, reference: near(away), losses };
        Command::PublishRisk { instrument: InstrumentId(number), risk }
    }
}

pub fn near(away: i64) -> Price {
    Price(3_000_000 + away * 1_000)
}

pub fn key(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0))
}

/// Parameters that are soon in the way.
pub fn parameters(choice: u32) -> SeriesMargin {
    let usual = SeriesMargin {
        mark_band: Price(200_000),
        calendar_charge: Cash(700_001),
        delivery_charge: Cash(300_000),
        minimum_charge: Cash(100_000),
        settlement_lots: Lots(2),
        ..LENIENT
    };
    match choice {
        0 => usual,
        1 => SeriesMargin { mark_band: Price(0), ..usual },
        2 => SeriesMargin { position_max: Lots(30), open_interest_max: Lots(12), ..usual },
        3 => SeriesMargin { concentration_lots: 6, concentration_charge: Cash(2_000_003), ..usual },
        4 => SeriesMargin { stale_after_us: 24 * HOUR, frozen_us: 6 * HOUR, ..usual },
        _ => SeriesMargin { mark_band: Price(3_000_000), settlement_lots: Lots(1), ..usual },
    }
}
