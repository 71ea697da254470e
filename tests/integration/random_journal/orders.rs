//! What traders send: orders of every kind, amendments, cancels.

use api::venue::machines::Action;
use engine::command::Command;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, KeyId, OrderId};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::orders::OrderState;
use engine::units::{Lots, Timestamp};
use rand::RngExt;

use super::{HOUR_US, Writer, key_of};

impl Writer {
    pub(super) fn order(&mut self) -> (KeyId, Action) {
        let (account, instrument, side, limit) = (self.account(), self.instrument(), self.side(), self.price());
        self.names += 1;
        let name = if self.random.random_range(0..30) == 0 { self.names / 2 } else { self.names };
        let client_order_id = ClientOrderId::new(&format!("order-{name}")).expect("a name");
        let lots = Lots(self.random.random_range(1..9));
        let plain = OrderRequest::limit(account, client_order_id, instrument, side, lots, limit);
        let end = Timestamp(self.time + self.random.random_range(1..30 * HOUR_US));
        let time_in_force = match self.random.random_range(0..20) {
            0..2 => TimeInForce::ImmediateOrCancel,
            2 => TimeInForce::FillOrKill,
            3 => TimeInForce::Day,
            4..6 => TimeInForce::GoodTillDate(end),
            _ => TimeInForce::GoodTillCancelled,
        };
        let reference = TriggerReference::ALL[self.random.random_range(0..3)];
        let trigger = self.random.random_bool(0.2).then(|| Trigger { reference, price: self.price() });
        let rests = time_in_force.rests();
        let pricing = if self.random.random_bool(0.1) { Pricing::Market } else { Pricing::Limit(limit) };
        let conditions = Conditions {
            post_only: rests && pricing != Pricing::Market && self.random.random_bool(0.08),
            reduce_only: instrument != InstrumentId(3) && self.random.random_bool(0.1),
        };
        let self_trade = [SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth];
        let self_trade = self_trade[self.random.random_range(0..3)];
        let request = OrderRequest { pricing, time_in_force, trigger, conditions, self_trade, ..plain };
        (key_of(account), Action::Exchange(Command::SubmitOrder(request)))
    }

    /// One of the last orders, mostly one that is still live.
    fn known(&mut self) -> (AccountId, OrderId) {
        let recent = self.orders.len().saturating_sub(80);
        let orders = self.core.engine().orders();
        let is_live = |order| {
            orders.get(order).is_some_and(|record| matches!(record.state, OrderState::Live | OrderState::Waiting))
        };
        let any = self.random.random_bool(0.2);
        let mut known = self.orders[recent..].iter().map(|&(account, order)| (AccountId(account), OrderId(order)));
        let skip = self.random.random_range(0..40);
        known.by_ref().take(skip).for_each(drop);
        known.find(|&(_, order)| any || is_live(order)).unwrap_or((AccountId(1), OrderId(1)))
    }

    pub(super) fn amend(&mut self) -> (KeyId, Action) {
        let (account, order) = self.known();
        let record = self.core.engine().orders().get(order);
        let (has_limit, waits) =
            record.map_or((true, false), |record| (record.limit.is_some(), record.state == OrderState::Waiting));
        let limit = (has_limit && self.random.random_bool(0.5)).then(|| self.price());
        let trigger = (waits && self.random.random_bool(0.5)).then(|| self.price());
        let lots = self.random.random_bool(0.6).then(|| Lots(self.random.random_range(1..9)));
        (key_of(account), Action::Exchange(Command::AmendOrder(Amendment { account, order, lots, limit, trigger })))
    }

    pub(super) fn cancel(&mut self) -> (KeyId, Action) {
        let (account, order) = self.known();
        let instrument = self.random.random_bool(0.5).then(|| self.instrument());
        let side = self.random.random_bool(0.5).then(|| self.side());
        let timeout_us = self.random.random_range(0..4) * 900_000_000;
        let command = match self.random.random_range(0..40) {
            0..2 => Command::CancelAllOrders { account, instrument, side },
            2..4 => Command::CancelAfter { account, timeout_us },
            _ => Command::CancelOrder { account, order },
        };
        (key_of(account), Action::Exchange(command))
    }
}
