//! Default: what an account in liquidation cannot bear is borne by the insurance fund, the backstop, and those on the other side, in this
//! order and in bounded steps. The rules are in `docs/default-waterfall.md`.

use crate::accounts::AccountSlot;
use crate::closing::charge_of;
use crate::deleveraging::Deleveraging;
use crate::engine::Engine;
use crate::event::{Event, PositionReason, TransferReason};
use crate::exposures::Entry;
use crate::ids::{AccountId, InstrumentId};
use crate::ledger::LedgerAccount;
use crate::liquidation::{Cause, Held};
use crate::margin::{SCENARIOS, SeriesSlot, share};
use crate::units::{Cash, Position};

/// The default that is being dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Defaulting {
    pub(crate) account: AccountId,
    /// What is still missing.
    pub(crate) shortfall: Cash,
    /// The contract that was dealt with last, or still is.
    pub(crate) after: Option<InstrumentId>,
    pub(crate) deleveraging: Option<Deleveraging>,
    /// Of an exit, which is closed out in the same way, nothing is missing.
    pub(crate) cause: Cause,
}

impl Defaulting {
    pub(crate) fn of(account: AccountId, shortfall: Cash, cause: Cause) -> Defaulting {
        Defaulting { account, shortfall, after: None, deleveraging: None, cause }
    }
}

impl Engine {
    /// The insurance fund pays as far as it can; what is then still missing is to be borne by others.
    pub(crate) fn declare_default(&mut self, slot: AccountSlot, events: &mut Vec<Event>) {
        let account = self.accounts.get(slot).id;
        let equity = self.equity(slot);
        let insured = (-equity).min(self.insurance_fund()).max(Cash::ZERO);
        if insured > Cash::ZERO {
            let (from, to) = (LedgerAccount::Insurance, LedgerAccount::Customer(account));
            self.transfer(from, to, Engine::MONEY, insured.into(), TransferReason::Insurance, events);
            self.repay(slot, Engine::MONEY, events);
        }
        let shortfall = (-self.equity(slot)).max(Cash::ZERO);
        events.push(Event::DefaultDeclared { account, equity, insured, shortfall });
        self.due.default = Some(Defaulting::of(account, shortfall, Cause::Liquidation));
    }

    /// Deals with the next part of the default that is there.
    pub(crate) fn continue_default(&mut self, events: &mut Vec<Event>) {
        let mut default = self.due.default.take().expect("a default is being dealt with");
        if default.deleveraging.is_some() {
            self.continue_deleveraging(&mut default, events);
        } else {
            let slot = self.accounts.find(default.account).expect("an account in default exists");
            let held = self.liquid_positions(slot, default.after);
            let Some(first) = held.first() else {
                // What is in contracts that are not liquid has to wait until they are.
                if default.cause == Cause::Exit {
                    self.end_close_out(slot, events);
                } else if self.margined_positions(slot).is_empty() {
                    self.end_liquidation(slot, events);
                } else {
                    self.postpone_liquidation(slot, events);
                }
                return;
            };
            default.after = Some(first.instrument);
            self.place_position(&mut default, slot, &held, events);
        }
        self.due.default = Some(default);
    }

    /// The first of these positions goes to the backstop as far as it takes it; the rest is to be deleveraged.
    fn place_position(&mut self, default: &mut Defaulting, slot: AccountSlot, held: &[Held], events: &mut Vec<Event>) {
        let &Held { instrument, position, .. } = &held[0];
        let mut left = position;
        // An account in exit is no burden that a backstop would have to take off the others.
        if default.shortfall == Cash::ZERO && default.cause == Cause::Liquidation {
            left -= self.hand_to_backstop(slot, &held[0], events).0;
        }
        if left != 0 {
            let (lots, haircut) = (Position(left), self.part_of_shortfall(slot, held, default.shortfall));
            events.push(Event::DeleveragingStarted { instrument, account: default.account, lots, haircut });
            default.deleveraging = Some(Deleveraging::of(instrument, lots, haircut));
        }
    }

