//! The page's examples of the default waterfall and each of its layers once, worked out by hand; the engine is restored from a snapshot
//! before each step.

use engine::Engine;
use engine::command::Command;
use engine::event::{CancelReason, Event, PositionReason, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Perpetual, Terms};
use engine::ledger::LedgerAccount;
use engine::margin::{SCENARIOS, SeriesMargin};
use engine::reject::Reject;
use engine::units::{Amount, Cash, Lots, Position, Price, Side, Timestamp};

use super::{DOLLAR, LENIENT, Venue, array, publish, submit, trade, venue};

const CONTRACT: InstrumentId = InstrumentId(1);

/// A perpetual of so many hours a lot from -10 to 10 dollars, without fees.
fn perpetual(hours: u16) -> Terms {
    Terms {
        instrument: CONTRACT,
        symbol: Symbol::new("PERP").unwrap(),
        kind: Kind::Perpetual(Perpetual { series: SeriesId(1), hours, interest_ppm: 0, cap_ppm: 0 }),
        tick: Price(1_000),
        floor: Price(-10 * DOLLAR),
        cap: Price(10 * DOLLAR),
        fees: FeeRates { maker: Price(0), taker: Price(0) },
    }
}

/// Accounts from 1 on with so many dollars each, and a perpetual marked at a reference, of which a lot loses at most so much.
fn scene(dollars: &[i64], hours: u16, margin: SeriesMargin, reference: i64, worst: i64) -> Venue {
    let mut venue: Venue = venue(0, 0);
    for (account, &dollars) in (1..).zip(dollars) {
        venue.open(account, dollars);
    }
    venue.operate(Command::ListInstrument { terms: perpetual(hours) }).unwrap();
    venue.operate(Command::SetMargin { series: SeriesId(1), margin }).unwrap();
    steps(&mut venue);
    mark(&mut venue, 1, reference, worst);
    venue
}

/// Publishes an array and marks the contract at its reference; the steps that follow.
fn mark(venue: &mut Venue, version: u64, reference: i64, worst: i64) -> Vec<Event> {
    let mut losses = [0; SCENARIOS];
    (losses[14], losses[15]) = (-worst, worst);
    let risk = array(venue, version, reference, losses);
    publish(venue, CONTRACT, risk).unwrap();
    let mut events = steps(venue);
    venue.operate(Command::UpdateMark { instrument: CONTRACT }).unwrap();
    events.extend(steps(venue));
    events
}

/// Does what is due, each step on an engine that was restored just before; what happened but revaluations and checks that found
/// nothing.
fn steps(venue: &mut Venue) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let mut snapshot = Vec::new();
        venue.engine.write_snapshot(|piece| snapshot.extend_from_slice(piece));
        let mut restored = venue.clone();
        restored.engine = Engine::read_snapshot(&snapshot, venue.seq).unwrap();
        let done = venue.operate(Command::ProcessDue);
        assert_eq!(restored.operate(Command::ProcessDue), done);
        assert_eq!((&restored.events, restored.engine.state_hash()), (&venue.events, venue.engine.state_hash()));
        assert_conserved(venue);
        if let Err(refused) = done {
            assert_eq!(refused, Reject::NothingDue);
            events.retain(|event| !matches!(event, Event::Revalued { .. } | Event::MarginsChecked { .. }));
            return events;
        }
        events.append(&mut venue.events.clone());
    }
}

/// Positions and costs sum to zero, before and after.
fn assert_conserved(venue: &Venue) {
    let sums = venue
        .engine
        .exposures()
        .fold((0, 0), |(lots, cost), (_, _, exposure)| (lots + exposure.position.0, cost + exposure.cost.0));
    assert_eq!(sums, (0, 0));
}

fn cash(dollars: i64) -> Cash {
    Cash(dollars * DOLLAR)
}

fn equity(venue: &Venue, account: u32) -> Cash {
    venue.engine.margin_report(AccountId(account)).unwrap().equity
}

fn position(venue: &Venue, account: u32) -> (i64, i64) {
    let exposure = venue.engine.exposure(CONTRACT, AccountId(account));
    (exposure.position.0, exposure.cost.0)
}

/// Account 1 is long 500 from account 2 at 1 dollar, and the mark goes to 2: 2 has 100 dollars and is 400 short.
fn short_of_400(venue: &mut Venue) -> Vec<Event> {
    trade(venue, (1, 2), 1, Side::Buy, 500, DOLLAR);
    mark(venue, 2, 2 * DOLLAR, 100_000)
}

const EXACT: SeriesMargin = SeriesMargin { mark_band: Price(0), ..LENIENT };

