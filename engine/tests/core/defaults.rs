//! Turns that a default can take and golden days do not, on the engine, restored from a snapshot before each step, and on the twin; with
//! what must come out worked out by hand.

use engine::Engine;
use engine::command::{Command, FixingStage};
use engine::controls::Controls;
use engine::event::{CancelReason, Event, PositionReason, Trade, TransferReason};
use engine::ids::{AccountId, InstrumentId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Halt, SettlementKind, Terms};
use engine::margin::SeriesMargin;
use engine::units::{Day, Lots, Price, Side};

use crate::counts::count;
use crate::incidents::{CONTRACT, borne, coin, equity, fund, move_to, position, serve, stage};
use crate::margin::{DOLLAR, LENIENT, moves, publish, submit, trade, venue};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf};

/// A lot loses 90 cents in the worst scenario.
const THIRD: i64 = 300_000;
const CENT: i64 = 10_000;
/// Marks are where the references are.
const EXACT: SeriesMargin = SeriesMargin { mark_band: Price(0), ..LENIENT };

/// The same story on both, which must be told alike.
fn on_both(on_engine: Vec<Event>, on_twin: Vec<Event>) -> Vec<Event> {
    assert_eq!(on_engine, on_twin);
    count(on_engine.len(), "events of defaults with many turns");
    on_engine
}

/// Accounts with so many cents each, and a coin at 3 dollars.
fn opened<E: Stage>(margin: SeriesMargin, cents: &[i64]) -> VenueOf<E> {
    let mut venue = stage(1, margin, &vec![0; cents.len()]);
    for (account, &cents) in (1..).zip(cents) {
        let (account, amount) = (AccountId(account), engine::units::Amount(cents * CENT));
        let asset = engine::ids::AssetId::USD;
        venue.operate(Command::Deposit { account, asset, amount, reference: 1 }).unwrap();
    }
    move_to(&mut venue, 1, 3 * DOLLAR, THIRD);
    serve(&mut venue);
    venue
}

fn looked_at(events: &[Event]) -> Vec<(&'static str, u32, bool)> {
    let walk = |event: &Event| match *event {
        Event::DeleveragingRanked { accounts, complete, .. } => Some(("ranked", accounts, complete)),
        Event::Deleveraged { accounts, complete, .. } => Some(("deleveraged", accounts, complete)),
        _ => None,
    };
    events.iter().filter_map(walk).collect()
}

fn a_crowd<E: Stage>(shorts: u32) -> Vec<Event> {
    let mut venue = venue::<E>(0, 0);
    venue.open(1, i64::from(shorts) - i64::from(shorts) / 15);
    for short in 2..shorts + 2 {
        venue.open(short, 10);
    }
    venue.operate(Command::ListInstrument { terms: coin(1) }).unwrap();
    venue.operate(Command::SetMargin { series: SeriesId(1), margin: EXACT }).unwrap();
    serve(&mut venue);
    move_to(&mut venue, 1, 3 * DOLLAR, THIRD);
    serve(&mut venue);
    for short in 2..shorts + 2 {
        trade(&mut venue, (1, short), 1, Side::Buy, 1, 3 * DOLLAR);
    }
    move_to(&mut venue, 2, 2 * DOLLAR, THIRD);
    let events = serve(&mut venue);
    assert_eq!(equity(&venue, 1), 0);
    assert!((1..shorts + 2).all(|account| position(&venue, account) == 0));
    events
}

/// 300 dollars lost, of 280: each of the 300 others bears a fifteenth of a dollar, with the one in default they are 301.
#[test]
fn three_hundred_accounts_are_ranked_and_closed_in_two_steps_each() {
    let events = on_both(a_crowd::<Engine>(300), a_crowd::<Twin>(300));
    let steps = [("ranked", 256, false), ("ranked", 45, true), ("deleveraged", 256, false), ("deleveraged", 45, true)];
    assert_eq!(looked_at(&events), steps);
    let (shortfall, haircuts) = borne(&events, i128::from(2 * DOLLAR));
    assert_eq!(shortfall, 20 * i128::from(DOLLAR));
    assert_eq!((haircuts.len(), haircuts.iter().map(|(_, haircut)| haircut).sum::<i128>()), (300, shortfall));
    // What is rounded away is left to those behind: nobody's part differs by more than a micro-dollar.
    assert!(haircuts.iter().all(|&(_, haircut)| haircut == 66_666 || haircut == 66_667), "{haircuts:?}");
}

#[test]
fn as_many_accounts_as_one_step_takes_are_followed_by_a_step_for_nobody() {
    let events = on_both(a_crowd::<Engine>(255), a_crowd::<Twin>(255));
    let steps = [("ranked", 256, false), ("ranked", 0, true), ("deleveraged", 256, false), ("deleveraged", 0, true)];
    assert_eq!(looked_at(&events), steps);
}

