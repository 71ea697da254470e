//! A trade's consequences: orders shrink, positions and holds change, money and assets move.

use crate::book::{Resting, Slot};
use crate::cover::Changed;
use crate::engine::Engine;
use crate::event::{Event, Trade, TradeSide, TransferReason};
use crate::exposure::Contract;
use crate::exposures::Entry;
use crate::ids::{AccountId, TradeId};
use crate::ledger::{BalanceSlot, LedgerAccount};
use crate::order::TriggerReference;
use crate::orders::{NONE, OrderState};
use crate::trading::Arrival;
use crate::units::{Amount, Cash, Lots, Price, Side};

impl Engine {
    /// Clears a trade: both orders shrink, both positions change and with them what both must hold; then the postings.
    pub(crate) fn clear_fill(
        &mut self,
        arrival: &Arrival,
        slot: Slot,
        maker: &Resting,
        lots: Lots,
        events: &mut Vec<Event>,
    ) {
        let now = self.time;
        let market = self.markets.get_mut(arrival.market);
        let (contract, legs) = (market.contract, market.legs);
        market.book.fill(slot, lots);
        market.last_trades.note(now.day(), maker.price);
        market.stops.note(TriggerReference::Last, maker.price);
        if contract.is_margined && legs.is_none() {
            market.closing.note(now, maker.price, lots);
        }
        let maker_account = self.orders.live(maker.link).account;
        let tiers = market.fees.at(now);
        let tier = |account| usize::from(*self.accounts.get(account).fee_tier.at(now));
        let taker_fee = tiers[tier(arrival.account)].taker.notional(lots, contract.hours);
        let maker_fee = tiers[tier(maker_account)].maker.notional(lots, contract.hours);
        // Who closes an account out is not rewarded for it, and the account pays the insurance fund instead.
        let closes = arrival.hot == NONE;
        let (taker_fee, maker_fee) =
            if closes { (Cash::ZERO, maker_fee.max(Cash::ZERO)) } else { (taker_fee, maker_fee) };

        self.last_trade = TradeId(self.last_trade.0 + 1);
        events.push(Event::Traded(Trade {
            trade: self.last_trade,
            instrument: arrival.instrument,
            price: maker.price,
            lots,
            taker_side: arrival.side,
            taker: TradeSide { order: arrival.order, account: arrival.account_id, fee: taker_fee },
            maker: TradeSide { order: maker.order, account: maker.account, fee: maker_fee },
        }));
        // The maker's exposure is looked up before its order may be gone, and what is needed of both before they may be forgotten.
        let maker_exposure = self.orders.live(maker.link).exposure;
        let [taker_dollars, maker_dollars] =
            [arrival.exposure, maker_exposure].map(|place| self.exposures.get(place).dollars);
        if let Some(legs) = legs {
            self.clear_spread(legs, (arrival.hot, maker.link), maker.price, lots, events);
        } else {
            if closes {
                self.clear_closed(arrival, maker.price, lots);
            } else {
                self.clear_side(&contract, arrival.hot, maker.price, lots);
            }
            self.clear_side(&contract, maker.link, maker.price, lots);
        }
        if let Some(lot_size) = contract.lot_size {
            self.exchange(arrival, maker_exposure, maker.price, lots, lot_size, events);
        }
        self.post_fee(taker_dollars, arrival.account_id, taker_fee, events);
        self.post_fee(maker_dollars, maker.account, maker_fee, events);
        if closes {
            self.charge_for_closing(arrival, maker.price, lots, events);
        }
        self.ledger.assert_covered(taker_dollars);
        self.ledger.assert_covered(maker_dollars);
        if maker_exposure != arrival.exposure {
            self.exposures.release(maker_exposure);
        }
    }

    /// One account's half of a trade: the order shrinks, the position grows, the hold follows.
    fn clear_side(&mut self, contract: &Contract, hot: u32, price: Price, lots: Lots) {
        let live = self.orders.live_mut(hot);
        live.filled += lots;
        let (side, limit, place, is_filled) = (live.side, live.limit, live.exposure, live.remaining().is_zero());
        let Entry { mut exposure, market, .. } = *self.exposures.get(place);
        let long_before = exposure.position.0.max(0);
        exposure.shrink(contract, side, limit, lots);
        exposure.trade(contract, side, price, lots);
        self.markets.get_mut(market).open_interest += exposure.position.0.max(0) - long_before;
        if is_filled {
            exposure.orders_count -= 1;
            self.finish(hot, OrderState::Filled);
        }
        self.set_exposure(place, &exposure);
        self.note_margin(place, Changed::Traded { side, limit, lots, price });
    }

    /// A spot trade: the payment, then the asset.
    fn exchange(
        &mut self,
        arrival: &Arrival,
        maker_exposure: u32,
        price: Price,
        lots: Lots,
        lot_size: Amount,
        events: &mut Vec<Event>,
    ) {
        let (taker, maker) = (*self.exposures.get(arrival.exposure), *self.exposures.get(maker_exposure));
        let (buyer, seller) = if arrival.side == Side::Buy { (taker, maker) } else { (maker, taker) };
        let (from, to) = (LedgerAccount::Customer(buyer.account_id), LedgerAccount::Customer(seller.account_id));
        let reason = TransferReason::Purchase;
        let contract = self.markets.get(arrival.market).contract;
        let payment = price.notional(lots, contract.hours);
        if payment > Cash::ZERO {
            self.ledger.transfer(buyer.dollars, seller.dollars, payment.into());
            events.push(Event::Transferred { from, to, asset: Engine::MONEY, amount: payment.into(), reason });
        }
        let asset = self.markets.get(arrival.market).terms.base().expect("a spot pair has an asset");
        let amount = Amount(i64::from(lots.0) * lot_size.0);
        let [paid, received] =
            [seller.base, buyer.base].map(|slot| slot.expect("a spot pair's exposure has a balance"));
        self.note_shares(asset, to, from, amount);
        self.ledger.transfer(paid, received, amount);
        events.push(Event::Transferred { from: to, to: from, asset, amount, reason });
        self.ledger.assert_covered(paid);
    }

    /// Pays a fee, or a rebate if it is negative.
    fn post_fee(&mut self, dollars: BalanceSlot, account: AccountId, fee: Cash, events: &mut Vec<Event>) {
        let (customer, fees, asset) = (LedgerAccount::Customer(account), LedgerAccount::Fees, Engine::MONEY);
        if fee > Cash::ZERO {
            self.ledger.transfer(dollars, self.fees, fee.into());
            let (amount, reason) = (fee.into(), TransferReason::Fee);
            events.push(Event::Transferred { from: customer, to: fees, asset, amount, reason });
        } else if fee < Cash::ZERO {
            self.ledger.transfer(self.fees, dollars, (-fee).into());
            let (amount, reason) = ((-fee).into(), TransferReason::Rebate);
            events.push(Event::Transferred { from: fees, to: customer, asset, amount, reason });
        }
    }
}