#[test]
fn a_position_is_closed_at_its_bankruptcy_price() {
    let mut venue = scene(&[200, 100], 1, EXACT, DOLLAR, 100_000);
    let (account, instrument, equity_before, maintenance) = (AccountId(2), CONTRACT, cash(-400), cash(40));
    let events = short_of_400(&mut venue);
    let order = OrderId(match events[3] {
        Event::LiquidationOrdered { order, .. } => order.0,
        other => panic!("{other:?}"),
    });
    let (lots, limit) = (Lots(500), Price(2 * DOLLAR));
    let reason = CancelReason::ImmediateOrCancel;
    let none = Position(-500);
    assert_eq!(
        events,
        [
            Event::MarginCalled { account, equity: equity_before, initial: cash(50), maintenance },
            Event::LiquidationStarted { account, equity: equity_before, maintenance },
            Event::LiquidationRound { account, equity: equity_before, maintenance },
            Event::LiquidationOrdered { order, account, instrument, side: Side::Buy, lots, limit },
            Event::OrderCancelled { order, account, instrument, lots, reason },
            Event::DefaultDeclared { account, equity: equity_before, insured: Cash(0), shortfall: cash(400) },
            Event::DeleveragingStarted { instrument, account, lots: none, haircut: cash(400) },
            Event::DeleveragingRanked { instrument, accounts: 2, complete: true },
            Event::PositionTransferred {
                instrument,
                from: account,
                to: AccountId(1),
                lots: none,
                value: cash(-600),
                reason: PositionReason::Deleveraging,
            },
            Event::Deleveraged { instrument, accounts: 2, complete: true },
            Event::LiquidationEnded { account, equity: Cash(0) },
        ]
    );
    assert_eq!((equity(&venue, 1), equity(&venue, 2)), (cash(300), cash(0)));
    assert_eq!((position(&venue, 1), position(&venue, 2)), ((0, -100 * DOLLAR), (0, 100 * DOLLAR)));
    assert_eq!(venue.engine.market(CONTRACT).unwrap().open_interest, 0);
}

#[test]
fn the_fund_pays_before_the_other_side_does() {
    let mut venue = scene(&[200, 100], 1, EXACT, DOLLAR, 100_000);
    venue.operate(Command::FundInsurance { number: 1, amount: Amount(150 * DOLLAR) }).unwrap();
    let events = short_of_400(&mut venue);
    let (account, shortfall) = (AccountId(2), cash(250));
    let insured = Event::Transferred {
        from: LedgerAccount::Insurance,
        to: LedgerAccount::Customer(account),
        asset: AssetId::USD,
        amount: Amount(150 * DOLLAR),
        reason: TransferReason::Insurance,
    };
    assert!(events.contains(&insured));
    assert!(events.contains(&Event::DefaultDeclared { account, equity: cash(-400), insured: cash(150), shortfall }));
    assert_eq!(venue.engine.insurance_fund(), Cash(0));
    assert_eq!((equity(&venue, 1), equity(&venue, 2)), (cash(450), cash(0)));
}

#[test]
fn the_backstop_takes_what_it_has_margin_for() {
    // Initial margin is 0.1 a lot: 30 dollars carry 300 lots, so of 500 it takes 250, at the mark without a charge: nothing is left.
    let mut venue = scene(&[200, 100, 30], 1, EXACT, DOLLAR, 100_000);
    venue.operate(Command::FundInsurance { number: 1, amount: Amount(400 * DOLLAR) }).unwrap();
    venue.operate(Command::SetBackstop { account: Some(AccountId(3)) }).unwrap();
    let events = short_of_400(&mut venue);
    let moved = |to, lots, value, reason| Event::PositionTransferred {
        instrument: CONTRACT,
        from: AccountId(2),
        to: AccountId(to),
        lots: Position(lots),
        value: cash(value),
        reason,
    };
    let transfers: Vec<&Event> =
        events.iter().filter(|event| matches!(event, Event::PositionTransferred { .. })).collect();
    let [backstop, other] = [PositionReason::Backstop, PositionReason::Deleveraging];
    assert_eq!(transfers, [&moved(3, -250, -500, backstop), &moved(1, -250, -500, other)]);
    assert_eq!((position(&venue, 1), position(&venue, 3)), ((250, 0), (-250, -500 * DOLLAR)));
    assert_eq!([1, 2, 3].map(|account| equity(&venue, account)), [cash(700), cash(0), cash(30)]);
}

/// Long 10 at a mark of 3.000 with 744 hours and a maintenance margin of 1 000, with so much equity; 2 bids for two lots at 2.9.
fn long_ten(dollars: i64) -> (Venue, Vec<Event>) {
    let mut venue = scene(&[dollars, 1_000_000], 744, LENIENT, 3 * DOLLAR, DOLLAR);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    submit(&mut venue, 2, 1, Side::Buy, 2, 2_900_000).unwrap();
    let mut losses = [0; SCENARIOS];
    (losses[14], losses[15]) = (-125 * DOLLAR, 125 * DOLLAR);
    let risk = array(&venue, 2, 3 * DOLLAR, losses);
    publish(&mut venue, CONTRACT, risk).unwrap();
    let events = steps(&mut venue);
    (venue, events)
}

