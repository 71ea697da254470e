//! Fill or kill among orders that may only reduce: judged with positions as the fills before would leave them.

use engine::Engine;
use engine::event::{CancelReason, Event};
use engine::ids::OrderId;
use engine::order::{Conditions, OrderRequest, TimeInForce};
use engine::units::Side;

use crate::twin::Twin;
use crate::venue::{Stage, VenueOf, order};

const PRICE: i64 = 3_000_000;
const REDUCE_ONLY: Conditions = Conditions { post_only: false, reduce_only: true };

/// `trades 2`, `cancels fill_or_kill 4`: what happened to the orders, in its order.
fn turns<E>(venue: &VenueOf<E>) -> Vec<String> {
    let turn = |event: &Event| match event {
        Event::Traded(trade) => Some(format!("trades {}", trade.lots)),
        Event::OrderRested { lots, .. } => Some(format!("rests {lots}")),
        Event::OrderCancelled { lots, reason: CancelReason::FillOrKill, .. } => Some(format!("kills {lots}")),
        Event::OrderCancelled { lots, reason: CancelReason::ReduceOnly, .. } => Some(format!("ends {lots}")),
        Event::OrderCancelled { reason, .. } => Some(format!("{reason:?}")),
        _ => None,
    };
    venue.events.iter().filter_map(turn).collect()
}

/// Account 1 trades three lots with account 2 and is left long, or short.
fn venue_with<E: Stage>(side: Side) -> VenueOf<E> {
    let mut venue = VenueOf::with_accounts(1..=3, 1_000_000);
    venue.submit(order(2, side.opposite(), 3, PRICE, "other-side")).unwrap();
    venue.submit(order(1, side, 3, PRICE, "position")).unwrap();
    assert_eq!(turns(&venue), ["trades 3"]);
    venue
}

fn submit<E: Stage>(venue: &mut VenueOf<E>, request: OrderRequest) -> Vec<String> {
    let answer: Result<OrderId, _> = venue.submit(request);
    answer.unwrap();
    turns(venue)
}

fn kill(request: OrderRequest) -> OrderRequest {
    OrderRequest { time_in_force: TimeInForce::FillOrKill, ..request }
}

/// Each of the two could trade two lots; once one has, the other can trade one.
fn resting_orders_share_a_position<E: Stage>() {
    for (side, against) in [(Side::Sell, Side::Buy), (Side::Buy, Side::Sell)] {
        let mut venue = venue_with::<E>(side);
        for name in ["first", "second"] {
            let resting = OrderRequest { conditions: REDUCE_ONLY, ..order(1, against, 2, PRICE, name) };
            assert_eq!(submit(&mut venue, resting), ["rests 2"]);
        }
        assert_eq!(submit(&mut venue, kill(order(3, side, 4, PRICE, "four"))), ["kills 4"]);
        assert_eq!(submit(&mut venue, kill(order(3, side, 3, PRICE, "three"))), ["trades 2", "trades 1", "ends 1"]);
    }
}

/// Two orders offer two lots each, and the account has three.
fn an_arriving_order_uses_up_its_position<E: Stage>() {
    for (side, against) in [(Side::Buy, Side::Sell), (Side::Sell, Side::Buy)] {
        let mut venue = venue_with::<E>(side);
        for name in ["first", "second"] {
            assert_eq!(submit(&mut venue, order(3, side, 2, PRICE, name)), ["rests 2"]);
        }
        let arriving =
            |lots, name| kill(OrderRequest { conditions: REDUCE_ONLY, ..order(1, against, lots, PRICE, name) });
        assert_eq!(submit(&mut venue, arriving(4, "four")), ["kills 4"]);
        assert_eq!(submit(&mut venue, arriving(3, "three")), ["trades 2", "trades 1"]);
    }
}

#[test]
fn resting_reduce_only_orders_are_judged_one_after_the_other() {
    resting_orders_share_a_position::<Twin>();
    resting_orders_share_a_position::<Engine>();
}

#[test]
fn an_arriving_reduce_only_order_is_judged_by_what_is_left_of_its_position() {
    an_arriving_order_uses_up_its_position::<Twin>();
    an_arriving_order_uses_up_its_position::<Engine>();
}
