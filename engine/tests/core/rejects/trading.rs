//! What amendments, cancels and orders of every kind can be refused for.

use engine::Engine;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::Command;
use engine::ids::{AccountId, KeyId, OrderId};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, TimeInForce, Trigger, TriggerReference};
use engine::units::{Lots, Price, Side};

use super::accounts::{NOWHERE, PAIR, stage};
use super::{RowOf, check};
use crate::twin::Twin;
use crate::venue::{CONTRACT, Stage, order, usual_terms};

/// A plain order of account 1 in the usual contract.
fn plain(name: &str) -> OrderRequest {
    order(1, Side::Buy, 1, 3_000_000, name)
}

#[test]
fn orders_of_every_kind() {
    check(rows_of_kinds::<Twin>());
    check(rows_of_kinds::<Engine>());
}

fn rows_of_kinds<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage();
    venue.sell(2, 1, 3_500_000, "offer").unwrap();
    venue.buy(1, 1, 3_500_000, "bid").unwrap();
    let row = |broken: &[u16], request| RowOf::of_account(broken, &venue, 1, Command::SubmitOrder(request));
    let new = plain("new");
    let market = OrderRequest { pricing: Pricing::Market, ..new };
    let post_only = Conditions { post_only: true, reduce_only: false };
    let reduce_only = Conditions { post_only: false, reduce_only: true };
    let stop = |reference, price| OrderRequest { trigger: Some(Trigger { reference, price: Price(price) }), ..new };
    let (last, index) = (TriggerReference::Last, TriggerReference::Index);
    let in_pair = |request| OrderRequest { instrument: PAIR, ..request };
    let ioc = TimeInForce::ImmediateOrCancel;
    vec![
        row(&[39], market),
        row(&[39, 43], OrderRequest { lots: Lots(0), ..market }),
        row(&[35, 39], OrderRequest { conditions: post_only, ..market }),
        row(&[35], OrderRequest { conditions: post_only, time_in_force: ioc, ..new }),
        row(&[35], OrderRequest { conditions: post_only, time_in_force: TimeInForce::FillOrKill, ..new }),
        row(&[35], OrderRequest { time_in_force: TimeInForce::GoodTillDate(venue.now), ..new }),
        row(
            &[35],
            OrderRequest { time_in_force: TimeInForce::GoodTillDate(usual_terms().end().plus_micros(1)), ..new },
        ),
        row(&[35], in_pair(OrderRequest { conditions: reduce_only, ..new })),
        row(&[35], in_pair(stop(index, 4_000_000))),
        row(&[36], OrderRequest { sent: Some(venue.now.plus_micros(60_000_001)), ..new }),
        row(&[44], stop(last, 10_001_000)),
        row(&[45], stop(last, 4_000_500)),
        row(&[44, 45], OrderRequest { pricing: Pricing::Limit(Price(10_001_000)), ..stop(last, 4_000_500) }),
        row(&[45, 44], OrderRequest { pricing: Pricing::Limit(Price(-1_000)), ..stop(last, 4_000_500) }),
        row(&[55], stop(last, 3_500_000)),
        row(&[55], OrderRequest { side: Side::Sell, ..stop(last, 3_500_000) }),
        // The account is long, so that a buy has nothing to reduce.
        row(&[56], OrderRequest { conditions: reduce_only, ..new }),
        row(&[64], in_pair(OrderRequest { side: Side::Sell, ..new })),
        row(
            &[48, 64],
            in_pair(OrderRequest {
                side: Side::Sell,
                account: AccountId(11),
                pricing: Pricing::Limit(Price(0)),
                ..new
            }),
        ),
    ]
}

#[test]
fn amendments_and_cancels() {
    check(rows_of_changes::<Twin>());
    check(rows_of_changes::<Engine>());
}

