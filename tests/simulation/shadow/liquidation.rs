//! Liquidations as events tell of them: who enters, what each round closes and how far it may go, and how they end.

use std::collections::BTreeMap;

use engine::event::Event;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, OrderId};
use engine::order::{Conditions, OrderRequest, SelfTrade, TimeInForce};
use engine::rules::Rules;
use engine::units::{Cash, Lots, Price, Side, Timestamp};

use super::Shadow;
use super::default::Defaulting;
use super::orders::Order;
use crate::fault::{Fault, check, same};

/// From one round to the next.
const COOLDOWN_US: i64 = 30_000_000;

/// Who is in liquidation, and what is being done about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Waterfall {
    pub(super) backstop: Option<AccountId>,
    /// When the next round of each account in liquidation is due.
    pub(super) rounds: BTreeMap<AccountId, Timestamp>,
    pub(super) round: Option<Round>,
    pub(super) default: Option<Defaulting>,
}

/// A round that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) account: AccountId,
    equity: i128,
    maintenance: i128,
    /// The contract of its last order.
    after: Option<InstrumentId>,
}

impl Round {
    /// Whether it closes everything.
    pub(super) fn is_full(&self) -> bool {
        is_far_below(self.equity, self.maintenance)
    }
}

fn is_far_below(equity: i128, maintenance: i128) -> bool {
    3 * equity < 2 * maintenance
}

fn is_restored((equity, maintenance): (i128, i128)) -> bool {
    equity >= maintenance && equity >= 0
}

