//! Orders and cancels that break a rule, and orders that break each two of them.

use engine::Engine;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, FixingStage, Role};
use engine::controls::Controls;
use engine::ids::{AccountId, InstrumentId, KeyId, OrderId, Symbol};
use engine::instrument::{Month, SettlementKind, Terms};
use engine::limits;
use engine::order::{Conditions, OrderRequest, Pricing, TimeInForce};
use engine::units::{Day, Lots, Price, Side};

use super::{Row, RowOf, UNKNOWN_KEY, check};
use crate::twin::Twin;
use crate::venue::{CONTRACT, Stage, TODAY, Venue, VenueOf, order, terms_of, usual_month, usual_terms};

/// Those that a plain order can break together, in their order.
const RULES: [u16; 23] = [1, 2, 3, 4, 34, 40, 36, 35, 41, 42, 37, 38, 43, 44, 45, 51, 52, 54, 56, 46, 57, 47, 48];

/// A contract that trades when the usual one has ended.
const LATER: InstrumentId = InstrumentId(2);

#[test]
fn an_order_breaks_one_rule() {
    check(one_rule::<Twin>());
    check(one_rule::<Engine>());
}

fn one_rule<E: Stage>() -> Vec<RowOf<E>> {
    RULES.into_iter().map(|rule| breaking(&[rule])).collect()
}

#[test]
fn an_order_breaks_two_rules() {
    // A thousand orders take the twin seconds, so it breaks that rule alone and with all others only.
    let rules_of_twin: Vec<u16> = RULES.into_iter().filter(|rule| *rule != 46).collect();
    check(two_rules::<Twin>(&rules_of_twin));
    check(two_rules::<Engine>(&RULES));
}

fn two_rules<E: Stage>(rules: &[u16]) -> Vec<RowOf<E>> {
    let mut rows = Vec::new();
    for (index, &first) in rules.iter().enumerate() {
        for &second in &rules[index + 1..] {
            // An unknown key can be neither revoked nor another account's.
            if !matches!((first, second), (1, 2 | 3)) {
                rows.push(breaking(&[first, second]));
            }
        }
    }
    rows
}

#[test]
fn an_order_breaks_all_rules() {
    check((1..RULES.len()).map(|first| breaking::<Twin>(&RULES[first..])).collect());
    check((1..RULES.len()).map(|first| breaking::<Engine>(&RULES[first..])).collect());
}

#[test]
fn an_order_that_breaks_no_rule_is_accepted() {
    let Row { mut venue, key, command, .. } = breaking(&[]);
    assert_eq!(venue.send(KeyId(key), command), Ok(()));
}

#[test]
fn orders_that_are_not_live_cannot_be_cancelled() {
    let mut venue = Venue::with_accounts(1..=3, 1_000_000);
    let filled = venue.buy(1, 5, 3_000_000, "filled").unwrap();
    let cancelled = venue.buy(1, 5, 2_000_000, "cancelled").unwrap();
    let partly = venue.buy(1, 5, 2_500_000, "partly").unwrap();
    let taker = venue.sell(2, 7, 2_500_000, "taker").unwrap();
    venue.cancel(1, cancelled).unwrap();
    let refused = venue.buy(1, 0, 2_000_000, "refused").map_err(|_| OrderId(venue.seq)).unwrap_err();

    let of = |account, order| Command::CancelOrder { account: AccountId(account), order };
    let row = |broken: &[u16], key, command| Row { broken: broken.to_vec(), venue: venue.clone(), key, command };
    check(vec![
        row(&[50], 1, of(1, filled)),
        row(&[50], 2, of(2, taker)),
        row(&[50], 1, of(1, cancelled)),
        row(&[50], 1, of(1, refused)),
        row(&[50], 1, of(1, OrderId(0))),
        row(&[50], 1, of(1, OrderId(u64::MAX))),
        row(&[50], 2, of(2, partly)),
        row(&[3, 50], 2, of(1, cancelled)),
        row(&[3], 2, of(1, partly)),
        row(&[3], KeyId::VENUE.0, of(1, partly)),
        row(&[1, 50], UNKNOWN_KEY, of(1, cancelled)),
    ]);
    assert_eq!(venue.cancel(1, partly), Ok(()));
}

/// An order of account 1 that breaks exactly these rules.
fn breaking<E: Stage>(broken: &[u16]) -> RowOf<E> {
    let breaks = |rule| broken.contains(&rule);
    let mut request = order(1, Side::Buy, 7, 3_250_000, "the-order");
    // One million dollars pay for all that is prepared here and not for 100 000 lots.
    let mut venue = VenueOf::with_accounts(1..=2, 1_000_000);
    if breaks(48) {
        request.lots = Lots(100_000);
    } else {
        venue.credit(1, 900_000_000);
    }
    prepare_orders(&mut venue, broken);
    prepare_contract(&mut venue, broken);
    prepare_account(&mut venue, broken);

    if breaks(34) {
        request.instrument = InstrumentId(99);
    }
    if breaks(43) {
        request.lots = if breaks(48) { Lots(100_001) } else { Lots(0) };
    }
    let too_dear = breaks(51) || breaks(52);
    let limit = match (breaks(44), breaks(45)) {
        (false, false) => {
            if too_dear {
                3_400_000
            } else {
                3_250_000
            }
        }
        (true, false) => 10_001_000,
        (false, true) => {
            if too_dear {
                3_400_500
            } else {
                3_250_500
            }
        }
        (true, true) => 10_000_500,
    };
    request.pricing = Pricing::Limit(Price(limit));
    request.conditions = Conditions { post_only: breaks(54), reduce_only: breaks(56) };
    let key = key_breaking(&mut venue, broken);
    if breaks(4) {
        // A switch whose moment has come.
        venue.send(KeyId(2), Command::CancelAfter { account: AccountId(2), timeout_us: 1 }).unwrap();
        venue.now = venue.now.plus_micros(1);
    }
    if breaks(36) {
        request.sent = Some(venue.now.plus_micros(-limits::ORDER_RETENTION_US - 1));
    }
    if breaks(35) {
        request.time_in_force = TimeInForce::GoodTillDate(venue.now);
    }
    RowOf { broken: broken.to_vec(), venue, key, command: Command::SubmitOrder(request) }
}

