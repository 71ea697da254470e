//! Orders and cancels that break a rule, and orders that break each two of them.

use engine::command::{Command, FixingStage, OrderRequest, Role};
use engine::ids::{AccountId, InstrumentId, KeyId, OrderId};
use engine::instrument::SettlementKind;
use engine::units::{Day, Lots, Price, Side};

use super::{Row, UNKNOWN_KEY, check};
use crate::venue::{TODAY, Venue, order, usual_terms};

const RULES: [u16; 13] = [1, 2, 3, 34, 40, 41, 42, 43, 44, 45, 46, 47, 48];

#[test]
fn an_order_breaks_one_rule() {
    check(RULES.into_iter().map(|rule| breaking(&[rule])).collect());
}

#[test]
fn an_order_breaks_two_rules() {
    let mut rows = Vec::new();
    for (index, &first) in RULES.iter().enumerate() {
        for &second in &RULES[index + 1..] {
            // An unknown key can be neither revoked nor another account's.
            if !matches!((first, second), (1, 2 | 3)) {
                rows.push(breaking(&[first, second]));
            }
        }
    }
    check(rows);
}

#[test]
fn an_order_breaks_all_rules() {
    let all_but = |first: usize| breaking(&RULES[first..]);
    check((1..RULES.len()).map(all_but).collect());
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
fn breaking(broken: &[u16]) -> Row {
    let breaks = |rule| broken.contains(&rule);
    let mut request = order(1, Side::Buy, 7, 3_250_000, "the-order");
    // One million dollars pay for all that is prepared here and not for 100 000 lots.
    let mut venue = Venue::with_accounts(1..=2, 1_000_000);
    if breaks(48) {
        request.lots = Lots(100_000);
    } else {
        venue.credit(1, 900_000_000);
    }
    prepare(&mut venue, broken);

    if breaks(34) {
        request.instrument = InstrumentId(99);
    }
    if breaks(43) {
        request.lots = if breaks(48) { Lots(100_001) } else { Lots(0) };
    }
    request.limit = match (breaks(44), breaks(45)) {
        (false, false) => request.limit,
        (true, false) => Price(10_001_000),
        (false, true) => Price(3_250_500),
        (true, true) => Price(10_000_500),
    };
    let key = key_breaking(&mut venue, broken);
    Row { broken: broken.to_vec(), venue, key, command: Command::SubmitOrder(request) }
}

/// Brings the venue into the state in which the order breaks rules of state.
fn prepare(venue: &mut Venue, broken: &[u16]) {
    let breaks = |rule| broken.contains(&rule);
    if breaks(47) {
        // A million lots on the side of the order, at a price that holds only fees.
        for name in 0..10 {
            venue.buy(1, 100_000, 0, &format!("large-{name}")).unwrap();
        }
    }
    if breaks(40) {
        venue.submit(OrderRequest { limit: Price(10_000_000), ..order(1, Side::Sell, 1, 0, "the-order") }).unwrap();
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

fn key_breaking(venue: &mut Venue, broken: &[u16]) -> u64 {
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