impl Shadow {
    pub(super) fn read_liquidation(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::LiquidationStarted { account, equity, maintenance } => self.start(account, equity, maintenance),
            Event::LiquidationRound { account, equity, maintenance } => self.begin(account, equity, maintenance),
            Event::LiquidationOrdered { order, account, instrument, side, lots, limit } => {
                self.check_closing(account, instrument, side, lots, limit)?;
                self.send_closing(order, account, instrument, (side, lots, limit))
            }
            Event::LiquidationRoundCompleted { account, next } => self.complete_round(account, next),
            Event::LiquidationPostponed { account, next } => self.postpone(account, next),
            Event::LiquidationEnded { account, equity } => self.end_liquidation(account, equity),
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    /// What a margin call found decides whether liquidation has to follow; who is far below waits no longer.
    pub(super) fn note_call(&mut self, account: AccountId, equity: Cash, maintenance: Cash) {
        let found = (i128::from(equity.0), i128::from(maintenance.0));
        self.course.called = Some((account, found));
        if let Some(next) = self.waterfall.rounds.get_mut(&account)
            && is_far_below(found.0, found.1)
        {
            *next = self.now.min(*next);
        }
    }

    /// Once a command is done, whoever was called with less than the maintenance margin is in liquidation.
    pub(super) fn check_liquidated(&self) -> Result<(), Fault> {
        let Some((account, found)) = self.course.called.filter(|_| self.rules >= Rules::FOURTH) else { return Ok(()) };
        let is_right = is_restored(found) || self.waterfall.rounds.contains_key(&account);
        check(is_right, "who is below the maintenance margin is liquidated", || format!("account {account}"))
    }

    pub(super) fn is_liquidated(&self, account: AccountId) -> bool {
        self.waterfall.rounds.contains_key(&account)
    }

    fn start(&mut self, account: AccountId, equity: Cash, maintenance: Cash) -> Result<(), Fault> {
        self.counts.liquidations += 1;
        let found = (i128::from(equity.0), i128::from(maintenance.0));
        same("a margin call precedes liquidation", self.course.called, Some((account, found)), || "it".to_owned())?;
        check(!is_restored(found), "only who is below the maintenance margin is liquidated", || format!("{found:?}"))?;
        let before = self.waterfall.rounds.insert(account, self.now);
        check(before.is_none(), "liquidation starts once", || format!("account {account}"))
    }

    /// An account's equity and maintenance margin.
    fn standing(&self, account: AccountId) -> (i128, i128) {
        (self.equity(account), self.maintenance(account))
    }

    /// Nothing else is under way, and of all accounts in liquidation it has waited longest.
    pub(super) fn check_turn(&self, account: AccountId) -> Result<(), Fault> {
        let Waterfall { rounds, round, default, .. } = &self.waterfall;
        let is_free = round.is_none() && default.is_none();
        check(is_free, "one liquidation after the other", || format!("{round:?} {default:?}"))?;
        let first = rounds.iter().map(|(&account, &next)| (next, account)).min();
        let is_first = first.is_some_and(|(next, first)| next <= self.now && first == account);
        check(is_first, "who has waited longest is next", || format!("{account} instead of {first:?}"))
    }

    fn begin(&mut self, account: AccountId, equity: Cash, maintenance: Cash) -> Result<(), Fault> {
        self.check_turn(account)?;
        let found = (i128::from(equity.0), i128::from(maintenance.0));
        same("a round has the account's own figures", found, self.standing(account), || format!("account {account}"))?;
        check(!is_restored(found), "a round needs a reason", || format!("{found:?} of account {account}"))?;
        let live = self.contracts_of(account).map(|(_, holding)| holding.live.len()).sum::<usize>();
        same("who is in liquidation has no orders", live, 0, || format!("account {account}"))?;
        let (equity, maintenance) = found;
        self.waterfall.round = Some(Round { account, equity, maintenance, after: None });
        Ok(())
    }

    /// The venue's order closes as much as the round's figures say, and costs no more than the account has.
    fn check_closing(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        lots: Lots,
        limit: Price,
    ) -> Result<(), Fault> {
        let Some(round) = self.waterfall.round.as_mut().filter(|round| round.account == account) else {
            return Err(Fault::new("a closing order is of a round", format!("account {account}")));
        };
        let before = round.after.replace(instrument);
        let round = *round;
        check(before < Some(instrument), "a round has one order a contract", || format!("{instrument}"))?;
        self.check_liquid(instrument)?;
        let holding = self.holding_mut(instrument, account);
        let position = i128::from(holding.position);
        let closes = if position > 0 { Side::Sell } else { Side::Buy };
        check(side == closes && position != 0, "a closing order closes", || format!("{side} with {position}"))?;
        let missing = position.abs() * (round.maintenance - round.equity);
        let part = if round.is_full() { position.abs() } else { -(-missing).div_euclid(round.maintenance) };
        same("a round closes the part that is missing", i128::from(lots.0), part, || format!("account {account}"))?;
        let market = &self.markets[&instrument];
        let Some(value) = self.value_of(market) else { return Ok(()) };
        let off = i128::from(limit.0) - value.mark;
        let worse = if side == Side::Buy { off } else { -off };
        let margin = market.terms.series().and_then(|series| self.margins.get(&series));
        let band = i128::from(margin.map_or(0, |margin| margin.mark_band.0));
        let equity = self.equity(account).max(0);
        let is_near = worse <= band && (worse <= 0 || worse * part * value.hours <= equity);
        check(is_near, "closing costs no more than there is", || {
            format!("{limit} is {worse} worse than the mark, with {equity} behind {part} lots")
        })?;
        self.course.closing = Some((account, equity.min(self.equity(account))));
        Ok(())
    }

    fn send_closing(
        &mut self,
        id: OrderId,
        account: AccountId,
        instrument: InstrumentId,
        (side, lots, limit): (Side, Lots, Price),
    ) -> Result<(), Fault> {
        same("a closing order has the number of its step", id, OrderId(self.course.seq.0), || "it".to_owned())?;
        let name = ClientOrderId::new("closing").expect("it is a label");
        let plain = OrderRequest::limit(account, name, instrument, side, lots, limit);
        let conditions = Conditions { reduce_only: true, ..plain.conditions };
        let (time_in_force, self_trade) = (TimeInForce::ImmediateOrCancel, SelfTrade::CancelOldest);
        let request = OrderRequest { conditions, time_in_force, self_trade, ..plain };
        let (filled, expiry) = (Lots::ZERO, Timestamp::NEVER);
        let limit = Some(limit);
        let order = Order { request, lots, filled, limit, is_waiting: false, expiry, place: None, closes: true };
        self.orders.insert(id, order);
        self.course.arriving = Some(id);
        self.check_arrival(id)
    }

    /// What the account has left after the trades of its closing order.
    pub(super) fn check_closed(&self) -> Result<(), Fault> {
        let Some((account, before)) = self.course.closing else { return Ok(()) };
        let equity = self.equity(account);
        let is_right = equity >= before.min(0);
        check(is_right, "closing takes no equity below zero", || format!("{before} to {equity} of account {account}"))
    }

    /// Open for trading, with a mark to be trusted, and no strip is on its way into it.
    pub(super) fn check_liquid(&self, instrument: InstrumentId) -> Result<(), Fault> {
        check(self.is_liquid(instrument), "only what is liquid is closed", || format!("instrument {instrument}"))
    }

    fn is_liquid(&self, instrument: InstrumentId) -> bool {
        let Some(market) = self.markets.get(&instrument) else { return false };
        let is_stale = market.terms.series().is_some_and(|series| {
            let after = self.margins.get(&series).map_or(0, |margin| margin.stale_after_us);
            let latest = self.fixings.get(&series).filter(|_| after > 0);
            latest.is_some_and(|(day, _)| self.now >= day.end().plus_micros(after))
        });
        let is_valued = self.value_of(market).is_some();
        self.is_open(instrument) && is_valued && !is_stale && !self.is_cascaded_into(instrument)
    }

    /// The contracts on margin in which an account has a position.
    pub(super) fn margined_positions(&self, account: AccountId) -> Vec<InstrumentId> {
        let held =
            self.contracts_of(account).filter(|(market, holding)| market.terms.is_margined() && holding.position != 0);
        held.map(|(market, _)| market.terms.instrument).collect()
    }

    fn complete_round(&mut self, account: AccountId, next: Timestamp) -> Result<(), Fault> {
        let round = self.waterfall.round.take().filter(|round| round.account == account && !round.is_full());
        check(round.is_some(), "a partial round completes", || format!("account {account}"))?;
        let found = self.standing(account);
        check(!is_restored(found), "what is restored is not closed", || format!("{found:?} of account {account}"))?;
        let cooldown = if is_far_below(found.0, found.1) { 0 } else { COOLDOWN_US };
        let due = self.now.plus_micros(cooldown);
        same("rounds have their time", next, due, || format!("account {account}"))?;
        self.waterfall.rounds.insert(account, next);
        Ok(())
    }

    fn postpone(&mut self, account: AccountId, next: Timestamp) -> Result<(), Fault> {
        self.leave_default(account)?;
        let held = self.margined_positions(account);
        let is_stuck = !held.is_empty() && !held.iter().any(|&instrument| self.is_liquid(instrument));
        check(is_stuck, "only what cannot be closed waits", || format!("{held:?} of account {account}"))?;
        same("rounds have their time", next, self.now.plus_micros(COOLDOWN_US), || format!("account {account}"))?;
        self.waterfall.rounds.insert(account, next);
        Ok(())
    }

    fn end_liquidation(&mut self, account: AccountId, equity: Cash) -> Result<(), Fault> {
        let found = self.standing(account);
        same("a liquidation ends with the account's own figures", i128::from(equity.0), found.0, || {
            format!("account {account}")
        })?;
        let has_defaulted = self.waterfall.default.is_some();
        if self.waterfall.round.is_some_and(|round| round.account == account) {
            self.waterfall.round = None;
        } else {
            self.leave_default(account)?;
        }
        let is_over = if has_defaulted { self.margined_positions(account).is_empty() } else { is_restored(found) };
        check(is_over, "a liquidation ends when it may", || format!("{found:?} of account {account}"))?;
        self.waterfall.rounds.remove(&account);
        Ok(())
    }

    /// The default of this account is over; without one it is this account's turn.
    fn leave_default(&mut self, account: AccountId) -> Result<(), Fault> {
        let Some(default) = self.waterfall.default.take() else { return self.check_turn(account) };
        check(default.is_over(account), "a default is dealt with to its end", || format!("{default:?}"))
    }
}
