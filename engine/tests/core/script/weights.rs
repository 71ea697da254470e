//! How often what happens in a random script.

use engine::command::{FixingStage, Role};
use engine::ids::{AccountId, KeyId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::order::{SelfTrade, TriggerReference};
use engine::units::Side;
use proptest::prelude::*;
use proptest::sample::select;

use super::actions::{Action, Limit, Lots, Publish, Reference, Submit, Time, Which};
use super::contracts::{CONTROLS, FEES, LISTINGS};
use super::margin::{FLAWS, GOOD_PARAMETERS, PARAMETERS};
use super::{DAY_MICROS, OPERATOR_KEY, REVOKED_KEY, UNKNOWN_KEY};

pub(super) fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        4000 => submits().prop_map(Action::Submit),
        240 => (0..40_usize, any::<bool>()).prop_map(|(back, stamped)| Action::Again { back, stamped }),
        560 => amendments(),
        350 => (which(), prop::bool::weighted(0.1)).prop_map(|(which, foreign)| Action::Cancel { which, foreign }),
        120 => mass_cancels(),
        300 => set_ups(),
        500 => controls(),
        400 => money(),
        400 => fixings(),
        560 => margin(),
        40 => (select(vec![5, 6, 6]), sides(), any::<bool>())
            .prop_map(|(contract, side, settle)| Action::Squeeze { contract, side, settle }),
        320 => settlements(),
        60 => Just(Action::Process),
        12 => (select(vec![0, 1, 5]), sides()).prop_map(|(contract, side)| Action::Pile { contract, side }),
        50 => (select(vec![0, 1, 3, 5]), sides(), select(TriggerReference::ALL.to_vec()))
            .prop_map(|(contract, side, reference)| Action::Ladder { contract, side, reference }),
        4 => (select(vec![0, 3, 5]), any::<bool>()).prop_map(|(contract, cancel)| Action::Crowd { contract, cancel }),
    ]
}

fn submits() -> impl Strategy<Value = Submit> {
    let lots = prop_oneof![
        60 => 1..10_u32,
        6 => select(vec![40, 1_000]),
        3 => select(vec![0, 100_000, 100_001, u32::MAX]),
    ];
    let trigger = prop::option::weighted(0.25, (select(TriggerReference::ALL.to_vec()), prices()));
    let conditions = (prop::bool::weighted(0.06), prop::bool::weighted(0.2));
    let self_trade = prop_oneof![
        3 => Just(SelfTrade::CancelNewest),
        2 => Just(SelfTrade::CancelOldest),
        1 => Just(SelfTrade::CancelBoth),
    ];
    let sent = select(vec![0, -DAY_MICROS, -DAY_MICROS - 1, 60_000_000, 60_000_001]);
    let what = (accounts(), contracts(), sides(), lots, prop::option::weighted(0.85, prices()));
    let how = (times(), trigger, conditions, self_trade, prop::option::weighted(0.05, sent), 0..60_u8);
    (what, how).prop_map(
        |(
            (account, contract, side, lots, limit),
            (time, trigger, (post_only, reduce_only), self_trade, sent, name),
        )| {
            Submit {
                account,
                contract,
                side,
                lots,
                limit,
                time,
                trigger,
                post_only,
                reduce_only,
                self_trade,
                sent,
                name,
            }
        },
    )
}

fn times() -> impl Strategy<Value = Time> {
    let dates = vec![1, 60_000_000, 1_800_000_000, 3_600_000_000, DAY_MICROS, DAY_MICROS, 0, 40 * DAY_MICROS];
    prop_oneof![
        60 => Just(Time::Gtc),
        9 => Just(Time::Ioc),
        9 => Just(Time::Fok),
        6 => Just(Time::Day),
        6 => select(dates).prop_map(Time::Gtd),
    ]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![6 => (0..1_000_usize).prop_map(Which::Live), 2 => (0..20_usize).prop_map(Which::Back)]
}

fn amendments() -> impl Strategy<Value = Action> {
    let lots = prop_oneof![
        4 => (0..5_u32).prop_map(Lots::Less),
        3 => (1..5_u32).prop_map(Lots::More),
        1 => select(vec![0, 1, 100_001]).prop_map(Lots::Exactly),
    ];
    let (limit, trigger) = (prop::option::weighted(0.5, prices()), prop::option::weighted(0.15, prices()));
    (which(), prop::option::weighted(0.6, lots), limit, trigger)
        .prop_map(|(which, lots, limit, trigger)| Action::Amend { which, lots, limit, trigger })
}

