//! After an array, a mark or parameters changed: every account in the contract is valued anew, and who has less than its initial
//! margin loses its risk-increasing orders. In bounded steps, before anything else happens.

use crate::accounts::AccountSlot;
use crate::cover::reach_of;
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::exposures::Entry;
use crate::ids::{AccountId, InstrumentId, OrderId};
use crate::instrument::Halt;
use crate::limits;
use crate::margin::{Sums, requirement};
use crate::margining::Staleness;
use crate::orders::{Live, NONE};
use crate::units::Price;

impl Engine {
    /// A contract is to be revalued before anything else happens, from its first account on, and with it the spreads that it is a leg of.
    pub(crate) fn call_for_revaluation(&mut self, instrument: InstrumentId) {
        self.due.revaluations.insert(instrument, None);
        let place = self.markets.find(instrument).expect("a contract to be revalued is listed");
        let spreads = &self.markets.get(place).spreads;
        for &spread in spreads {
            let terms = &self.markets.get(spread).terms;
            if self.time < terms.end() {
                self.due.revaluations.insert(terms.instrument, None);
            }
        }
    }

    /// Values the next accounts of a contract.
    pub(crate) fn continue_revaluation(
        &mut self,
        instrument: InstrumentId,
        after: Option<AccountId>,
        events: &mut Vec<Event>,
    ) {
        let place = self.markets.find(instrument).expect("a contract to be revalued is listed");
        let next: Vec<(AccountId, u32)> =
            self.exposures.behind(place, after).take(limits::REVALUED_PER_STEP_MAX).collect();
        let (mut accounts, mut orders, mut last) = (0, 0, after);
        for &(account, exposure) in &next {
            orders += self.revalue(exposure);
            self.due.checks.insert(account, None);
            (accounts, last) = (accounts + 1, Some(account));
            if orders >= limits::REVALUED_ORDERS_PER_STEP_MAX {
                break;
            }
        }
        let complete = accounts == next.len() && next.len() < limits::REVALUED_PER_STEP_MAX;
        if complete {
            self.due.revaluations.remove(&instrument);
        } else {
            self.due.revaluations.insert(instrument, last);
        }
        let accounts = u32::try_from(accounts).expect("a step is small");
        events.push(Event::Revalued { instrument, accounts, complete });
    }

    /// Works out from nothing what an exposure adds to its group; says how many orders were looked at.
    pub(crate) fn revalue(&mut self, exposure: u32) -> usize {
        let entry = *self.exposures.get(exposure);
        if let Some(legs) = self.markets.get(entry.market).legs {
            return self.revalue_spread(&entry, legs);
        }
        let Some(&valuation) = self.markets.get(entry.market).valuation() else { return 0 };
        let mut sums: Sums = valuation.position(entry.exposure.position.0, entry.exposure.cost);
        let mut looked_at = 0;
        for hot in self.orders.list(self.accounts.get(entry.account).live) {
            looked_at += 1;
            let live = self.orders.live(hot);
            if live.market == entry.market && !live.waiting {
                sums.add(&valuation.order(live.side, live.limit, live.remaining()));
            }
        }
        let (low, high) = reach_of(&entry.exposure);
        self.exposures.groups.reach(entry.share, self.markets.get(entry.market), low, high);
        self.exposures.groups.replace(entry.share, &sums);
        self.refresh_part(self.exposures.groups.share(entry.share).group);
        looked_at
    }

    /// The same of a spread, to which orders alone belong.
    fn revalue_spread(&mut self, entry: &Entry, legs: [u32; 2]) -> usize {
        let mut sums = [Sums::default(); 2];
        let mut looked_at = 0;
        for hot in self.orders.list(self.accounts.get(entry.account).live) {
            looked_at += 1;
            let live = self.orders.live(hot);
            if live.market == entry.market {
                let order = self.value_of_spread_order(legs, live.side, live.limit, live.remaining());
                sums.iter_mut().zip(&order).for_each(|(sums, order)| sums.add(order));
            }
        }
        self.replace_spread(entry.share, legs, reach_of(&entry.exposure), &sums);
        looked_at
    }

