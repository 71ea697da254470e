//! Random scripts of commands: few accounts and prices, so that orders meet, names clash and limits are hit often.
//!
//! A step says what it means in small numbers and becomes commands without asking any exchange, so that a failing script
//! shrinks to a short one that can be read.

mod contracts;
mod writer;

use std::fmt;

use engine::command::{Command, FixingStage, Role, Stamp};
use engine::ids::{AccountId, KeyId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::units::{Day, Side};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use contracts::LISTINGS;
use writer::Writer;

const STEPS_MAX: usize = 200;
const OPENING_DAY: Day = Day(20_000);
const DAY_MICROS: i64 = 86_400_000_000;
const OPERATOR_KEY: KeyId = KeyId(201);
const REVOKED_KEY: KeyId = KeyId(202);
const UNKNOWN_KEY: KeyId = KeyId(999);

/// What happens after the venue was set up.
#[derive(Clone)]
pub struct Script {
    steps: Vec<Step>,
    /// Whether all contracts are settled for good in the end.
    wind_up: bool,
}

#[derive(Clone, Debug)]
struct Step {
    wait: Wait,
    sender: Sender,
    action: Action,
}

#[derive(Clone, Debug)]
enum Wait {
    None,
    Micros(i64),
    /// To the end of a contract's delivery, give or take a microsecond.
    EndOf(usize, i64),
}

#[derive(Clone, Default, Debug)]
enum Sender {
    /// The venue for what operators do, the account's own key for what traders do.
    #[default]
    Usual,
    Other(KeyId),
}

#[derive(Clone, Debug)]
enum Action {
    Open(u32),
    Register(KeyId, Role),
    Revoke(KeyId),
    Deposit {
        account: u32,
        amount: i64,
        reference: Reference,
    },
    List(usize),
    Submit {
        account: u32,
        contract: usize,
        side: Side,
        lots: u32,
        limit: Limit,
        name: u8,
    },
    /// An earlier order once more, so many submits back.
    Again {
        back: usize,
    },
    /// Eleven of the largest orders of the account that can pay for them.
    Pile {
        contract: usize,
        side: Side,
    },
    Cancel {
        back: usize,
        foreign: bool,
    },
    Fix {
        contract: usize,
        day: i32,
        stage: FixingStage,
        price: Option<Limit>,
    },
    /// Final values for all days of delivery; every `suppressed`-th has none.
    FixAll {
        contract: usize,
        suppressed: i32,
    },
    Start {
        contract: usize,
        days_back: i32,
        kind: SettlementKind,
    },
    Advance {
        contract: usize,
    },
    /// Starts a settlement and posts it at once.
    Settle {
        contract: usize,
        days_back: i32,
        kind: SettlementKind,
    },
}

#[derive(Clone, Copy, Debug)]
enum Reference {
    Next,
    /// The last one again.
    Last,
    /// One number left out.
    Skip,
    Zero,
    Largest,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    /// Ticks above the usual price.
    Near(i64),
    OffTick(i64),
    Floor,
    Cap,
    BelowFloor,
    AboveCap,
    Extreme(i64),
}

/// Scripts of up to `STEPS_MAX` steps.
pub fn scripts() -> impl Strategy<Value = Script> {
    (vec(steps(), 1..=STEPS_MAX), any::<bool>()).prop_map(|(steps, wind_up)| Script { steps, wind_up })
}

fn steps() -> impl Strategy<Value = Step> {
    let sender = prop_oneof![
        30 => Just(Sender::Usual),
        1 => select(vec![KeyId::VENUE, KeyId(101), KeyId(102), OPERATOR_KEY, REVOKED_KEY, UNKNOWN_KEY])
            .prop_map(Sender::Other),
    ];
    (waits(), sender, actions()).prop_map(|(wait, sender, action)| Step { wait, sender, action })
}

fn waits() -> impl Strategy<Value = Wait> {
    prop_oneof![
        120 => Just(Wait::None),
        15 => Just(Wait::Micros(1)),
        15 => (1..3_600_i64).prop_map(|seconds| Wait::Micros(seconds * 1_000_000)),
        5 => (1..24_i64).prop_map(|hours| Wait::Micros(hours * 3_600_000_000)),
        3 => select(vec![DAY_MICROS - 1, DAY_MICROS, 2 * DAY_MICROS]).prop_map(Wait::Micros),
        1 => (0..2_usize, -1..=1_i64).prop_map(|(contract, micros)| Wait::EndOf(contract, micros)),
    ]
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        100 => submits(),
        10 => (0..40_usize).prop_map(|back| Action::Again { back }),
        20 => (0..20_usize, prop::bool::weighted(0.1)).prop_map(|(back, foreign)| Action::Cancel { back, foreign }),
        12 => set_ups(),
        8 => fixings(),
        24 => settlements(),
        1 => (0..2_usize, sides()).prop_map(|(contract, side)| Action::Pile { contract, side }),
    ]
}

