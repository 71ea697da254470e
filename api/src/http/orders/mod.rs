//! Orders over HTTP: how they are written, placed, found, changed and taken back.

use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, OrderId};
use engine::orders::OrderRecord;

use crate::http::numbers::Amount;
use crate::http::orders::shape::{Order, OrderFill};
use crate::venue::machines::{Core, Happening};

pub mod amend;
pub mod cancel;
pub mod place;
pub mod query;
pub mod shape;
mod words;

/// An order of this account; one of another account is not there.
fn find(core: &Core, account: AccountId, order: OrderId) -> Option<Order> {
    let record = core.engine().orders().get(order).filter(|record| record.request.account == account)?;
    Some(order_of(core, order, &record))
}

fn order_of(core: &Core, id: OrderId, record: &OrderRecord) -> Order {
    let instrument = core.engine().market(record.request.instrument);
    let symbol = instrument.map_or_else(String::new, |market| market.terms.symbol.to_string());
    Order::of_record(id, symbol, record)
}

/// What an arriving order traded, and why the rest of it was cancelled, if it was.
#[derive(Default)]
struct Arrival {
    filled: u32,
    fills: Vec<OrderFill>,
    cancelled: Option<CancelReason>,
}

impl Arrival {
    /// Reads it off the events of the command with which the order arrived; those of resting orders are not its own.
    fn of(order: OrderId, happenings: &[Happening]) -> Arrival {
        let mut arrival = Arrival::default();
        for happening in happenings {
            match happening {
                Happening::Exchange(Event::Traded(trade)) if trade.taker.order == order => {
                    arrival.filled += trade.lots.0;
                    arrival.fills.push(OrderFill {
                        trade_id: trade.trade.to_string(),
                        price: trade.price.into(),
                        lots: trade.lots.0,
                        fee: Amount::from(trade.taker.fee),
                        liquidity: "taker",
                    });
                }
                Happening::Exchange(Event::OrderCancelled { order: cancelled, reason, .. }) if *cancelled == order => {
                    arrival.cancelled = Some(*reason);
                }
                _ => {}
            }
        }
        arrival
    }

    fn cancel_reason(&self) -> Option<&'static str> {
        self.cancelled.map(cancel_reason_name)
    }
}

/// The name of a reason at the API.
fn cancel_reason_name(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::Expired => "expired",
        CancelReason::FillLimit => "fill_limit",
        CancelReason::ImmediateOrCancel => "immediate_or_cancel",
        CancelReason::FillOrKill => "fill_or_kill",
        CancelReason::TimeInForce => "time_in_force",
        CancelReason::SelfTrade => "self_trade",
        CancelReason::ReduceOnly => "reduce_only",
        CancelReason::MassCancel => "mass_cancel",
        CancelReason::CancelAfter => "cancel_after",
        CancelReason::DailyLimit => "daily_limit",
        CancelReason::MarginCall => "margin_call",
        CancelReason::Liquidation => "liquidation",
        CancelReason::Exit => "exit",
        CancelReason::Refused(_) => "refused",
    }
}
