//! Liquidation: an account below its maintenance margin loses all its orders, and is closed out in the book round after round, near the
//! mark and only as far as what it has reaches. The rules are in `docs/default-waterfall.md`.

use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::ids::{AccountId, InstrumentId, OrderId};
use crate::instrument::{SettlementKind, State};
use crate::limits;
use crate::market::Market;
use crate::orders::{Live, NONE};
use crate::units::{Cash, Timestamp};

/// Why an account is closed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It is below its maintenance margin.
    Liquidation,
    /// Its owner asked the chain for an exit.
    Exit,
}

/// A round that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) account: AccountId,
    /// What the account had when the round began, and what it should have had.
    pub(crate) equity: Cash,
    pub(crate) maintenance: Cash,
    /// The contract that was dealt with last.
    pub(crate) after: Option<InstrumentId>,
    pub(crate) cause: Cause,
}

/// A position of an account in a contract that can be closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) instrument: InstrumentId,
    pub(crate) market: u32,
    pub(crate) exposure: u32,
    pub(crate) position: i64,
}

impl Round {
    /// Whether the account was below its maintenance margin, as it is when a round of a liquidation begins, or in exit.
    pub(crate) fn closes_something(&self) -> bool {
        if self.cause == Cause::Exit {
            return self.maintenance == Cash::ZERO;
        }
        self.maintenance >= Cash::ZERO && !is_restored(self.equity, self.maintenance)
    }

    /// The lots of a position that the round closes: all, or in a liquidation the part of the margin that is missing, rounded up.
    pub(crate) fn lots(&self, position: i64) -> i64 {
        if self.cause == Cause::Exit || is_far_below(self.equity, self.maintenance) {
            return position.abs();
        }
        let [equity, maintenance] = [self.equity, self.maintenance].map(|cash| i128::from(cash.0));
        let part = i128::from(position.abs()) * (maintenance - equity);
        let lots = (part + maintenance - 1).div_euclid(maintenance);
        i64::try_from(lots).expect("a part of a position fits")
    }
}

/// Whether less than two thirds of the maintenance margin are there: then nothing is gained by waiting.
fn is_far_below(equity: Cash, maintenance: Cash) -> bool {
    3 * i128::from(equity.0) < 2 * i128::from(maintenance.0)
}

fn is_restored(equity: Cash, maintenance: Cash) -> bool {
    equity >= maintenance && equity >= Cash::ZERO
}

impl Engine {
    /// What a margin call leads to under the default waterfall: an account below its maintenance margin is in liquidation from now on; one
    /// that is so already waits no longer if it is far below.
    pub(crate) fn enter_liquidation(
        &mut self,
        slot: AccountSlot,
        equity: Cash,
        maintenance: Cash,
        events: &mut Vec<Event>,
    ) {
        let owner = self.accounts.get(slot);
        match owner.next_round {
            None if !is_restored(equity, maintenance) => {
                events.push(Event::LiquidationStarted { account: owner.id, equity, maintenance });
                self.set_next_round(slot, Some(self.time));
            }
            Some(next) if is_far_below(equity, maintenance) => self.set_next_round(slot, Some(next.min(self.time))),
            _ => {}
        }
    }

    /// Cancels the orders of an account in liquidation, the newest first; what is left of them after a step stays due.
    pub(crate) fn cancel_in_liquidation(&mut self, slot: AccountSlot, below: Option<OrderId>, events: &mut Vec<Event>) {
        let (mut next, mut last) = (self.newest_below(slot, below), below);
        for _ in 0..limits::CANCELS_PER_STEP_MAX {
            if next == NONE {
                break;
            }
            let (hot, Live { market, previous, order, .. }) = (next, *self.orders.live(next));
            (next, last) = (previous, Some(order));
            self.cancel_live(hot, CancelReason::Liquidation, events);
            self.refresh(market);
        }
        let account = self.accounts.get(slot).id;
        if next == NONE {
            self.due.checks.remove(&account);
        } else {
            self.due.checks.insert(account, last);
        }
    }

    /// The only place where an account enters or leaves liquidation, so that accounts and what is due cannot part.
    pub(crate) fn set_next_round(&mut self, slot: AccountSlot, next: Option<Timestamp>) {
        let owner = self.accounts.get_mut(slot);
        if let Some(before) = std::mem::replace(&mut owner.next_round, next) {
            self.due.rounds.remove(&(before, owner.id));
        }
        if let Some(next) = next {
            self.due.rounds.insert((next, owner.id));
        }
    }

