//! Settlements that need more than one step, with cancels in between.

use engine::event::Event;
use engine::ids::{AccountId, AssetId, OrderId};
use engine::instrument::SettlementKind;
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::units::{Amount, Day};

use crate::venue::{CONTRACT, Exchange, TODAY, Venue, usual_terms};

const PRICE: i64 = 3_000_000;
const STEP: usize = limits::SETTLEMENT_STEP_MAX;

/// Accounts 1 to `accounts` each bought one lot of the last account, and each has a bid in the book.
fn crowd(accounts: u32) -> (Venue, Vec<OrderId>) {
    let mut venue = Venue::with_accounts(1..=accounts, 10_000);
    let seller = accounts + 1;
    venue.open(seller, 100_000_000);
    venue.sell(seller, accounts, PRICE, "to-all").unwrap();
    // The numbers of orders and accounts run against each other.
    let mut bids = Vec::new();
    for account in (1..=accounts).rev() {
        venue.buy(account, 1, PRICE, "position").unwrap();
        bids.push(venue.buy(account, 1, 1_000_000, "bid").unwrap());
    }
    (venue, bids)
}

fn touched(events: &[Event]) -> (Vec<OrderId>, Vec<AccountId>, bool) {
    let orders = events.iter().filter_map(|event| match event {
        Event::OrderCancelled { order, .. } => Some(*order),
        _ => None,
    });
    let accounts = events.iter().filter_map(|event| match event {
        Event::PositionSettled { account, .. } => Some(*account),
        _ => None,
    });
    let complete = events.iter().any(|event| matches!(event, Event::SettlementCompleted { .. }));
    (orders.collect(), accounts.collect(), complete)
}

/// Posts a settlement to its end; the orders and accounts of each step.
fn steps(venue: &mut Venue) -> Vec<(Vec<OrderId>, Vec<AccountId>)> {
    let mut steps = Vec::new();
    loop {
        venue.advance().unwrap();
        let (orders, accounts, complete) = touched(&venue.events);
        assert!(orders.len() + accounts.len() <= STEP, "a step touches {} and {}", orders.len(), accounts.len());
        steps.push((orders, accounts));
        if complete {
            return steps;
        }
        assert!(steps.len() < 10, "a settlement comes to an end");
    }
}

#[test]
fn three_hundred_accounts_are_settled_daily_in_two_steps() {
    let (mut venue, bids) = crowd(299);
    venue.now = TODAY.end();
    venue.start(TODAY, SettlementKind::Daily).unwrap();
    venue.advance().unwrap();
    let (_, first, complete) = touched(&venue.events);
    assert_eq!((first.len(), complete), (STEP, false));

    // Accounts posted and not yet posted may both cancel, and nobody may trade.
    venue.cancel(299, bids[0]).unwrap();
    venue.cancel(1, bids[298]).unwrap();
    assert_eq!(venue.buy(2, 1, PRICE, "not-now").unwrap_err().number(), 41);

    venue.advance().unwrap();
    let (_, second, complete) = touched(&venue.events);
    assert!(complete);
    let all: Vec<u32> = first.iter().chain(&second).map(|account| account.0).collect();
    assert_eq!(all, (1..=300).collect::<Vec<u32>>(), "each once, in rising number");
    assert_closed(&venue);
    venue.buy(2, 1, PRICE, "now").unwrap();
}

#[test]
fn orders_expire_before_accounts_are_settled_for_good() {
    let (mut venue, bids) = crowd(299);
    venue.now = usual_terms().end();
    venue.fix_all(4_000_000);
    venue.start(Day(venue.now.day().0 - 1), SettlementKind::Final).unwrap();
    let cancelled_by_hand = bids[290];
    let first = {
        venue.advance().unwrap();
        let (orders, accounts, _) = touched(&venue.events);
        assert_eq!((orders.len(), accounts.len()), (STEP, 0));
        venue.cancel(299 - 290, cancelled_by_hand).unwrap();
        orders
    };
    let rest = steps(&mut venue);
    let expired: Vec<OrderId> = first.into_iter().chain(rest.iter().flat_map(|step| step.0.clone())).collect();
    let expected: Vec<OrderId> = bids.into_iter().filter(|&bid| bid != cancelled_by_hand).collect();
    assert_eq!(expired, expected, "in rising number");
    let settled: Vec<u32> = rest.iter().flat_map(|step| &step.1).map(|account| account.0).collect();
    assert_eq!(settled, (1..=300).collect::<Vec<u32>>());
    assert_closed(&venue);
    assert_eq!(venue.engine.exposures().count(), 0);
    assert!((1..=300).all(|account| venue.held(account) == Amount::ZERO));
    // Bought at 3, settled at 4: 744 dollars a lot less the fee of the two parts that were traded.
    assert_eq!(venue.free(7), Amount((10_000 + 744) * 1_000_000 - 372_000));
}

