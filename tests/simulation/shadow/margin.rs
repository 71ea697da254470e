//! Margin the slow way: from all positions and live orders of an account, with nothing kept from one command to the next.

use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, OrderId, SeriesId};
use engine::ledger::LedgerAccount;
use engine::margin::{MAINTENANCE_PER_MILLE, Risk, SCENARIOS, SeriesMargin};
use engine::order::Amendment;
use engine::units::{Price, Side};
use engine::{Engine, MarginReport};

use super::Shadow;
use super::book::Market;
use super::holds::Holding;
use crate::fault::{Fault, check, same};

/// Live orders up to which a call is held against the order in which it looks at them.
const FEW: usize = 60;

/// What is known of the risk of a contract.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    risk: Option<Risk>,
    mark: Option<Price>,
    in_delivery: bool,
}

/// Which orders of an account count beside its positions.
#[derive(Clone, Copy, Debug)]
enum Counted {
    All,
    None,
    One(OrderId),
}

/// What one series adds up to.
#[derive(Clone, Debug, Default)]
struct Sums {
    scenarios: [i128; SCENARIOS],
    order_cost: i128,
    low: i128,
    high: i128,
    longs: i128,
    shorts: i128,
    reach: i128,
    largest: i128,
    delivering: i128,
}

impl Shadow {
    /// Parameters, arrays, marks and calls.
    pub(super) fn read_margin(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::MarginSet { series, margin } => drop(self.margins.insert(series, margin)),
            Event::CreditSet { first, second, per_lot } => {
                check(first < second, "a credit names the lower series first", || format!("{first} {second}"))?;
                self.credits.insert((first, second), per_lot.0.into());
            }
            Event::RiskPublished { instrument, version, reference } => {
                let Some(Command::PublishRisk { risk, .. }) = self.course.command else {
                    return Err(Fault::new("arrays are published by a command", format!("array {version}")));
                };
                same(
                    "an array is the one that was sent",
                    (version, reference),
                    (risk.version, risk.reference),
                    || format!("instrument {instrument}"),
                )?;
                self.market(instrument)?.known.risk = Some(risk);
            }
            Event::MarkUpdated { instrument, price } => {
                let now = self.now;
                let market = self.market(instrument)?;
                market.known.mark = Some(price);
                market.known.in_delivery = market.terms.month().is_some_and(|month| now >= month.first_day.start());
            }
            Event::MarginCalled { account, equity, initial, maintenance } => {
                let found = [equity, initial, maintenance].map(|amount| i128::from(amount.0));
                let expected = [self.equity(account), self.initial(account), self.maintenance(account)];
                same("a call has the account's own figures", found, expected, || format!("account {account}"))?;
                check(equity < initial, "only who has too little is called", || format!("account {account}"))?;
                self.called = Some(account);
                self.counts.calls += 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// A margin call takes the newest order that raises the risk of an account that has too little.
    pub(super) fn check_call(&mut self, id: OrderId, account: AccountId) -> Result<(), Fault> {
        same("only who was called loses orders", self.called, Some(account), || format!("order {id}"))?;
        let (equity, initial) = (self.equity(account), self.initial(account));
        check(equity < initial, "a call ends when there is enough", || format!("{equity} and {initial}"))?;
        let is_raising = |id| self.requirement(account, Counted::One(id)) > self.requirement(account, Counted::None);
        check(is_raising(id), "a call takes what raises risk", || format!("order {id}"))?;
        let live = self.live_of(account);
        if live.len() > FEW {
            return Ok(());
        }
        let newer = live.into_iter().find(|&other| other > id && is_raising(other));
        check(newer.is_none(), "a call takes the newest first", || format!("{newer:?} stayed, {id} went"))
    }

    /// Notes what an account has and must have before a command changes that.
    pub(super) fn note_cover(&mut self, account: AccountId) {
        if !self.course.cover.contains_key(&account) {
            let cover = (self.equity(account), self.initial(account));
            self.course.cover.insert(account, cover);
        }
    }

    /// Whoever had its margin still has it, whatever filled, but for the fee of an order that does not raise it. Who had not is not further
    /// from it than such a fee, and has placed nothing that raises it.
    pub(super) fn check_cover(&self) -> Result<(), Fault> {
        for (&account, &(equity_before, initial_before)) in &self.course.cover {
            let (equity, initial) = (self.equity(account), self.initial(account));
            let fee = self.fee_of_command(account);
            let (had_not, is_no_worse) =
                (equity_before < initial_before, equity - initial >= (equity_before - initial_before).min(0) - fee);
            let raises = self.counts.trades == self.course.trades_before && initial > initial_before;
            let is_right = equity >= initial || ((had_not || fee > 0) && is_no_worse && !raises);
            check(is_right, "no order takes an account below its margin", || {
                format!("account {account}: equity {equity_before} to {equity}, margin {initial_before} to {initial}")
            })?;
        }
        Ok(())
    }

    /// The most that is held for the fee of the order that an account has just sent or changed.
    fn fee_of_command(&self, account: AccountId) -> i128 {
        let (instrument, lots) = match self.course.command {
            Some(Command::SubmitOrder(order)) if order.account == account => (order.instrument, order.lots),
            Some(Command::AmendOrder(Amendment { account: whose, order, .. })) if whose == account => {
                let Some(order) = self.orders.get(&order) else { return 0 };
                (order.request.instrument, order.lots)
            }
            _ => return 0,
        };
        let worst = self
            .markets
            .get(&instrument)
            .map_or(0, |market| i128::from(market.terms.fees.worst().0) * i128::from(market.terms.hours().0));
        worst * i128::from(lots.0)
    }

    /// The venue's own report of an account. Between a change of values and the last account that is valued anew the venue has both.
    pub(super) fn compare_margin(&self, venue: &Engine, account: AccountId) -> Result<(), Fault> {
        if venue.next_due().is_some_and(|due| due <= self.now) {
            return Ok(());
        }
        let Some(MarginReport { equity, unrealised, owed, initial, maintenance, withdrawable, .. }) =
            venue.margin_report(account)
        else {
            return Err(Fault::new("what is open stays", format!("account {account}")));
        };
        let found = [equity, unrealised, owed, initial, maintenance, withdrawable].map(|amount| i128::from(amount.0));
        let (equity, initial, unrealised) = (self.equity(account), self.initial(account), self.unrealised(account));
        let free = self.free(account);
        let withdrawable = free.min(equity - initial - unrealised.max(0)).max(0);
        let maintenance = self.maintenance(account);
        let expected = [equity, unrealised, self.owed(account), initial, maintenance, withdrawable];
        same("margin follows from positions and orders", found, expected, || format!("account {account}"))
    }

    /// What an account owes.
    pub(super) fn owed(&self, account: AccountId) -> i128 {
        -i128::from(self.posted.get(&(LedgerAccount::Receivable(account), AssetId::USD)).map_or(0, |amount| amount.0))
    }

    /// US dollars that are neither held nor on their way out.
    pub(super) fn free(&self, account: AccountId) -> i128 {
        let posted = self.posted.get(&(LedgerAccount::Customer(account), AssetId::USD)).map_or(0, |amount| amount.0);
        let pending = self.pending.values().filter(|pending| (pending.0, pending.1) == (account, AssetId::USD));
        let pending: i128 = pending.map(|pending| i128::from(pending.2.0)).sum();
        i128::from(posted) - pending - self.held_now(account)
    }

    fn equity(&self, account: AccountId) -> i128 {
        self.free(account) - self.owed(account) + self.unrealised(account)
    }

    fn initial(&self, account: AccountId) -> i128 {
        self.requirement(account, Counted::All)
    }

    fn maintenance(&self, account: AccountId) -> i128 {
        let product = self.requirement(account, Counted::None) * i128::from(MAINTENANCE_PER_MILLE);
        (product + 999).div_euclid(1_000)
    }

    fn unrealised(&self, account: AccountId) -> i128 {
        let gains = self.margined(account).map(|(market, holding, _)| {
            let mark = i128::from(market.known.mark.map_or(0, |mark| mark.0));
            i128::from(holding.position) * mark * i128::from(market.terms.hours().0) - holding.cost
        });
        gains.sum()
    }

    /// The contracts on margin in which an account has something, as far as their risk is known.
    fn margined(&self, account: AccountId) -> impl Iterator<Item = (&Market, &Holding, SeriesId)> {
        self.markets.iter().filter_map(move |(&instrument, market)| {
            let is_known = market.terms.is_margined() && market.known.risk.is_some() && market.known.mark.is_some();
            let series = market.terms.month().filter(|_| is_known)?.series;
            Some((market, self.holdings.get(&(instrument, account))?, series))
        })
    }

    /// The orders of an account that work, in contracts on margin.
    fn live_of(&self, account: AccountId) -> Vec<OrderId> {
        let live = self.margined(account).flat_map(|(_, holding, _)| holding.live.iter().copied());
        live.filter(|id| !self.orders[id].is_waiting).collect()
    }

    /// `docs/margin.md`, formula by formula.
    fn requirement(&self, account: AccountId, counted: Counted) -> i128 {
        let mut series: Vec<(SeriesId, Sums)> = Vec::new();
        for (market, holding, id) in self.margined(account) {
            let at = series.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
                series.push((id, Sums::default()));
                series.len() - 1
            });
            self.add(&mut series[at].1, market, holding, counted);
        }
        series.retain(|(id, _)| self.margins.contains_key(id));
        let [mut risk, mut least] = [0, 0];
        for (id, sums) in &series {
            let margin: &SeriesMargin = &self.margins[id];
            let scan = sums.scenarios.iter().copied().fold(0, i128::max);
            let spreads = sums.longs.min(sums.shorts).min(sums.reach - sums.largest);
            let concentrated = (sums.reach - i128::from(margin.concentration_lots)).max(0);
            risk += scan
                + i128::from(margin.calendar_charge.0) * spreads
                + i128::from(margin.delivery_charge.0) * sums.delivering
                + i128::from(margin.concentration_charge.0) * concentrated;
            least += sums.order_cost + i128::from(margin.minimum_charge.0) * sums.reach;
        }
        (risk - self.credited(&series)).max(least)
    }