    /// Gives the backstop the most of a position that it has margin for; says how much that is.
    fn hand_to_backstop(&mut self, slot: AccountSlot, held: &Held, events: &mut Vec<Event>) -> Position {
        let backstop = self.backing.backstop.and_then(|account| self.accounts.find(account));
        let is_able = |&backstop: &AccountSlot| backstop != slot && self.accounts.get(backstop).next_round.is_none();
        let Some(backstop) = backstop.filter(is_able) else { return Position::FLAT };
        let market = self.markets.get(held.market);
        let (mark, hours) = (market.mark().expect("a liquid contract has a mark"), market.contract.hours);
        let equity = self.equity(slot).max(Cash::ZERO);
        let halves = std::iter::successors(Some(held.position.abs()), |lots| Some(lots / 2));
        for lots in halves.take_while(|&lots| lots > 0) {
            let taken = Position(lots * held.position.signum());
            let value = mark.value(taken, hours) - charge_of(mark, lots, hours).min(equity);
            if self.can_take(backstop, held.market, taken, value) {
                self.transfer_position(held, backstop, taken, value, PositionReason::Backstop, events);
                return taken;
            }
        }
        Position::FLAT
    }

    /// The first position's part of the shortfall, by what each loses in its series' worst scenario; of the last one all that is left.
    fn part_of_shortfall(&self, slot: AccountSlot, held: &[Held], shortfall: Cash) -> Cash {
        if shortfall == Cash::ZERO || held.len() == 1 {
            return shortfall;
        }
        let weights = self.weights(slot, held);
        share(shortfall, weights[0], weights.iter().sum())
    }

    /// What each position loses in its series' worst scenario; if none does, its GPU-hours.
    fn weights(&self, slot: AccountSlot, held: &[Held]) -> Vec<i128> {
        let mut worst: Vec<(SeriesSlot, usize)> = Vec::new();
        let groups = &self.accounts.get(slot).groups;
        for &(series, group) in groups {
            worst.push((series, self.worst_scenario(&self.exposures.groups.get(group).exposures)));
        }
        let loss = |held: &Held| {
            let market = self.markets.get(held.market);
            let scenario = worst.iter().find(|(series, _)| Some(*series) == market.margin_series)?.1;
            let loss = i128::from(market.valuation()?.losses[scenario].0) * i128::from(held.position);
            Some(loss.max(0))
        };
        let losses: Vec<i128> = held.iter().map(|held| loss(held).unwrap_or(0)).collect();
        if losses.iter().any(|&loss| loss > 0) {
            return losses;
        }
        let hours = |held: &Held| i128::from(self.markets.get(held.market).contract.hours.0);
        held.iter().map(|held| i128::from(held.position.abs()) * hours(held)).collect()
    }

    /// The scenario in which these positions lose most; of equals the first.
    fn worst_scenario(&self, exposures: &[u32]) -> usize {
        let mut sums = [0_i128; SCENARIOS];
        for &exposure in exposures {
            let entry = self.exposures.get(exposure);
            let Some(valuation) = self.markets.get(entry.market).valuation() else { continue };
            for (sum, loss) in sums.iter_mut().zip(valuation.losses) {
                *sum += i128::from(loss.0) * i128::from(entry.exposure.position.0);
            }
        }
        let largest = sums.iter().copied().max().expect("there are scenarios");
        sums.iter().position(|&sum| sum == largest).expect("one of them is the largest")
    }

    /// Moves lots, signed as their holder held them, and what they cost whoever takes them: a trade without book, price, fee and limits.
    pub(crate) fn transfer_position(
        &mut self,
        held: &Held,
        taker: AccountSlot,
        lots: Position,
        value: Cash,
        reason: PositionReason,
        events: &mut Vec<Event>,
    ) {
        let &Held { instrument, market, exposure, .. } = held;
        let &Entry { account: giver, account_id: from, .. } = self.exposures.get(exposure);
        let to = self.accounts.get(taker).id;
        self.change_position(market, giver, -lots.0, -value);
        self.change_position(market, taker, lots.0, value);
        events.push(Event::PositionTransferred { instrument, from, to, lots, value, reason });
    }
}
