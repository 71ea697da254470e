//! How the words of an order become the engine's types, and what the engine remembers becomes words again.

use engine::ids::{AccountId, InstrumentId, OrderId};
use engine::order::{
    Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce as EngineTimeInForce, Trigger, TriggerReference,
};
use engine::orders::{OrderRecord, OrderState};
use engine::units::{Lots, Side, Timestamp};

use crate::http::extract::client_order_id;
use crate::http::numbers::Amount;
use crate::http::orders::shape::{
    NewOrder, Order, OrderSide, OrderType, SelfTradePrevention, Stop, StopReference, TimeInForce,
};
use crate::http::problem::Problem;

impl NewOrder {
    /// The order in the engine's words. Fields that contradict each other stop here; the rest is the engine's to judge.
    pub(super) fn request(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        signed: Option<Timestamp>,
    ) -> Result<OrderRequest, Problem> {
        Ok(OrderRequest {
            account,
            client_order_id: client_order_id(&self.client_order_id)?,
            instrument,
            side: self.side.into(),
            lots: Lots(self.lots),
            pricing: self.pricing()?,
            time_in_force: self.time_in_force()?,
            trigger: self.stop.map(Trigger::from),
            conditions: Conditions { post_only: self.post_only, reduce_only: self.reduce_only },
            self_trade: self.self_trade_prevention.into(),
            sent: self.sent_ts_us.map(Timestamp).or(signed),
        })
    }

    fn pricing(&self) -> Result<Pricing, Problem> {
        match (self.kind, self.limit_price) {
            (OrderType::Limit, Some(limit)) => Ok(Pricing::Limit(limit.price())),
            (OrderType::Market, None) => Ok(Pricing::Market),
            (OrderType::Limit, None) => Err(Problem::invalid("limit_price", "a limit order needs a limit_price")),
            (OrderType::Market, Some(_)) => {
                Err(Problem::invalid("limit_price", "a market order has no limit_price; leave it out, or send a limit"))
            }
        }
    }

    fn time_in_force(&self) -> Result<EngineTimeInForce, Problem> {
        let unless_said = match self.kind {
            OrderType::Limit => TimeInForce::Gtc,
            OrderType::Market => TimeInForce::Ioc,
        };
        match (self.time_in_force.unwrap_or(unless_said), self.expires_ts_us) {
            (TimeInForce::Gtc, None) => Ok(EngineTimeInForce::GoodTillCancelled),
            (TimeInForce::Ioc, None) => Ok(EngineTimeInForce::ImmediateOrCancel),
            (TimeInForce::Fok, None) => Ok(EngineTimeInForce::FillOrKill),
            (TimeInForce::Day, None) => Ok(EngineTimeInForce::Day),
            (TimeInForce::Gtd, Some(expires)) => Ok(EngineTimeInForce::GoodTillDate(Timestamp(expires))),
            _ => Err(Problem::invalid("expires_ts_us", "expires_ts_us goes with time_in_force gtd, and gtd with it")),
        }
    }
}

impl Order {
    /// An order as it was asked for; nothing has become of it yet.
    pub(super) fn of_request(id: OrderId, instrument: String, request: &OrderRequest) -> Order {
        let (time_in_force, expires_ts_us) = time_in_force_of(request.time_in_force);
        let limit = request.pricing.limit();
        Order {
            order_id: id.to_string(),
            client_order_id: request.client_order_id.to_string(),
            account: request.account.0,
            instrument,
            side: request.side.into(),
            lots: request.lots.0,
            kind: if limit.is_some() { OrderType::Limit } else { OrderType::Market },
            limit_price: limit.map(Amount::from),
            time_in_force,
            expires_ts_us,
            post_only: request.conditions.post_only,
            reduce_only: request.conditions.reduce_only,
            stop: request.trigger.map(Stop::from),
            self_trade_prevention: request.self_trade.into(),
            filled_lots: 0,
            remaining_lots: request.lots.0,
            state: if request.trigger.is_some() { "waiting" } else { "live" },
        }
    }

    /// An order as it stands.
    pub(super) fn of_record(id: OrderId, instrument: String, record: &OrderRecord) -> Order {
        let asked = Order::of_request(id, instrument, &record.request);
        Order {
            lots: record.lots.0,
            limit_price: record.limit.map(Amount::from),
            stop: record.trigger.map(Stop::from).or(asked.stop),
            filled_lots: record.filled.0,
            remaining_lots: record.remaining().0,
            state: match record.state {
                OrderState::Live => "live",
                OrderState::Waiting => "waiting",
                OrderState::Filled => "filled",
                OrderState::Cancelled => "cancelled",
            },
            ..asked
        }
    }
}

fn time_in_force_of(time_in_force: EngineTimeInForce) -> (TimeInForce, Option<i64>) {
    match time_in_force {
        EngineTimeInForce::GoodTillCancelled => (TimeInForce::Gtc, None),
        EngineTimeInForce::ImmediateOrCancel => (TimeInForce::Ioc, None),
        EngineTimeInForce::FillOrKill => (TimeInForce::Fok, None),
        EngineTimeInForce::Day => (TimeInForce::Day, None),
        EngineTimeInForce::GoodTillDate(expires) => (TimeInForce::Gtd, Some(expires.0)),
    }
}

/// Two enums that say the same in other words.
macro_rules! same_words {
    ($($ours:ident = $theirs:ident { $($variant:ident),* })*) => {$(
        impl From<$ours> for $theirs {
            fn from(ours: $ours) -> $theirs {
                match ours { $($ours::$variant => $theirs::$variant),* }
            }
        }

        impl From<$theirs> for $ours {
            fn from(theirs: $theirs) -> $ours {
                match theirs { $($theirs::$variant => $ours::$variant),* }
            }
        }
    )*};
}

same_words! {
    OrderSide = Side { Buy, Sell }
    StopReference = TriggerReference { Last, Mark, Index }
    SelfTradePrevention = SelfTrade { CancelNewest, CancelOldest, CancelBoth }
}

impl From<Stop> for Trigger {
    fn from(stop: Stop) -> Trigger {
        Trigger { reference: stop.reference.into(), price: stop.price.price() }
    }
}

impl From<Trigger> for Stop {
    fn from(trigger: Trigger) -> Stop {
        Stop { reference: trigger.reference.into(), price: trigger.price.into() }
    }
}
