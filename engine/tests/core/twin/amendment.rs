//! Amendments and single cancels of the twin.

use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, OrderId};
use engine::order::{Amendment, OrderRequest, Trigger};
use engine::reject::Reject;
use engine::units::{Lots, Price};

use super::collateral::Arrival;
use super::{Order, Twin};

impl Twin {
    pub(super) fn amend(&mut self, amendment: &Amendment) -> Result<(), Reject> {
        let found = self.live_order_of(amendment.account, amendment.order)?.clone();
        let OrderRequest { account, instrument, side, conditions, .. } = found.request;
        self.refuse_in_liquidation(account)?;
        self.refuse_in_exit(account)?;
        let invalid = |rule| Err(Reject::InvalidOrder { rule });
        if amendment.limit.is_some() && found.limit.is_none() {
            return invalid("an order without a limit cannot be given one");
        }
        if amendment.trigger.is_some() && found.waits_for.is_none() {
            return invalid("only a waiting stop order has a trigger");
        }
        self.check_open(instrument)?;
        self.check_order_rate(account)?;
        let lots = amendment.lots.unwrap_or(Lots(found.lots));
        self.check_lots(instrument, lots, Lots(found.filled + 1))?;
        for price in amendment.limit.into_iter().chain(amendment.trigger) {
            self.check_price(instrument, price)?;
        }

        let limit = amendment.limit.or(found.limit);
        let trigger = found.waits_for.map(|old| Trigger { price: amendment.trigger.unwrap_or(old.price), ..old });
        let keeps_place = trigger.is_some() || (limit == found.limit && lots.0 <= found.lots);
        if let Some(trigger) = trigger {
            self.check_out_of_reach(instrument, side, trigger)?;
        } else if !keeps_place {
            let arrival = Arrival {
                account,
                instrument,
                side,
                lots: lots.0 - found.filled,
                limit: limit.unwrap(),
                conditions,
                instead_of: Some(found.order),
            };
            self.check_book(&arrival)?;
            self.check_cover(&arrival)?;
        }
        self.change(&found, lots, limit, trigger, keeps_place);
        Ok(())
    }

    fn change(&mut self, found: &Order, lots: Lots, limit: Option<Price>, trigger: Option<Trigger>, keeps_place: bool) {
        let (order, now) = (found.order, self.now);
        let changed = self.order_mut(order);
        changed.lots = lots.0;
        changed.limit = limit;
        changed.waits_for = trigger;
        self.account_mut(found.request.account).ordered.push(now);
        self.events.push(Event::OrderAmended { order, lots, limit, trigger: trigger.map(|trigger| trigger.price) });
        if keeps_place {
            self.pause_at_limit(found.request.instrument, self.trades.len());
        } else {
            self.leave_place(order);
            self.arrive(order);
        }
    }

    pub(super) fn cancel(&mut self, account: AccountId, order: OrderId) -> Result<(), Reject> {
        self.live_order_of(account, order)?;
        self.check_cancel_rate(account)?;
        let now = self.now;
        self.account_mut(account).cancelled.push(now);
        self.take_out(order, CancelReason::Requested);
        Ok(())
    }

    fn live_order_of(&self, account: AccountId, order: OrderId) -> Result<&Order, Reject> {
        let own = |known: &&Order| known.order == order && known.request.account == account && known.live;
        self.orders.iter().find(own).ok_or(Reject::OrderNotLive { order })
    }
}