fn mass_cancels() -> impl Strategy<Value = Action> {
    let contract = prop::option::weighted(0.4, contracts());
    let side = prop::option::weighted(0.3, sides());
    let timeouts = vec![0, 1, 60_000_000, 3_600_000_000, 86_400_000_000, 86_400_000_001];
    prop_oneof![
        2 => (accounts(), contract, side)
            .prop_map(|(account, contract, side)| Action::CancelAll { account, contract, side }),
        3 => (accounts(), select(timeouts))
            .prop_map(|(account, timeout_us)| Action::CancelAfter { account, timeout_us }),
    ]
}

fn set_ups() -> impl Strategy<Value = Action> {
    let keys = || {
        select(vec![
            KeyId::VENUE,
            KeyId(104),
            OPERATOR_KEY,
            REVOKED_KEY,
            KeyId(203),
            KeyId(204),
            KeyId(107),
            UNKNOWN_KEY,
        ])
    };
    let role = prop_oneof![Just(Role::Operator), (1..9_u32).prop_map(|account| Role::Trader(AccountId(account)))];
    prop_oneof![
        1 => (1..9_u32).prop_map(Action::Open),
        1 => (1..9_u32, 1..9_u32).prop_map(|(account, master)| Action::OpenSub { account, master }),
        2 => (keys(), role).prop_map(|(key, role)| Action::Register(key, role)),
        1 => keys().prop_map(Action::Revoke),
        1 => (1..4_u32, 0..3_u8, 17..20_u8)
            .prop_map(|(asset, symbol, decimals)| Action::Define { asset, symbol, decimals }),
        2 => prop_oneof![Just(0), 0..LISTINGS].prop_map(Action::List),
        4 => (1..8_u32, 0..8_usize).prop_map(|(account, choice)| Action::Restrict { account, choice }),
        1 => (0..6_u16).prop_map(Action::Adopt),
    ]
}

fn controls() -> impl Strategy<Value = Action> {
    let delays = || select(vec![0, 0, 1, 3_600_000_000, 2 * DAY_MICROS, -1]);
    prop_oneof![
        3 => (contracts(), 0..CONTROLS).prop_map(|(contract, choice)| Action::Control { contract, choice }),
        1 => contracts().prop_map(Action::Halt),
        4 => contracts().prop_map(Action::Resume),
        5 => contracts().prop_map(Action::Mark),
        3 => (contracts(), delays(), 0..FEES)
            .prop_map(|(contract, delay, choice)| Action::Charge { contract, delay, choice }),
        2 => (1..8_u32, delays(), 0..5_u8)
            .prop_map(|(account, delay, tier)| Action::Assign { account, delay, tier }),
    ]
}

fn money() -> impl Strategy<Value = Action> {
    let reference = || {
        prop_oneof![
            12 => Just(Reference::Next),
            3 => select(vec![Reference::Last, Reference::Skip, Reference::Zero, Reference::Largest]),
        ]
    };
    let largest = limits::DEPOSIT_MAX.0;
    let amount = select(vec![1, 100_000_000, 5_000_000_000, largest, largest + 1, 0, -1, i64::MIN]);
    let small = || select(vec![1, 70, 1_000_000, 100_000_000, 2_000_000_000, 0, largest]);
    let assets = || prop_oneof![8 => Just(1_u32), 6 => Just(2_u32), 1 => Just(3_u32)];
    prop_oneof![
        3 => (1..8_u32, assets(), amount, reference())
            .prop_map(|(account, asset, amount, reference)| Action::Deposit { account, asset, amount, reference }),
        4 => (accounts(), assets(), small(), reference())
            .prop_map(|(account, asset, amount, reference)| Action::Withdraw { account, asset, amount, reference }),
        2 => (0..8_usize).prop_map(Action::Post),
        2 => (select(vec![1, 300, 20_000, 0, i64::MAX]), reference())
            .prop_map(|(dollars, reference)| Action::Insure { dollars, reference }),
        2 => prop::option::weighted(0.8, select(vec![1, 2, 3, 3, 6, 99])).prop_map(Action::Back),
        2 => (0..8_usize).prop_map(Action::Void),
        3 => (accounts(), accounts(), assets(), small(), reference()).prop_map(
            |(from, to, asset, amount, reference)| Action::Transfer { from, to, asset, amount, reference }
        ),
        3 => (select(vec![(1, 5), (5, 1), (2, 6), (6, 2)]), assets(), small(), reference()).prop_map(
            |((from, to), asset, amount, reference)| Action::Transfer { from, to, asset, amount, reference }
        ),
    ]
}