/// The limit and the lots of the only order of a round.
fn ordered(events: &[Event]) -> Vec<(Lots, Price)> {
    let order = |event: &Event| match *event {
        Event::LiquidationOrdered { lots, limit, .. } => Some((lots, limit)),
        _ => None,
    };
    events.iter().filter_map(order).collect()
}

#[test]
fn a_part_is_closed_and_the_rest_is_left_for_a_while() {
    let (mut venue, events) = long_ten(800);
    let account = AccountId(1);
    let (equity_before, maintenance) = (cash(800), cash(1_000));
    assert_eq!(events[2], Event::LiquidationRound { account, equity: equity_before, maintenance });
    // 3.000 less 0.537634, to the tick.
    assert_eq!(ordered(&events), [(Lots(2), Price(2_463_000))]);
    // It costs 2 × 0.1 × 744 = 148.80, and of 2 × 2.9 × 744 = 4 315.20 five in a thousand: 21.576 for the fund.
    assert_eq!(equity(&venue, 1), Cash(629_624_000));
    assert_eq!(venue.engine.insurance_fund(), Cash(21_576_000));
    let next = venue.now.plus_micros(30_000_000);
    assert_eq!(events.last(), Some(&Event::LiquidationRoundCompleted { account, next }));
    assert_eq!(venue.engine.margin_report(account).unwrap().next_round, Some(next));
    assert_eq!((venue.engine.next_due(), venue.engine.open_liquidations()), (Some(next), 1));

    // It can place nothing meanwhile; a deposit ends it when its round is due: 800 are needed for the eight lots.
    let refused = submit(&mut venue, 1, 1, Side::Sell, 1, 3 * DOLLAR).unwrap_err();
    assert_eq!(refused, Reject::InLiquidation { account });
    venue.credit(1, 171);
    venue.now = Timestamp(next.0 - 1);
    assert_eq!(steps(&mut venue), []);
    venue.now = next;
    assert_eq!(steps(&mut venue), [Event::LiquidationEnded { account, equity: Cash(800_624_000) }]);
    submit(&mut venue, 1, 1, Side::Sell, 1, 3 * DOLLAR).unwrap();
}

#[test]
fn all_is_closed_far_below_the_margin() {
    let (venue, events) = long_ten(600);
    // 3.000 less 600 / 7 440 = 0.080645, to the tick; nobody bids as much. Without a shortfall the other side takes the ten at the mark.
    assert_eq!(ordered(&events), [(Lots(10), Price(2_920_000))]);
    let declared =
        Event::DefaultDeclared { account: AccountId(1), equity: cash(600), insured: Cash(0), shortfall: Cash(0) };
    assert!(events.contains(&declared));
    assert_eq!((position(&venue, 1).0, equity(&venue, 1)), (0, cash(600)));
}

#[test]
fn the_fund_leaves_what_the_rest_of_the_order_may_cost() {
    let mut venue = scene(&[600, 1_000_000], 744, LENIENT, 3 * DOLLAR, DOLLAR);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    for _ in 0..2 {
        submit(&mut venue, 2, 1, Side::Buy, 5, 2_920_000).unwrap();
    }
    let mut losses = [0; SCENARIOS];
    (losses[14], losses[15]) = (-125 * DOLLAR, 125 * DOLLAR);
    let risk = array(&venue, 2, 3 * DOLLAR, losses);
    publish(&mut venue, CONTRACT, risk).unwrap();
    let events = steps(&mut venue);
    assert_eq!(ordered(&events), [(Lots(10), Price(2_920_000))]);
    // Five lots cost 5 × 0.08 × 744 = 297.60 and leave 302.40, of which the other five may cost 297.60: of 54.312 the fund gets 4.80.
    // They cost as much, and nothing is left for it, but nothing is missing either.
    assert_eq!(venue.engine.insurance_fund(), Cash(4_800_000));
    assert_eq!(events.last(), Some(&Event::LiquidationEnded { account: AccountId(1), equity: Cash(0) }));
    assert!(!events.iter().any(|event| matches!(event, Event::DefaultDeclared { .. })));
}

#[test]
fn all_orders_go_first() {
    let mut venue = scene(&[200, 100], 1, EXACT, DOLLAR, 100_000);
    trade(&mut venue, (1, 2), 1, Side::Buy, 500, DOLLAR);
    let orders: Vec<OrderId> =
        (0..300).map(|_| submit(&mut venue, 2, 1, Side::Buy, 1, DOLLAR - 1_000).unwrap()).collect();
    let events = mark(&mut venue, 2, 2 * DOLLAR, 100_000);
    let cancelled: Vec<OrderId> = events
        .iter()
        .filter_map(|event| match *event {
            Event::OrderCancelled { order, reason: CancelReason::Liquidation, .. } => Some(order),
            _ => None,
        })
        .collect();
    assert!(cancelled.iter().eq(orders.iter().rev()), "the newest first");
    let started = |event: &&Event| matches!(event, Event::MarginCalled { .. } | Event::LiquidationStarted { .. });
    assert_eq!(events.iter().filter(started).count(), 2, "only the first step says why");
}