/// Fills the book so that the order breaks rules of orders.
fn prepare_orders<E: Stage>(venue: &mut VenueOf<E>, broken: &[u16]) {
    let breaks = |rule| broken.contains(&rule);
    if breaks(47) {
        // A million lots on the side of the order, at a price that holds only fees.
        for name in 0..10 {
            venue.buy(1, 100_000, 0, &format!("large-{name}")).unwrap();
        }
    }
    if breaks(40) {
        venue.submit(order(1, Side::Sell, 1, 10_000_000, "the-order")).unwrap();
    }
    if breaks(54) {
        venue.sell(2, 1, 3_250_000, "the-offer").unwrap();
    }
    if breaks(46) {
        let mut refused = None;
        for name in 0..=1_000 {
            refused = venue.sell(1, 1, 10_000_000, &format!("small-{name}")).err();
            if refused.is_some() {
                break;
            }
        }
        assert_eq!(refused.map(|refused| refused.number()), Some(46));
    }
}

/// Brings the contract into the state in which the order breaks its rules.
fn prepare_contract<E: Stage>(venue: &mut VenueOf<E>, broken: &[u16]) {
    let breaks = |rule| broken.contains(&rule);
    if breaks(51) || breaks(52) {
        let mut controls = Controls { reference: Price(3_250_000), ..Controls::NONE };
        controls.band = Price(if breaks(52) { 100_000 } else { 0 });
        controls.daily_limits[0] = Price(if breaks(51) { 50_000 } else { 0 });
        venue.operate(Command::SetControls { instrument: CONTRACT, controls }).unwrap();
    }
    if breaks(37) {
        venue.operate(Command::HaltInstrument { instrument: CONTRACT }).unwrap();
    }
    let mut day = Day(TODAY.0 - 1);
    if breaks(42) {
        venue.now = usual_terms().end();
        day = Day(venue.now.day().0 - 1);
    }
    if breaks(41) {
        venue.fix(TODAY, FixingStage::Final, Some(3_000_000)).unwrap();
        venue.start(day, SettlementKind::Daily).unwrap();
    }
}

/// Uses up what the account may do, with an order in another contract.
fn prepare_account<E: Stage>(venue: &mut VenueOf<E>, broken: &[u16]) {
    let breaks = |rule| broken.contains(&rule);
    if !breaks(38) && !breaks(57) {
        return;
    }
    let month = Month { first_day: TODAY.plus(60), ..usual_month() };
    let terms = Terms { instrument: LATER, symbol: Symbol::new("LATER").unwrap(), ..terms_of(month) };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    let orders = RateLimit { per_second: u32::from(breaks(38)), burst: 0 };
    // The order is let in whatever the account has, and fills it up to what it may have.
    let unlimited = AccountLimits { orders, ..AccountLimits::default() };
    let account = AccountId(1);
    if breaks(57) && !breaks(38) {
        venue.submit(OrderRequest { instrument: LATER, ..order(1, Side::Buy, 1, 0, "later") }).unwrap();
        let limits = AccountLimits { open_orders_max: 1, ..unlimited };
        venue.operate(Command::SetAccountLimits { account, limits }).unwrap();
        return;
    }
    let live = if breaks(57) { 1 + live_orders(broken) } else { 0 };
    let limits = AccountLimits { open_orders_max: live, ..unlimited };
    venue.operate(Command::SetAccountLimits { account, limits }).unwrap();
    venue.submit(OrderRequest { instrument: LATER, ..order(1, Side::Buy, 1, 0, "later") }).unwrap();
}

/// How many live orders account 1 has when the book is prepared.
fn live_orders(broken: &[u16]) -> u32 {
    let orders = |rule, count| if broken.contains(&rule) { count } else { 0 };
    if broken.contains(&46) { limits::OPEN_ORDERS_MAX } else { orders(47, 10) + orders(40, 1) }
}

fn key_breaking<E: Stage>(venue: &mut VenueOf<E>, broken: &[u16]) -> u64 {
    let breaks = |rule| broken.contains(&rule);
    if breaks(1) {
        return UNKNOWN_KEY;
    }
    let account = if breaks(3) { 2 } else { 1 };
    let key = 100;
    venue.register(key, Role::Trader(AccountId(account))).unwrap();
    if breaks(2) {
        venue.operate(Command::RevokeKey { key: KeyId(key) }).unwrap();
    }
    key
}