const SECOND: InstrumentId = InstrumentId(2);

/// Another coin of the series, at 3 dollars, of which a lot loses three thirds.
fn list_second<E: Stage>(venue: &mut VenueOf<E>, third: i64) {
    let terms = Terms { instrument: SECOND, symbol: Symbol::new("OTHER").unwrap(), ..coin(1) };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    move_second(venue, 1, 3 * DOLLAR, third);
}

fn move_second<E: Stage>(venue: &mut VenueOf<E>, version: u64, reference: i64, third: i64) -> Vec<Event> {
    let risk = moves(venue, version, reference, third);
    publish(venue, SECOND, risk).unwrap();
    serve(venue);
    venue.operate(Command::UpdateMark { instrument: SECOND }).unwrap();
    serve(venue)
}

/// Long 10 of two coins, of which the second falls from 3 dollars to 1: 20 dollars lost, of 14. The first coin's part is `6 x 9 / (9 + 3)`, and
/// who is on its other side has lost 6 of 9.70 elsewhere.
fn two_coins<E: Stage>() -> Vec<Event> {
    let mut venue = opened::<E>(EXACT, &[1_400, 970, 10_000, 10_000]);
    list_second(&mut venue, 100_000);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    trade(&mut venue, (1, 3), 2, Side::Buy, 10, 3 * DOLLAR);
    trade(&mut venue, (2, 4), 2, Side::Buy, 3, 3 * DOLLAR);
    let events = move_second(&mut venue, 2, DOLLAR, 100_000);
    assert_eq!([1, 2].map(|account| equity(&venue, account)), [0, 0]);
    events
}

#[test]
fn what_one_side_cannot_bear_is_left_to_the_next_contract() {
    let events = on_both(two_coins::<Engine>(), two_coins::<Twin>());
    let parts: Vec<(u32, u32, i64)> = events
        .iter()
        .filter_map(|event| match *event {
            Event::DeleveragingStarted { instrument, account, haircut, .. } => {
                Some((account.0, instrument.0, haircut.0))
            }
            _ => None,
        })
        .collect();
    assert_eq!(parts, [(1, 1, 450 * CENT), (1, 2, 230 * CENT), (2, 2, 0)]);
    let taken = |of: u32| -> i64 {
        let worth = if of == 1 { 3 * DOLLAR } else { DOLLAR };
        let taken = events.iter().filter_map(|event| match *event {
            Event::PositionTransferred { instrument, lots, value, .. } if instrument.0 == of => {
                Some(value.0 - lots.0 * worth)
            }
            _ => None,
        });
        taken.sum()
    };
    assert_eq!([taken(1), taken(2)], [370 * CENT, 230 * CENT]);
}

/// Long 10 at 3 dollars with so many cents; fees are a tenth of a cent, of which makers get as much as takers pay. Somebody bids for 10
/// where the price falls to.
fn with_bids<E: Stage>(cents: i64, falls_to: i64) -> (VenueOf<E>, Vec<Event>) {
    let fees = FeeRates { maker: Price(0), taker: Price(1_000) };
    let mut venue = venue::<E>(0, 0);
    for account in 1..=2 {
        venue.open(account, if account == 1 { 0 } else { 1_000 });
    }
    let (asset, amount) = (engine::ids::AssetId::USD, engine::units::Amount(cents * CENT));
    venue.operate(Command::Deposit { account: AccountId(1), asset, amount, reference: 1 }).unwrap();
    venue.operate(Command::ListInstrument { terms: Terms { fees, ..coin(1) } }).unwrap();
    venue.operate(Command::SetMargin { series: SeriesId(1), margin: EXACT }).unwrap();
    serve(&mut venue);
    let (effective, tiers) = (venue.now, [FeeRates { maker: Price(-1_000), taker: Price(1_000) }; 4]);
    venue.operate(Command::ScheduleFees { instrument: CONTRACT, effective, tiers }).unwrap();
    move_to(&mut venue, 1, 3 * DOLLAR, THIRD);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    submit(&mut venue, 2, 1, Side::Buy, 10, falls_to).unwrap();
    move_to(&mut venue, 2, falls_to, THIRD);
    let events = serve(&mut venue);
    (venue, events)
}

fn ordered(events: &[Event]) -> Vec<(u32, i64)> {
    let order = |event: &Event| match *event {
        Event::LiquidationOrdered { lots, limit, .. } => Some((lots.0, limit.0)),
        _ => None,
    };
    events.iter().filter_map(order).collect()
}

fn paid(events: &[Event], of: TransferReason) -> Vec<i64> {
    let amount = |event: &Event| match *event {
        Event::Transferred { amount, reason, .. } if reason == of => Some(amount.0),
        _ => None,
    };
    events.iter().filter_map(amount).collect()
}

