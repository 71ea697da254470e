//! What must hold of cascades and of funding, whatever the positions: a cascade moves everything and nobody notices, funding only moves
//! money from one side to the other.

use engine::Engine;
use engine::command::Command;
use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{Kind, Legs, Perpetual, SettlementKind, Strip, Terms};
use engine::margin::SeriesMargin;
use engine::units::{Day, Price, Side};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::compare::config;
use crate::counts::count;
use crate::margin::{DOLLAR, LENIENT, month, moves, process, publish, submit, trade, venue};
use crate::twin::Twin;
use crate::venue::{Exchange, Stage, TODAY, VenueOf};

const STRIP: u32 = 4;
const LEGS: [u32; 3] = [1, 2, 3];
const ACCOUNTS: u32 = 4;

/// Three months of two days and the strip of them, the months marked at these prices: where they are settled, too, because no mark may be
/// away from its reference.
fn ladder<E: Stage>(accounts: u32, prices: [i64; 3]) -> VenueOf<E> {
    let mut venue = venue(accounts, 10_000_000);
    let margin = SeriesMargin { mark_band: Price(0), ..charged() };
    for (leg, starts_after) in LEGS.into_iter().zip([5, 7, 9]) {
        venue.operate(Command::ListInstrument { terms: month(leg, 1, starts_after, 2) }).unwrap();
    }
    let legs = Legs::new(&LEGS.map(InstrumentId)).unwrap();
    let strip = Strip { series: SeriesId(1), first_day: TODAY.plus(5), days: 6, legs };
    let terms = Terms { kind: Kind::Strip(strip), ..named(STRIP) };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    venue.operate(Command::SetMargin { series: SeriesId(1), margin }).unwrap();
    process(&mut venue);
    mark(&mut venue, 1, prices);
    venue
}

fn charged() -> SeriesMargin {
    let [calendar_charge, minimum_charge] = [3, 1].map(|dollars| engine::units::Cash(dollars * DOLLAR));
    SeriesMargin { calendar_charge, minimum_charge, ..LENIENT }
}

fn named(instrument: u32) -> Terms {
    Terms { symbol: Symbol::new(&format!("S{instrument}")).unwrap(), ..month(instrument, 1, 5, 2) }
}

/// New arrays and marks of everything.
fn mark<E: Stage>(venue: &mut VenueOf<E>, version: u64, prices: [i64; 3]) {
    for (leg, price) in LEGS.into_iter().zip(prices) {
        let risk = moves(venue, version, price, i64::from(7 + leg) * DOLLAR);
        publish(venue, InstrumentId(leg), risk).unwrap();
        process(venue);
    }
    for instrument in LEGS.into_iter().chain([STRIP]).map(InstrumentId) {
        venue.operate(Command::UpdateMark { instrument }).unwrap();
        process(venue);
    }
}

fn settle<E: Stage>(venue: &mut VenueOf<E>, instrument: u32, day: Day, kind: SettlementKind) -> Vec<Event> {
    let instrument = InstrumentId(instrument);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::SettlementCompleted { .. } | Event::InstrumentResumed { .. })) {
        venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
        events.extend(&venue.events);
    }
    events
}

#[derive(Clone, Debug)]
struct Positions {
    /// Thirds of ten cents, so that the mean over three months of one length is exact.
    prices: [i64; 3],
    moved: [i64; 3],
    /// Buyer, seller, contract, lots, price.
    trades: Vec<(u32, u32, u32, u32, i64)>,
    orders: Vec<(u32, u32, Side, u32, i64)>,
}