    /// A contract of an account.
    fn add(&self, sums: &mut Sums, market: &Market, holding: &Holding, counted: Counted) {
        let (Some(risk), Some(mark)) = (market.known.risk, market.known.mark) else { return };
        let position = i128::from(holding.position);
        let (mut low, mut high) = (position, position);
        for (sum, loss) in sums.scenarios.iter_mut().zip(risk.losses) {
            *sum += position * i128::from(loss.0);
        }
        for id in &holding.live {
            let order = &self.orders[id];
            let is_counted = match counted {
                Counted::All => true,
                Counted::None => false,
                Counted::One(one) => one == *id,
            };
            if order.is_waiting || !is_counted {
                continue;
            }
            let lots = i128::from(order.remaining().0);
            let limit = order.limit.map_or(0, |limit| limit.0);
            let distance = i128::from(limit - mark.0) * i128::from(market.terms.hours().0);
            let sign = if order.request.side == Side::Buy { 1 } else { -1 };
            for (sum, loss) in sums.scenarios.iter_mut().zip(risk.losses) {
                *sum += lots * (sign * (i128::from(loss.0) + distance)).max(0);
            }
            sums.order_cost += lots * (sign * distance).max(0);
            if sign > 0 { high += lots } else { low -= lots }
        }
        let reach = low.abs().max(high.abs());
        sums.low += low;
        sums.high += high;
        sums.longs += high.max(0);
        sums.shorts += (-low).max(0);
        sums.reach += reach;
        sums.largest = sums.largest.max(reach);
        sums.delivering += if market.known.in_delivery { reach } else { 0 };
    }

    /// Spreads between series: the largest credit first, each lot once.
    fn credited(&self, series: &[(SeriesId, Sums)]) -> i128 {
        let mut pairs: Vec<_> = self.credits.iter().map(|(&pair, &per_lot)| (-per_lot, pair)).collect();
        pairs.sort_unstable();
        let mut left: Vec<(SeriesId, [i128; 2])> =
            series.iter().map(|(id, sums)| (*id, [sums.low.max(0), (-sums.high).max(0)])).collect();
        let mut credited = 0;
        for (negative, (first, second)) in pairs {
            let place = |id| left.iter().position(|(known, _)| *known == id);
            let (Some(first), Some(second)) = (place(first), place(second)) else { continue };
            for (long, short) in [(first, second), (second, first)] {
                let spreads = left[long].1[0].min(left[short].1[1]);
                left[long].1[0] -= spreads;
                left[short].1[1] -= spreads;
                credited -= spreads * negative;
            }
        }
        credited
    }
}