    /// Begins a round, if there is something to close and somewhere to close it.
    pub(crate) fn begin_round(&mut self, account: AccountId, events: &mut Vec<Event>) {
        let slot = self.accounts.find(account).expect("an account in liquidation exists");
        let (equity, maintenance) = (self.equity(slot), self.maintenance_margin(slot));
        if is_restored(equity, maintenance) {
            self.end_liquidation(slot, events);
        } else if self.margined_positions(slot).is_empty() {
            self.declare_default(slot, events);
        } else if self.liquid_positions(slot, None).is_empty() {
            self.postpone_liquidation(slot, events);
        } else {
            let cause = Cause::Liquidation;
            self.due.round = Some(Round { account, equity, maintenance, after: None, cause });
            events.push(Event::LiquidationRound { account, equity, maintenance });
        }
    }

    /// No contract is left to send an order into.
    pub(crate) fn complete_round(&mut self, round: &Round, events: &mut Vec<Event>) {
        let account = round.account;
        let slot = self.accounts.find(account).expect("an account in liquidation exists");
        let (equity, maintenance) = (self.equity(slot), self.maintenance_margin(slot));
        self.due.round = None;
        if round.cause == Cause::Exit {
            self.postpone_exit(account, limits::EXIT_INTERVAL_US, events);
        } else if is_restored(equity, maintenance) {
            self.end_liquidation(slot, events);
        } else if is_far_below(round.equity, round.maintenance) {
            self.declare_default(slot, events);
        } else {
            let cooldown = if is_far_below(equity, maintenance) { 0 } else { limits::LIQUIDATION_COOLDOWN_US };
            let next = self.time.plus_micros(cooldown);
            self.set_next_round(slot, Some(next));
            events.push(Event::LiquidationRoundCompleted { account, next });
        }
    }

    pub(crate) fn postpone_liquidation(&mut self, slot: AccountSlot, events: &mut Vec<Event>) {
        let next = self.time.plus_micros(limits::LIQUIDATION_COOLDOWN_US);
        self.set_next_round(slot, Some(next));
        events.push(Event::LiquidationPostponed { account: self.accounts.get(slot).id, next });
    }

    pub(crate) fn end_liquidation(&mut self, slot: AccountSlot, events: &mut Vec<Event>) {
        self.set_next_round(slot, None);
        events.push(Event::LiquidationEnded { account: self.accounts.get(slot).id, equity: self.equity(slot) });
    }

    /// An account's positions in margined contracts, by contract.
    pub(crate) fn margined_positions(&self, slot: AccountSlot) -> Vec<Held> {
        let groups = self.accounts.get(slot).groups.iter().map(|&(_, group)| self.exposures.groups.get(group));
        let mut held: Vec<Held> = groups
            .flat_map(|group| group.exposures.iter())
            .map(|&exposure| {
                let entry = self.exposures.get(exposure);
                let instrument = self.markets.get(entry.market).terms.instrument;
                Held { instrument, market: entry.market, exposure, position: entry.exposure.position.0 }
            })
            .filter(|held| held.position != 0)
            .collect();
        held.sort_unstable_by_key(|held| held.instrument);
        held
    }

    /// Those behind a contract that can be closed now: open for trading, with a mark to be trusted.
    pub(crate) fn liquid_positions(&self, slot: AccountSlot, after: Option<InstrumentId>) -> Vec<Held> {
        let mut held = self.margined_positions(slot);
        held.retain(|held| Some(held.instrument) > after && self.is_liquid(self.markets.get(held.market)));
        let cascading = self.cascading_legs();
        held.retain(|held| !cascading.contains(&held.instrument));
        held
    }

    fn is_liquid(&self, market: &Market) -> bool {
        market.is_open(self.time) && market.valuation().is_some() && self.staleness(market).is_none()
    }

    /// The contracts into which strips are cascading: their positions do not sum to zero meanwhile, so nobody may be on the other side.
    fn cascading_legs(&self) -> Vec<InstrumentId> {
        let cascades = |market: &&Market| market.state == State::Settling(SettlementKind::Cascade);
        let strips = self.markets.iter().filter(cascades).filter_map(|market| market.terms.strip());
        strips.flat_map(|strip| strip.legs.as_slice().to_vec()).collect()
    }

    /// How many accounts are in liquidation.
    pub fn open_liquidations(&self) -> usize {
        self.due.rounds.len()
    }
}
