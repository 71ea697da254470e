//! Looks ahead: loads what the next commands will read, so that they do not wait for the memory one after the other.
//!
//! An order's name, its account's exposure, the order that a cancel names: each lies somewhere in tables far larger than
//! any cache, and each is found through another. A command alone has to wait for all of them in turn. Of a group of
//! commands the first loads wait together, then the second ones, and so on: a step of the loops below is one load behind
//! the step before. Nothing is changed and nothing is decided here, so no result can depend on it.

use std::hint::black_box;
use std::ops::BitXor;

use crate::accounts::AccountSlot;
use crate::command::Command;
use crate::engine::Engine;
use crate::ids::{KeyId, OrderId};
use crate::limits;
use crate::order::OrderRequest;
use crate::orders::{Live, NONE};

/// With fewer live orders than this all there is to know of them stays in the cache by itself, and only names are loaded.
const CACHED_ORDERS: usize = 16_384;

/// What is known so far of where a command will act.
#[derive(Clone, Copy)]
enum Ahead {
    Nothing,
    Order { market: u32, account: AccountSlot },
    Live(u32),
}

impl Engine {
    /// Loads what these commands of these keys will read, right before they are applied: at most [`limits::LOOKAHEAD_MAX`] of
    /// them, those behind are left alone.
    pub fn look_ahead<'a>(&self, commands: impl Iterator<Item = (KeyId, &'a Command)> + Clone) {
        if self.orders.live_count() < CACHED_ORDERS {
            let names = commands.take(limits::LOOKAHEAD_MAX).map(|(_, command)| match command {
                Command::SubmitOrder(request) => self.orders.touch_name(request.account, request.client_order_id),
                _ => 0,
            });
            black_box(names.fold(0, BitXor::bitxor));
            return;
        }
        self.look_further_ahead(commands);
    }

    /// The same, however few orders there are.
    pub fn look_further_ahead<'a>(&self, commands: impl Iterator<Item = (KeyId, &'a Command)> + Clone) {
        let mut ahead = [Ahead::Nothing; limits::LOOKAHEAD_MAX];
        let mut seen = 0;
        for (ahead, (key, command)) in ahead.iter_mut().zip(commands.clone()) {
            seen ^= self.keys.touch(key);
            *ahead = match command {
                Command::SubmitOrder(request) => self.find_order(request, &mut seen),
                Command::CancelOrder { order, .. } => self.find_target(*order),
                Command::AmendOrder(amendment) => self.find_target(amendment.order),
                _ => Ahead::Nothing,
            };
        }
        for ahead in ahead {
            seen ^= match ahead {
                Ahead::Nothing => 0,
                Ahead::Order { market, account } => {
                    self.exposures.touch(market, account) ^ self.accounts.get(account).remembered_count
                }
                Ahead::Live(hot) => self.orders.live(hot).market,
            };
        }
        for (ahead, (_, command)) in ahead.iter().zip(commands) {
            seen ^= match (*ahead, command) {
                (Ahead::Order { market, account }, Command::SubmitOrder(request)) => {
                    self.touch_arrival(market, account, request)
                }
                (Ahead::Live(hot), _) => self.touch_live(hot),
                _ => 0,
            };
        }
        for ahead in ahead {
            if let Ahead::Live(hot) = ahead {
                let Live { market, exposure, slot, .. } = *self.orders.live(hot);
                let around = slot.map_or(0, |slot| self.markets.get(market).book.touch_neighbours(slot));
                seen ^= around ^ self.touch_dollars(exposure);
            }
        }
        black_box(seen);
    }

    fn find_order(&self, request: &OrderRequest, seen: &mut u32) -> Ahead {
        *seen ^= self.orders.touch_name(request.account, request.client_order_id);
        let places = self.markets.find(request.instrument).zip(self.accounts.find(request.account));
        places.map_or(Ahead::Nothing, |(market, account)| Ahead::Order { market, account })
    }

    fn find_target(&self, order: OrderId) -> Ahead {
        self.orders.find_live(order).map_or(Ahead::Nothing, Ahead::Live)
    }

    fn touch_arrival(&self, market: u32, account: AccountSlot, request: &OrderRequest) -> u32 {
        let exposure = self.exposures.find(market, account).map_or(0, |place| self.touch_dollars(place));
        let last = self.accounts.get(account).live.last;
        let last = if last == NONE { 0 } else { self.orders.live(last).market };
        let level = request.pricing.limit().map_or(0, |price| {
            let market = self.markets.get(market);
            let fits = price.is_on_tick(market.terms.tick) && market.terms.floor <= price && price <= market.terms.cap;
            if fits { market.book.touch_level(request.side, price) } else { 0 }
        });
        exposure ^ last ^ level
    }

    fn touch_live(&self, hot: u32) -> u32 {
        let Live { market, account, exposure, slot, previous, next, .. } = *self.orders.live(hot);
        let place = |hot: u32| if hot == NONE { 0 } else { self.orders.live(hot).market };
        let lots = slot.map_or(0, |slot| self.markets.get(market).book.get(slot).lots.0);
        let account = self.accounts.get(account).remembered_count;
        lots ^ account ^ place(previous) ^ place(next) ^ self.exposures.get(exposure).exposure.orders_count
    }

    /// An exposure and the balance that covers it.
    fn touch_dollars(&self, place: u32) -> u32 {
        let entry = self.exposures.get(place);
        let balance = self.ledger.at(entry.dollars);
        u32::from(balance.posted.0 == entry.exposure.position.0)
    }
}