fn fixings() -> impl Strategy<Value = Action> {
    let stage = select(vec![FixingStage::Provisional, FixingStage::Final]);
    let price = prop::option::weighted(0.7, prices());
    let months = || select(vec![0, 0, 1, 1, 2, 5, 6, 7]);
    let one = (months(), -2..6, stage, price).prop_map(|(contract, day, stage, price)| Action::Fix {
        contract,
        day,
        stage,
        price,
    });
    let all =
        (select(vec![0, 1, 5, 7]), 2..9).prop_map(|(contract, suppressed)| Action::FixAll { contract, suppressed });
    prop_oneof![6 => one, 1 => all]
}

/// Arrays that are mostly good, and marks behind them.
fn margin() -> impl Strategy<Value = Action> {
    let margined = || prop_oneof![5 => Just(5_usize), 4 => Just(6_usize), 2 => Just(7_usize), 1 => contracts()];
    let series = || select(vec![4, 4, 5, 5, 1]);
    let version = prop_oneof![
        20 => Just(Reference::Next),
        2 => Just(Reference::Skip),
        2 => select(vec![Reference::Last, Reference::Zero]),
    ];
    let lasts = select(vec![2 * DAY_MICROS, 2 * DAY_MICROS, DAY_MICROS, 3_600_000_000, 1, 0, 2 * DAY_MICROS + 1]);
    let price = prop_oneof![
        4 => (-3..=3_i64).prop_map(Limit::Near),
        4 => select(vec![-1_500, -700, -200, -50, 50, 200, 700, 1_500]).prop_map(Limit::Near),
        1 => prices(),
    ];
    let range = select(vec![20_000, 100_000, 400_000, 1_000_000, 3_000_000, 9_000_000]);
    let flaw = prop::option::weighted(0.1, 0..FLAWS);
    let publish = (margined(), version, lasts, price, range, 0..12_i64, flaw).prop_map(
        |(contract, version, lasts, price, range, skew, flaw)| {
            Action::Publish(Publish { contract, version, lasts, price, range, skew, flaw })
        },
    );
    let choices = prop_oneof![4 => 0..GOOD_PARAMETERS, 1 => 0..PARAMETERS];
    prop_oneof![
        5 => publish,
        5 => margined().prop_map(Action::Mark),
        1 => (series(), choices).prop_map(|(series, choice)| Action::Margin { series, choice }),
        1 => (series(), series(), select(vec![0, 1, 40, 1_000, 1_000_001, -1]))
            .prop_map(|(first, second, dollars)| Action::Grant { first, second, dollars }),
    ]
}

fn settlements() -> impl Strategy<Value = Action> {
    let kind = prop_oneof![
        24 => Just(SettlementKind::Daily),
        4 => Just(SettlementKind::Final),
        1 => Just(SettlementKind::Cascade),
    ];
    let start = (contracts(), -1..4, kind).prop_map(|(contract, days_back, kind)| (contract, days_back, kind));
    prop_oneof![
        3 => start.clone().prop_map(|(contract, days_back, kind)| Action::Settle { contract, days_back, kind }),
        1 => start.prop_map(|(contract, days_back, kind)| Action::Start { contract, days_back, kind }),
        2 => contracts().prop_map(|contract| Action::Advance { contract }),
    ]
}

/// Five that trade, of which the fifth belongs to the first; now and then the sixth, a poor sub-account of the second.
fn accounts() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 1..6_u32, 1 => Just(6_u32)]
}

fn contracts() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![
        50 => Just(0_usize),
        16 => Just(1_usize),
        5 => Just(2_usize),
        24 => Just(3_usize),
        1 => Just(4_usize),
        30 => Just(5_usize),
        25 => Just(6_usize),
        12 => Just(7_usize),
    ]
}

fn sides() -> impl Strategy<Value = Side> + Clone {
    select(vec![Side::Buy, Side::Sell])
}

fn prices() -> impl Strategy<Value = Limit> {
    prop_oneof![
        80 => (-3..=3_i64).prop_map(Limit::Near),
        3 => select(vec![-1_500, -400, 400, 1_500]).prop_map(Limit::Near),
        1 => select(vec![Limit::OffTick(-1), Limit::OffTick(1)]),
        4 => select(vec![Limit::Floor, Limit::Cap]),
        1 => select(vec![Limit::BelowFloor, Limit::AboveCap]),
        1 => select(vec![Limit::Extreme(i64::MAX), Limit::Extreme(-limits::PRICE_MAX.0 - 1)]),
    ]
}