/// 9.06 less a cent of fee, 9 lost: 5 cents are there, and half a per cent of 21 dollars would be 10.5.
#[test]
fn nothing_is_charged_that_is_not_there() {
    let play = |(venue, events): (VenueOf<Engine>, Vec<Event>)| (equity(&venue, 1), events);
    let (left, events) = play(with_bids(906, 2_100_000));
    let events = on_both(events, with_bids::<Twin>(906, 2_100_000).1);
    assert_eq!((ordered(&events), left), (vec![(10, 2_100_000)], 0));
    assert_eq!(paid(&events, TransferReason::Liquidation), [5 * CENT]);
    // Nobody is rewarded for closing an account out.
    assert_eq!((paid(&events, TransferReason::Rebate), paid(&events, TransferReason::Fee)), (vec![], vec![]));
    let fees: Vec<(i64, i64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Traded(Trade { taker, maker, .. }) => Some((taker.fee.0, maker.fee.0)),
            _ => None,
        })
        .collect();
    assert_eq!(fees, [(0, 0)]);
    assert!(matches!(events.last(), Some(Event::LiquidationEnded { .. })), "{events:?}");
}

/// 9.41 less a cent, 3 lost: 6.40 of 7.20, so `10 x 0.80 / 7.20` lots rounded up.
#[test]
fn a_part_is_rounded_up() {
    let (venue, events) = with_bids::<Engine>(941, 2_700_000);
    let events = on_both(events, with_bids::<Twin>(941, 2_700_000).1);
    assert_eq!(ordered(&events), [(2, 2_700_000)]);
    // Two lots less need 5.76 of 6.40 and the charge.
    assert_eq!(paid(&events, TransferReason::Liquidation), [27_000]);
    assert_eq!((position(&venue, 1), equity(&venue, 1)), (8, i128::from(640 * CENT - 27_000)));
    assert!(matches!(events.last(), Some(Event::LiquidationEnded { .. })), "{events:?}");
}

/// Nobody bids, and before the next round the index is stale.
fn a_stale_index<E: Stage>() -> Vec<Event> {
    let margin = SeriesMargin { stale_after_us: 20_000_000, frozen_us: 0, ..EXACT };
    let mut venue = opened::<E>(margin, &[940, 10_000]);
    let (series, stage, price) = (SeriesId(1), FixingStage::Final, Some(Price(2_700_000)));
    let day = Day(TODAY.0 - 1);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
    move_to(&mut venue, 2, 2_700_000, THIRD);
    let mut events = serve(&mut venue);
    for _ in 0..2 {
        venue.now = venue.now.plus_micros(30_000_000);
        events.extend(serve(&mut venue));
    }
    events
}

#[test]
fn nobody_is_liquidated_at_a_mark_that_is_stale() {
    let events = on_both(a_stale_index::<Engine>(), a_stale_index::<Twin>());
    let [completed, first, second] = events[events.len() - 3..] else { panic!("{events:?}") };
    assert!(matches!(completed, Event::LiquidationRoundCompleted { .. }), "{events:?}");
    assert!(
        matches!([first, second], [Event::LiquidationPostponed { .. }, Event::LiquidationPostponed { .. }]),
        "{events:?}"
    );
}

/// A contract that is halted is settled all the same: 15 dollars are paid of 12, and 3 are owed. When it trades again the fund pays them, and
/// they are paid back.
fn one_who_owes<E: Stage>() -> Vec<Event> {
    let mut venue = opened::<E>(EXACT, &[1_200, 10_000]);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    submit(&mut venue, 1, 1, Side::Sell, 10, 9 * DOLLAR).unwrap();
    fund(&mut venue, 100);
    let instrument = CONTRACT;
    venue.operate(Command::HaltInstrument { instrument }).unwrap();
    move_to(&mut venue, 2, 1_500_000, THIRD);
    let mut events = serve(&mut venue);
    let (day, kind) = (Day(TODAY.0 - 1), SettlementKind::Daily);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
    events.append(&mut venue.events.clone());
    venue.operate(Command::ResumeInstrument { instrument }).unwrap();
    venue.now = venue.now.plus_micros(30_000_000);
    events.extend(serve(&mut venue));
    assert_eq!(venue.engine.margin(AccountId(1)).owed, 0);
    events
}