    /// Looks whether the next accounts have their initial margin; the first that has not is called, and ends the step.
    pub(crate) fn check_margins(&mut self, events: &mut Vec<Event>) {
        let mut accounts = 0;
        while let Some((&account, &below)) = self.due.checks.first_key_value() {
            let slot = self.accounts.find(account).expect("an account that was revalued exists");
            // Whose orders have begun to go in liquidation loses all of them, whatever its margin is by then.
            let goes_on = below.is_some() && self.accounts.get(slot).next_round.is_some();
            if goes_on || !self.has_initial_margin(slot) {
                if accounts > 0 {
                    events.push(Event::MarginsChecked { accounts });
                }
                self.call_margin(slot, below, events);
                return;
            }
            self.due.checks.remove(&account);
            accounts += 1;
            if accounts == limits::MARGINS_CHECKED_PER_STEP_MAX {
                break;
            }
        }
        events.push(Event::MarginsChecked { accounts });
    }

    /// Cancels an account's risk-increasing orders, the newest first, until it has its initial margin again; all its orders if it is in
    /// liquidation.
    fn call_margin(&mut self, slot: AccountSlot, below: Option<OrderId>, events: &mut Vec<Event>) {
        let account = self.accounts.get(slot).id;
        if below.is_none() {
            let (equity, initial) = (self.equity(slot), self.initial_margin(slot));
            let maintenance = self.maintenance_margin(slot);
            events.push(Event::MarginCalled { account, equity, initial, maintenance });
            if self.rules.has_default_waterfall() {
                self.enter_liquidation(slot, equity, maintenance, events);
            }
        }
        if self.accounts.get(slot).next_round.is_some() {
            self.cancel_in_liquidation(slot, below, events);
            return;
        }
        let positions = requirement(self.position_parts(slot, None).iter(), &self.margins.credits);
        let (mut next, mut last) = (self.newest_below(slot, below), below);
        for _ in 0..limits::CANCELS_PER_STEP_MAX {
            if next == NONE || self.has_initial_margin(slot) {
                break;
            }
            let hot = next;
            let Live { market, exposure, side, limit, waiting, previous, order, .. } = *self.orders.live(hot);
            (next, last) = (previous, Some(order));
            let is_margined = self.exposures.get(exposure).share != NONE;
            if is_margined && !waiting {
                let alone = (exposure, side, limit, self.orders.live(hot).remaining());
                let parts = self.position_parts(slot, Some(alone));
                if requirement(parts.iter(), &self.margins.credits) > positions {
                    self.cancel_live(hot, CancelReason::MarginCall, events);
                    self.refresh(market);
                }
            }
        }
        if next == NONE || self.has_initial_margin(slot) {
            self.due.checks.remove(&account);
        } else {
            self.due.checks.insert(account, last);
        }
    }

    fn has_initial_margin(&self, slot: AccountSlot) -> bool {
        self.equity(slot) >= self.initial_margin(slot)
    }

    /// The newest live order of an account below a number; of all if there is none.
    pub(crate) fn newest_below(&self, slot: AccountSlot, below: Option<OrderId>) -> u32 {
        let mut hot = self.accounts.get(slot).live.last;
        while hot != NONE && below.is_some_and(|below| self.orders.live(hot).order >= below) {
            hot = self.orders.live(hot).previous;
        }
        hot
    }

    /// The price that a margined contract would be marked at, or that any other would be; `None` if there is nothing to mark it with.
    pub fn mark_candidate(&self, instrument: InstrumentId) -> Option<Price> {
        let market = self.market(instrument)?;
        if market.terms.is_margined() {
            return self.marking(market).map(|marking| marking.mark);
        }
        if market.legs.is_some() {
            return None;
        }
        market.mark_of(self.latest_fixing(market))
    }

    /// What the mark of a margined contract is measured against: its reference, in delivery blended with what is fixed already.
    pub fn reference_of(&self, instrument: InstrumentId) -> Option<Price> {
        let market = self.market(instrument)?;
        self.marking(market).map(|marking| marking.reference)
    }

    /// Whether updating the mark of a contract would change anything.
    pub fn would_mark(&self, instrument: InstrumentId) -> bool {
        let Some(market) = self.market(instrument) else { return false };
        if !market.terms.is_margined() {
            return self.mark_candidate(instrument).is_some_and(|candidate| market.mark() != Some(candidate));
        }
        match self.staleness(market) {
            Some(Staleness::Frozen) => return false,
            Some(Staleness::Halted) => return market.halt.is_none_or(|halt| matches!(halt, Halt::DailyLimit { .. })),
            None => {}
        }
        self.marking(market).is_some_and(|marking| {
            market.mark() != Some(marking.mark)
                || (market.basis, market.in_delivery) != (marking.basis, marking.in_delivery)
        })
    }
}
