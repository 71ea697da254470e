//! Random scripts of commands: few accounts and prices, so that orders meet, names clash and limits are hit often.
//!
//! A step says what it means in small numbers. It becomes commands without asking the engine, so that a failing script
//! shrinks to a short one that can be read; a twin that lives along says what is due and which orders are live.

mod act;
mod actions;
mod contracts;
mod margin;
mod shortest;
mod weights;
mod writer;

use std::fmt;

use engine::command::{Command, Stamp};
use engine::ids::KeyId;
use engine::units::Day;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use actions::Action;
use weights::actions;
use writer::Writer;

const STEPS_MAX: usize = 300;
const OPENING_DAY: Day = Day(20_000);
const DAY_MICROS: i64 = 86_400_000_000;
const OPERATOR_KEY: KeyId = KeyId(201);
const REVOKED_KEY: KeyId = KeyId(202);
const UNKNOWN_KEY: KeyId = KeyId(999);

/// What happens after the venue was set up.
#[derive(Clone)]
pub struct Script {
    opening: Opening,
    steps: Vec<Step>,
    /// Whether all contracts are settled for good and all orders cancelled in the end.
    wind_up: bool,
}

/// How the venue is set up.
#[derive(Clone, Debug)]
struct Opening {
    /// The version of the rules; contracts on margin are there from the third on.
    rules: u16,
    /// The margin parameters of all series, with arrays and marks; none if there is none of that number.
    margin: Option<usize>,
    /// The contract on margin that takes the place of the first one in what happens.
    stage: Option<usize>,
    /// The controls of the contracts it begins with; none if there is none of that number.
    controls: Option<usize>,
}

#[derive(Clone, Debug)]
struct Step {
    wait: Wait,
    sender: Sender,
    /// Whether the venue's clock does what is due before.
    clock: bool,
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

/// Scripts of up to `STEPS_MAX` steps.
pub fn scripts() -> impl Strategy<Value = Script> {
    let rules = prop_oneof![1 => Just(1_u16), 2 => Just(2), 3 => Just(3), 4 => Just(4)];
    let margin = prop::option::weighted(0.9, 0..margin::GOOD_PARAMETERS);
    let stage = prop::option::weighted(0.5, prop_oneof![2 => Just(5_usize), 1 => Just(6), 1 => Just(7)]);
    let opening = (rules, margin, stage, prop::option::weighted(0.8, 0..contracts::GOOD_CONTROLS))
        .prop_map(|(rules, margin, stage, controls)| Opening { rules, margin, stage, controls });
    (opening, vec(steps(), 1..=STEPS_MAX), any::<bool>()).prop_map(|(opening, steps, wind_up)| Script {
        opening,
        steps,
        wind_up,
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let others = vec![KeyId::VENUE, KeyId(101), KeyId(102), KeyId(105), OPERATOR_KEY, REVOKED_KEY, UNKNOWN_KEY];
    let sender = prop_oneof![
        30 => Just(Sender::Usual),
        1 => select(others).prop_map(Sender::Other),
    ];
    (waits(), sender, prop::bool::weighted(0.95), actions()).prop_map(|(wait, sender, clock, action)| Step {
        wait,
        sender,
        clock,
        action,
    })
}

fn waits() -> impl Strategy<Value = Wait> {
    prop_oneof![
        1_200 => Just(Wait::None),
        120 => Just(Wait::Micros(1)),
        150 => (1..3_600_i64).prop_map(|seconds| Wait::Micros(seconds * 1_000_000)),
        20 => (1..24_i64).prop_map(|hours| Wait::Micros(hours * 3_600_000_000)),
        20 => select(vec![DAY_MICROS - 1, DAY_MICROS, 2 * DAY_MICROS]).prop_map(Wait::Micros),
        1 => (0..2_usize, -1..=1_i64).prop_map(|(contract, micros)| Wait::EndOf(contract, micros)),
    ]
}

impl Script {
    /// The commands of the script behind those that set the venue up.
    pub fn commands(&self) -> Vec<(Stamp, Command)> {
        let mut writer = Writer::of_new_venue(&self.opening);
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
        writeln!(formatter, "a script of {} steps, {:?}", self.steps.len(), self.opening)?;
        for step in &self.steps {
            let clock = if step.clock { "" } else { ", the clock asleep" };
            writeln!(formatter, "    {:?} from {:?} after {:?}{clock}", step.action, step.sender, step.wait)?;
        }
        if self.wind_up { writeln!(formatter, "    and wind up") } else { Ok(()) }
    }
}