fn submits() -> impl Strategy<Value = Action> {
    let lots = prop_oneof![
        40 => 1..10_u32,
        6 => select(vec![40, 1_000]),
        4 => select(vec![0, 100_000, 100_001, u32::MAX]),
    ];
    (1..5_u32, contracts(), sides(), lots, limits_of_orders(), 0..40_u8).prop_map(
        |(account, contract, side, lots, limit, name)| Action::Submit { account, contract, side, lots, limit, name },
    )
}

fn set_ups() -> impl Strategy<Value = Action> {
    let keys =
        || select(vec![KeyId::VENUE, KeyId(104), OPERATOR_KEY, REVOKED_KEY, KeyId(203), KeyId(204), UNKNOWN_KEY]);
    let role = prop_oneof![Just(Role::Operator), (1..8_u32).prop_map(|account| Role::Trader(AccountId(account)))];
    let reference = prop_oneof![
        12 => Just(Reference::Next),
        4 => select(vec![Reference::Last, Reference::Skip, Reference::Zero, Reference::Largest]),
    ];
    let largest = limits::DEPOSIT_MAX.0;
    let amount = select(vec![1, 100_000_000, 5_000_000_000, largest, largest + 1, 0, -1, i64::MIN]);
    prop_oneof![
        1 => (1..8_u32).prop_map(Action::Open),
        2 => (keys(), role).prop_map(|(key, role)| Action::Register(key, role)),
        1 => keys().prop_map(Action::Revoke),
        3 => (1..7_u32, amount, reference)
            .prop_map(|(account, amount, reference)| Action::Deposit { account, amount, reference }),
        2 => prop_oneof![Just(0), 0..LISTINGS].prop_map(Action::List),
    ]
}

fn fixings() -> impl Strategy<Value = Action> {
    let stage = select(vec![FixingStage::Provisional, FixingStage::Final]);
    let price = prop::option::weighted(0.6, limits_of_orders());
    let one = (0..3_usize, -2..6, stage, price).prop_map(|(contract, day, stage, price)| Action::Fix {
        contract,
        day,
        stage,
        price,
    });
    let all = (0..2_usize, 2..9).prop_map(|(contract, suppressed)| Action::FixAll { contract, suppressed });
    prop_oneof![3 => one, 1 => all]
}

fn settlements() -> impl Strategy<Value = Action> {
    let kind = prop_oneof![4 => Just(SettlementKind::Daily), 1 => Just(SettlementKind::Final)];
    let days_back = prop_oneof![12 => Just(1), 6 => -1..5];
    prop_oneof![
        1 => (contracts(), days_back.clone(), kind.clone())
            .prop_map(|(contract, days_back, kind)| Action::Start { contract, days_back, kind }),
        2 => contracts().prop_map(|contract| Action::Advance { contract }),
        2 => (contracts(), days_back, kind)
            .prop_map(|(contract, days_back, kind)| Action::Settle { contract, days_back, kind }),
    ]
}

/// The third is listed only if a step does so, the fourth never is.
fn contracts() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![20 => 0..2_usize, 6 => Just(2_usize), 1 => Just(3_usize)]
}

fn sides() -> impl Strategy<Value = Side> {
    select(vec![Side::Buy, Side::Sell])
}

fn limits_of_orders() -> impl Strategy<Value = Limit> {
    prop_oneof![
        40 => (-3..=3_i64).prop_map(Limit::Near),
        1 => select(vec![Limit::OffTick(-1), Limit::OffTick(1)]),
        4 => select(vec![Limit::Floor, Limit::Cap]),
        1 => select(vec![Limit::BelowFloor, Limit::AboveCap]),
        1 => select(vec![Limit::Extreme(i64::MAX), Limit::Extreme(-limits::PRICE_MAX.0 - 1)]),
    ]
}

impl Script {
    /// The commands of the script behind those that set the venue up.
    pub fn commands(&self) -> Vec<(Stamp, Command)> {
        let mut writer = Writer::of_new_venue();
        for step in &self.steps {
            writer.write(step);
        }
        if self.wind_up {
            writer.wind_up();
        }
        writer.into_commands()
    }

    /// The script without the steps that it fails without. Shrinking does not come back to steps that once were needed.
    pub fn shortest(mut self, fails: impl Fn(&Script) -> bool) -> Script {
        let mut index = self.steps.len();
        while index > 0 {
            index -= 1;
            let mut shorter = self.clone();
            shorter.steps.remove(index);
            if fails(&shorter) {
                self = shorter;
                index = self.steps.len();
            }
        }
        self
    }

    /// Whether everything is closed in the end.
    pub fn is_wound_up(&self) -> bool {
        self.wind_up
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "a script of {} steps", self.steps.len())?;
        for step in &self.steps {
            writeln!(formatter, "    {:?} from {:?} after {:?}", step.action, step.sender, step.wait)?;
        }
        if self.wind_up { writeln!(formatter, "    and wind up") } else { Ok(()) }
    }
}