fn positions() -> impl Strategy<Value = Positions> {
    let prices = || (20..40_i64, 20..40_i64, 20..40_i64).prop_map(|(a, b, c)| [a, b, c].map(|price| price * 99_000));
    let contract = || prop_oneof![2 => Just(STRIP), 3 => 1..=3_u32];
    let trades = vec((1..=ACCOUNTS, 1..ACCOUNTS, contract(), 1..9_u32, 2_500..3_500_i64), 1..12);
    let trades = trades.prop_map(|trades| {
        let with_other = |(buyer, on, contract, lots, price)| {
            (buyer, (buyer - 1 + on) % ACCOUNTS + 1, contract, lots, price * 1_000)
        };
        trades.into_iter().map(with_other).collect()
    });
    let side = select(vec![Side::Buy, Side::Sell]);
    let orders = vec((1..=ACCOUNTS, 1..=3_u32, side, 1..5_u32, 0..500_i64), 0..6);
    (prices(), prices(), trades, orders).prop_map(|(prices, moved, trades, orders)| Positions {
        prices,
        moved,
        trades,
        orders,
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nobody_notices_a_cascade(case in positions()) {
        let mut venue: VenueOf<Engine> = ladder(ACCOUNTS, case.prices);
        for &(buyer, seller, contract, lots, price) in &case.trades {
            trade(&mut venue, (buyer, seller), contract, Side::Buy, lots, price);
        }
        for &(account, contract, side, lots, away) in &case.orders {
            // Away from each other, so that they rest.
            let price = if side == Side::Buy { 1_900_000 - away * 1_000 } else { 4_000_000 + away * 1_000 };
            submit(&mut venue, account, contract, side, lots, price).unwrap();
        }
        mark(&mut venue, 2, case.moved);
        let day = Day(TODAY.0 + 4);
        venue.now = day.end();
        LEGS.into_iter().chain([STRIP]).for_each(|number| _ = settle(&mut venue, number, day, SettlementKind::Daily));

        let everybody = || (1..=ACCOUNTS).map(AccountId);
        let margins: Vec<_> = everybody().map(|account| venue.engine.margin(account)).collect();
        let holdings = |venue: &VenueOf<Engine>, number| -> Vec<(i128, i128)> {
            everybody().map(|account| venue.engine.holding(account, InstrumentId(number))).collect()
        };
        let (of_strip, before) = (holdings(&venue, STRIP), LEGS.map(|leg| holdings(&venue, leg)));
        settle(&mut venue, STRIP, day, SettlementKind::Cascade);
        process(&mut venue);
        for (account, margin) in everybody().zip(&margins) {
            prop_assert_eq!(&venue.engine.margin(account), margin, "{}", account);
        }
        prop_assert!(holdings(&venue, STRIP).iter().all(|held| *held == (0, 0)));
        for ((leg, before), price) in LEGS.into_iter().zip(before).zip(case.moved) {
            let after = holdings(&venue, leg);
            let value = i128::from(price) * 48;
            for ((after, before), (lots, _)) in after.iter().zip(&before).zip(&of_strip) {
                prop_assert_eq!(*after, (before.0 + lots, before.1 + lots * value));
            }
            prop_assert_eq!(after.iter().fold((0, 0), |sum, held| (sum.0 + held.0, sum.1 + held.1)), (0, 0));
        }
    }

    #[test]
    fn funding_moves_money_from_one_side_to_the_other(case in fundings()) {
        let mut venue: VenueOf<Engine> = perpetual(&case);
        let mut twin: VenueOf<Twin> = perpetual(&case);
        let (settled, again) = (fund(&mut venue), fund(&mut twin));
        prop_assert_eq!(&settled, &again);
        let paid: Vec<i64> = settled.iter().filter_map(|event| match event {
            Event::PositionSettled { variation, .. } => Some(variation.0),
            _ => None,
        }).collect();
        prop_assert_eq!(paid.iter().sum::<i64>(), 0);
        // No lot pays more than the cap, and longs and shorts do not both receive.
        let most = i64::from(case.cap) * 3 * i64::from(case.hours) / 8 + 1;
        for event in &settled {
            if let Event::PositionSettled { position, variation, .. } = event {
                prop_assert!(variation.0.abs() <= most * position.0.abs(), "{:?}", event);
            }
        }
        let funds = |event: &Event| match event {
            Event::Transferred { reason, .. } => *reason == TransferReason::Funding,
            _ => true,
        };
        prop_assert!(settled.iter().all(funds), "nobody owes anything");
    }
}

#[derive(Clone, Debug)]
struct Funding {
    hours: u16,
    interest: i32,
    cap: i32,
    trades: Vec<(u32, u32, u32, i64)>,
    /// Ticks by which trades before each sample are away from the index of 3 dollars.
    samples: Vec<i64>,
}

fn fundings() -> impl Strategy<Value = Funding> {
    let trades = vec((1..=ACCOUNTS, 1..ACCOUNTS, 1..9_u32, -50..=50_i64), 1..8);
    let trades = trades.prop_map(|trades| {
        let with_other = |(buyer, on, lots, away)| (buyer, (buyer - 1 + on) % ACCOUNTS + 1, lots, away);
        trades.into_iter().map(with_other).collect()
    });
    let rates = (-100_000..=100_000_i32, select(vec![0, 1, 750, 40_000, 100_000]));
    (1..=744_u16, rates, trades, vec(-2_000..=2_000_i64, 0..6))
        .prop_map(|(hours, (interest, cap), trades, samples)| Funding { hours, interest, cap, trades, samples })
}

fn perpetual<E: Stage>(case: &Funding) -> VenueOf<E> {
    let mut venue = venue(ACCOUNTS, 10_000_000);
    let &Funding { hours, interest: interest_ppm, cap: cap_ppm, .. } = case;
    let kind = Kind::Perpetual(Perpetual { series: SeriesId(1), hours, interest_ppm, cap_ppm });
    venue.operate(Command::ListInstrument { terms: Terms { kind, ..named(1) } }).unwrap();
    venue.operate(Command::SetMargin { series: SeriesId(1), margin: LENIENT }).unwrap();
    process(&mut venue);
    let risk = moves(&venue, 1, 3 * DOLLAR, 9 * DOLLAR * i64::from(hours) / 8);
    publish(&mut venue, InstrumentId(1), risk).unwrap();
    process(&mut venue);
    venue.operate(Command::UpdateMark { instrument: InstrumentId(1) }).unwrap();
    process(&mut venue);
    for &(buyer, seller, lots, away) in &case.trades {
        trade(&mut venue, (buyer, seller), 1, Side::Buy, lots, 3 * DOLLAR + away * 1_000);
    }
    for away in &case.samples {
        trade(&mut venue, (1, 2), 1, Side::Buy, 1, 3 * DOLLAR + away * 1_000);
        venue.operate(Command::UpdateMark { instrument: InstrumentId(1) }).unwrap();
        process(&mut venue);
    }
    venue
}

fn fund<E: Stage>(venue: &mut VenueOf<E>) -> Vec<Event> {
    let today = venue.now.day();
    settle(venue, 1, today, SettlementKind::Funding)
}

/// Histories of one length that differ in one thing have different hashes.
#[test]
fn what_a_perpetual_knows_shows_in_the_hash() {
    fn history(acts: [fn(&mut VenueOf<Engine>); 2]) -> [u8; 32] {
        let case = Funding { hours: 720, interest: 1, cap: 1, trades: vec![(1, 2, 3, 5)], samples: vec![5] };
        let mut venue = perpetual(&case);
        acts.into_iter().for_each(|act| act(&mut venue));
        venue.engine.state_hash()
    }
    fn nothing(venue: &mut VenueOf<Engine>) {
        venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(99) }).unwrap_err();
    }
    fn sample(venue: &mut VenueOf<Engine>) {
        venue.operate(Command::UpdateMark { instrument: InstrumentId(1) }).unwrap();
    }
    fn start(venue: &mut VenueOf<Engine>) {
        let (instrument, day, kind) = (InstrumentId(1), venue.now.day(), SettlementKind::Funding);
        venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    }
    fn advance(venue: &mut VenueOf<Engine>) {
        venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(1) }).unwrap();
    }
    let mut hashes = vec![
        history([nothing, nothing]),
        history([sample, nothing]),
        history([start, nothing]),
        history([start, advance]),
    ];
    let all = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

