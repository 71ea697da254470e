//! What the default waterfall can be refused for, and what an account in liquidation is refused.

use engine::Engine;
use engine::command::{Command, Role};
use engine::ids::{AccountId, ClientOrderId, InstrumentId};
use engine::order::OrderRequest;
use engine::rules::Rules;
use engine::units::{Amount, Lots, Price, Side};

use super::{RowOf, UNKNOWN_KEY, check};
use crate::incidents::{CONTRACT, coin, move_to, serve, stage};
use crate::margin::{DOLLAR, LENIENT, trade, venue_under};
use crate::twin::Twin;
use crate::venue::{Stage, VenueOf};

const NOBODY: u32 = 99;

fn funds(number: u64, amount: i64) -> Command {
    Command::FundInsurance { number, amount: Amount(amount) }
}

fn backs(account: u32) -> Command {
    Command::SetBackstop { account: Some(AccountId(account)) }
}

#[test]
fn fund_and_backstop() {
    check(rows_of_operators::<Engine>());
    check(rows_of_operators::<Twin>());
}

fn rows_of_operators<E: Stage>() -> Vec<RowOf<E>> {
    let mut early = venue_under::<E>(Rules::THIRD, 1, 100);
    let mut venue = venue_under::<E>(Rules::LATEST, 1, 100);
    for venue in [&mut early, &mut venue] {
        venue.register(7, Role::Operator).unwrap();
    }
    venue.operate(funds(1, 5)).unwrap();
    // The fund counts its own payments, and all money there is counts against the most that the venue holds.
    let most = engine::limits::TOTAL_CASH_MAX.0;
    let mut full = venue.clone();
    let inside = 100 * DOLLAR + 5;
    let (mut number, mut left) = (2, most - inside);
    while left > 0 {
        let part = left.min(engine::limits::DEPOSIT_MAX.0);
        full.operate(funds(number, part)).unwrap();
        (number, left) = (number + 1, left - part);
    }
    let row = |broken: &[u16], venue: &VenueOf<E>, command| RowOf::of_venue(broken, venue, command);
    vec![
        row(&[7], &early, funds(1, 5)),
        row(&[7, 60, 61], &early, funds(2, 0)),
        row(&[7], &early, backs(1)),
        row(&[7, 11], &early, backs(NOBODY)),
        row(&[11], &venue, backs(NOBODY)),
        row(&[60], &venue, funds(2, 0)),
        row(&[60], &venue, funds(2, -1)),
        row(&[60], &venue, funds(2, i64::MAX)),
        row(&[60, 61], &venue, funds(1, 0)),
        row(&[61], &venue, funds(1, 5)),
        row(&[61], &venue, funds(3, 5)),
        row(&[61, 62], &full, funds(1, 5)),
        row(&[62], &full, funds(number, 1)),
        RowOf { key: UNKNOWN_KEY, ..row(&[1, 60], &venue, funds(2, 0)) },
        RowOf::of_account(&[3, 60], &venue, 1, funds(2, 0)),
        RowOf::of_account(&[3, 11], &venue, 1, backs(NOBODY)),
    ]
}

#[test]
fn orders_of_an_account_in_liquidation() {
    check(rows_of_orders::<Engine>());
    check(rows_of_orders::<Twin>());
}

/// Account 1 waits for its second round: long 10 with 6.40 of 7.20.
fn rows_of_orders<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage::<E>(1, LENIENT, &[10, 1_000]);
    let margin = engine::margin::SeriesMargin { mark_band: Price(0), ..LENIENT };
    super::super::incidents::set_margin(&mut venue, margin);
    move_to(&mut venue, 1, 3 * DOLLAR, 300_000);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    let first = format!("n{}", venue.seq - 1);
    move_to(&mut venue, 2, 2_640_000, 300_000);
    serve(&mut venue);
    let order = |instrument, lots, name: &str| {
        let name = ClientOrderId::new(name).unwrap();
        let request = OrderRequest::limit(AccountId(1), name, instrument, Side::Sell, Lots(lots), Price(3 * DOLLAR));
        Command::SubmitOrder(request)
    };
    let row = |broken: &[u16], command| RowOf::of_account(broken, &venue, 1, command);
    let listed = coin(1).instrument;
    assert_eq!(listed, CONTRACT);
    vec![
        row(&[77], order(CONTRACT, 1, "new")),
        row(&[77, 43], order(CONTRACT, 0, "new")),
        row(&[34, 77], order(InstrumentId(NOBODY), 1, "new")),
        row(&[40, 77], order(CONTRACT, 9, &first)),
    ]
}
