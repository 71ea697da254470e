//! What follows from time or from a price, done in bounded steps before anything else is.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::AccountSlot;
use crate::checks::check_reducing;
use crate::cover::{Changed, Proposed};
use crate::default::Defaulting;
use crate::engine::Engine;
use crate::event::{CancelReason, Event};
use crate::exposure::Exposure;
use crate::ids::{AccountId, InstrumentId, OrderId, VaultId};
use crate::instrument::{Halt, State};
use crate::limits;
use crate::liquidation::Round;
use crate::order::TriggerReference;
use crate::orders::Live;
use crate::reject::Reject;
use crate::units::{Price, Side, Timestamp};

/// Everything that is or will be due. Sets are in the order in which they are served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due {
    /// Contracts to be revalued, with the last account that was.
    pub(crate) revaluations: BTreeMap<InstrumentId, Option<AccountId>>,
    /// The default that is being dealt with.
    pub(crate) default: Option<Defaulting>,
    /// Accounts that were revalued and are to be looked at for their initial margin; with the last order that a margin call looked at.
    pub(crate) checks: BTreeMap<AccountId, Option<OrderId>>,
    /// A mass cancel that is not complete.
    pub(crate) sweep: Option<Sweep>,
    /// Contracts with stops within reach that are neither halted nor being settled.
    pub(crate) stops: BTreeSet<InstrumentId>,
    pub(crate) deadlines: BTreeSet<(Timestamp, AccountId)>,
    pub(crate) expiries: BTreeSet<(Timestamp, OrderId)>,
    /// All accounts in liquidation, by when their next round is due.
    pub(crate) rounds: BTreeSet<(Timestamp, AccountId)>,
    /// The round that is under way, of the account that is first among them or in exit.
    pub(crate) round: Option<Round>,
    /// All accounts in exit, by when their next step is due; none once the chain is frozen.
    pub(crate) exits: BTreeSet<(Timestamp, AccountId)>,
    pub(crate) pauses: BTreeSet<(Timestamp, InstrumentId)>,
    /// Contracts with resting orders outside their daily limits.
    pub(crate) outside: BTreeSet<InstrumentId>,
}

/// A mass cancel on its way through an account's orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    pub(crate) account: AccountSlot,
    pub(crate) market: Option<u32>,
    pub(crate) side: Option<Side>,
    pub(crate) reason: CancelReason,
    /// The order to look at next.
    pub(crate) next: u32,
    pub(crate) cancelled: u32,
}

/// What a step does.
enum Work {
    Revaluation(InstrumentId, Option<AccountId>),
    Default,
    MarginChecks,
    Sweep(Sweep),
    Outside(InstrumentId),
    Deadline(AccountId),
    Expiries,
    NextRound(AccountId),
    Round(Round),
    Exit(AccountId),
    Stops(InstrumentId),
    Pause(InstrumentId),
    Vault(VaultId),
    VaultDeadline(VaultId),
}