fn rows_of_changes<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage();
    venue.sell(2, 5, 3_500_000, "offer").unwrap();
    venue.buy(1, 2, 3_500_000, "trade").unwrap();
    let partly = venue.buy(1, 5, 3_500_000, "partly").unwrap();
    venue.sell(2, 1, 4_000_000, "dear").unwrap();
    let waiting = OrderRequest {
        pricing: Pricing::Market,
        trigger: Some(Trigger { reference: TriggerReference::Last, price: Price(3_600_000) }),
        ..plain("waiting")
    };
    let waiting = venue.submit(waiting).unwrap();
    let post_only = Conditions { post_only: true, reduce_only: false };
    let quiet = venue.submit(OrderRequest { conditions: post_only, ..plain("quiet") }).unwrap();

    let none = Amendment { account: AccountId(1), order: partly, lots: None, limit: None, trigger: None };
    let lots = |lots| Amendment { lots: Some(Lots(lots)), ..none };
    let limit = |price| Amendment { limit: Some(Price(price)), ..none };
    let trigger = |price| Amendment { order: waiting, trigger: Some(Price(price)), ..none };
    let row = |broken: &[u16], amendment| RowOf::of_account(broken, &venue, 1, Command::AmendOrder(amendment));
    let mut halted = venue.clone();
    halted.operate(Command::HaltInstrument { instrument: CONTRACT }).unwrap();
    let on_hold = RowOf::of_account(&[37, 43], &halted, 1, Command::AmendOrder(lots(0)));
    let mut busy = venue.clone();
    let rate = RateLimit { per_second: 1, burst: 0 };
    let limits = AccountLimits { orders: rate, cancels: rate, ..AccountLimits::default() };
    busy.operate(Command::SetAccountLimits { account: AccountId(1), limits }).unwrap();
    busy.send(KeyId(1), Command::AmendOrder(none)).unwrap();
    busy.send(KeyId(1), Command::CancelOrder { account: AccountId(1), order: quiet }).unwrap();
    let at_once = |broken: &[u16], command| RowOf::of_account(broken, &busy, 1, command);
    let account = AccountId(1);
    let all = |instrument| Command::CancelAllOrders { account, instrument, side: None };
    vec![
        row(&[50, 35], Amendment { order: OrderId(1), ..trigger(3_700_000) }),
        RowOf::of_account(&[3], &venue, 2, Command::AmendOrder(none)),
        RowOf::of_account(&[50], &venue, 2, Command::AmendOrder(Amendment { account: AccountId(2), ..none })),
        row(&[35], Amendment { order: waiting, ..limit(3_700_000) }),
        row(&[35], Amendment { order: partly, ..trigger(3_700_000) }),
        on_hold,
        row(&[43], lots(3)),
        row(&[43], lots(100_001)),
        row(&[43, 44], Amendment { lots: Some(Lots(3)), ..limit(10_001_000) }),
        row(&[44], limit(10_001_000)),
        row(&[45], limit(3_000_500)),
        row(&[44], trigger(10_001_000)),
        row(&[45], trigger(3_600_500)),
        row(&[55], trigger(3_500_000)),
        row(&[54], Amendment { order: quiet, ..limit(4_000_000) }),
        row(&[48], Amendment { lots: Some(Lots(100_000)), ..limit(3_400_000) }),
        at_once(&[38, 43], Command::AmendOrder(lots(0))),
        at_once(&[38], Command::CancelOrder { account, order: partly }),
        at_once(&[50, 38], Command::CancelOrder { account, order: quiet }),
        at_once(&[38], all(None)),
        at_once(&[34, 38], all(Some(NOWHERE))),
        at_once(&[38, 67], Command::CancelAfter { account, timeout_us: 86_400_000_001 }),
        RowOf::of_account(&[67], &venue, 1, Command::CancelAfter { account, timeout_us: 86_400_000_001 }),
        RowOf::of_account(&[34], &venue, 1, all(Some(NOWHERE))),
        RowOf::of_account(&[3], &venue, 2, all(None)),
    ]
}

/// It would show in the trace.
#[test]
fn what_is_refused_spends_nothing_of_a_rate() {
    check(rows_within_a_rate::<Twin>());
    check(rows_within_a_rate::<Engine>());
}

fn rows_within_a_rate<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage();
    let order = venue.submit(plain("order")).unwrap();
    let (account, rate) = (AccountId(1), RateLimit { per_second: 1, burst: 0 });
    let limits = AccountLimits { orders: rate, cancels: rate, ..AccountLimits::default() };
    venue.operate(Command::SetAccountLimits { account, limits }).unwrap();
    let row = |broken: &[u16], command| RowOf::of_account(broken, &venue, 1, command);
    let pricing = Pricing::Limit(Price(10_001_000));
    let amendment = Amendment { account, order, lots: Some(Lots(0)), limit: None, trigger: None };
    vec![
        row(&[44], Command::SubmitOrder(OrderRequest { pricing, ..plain("new") })),
        row(&[43], Command::AmendOrder(amendment)),
        row(&[50], Command::CancelOrder { account, order: OrderId(0) }),
        row(&[34], Command::CancelAllOrders { account, instrument: Some(NOWHERE), side: None }),
        row(&[67], Command::CancelAfter { account, timeout_us: 86_400_000_001 }),
    ]
}