#[test]
fn a_settlement_of_exactly_one_step_ends() {
    for accounts in [STEP - 1, STEP, STEP + 1, 2 * STEP] {
        let (mut venue, _) = crowd(u32::try_from(accounts - 1).unwrap());
        venue.now = TODAY.end();
        venue.start(TODAY, SettlementKind::Daily).unwrap();
        let steps = steps(&mut venue);
        assert_eq!(steps.iter().map(|step| step.1.len()).sum::<usize>(), accounts);
        assert!(steps.len() <= accounts / STEP + 1, "{accounts} accounts take {} steps", steps.len());
        assert_closed(&venue);
    }
}

#[test]
fn exactly_one_step_of_orders_does_not_hide_the_accounts_behind_it() {
    let (mut venue, _) = crowd(u32::try_from(STEP).unwrap());
    venue.now = usual_terms().end();
    venue.fix_all(4_000_000);
    venue.start(Day(venue.now.day().0 - 1), SettlementKind::Final).unwrap();
    let steps = steps(&mut venue);
    assert_eq!(steps.iter().map(|step| step.0.len()).sum::<usize>(), STEP);
    assert_eq!(steps.iter().map(|step| step.1.len()).sum::<usize>(), STEP + 1);
    assert_eq!(venue.engine.exposures().count(), 0);
}

#[test]
fn accounts_with_orders_only_are_not_settled() {
    let mut venue = Venue::with_accounts(1..=2, 10_000);
    venue.buy(1, 1, 2_000_000, "bid").unwrap();
    venue.sell(2, 1, 4_000_000, "offer").unwrap();
    let held = (venue.held(1), venue.held(2));
    venue.now = TODAY.end();
    venue.start(TODAY, SettlementKind::Daily).unwrap();
    venue.advance().unwrap();
    assert!(matches!(venue.events[..], [Event::SettlementCompleted { .. }]), "{:?}", venue.events);
    assert_eq!((venue.held(1), venue.held(2)), held);
}

#[test]
fn an_account_without_a_position_is_settled_for_what_it_lost_or_won() {
    let mut venue = Venue::with_accounts(1..=3, 10_000);
    venue.sell(2, 1, 4_000_000, "dear").unwrap();
    venue.buy(1, 1, 4_000_000, "bought-dear").unwrap();
    venue.buy(3, 1, 3_000_000, "cheap").unwrap();
    venue.sell(1, 1, 3_000_000, "sold-cheap").unwrap();
    // Account 1 is flat and has lost one dollar per GPU-hour, which stays held until it is paid.
    assert_eq!(venue.held(1), Amount(744_000_000));
    venue.now = TODAY.end();
    venue.start(TODAY, SettlementKind::Daily).unwrap();
    venue.advance().unwrap();
    assert_eq!(venue.held(1), Amount::ZERO);
    assert_eq!(venue.free(1), Amount((10_000 - 744) * 1_000_000 - 2 * 372_000));
    assert_eq!(venue.engine.exposure(CONTRACT, AccountId(1)), Default::default());
    assert_closed(&venue);
}

/// Nothing is left between losers and winners.
fn assert_closed(venue: &Venue) {
    let pot = venue.engine.balance(LedgerAccount::Variation(CONTRACT), AssetId::USD);
    assert_eq!(pot.posted, 0);
    assert_eq!(venue.engine.ledger().total(AssetId::USD), 0);
}