#[test]
fn what_the_fund_pays_is_paid_back_first() {
    let events = on_both(one_who_owes::<Engine>(), one_who_owes::<Twin>());
    for of in [TransferReason::Shortfall, TransferReason::Insurance, TransferReason::Repayment] {
        assert_eq!(paid(&events, of), [3 * DOLLAR], "{of:?}");
    }
    let orders =
        events.iter().filter(|event| matches!(event, Event::OrderCancelled { reason: CancelReason::Liquidation, .. }));
    assert_eq!(orders.count(), 1);
    assert!(events.iter().any(|event| matches!(event, Event::LiquidationPostponed { .. })));
    // The fund had enough, so nobody else bears anything.
    assert_eq!(borne(&events, 1_500_000), (0, vec![(AccountId(2), 0)]));
}

/// The backstop is short 20 of the first coin and long 10 of the second, so that it needs nothing for 10 of the first more, and has 7.10 of 7.20
/// after the second has fallen. The other is in default while it waits for its next round.
fn a_backstop_in_trouble<E: Stage>() -> Vec<Event> {
    const BACKSTOP: u32 = 3;
    let mut venue = opened::<E>(EXACT, &[920, 10_000, 910]);
    list_second(&mut venue, THIRD);
    venue.operate(Command::SetBackstop { account: Some(AccountId(BACKSTOP)) }).unwrap();
    trade(&mut venue, (BACKSTOP, 2), 2, Side::Buy, 10, 3 * DOLLAR);
    trade(&mut venue, (BACKSTOP, 2), 1, Side::Sell, 20, 3 * DOLLAR);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    let instrument = CONTRACT;
    venue.operate(Command::HaltInstrument { instrument }).unwrap();
    move_to(&mut venue, 2, 2_500_000, THIRD);
    let mut events = serve(&mut venue);
    venue.now = venue.now.plus_micros(10_000_000);
    events.extend(move_second(&mut venue, 2, 1_800_000, THIRD));
    venue.operate(Command::ResumeInstrument { instrument }).unwrap();
    venue.now = venue.now.plus_micros(20_000_000);
    events.extend(serve(&mut venue));
    assert!(venue.engine.margin(AccountId(BACKSTOP)).next_round.is_some());
    events
}

#[test]
fn a_backstop_in_liquidation_takes_nothing() {
    let events = on_both(a_backstop_in_trouble::<Engine>(), a_backstop_in_trouble::<Twin>());
    let started = events.iter().filter(|event| matches!(event, Event::LiquidationStarted { .. }));
    assert_eq!(started.count(), 2);
    let is_taken =
        |event: &&Event| matches!(event, Event::PositionTransferred { reason: PositionReason::Backstop, .. });
    assert_eq!(events.iter().filter(is_taken).count(), 0);
    // Only as one who is on the other side it is closed, at the mark.
    assert_eq!(borne(&events, 2_500_000), (0, vec![(AccountId(3), 0)]));
}

/// Long 10 of the first coin, short 5 of the second, and 9 dollars. The second falls to 2 dollars, below its daily limits, and the first to
/// 1.90, its lower limit, where somebody bids.
fn at_the_limits<E: Stage>() -> Vec<Event> {
    let mut venue = opened::<E>(EXACT, &[900, 10_000]);
    list_second(&mut venue, THIRD);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    trade(&mut venue, (1, 2), 2, Side::Sell, 5, 3 * DOLLAR);
    for (instrument, width) in [(CONTRACT, 1_100_000), (SECOND, 100_000)] {
        let daily_limits = [Price(width), Price(2 * DOLLAR), Price(0)];
        let controls = Controls { reference: Price(3 * DOLLAR), daily_limits, pause_us: 60_000_000, ..Controls::NONE };
        venue.operate(Command::SetControls { instrument, controls }).unwrap();
    }
    submit(&mut venue, 2, 1, Side::Buy, 5, 1_900_000).unwrap();
    move_second(&mut venue, 2, 2 * DOLLAR, THIRD);
    move_to(&mut venue, 2, 1_900_000, THIRD);
    serve(&mut venue)
}

/// Equity 9 + 5 - 11 of 3.60: a sixth goes, 2 lots of the first. Buying the second at 2.90 would be worse than the mark: it is passed over.
#[test]
fn a_contract_beyond_its_limits_is_passed_over_and_a_trade_at_one_pauses() {
    let events = on_both(at_the_limits::<Engine>(), at_the_limits::<Twin>());
    assert_eq!(ordered(&events), [(2, 1_900_000)]);
    let at = events.iter().position(|event| matches!(event, Event::LiquidationOrdered { .. })).unwrap();
    assert!(
        matches!(
            events[at + 1..],
            [
                Event::Traded(Trade { lots: Lots(2), .. }),
                Event::Transferred { reason: TransferReason::Liquidation, amount: engine::units::Amount(19_000), .. },
                Event::InstrumentHalted { halt: Halt::DailyLimit { .. }, .. },
                Event::LiquidationEnded { .. } | Event::LiquidationRoundCompleted { .. },
                ..
            ]
        ),
        "{events:?}"
    );
}