/// A cascade of more accounts than a step posts, the engine restored from a snapshot before each step.
#[test]
fn a_cascade_goes_on_after_a_restart() {
    const CROWD: u32 = 300;
    fn cascade<E: Stage>(restore: fn(&mut VenueOf<E>)) -> Vec<Vec<Event>> {
        let mut venue: VenueOf<E> = ladder(CROWD, [2_970_000, 2_970_000, 3_960_000]);
        for account in 2..=CROWD {
            trade(&mut venue, (account, 1), STRIP, Side::Buy, account % 3 + 1, 3_300_000);
        }
        let day = Day(TODAY.0 + 4);
        venue.now = day.end();
        LEGS.into_iter().for_each(|leg| _ = settle(&mut venue, leg, day, SettlementKind::Daily));
        let instrument = InstrumentId(STRIP);
        venue.operate(Command::StartSettlement { instrument, day, kind: SettlementKind::Cascade }).unwrap();
        let mut steps = Vec::new();
        loop {
            restore(&mut venue);
            let advanced = venue.operate(Command::AdvanceSettlement { instrument });
            if advanced.is_err() && venue.operate(Command::ProcessDue).is_err() {
                return steps;
            }
            steps.push(venue.events.clone());
        }
    }
    let steps = cascade::<Engine>(|venue| {
        let mut snapshot = Vec::new();
        venue.engine.write_snapshot(|piece| snapshot.extend_from_slice(piece));
        venue.engine = Engine::read_snapshot(&snapshot, 0x5eed).unwrap();
    });
    assert_eq!(steps, cascade::<Twin>(|_| {}));
    let cascaded =
        |events: &[Event]| events.iter().filter(|event| matches!(event, Event::PositionCascaded { .. })).count();
    assert_eq!([cascaded(&steps[0]), cascaded(&steps[1])], [256, 44]);
    count(steps.len(), "steps of a cascade with a restart before each");
}