impl Engine {
    /// From when on something is due; a moment that has passed if something is due now.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.work_at(self.time).is_some() {
            return Some(self.time);
        }
        let Due { deadlines, expiries, rounds, exits, pauses, .. } = &self.due;
        let firsts = [
            deadlines.first().map(|&(due, _)| due),
            expiries.first().map(|&(due, _)| due),
            rounds.first().map(|&(due, _)| due),
            exits.first().map(|&(due, _)| due),
            pauses.first().map(|&(due, _)| due),
            self.vaults.next_deadline().map(|(due, _)| due),
        ];
        firsts.into_iter().flatten().min()
    }

    pub(crate) fn is_work_due(&self) -> bool {
        let Due { revaluations, checks, sweep, stops, deadlines, expiries, rounds, exits, pauses, outside, .. } =
            &self.due;
        // Usually there is nothing at all; that must cost nothing.
        let idle = revaluations.is_empty()
            && checks.is_empty()
            && sweep.is_none()
            && stops.is_empty()
            && outside.is_empty()
            && deadlines.is_empty()
            && expiries.is_empty()
            && rounds.is_empty()
            && exits.is_empty()
            && pauses.is_empty()
            && self.vaults.next_work().is_none()
            && self.vaults.next_deadline().is_none();
        !idle && self.work_at(self.time).is_some()
    }

    /// Does the next step of what is due.
    pub(crate) fn process_due(&mut self, events: &mut Vec<Event>) -> Result<(), Reject> {
        match self.work_at(self.time).ok_or(Reject::NothingDue)? {
            Work::Revaluation(instrument, after) => self.continue_revaluation(instrument, after, events),
            Work::Default => self.continue_default(events),
            Work::MarginChecks => self.check_margins(events),
            Work::Sweep(sweep) => self.continue_sweep(sweep, events),
            Work::Outside(instrument) => self.take_out_outside(instrument, events),
            Work::Stops(instrument) => self.wake_stops(instrument, events),
            Work::Deadline(account) => {
                let slot = self.accounts.find(account).expect("an account with a deadline exists");
                self.set_deadline(slot, None);
                self.start_sweep(slot, None, None, CancelReason::CancelAfter, events);
            }
            Work::Expiries => self.expire_due(events),
            Work::NextRound(account) => self.begin_round(account, events),
            Work::Round(round) => self.continue_round(round, events),
            Work::Exit(account) => self.continue_exit(account, events),
            Work::Pause(instrument) => self.end_pause(instrument, events),
            Work::Vault(vault) => self.continue_vault(vault, events),
            Work::VaultDeadline(vault) => self.pass_deadline(vault, events),
        }
        Ok(())
    }

    fn work_at(&self, now: Timestamp) -> Option<Work> {
        let Due { revaluations, checks, sweep, stops, deadlines, expiries, pauses, outside, .. } = &self.due;
        // What every other step needs is right first: no order may be looked at while values are mixed.
        if let Some((&instrument, &after)) = revaluations.first_key_value() {
            return Some(Work::Revaluation(instrument, after));
        }
        if self.due.default.is_some() {
            return Some(Work::Default);
        }
        if !checks.is_empty() {
            return Some(Work::MarginChecks);
        }
        if let Some(sweep) = sweep {
            return Some(Work::Sweep(*sweep));
        }
        // Before anything trades: who holds what of a vault is settled, and nobody meets an order in a pair that is closed.
        if let Some(vault) = self.vaults.next_work() {
            return Some(Work::Vault(vault));
        }
        // Before any stop wakes up: no trade may happen outside the limits.
        if let Some(&instrument) = outside.first() {
            return Some(Work::Outside(instrument));
        }
        if let Some(&(_, account)) = deadlines.first().filter(|(due, _)| *due <= now) {
            return Some(Work::Deadline(account));
        }
        // Also before any stop: nothing acts, and nothing is hit, after its time.
        if expiries.first().is_some_and(|(due, _)| *due <= now) {
            return Some(Work::Expiries);
        }
        if let Some(vault) = self.vault_deadline_at(now) {
            return Some(Work::VaultDeadline(vault));
        }
        // Before any stop, too: what an account cannot bear any more grows with every price.
        if let Some(round) = self.due.round {
            return Some(Work::Round(round));
        }
        if let Some(&(_, account)) = self.due.rounds.first().filter(|(due, _)| *due <= now) {
            return Some(Work::NextRound(account));
        }
        if let Some(&(_, account)) = self.due.exits.first().filter(|(due, _)| *due <= now) {
            return Some(Work::Exit(account));
        }
        // A contract whose delivery has ended meanwhile is not open any more.
        let open = |instrument: &&InstrumentId| self.market(**instrument).is_some_and(|market| market.is_open(now));
        if let Some(&instrument) = stops.iter().find(open) {
            return Some(Work::Stops(instrument));
        }
        let pause = pauses.first().filter(|(due, _)| *due <= now);
        pause.map(|&(_, instrument)| Work::Pause(instrument))
    }

    /// Brings up to date what is due in a contract, after anything changed there that could make it so.
    pub(crate) fn refresh(&mut self, place: u32) {
        let market = self.markets.get(place);
        let instrument = market.terms.instrument;
        let awake = market.stops.count() > 0 && market.stops.next().is_some();
        if awake && market.state == State::Trading && market.halt.is_none() {
            self.due.stops.insert(instrument);
        } else if !self.due.stops.is_empty() {
            self.due.stops.remove(&instrument);
        }
        if !self.due.outside.is_empty() && market.outside_side().is_none() {
            self.due.outside.remove(&instrument);
        }
    }

    fn wake_stops(&mut self, instrument: InstrumentId, events: &mut Vec<Event>) {
        let place = self.markets.find(instrument).expect("a contract with stops is listed");
        let trades_before = self.last_trade.0;
        for _ in 0..limits::STOPS_PER_STEP_MAX {
            let market = self.markets.get(place);
            let traded = self.last_trade.0 - trades_before;
            if !market.is_open(self.time)
                || (self.rules.bounds_trades_of_stops() && traded >= limits::TRADES_OF_STOPS_MAX)
            {
                break;
            }
            let Some((reference, order)) = market.stops.next() else { break };
            self.wake(reference, order, events);
        }
        self.refresh(place);
    }

    /// A stop order becomes what it is behind its trigger, or is cancelled with the reason why it cannot.
    fn wake(&mut self, reference: TriggerReference, order: OrderId, events: &mut Vec<Event>) {
        let hot = self.orders.find_live(order).expect("an order that waits is live");
        match self.check_wake(hot) {
            Err(reject) => self.cancel_live(hot, CancelReason::Refused(reject), events),
            Ok((limit, after)) => {
                let Live { market, exposure, side, .. } = *self.orders.live(hot);
                let trigger = self.orders.record(hot).trigger.expect("an order that waits has a trigger");
                self.markets.get_mut(market).stops.remove(side, trigger, order);
                self.set_exposure(exposure, &after);
                let lots = self.orders.live(hot).remaining();
                self.note_margin(exposure, Changed::Opened { side, limit, lots });
                let live = self.orders.live_mut(hot);
                (live.waiting, live.limit, live.has_limit) = (false, limit, true);
                events.push(Event::StopTriggered { order, reference, limit });
                self.arrive(self.arrival(hot), events);
            }
        }
    }

    /// The limit a stop order works with from now on, and the exposure with it.
    fn check_wake(&self, hot: u32) -> Result<(Price, Exposure), Reject> {
        let &Live { market: place, account, exposure, side, .. } = self.orders.live(hot);
        let record = self.orders.record(hot);
        let market = self.markets.get(place);
        let limit = record.limit.or_else(|| market.protected_limit(side)).ok_or(Reject::NothingToTradeWith)?;
        let conditions = record.request.conditions;
        self.check_market(market, side, limit, conditions.post_only)?;
        let (mut after, held) = self.exposures.before(exposure);
        if conditions.reduce_only {
            check_reducing(side, &after)?;
        }
        let lots = record.remaining();
        after.open(&market.contract, side, limit, lots);
        let (market, left) = (place, None);
        let place = Some(exposure);
        self.check_cover(&Proposed { market, account, place, held, after: &after, side, limit, lots, left })?;
        Ok((limit, after))
    }

    fn expire_due(&mut self, events: &mut Vec<Event>) {
        for _ in 0..limits::CANCELS_PER_STEP_MAX {
            let Some(&(_, order)) = self.due.expiries.first().filter(|(due, _)| *due <= self.time) else { break };
            let hot = self.orders.find_live(order).expect("an order whose time is over is live");
            let market = self.orders.live(hot).market;
            self.cancel_live(hot, CancelReason::TimeInForce, events);
            self.refresh(market);
        }
    }

    fn end_pause(&mut self, instrument: InstrumentId, events: &mut Vec<Event>) {
        let place = self.markets.find(instrument).expect("a contract that pauses is listed");
        self.set_halt(place, None);
        events.push(Event::InstrumentResumed { instrument });
        let market = self.markets.get_mut(place);
        market.limit_step += 1;
        self.move_limits(place, events);
        self.refresh(place);
    }

    fn take_out_outside(&mut self, instrument: InstrumentId, events: &mut Vec<Event>) {
        let place = self.markets.find(instrument).expect("a contract with limits is listed");
        for _ in 0..limits::CANCELS_PER_STEP_MAX {
            let market = self.markets.get(place);
            let Some(side) = market.outside_side() else { break };
            let (_, resting) = market.book.front(side).expect("something is outside");
            self.cancel_live(resting.link, CancelReason::DailyLimit, events);
        }
        self.refresh(place);
    }

    /// Pauses trading if a daily limit was reached and wider ones are to come.
    pub(crate) fn pause_at_limits(&mut self, place: u32, traded: Option<(Price, Price)>, events: &mut Vec<Event>) {
        let market = self.markets.get(place);
        if !market.can_widen() || market.halt.is_some() {
            return;
        }
        let (lower, upper) = market.bounds;
        let locked = market.book.best(Side::Buy).is_some_and(|bid| bid >= upper)
            || market.book.best(Side::Sell).is_some_and(|ask| ask <= lower);
        if locked || traded.is_some_and(|(low, high)| low <= lower || high >= upper) {
            let pause = i64::try_from(market.controls.pause_us).expect("pauses are limited");
            let halt = Halt::DailyLimit { until: self.time.plus_micros(pause) };
            let instrument = market.terms.instrument;
            self.set_halt(place, Some(halt));
            events.push(Event::InstrumentHalted { instrument, halt });
        }
    }

    /// The only place where a halt begins or ends, so that pauses and the clock cannot part.
    pub(crate) fn set_halt(&mut self, place: u32, halt: Option<Halt>) {
        let market = self.markets.get_mut(place);
        let instrument = market.terms.instrument;
        if let Some(Halt::DailyLimit { until }) = std::mem::replace(&mut market.halt, halt) {
            self.due.pauses.remove(&(until, instrument));
        }
        if let Some(Halt::DailyLimit { until }) = halt {
            self.due.pauses.insert((until, instrument));
        }
    }

    /// The daily limits are worked out anew; orders outside of them are due to be taken out.
    pub(crate) fn move_limits(&mut self, place: u32, events: &mut Vec<Event>) {
        let market = self.markets.get_mut(place);
        market.set_bounds();
        let instrument = market.terms.instrument;
        if let Some((lower, upper)) = market.daily_limits() {
            events.push(Event::DailyLimitsMoved { instrument, lower, upper });
        }
        if market.outside_side().is_some() {
            self.due.outside.insert(instrument);
        } else {
            self.due.outside.remove(&instrument);
        }
    }

    /// The first width applies again, and a pause ends: with a daily settlement and with new controls.
    pub(crate) fn restart_limits(&mut self, place: u32, events: &mut Vec<Event>) {
        let market = self.markets.get_mut(place);
        market.limit_step = 0;
        let instrument = market.terms.instrument;
        if let Some(Halt::DailyLimit { .. }) = market.halt {
            self.set_halt(place, None);
            events.push(Event::InstrumentResumed { instrument });
        }
        self.move_limits(place, events);
        self.refresh(place);
    }
}
