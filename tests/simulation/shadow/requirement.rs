//! What an account has and must have, the slow way: from all its positions and live orders, with nothing kept between commands.

use std::collections::BTreeMap;

use engine::ids::{AccountId, AssetId, InstrumentId, OrderId, SeriesId};
use engine::instrument::Spread;
use engine::ledger::LedgerAccount;
use engine::margin::{MAINTENANCE_PER_MILLE, SCENARIOS, SeriesMargin};
use engine::units::Side;

use super::Shadow;
use super::book::Market;
use super::holds::Holding;

/// Which orders of an account count beside its positions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counted {
    All,
    None,
    One(OrderId),
}

/// What a lot of a contract loses in each scenario, and what it is marked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) losses: [i128; SCENARIOS],
    pub(super) mark: i128,
    pub(super) hours: i128,
}

/// What one series adds up to.
#[derive(Clone, Debug, Default)]
struct Sums {
    scenarios: [i128; SCENARIOS],
    order_cost: i128,
    /// The lowest and the highest position of each month that any subset of fills can lead to.
    months: BTreeMap<InstrumentId, (i128, i128)>,
}

impl Sums {
    fn order(&mut self, value: &Value, sign: i128, limit: i128, lots: i128) {
        let distance = (limit - value.mark) * value.hours;
        for (sum, loss) in self.scenarios.iter_mut().zip(value.losses) {
            *sum += lots * (sign * (loss + distance)).max(0);
        }
        self.order_cost += lots * (sign * distance).max(0);
    }

    fn reach(&mut self, months: &[InstrumentId], low: i128, high: i128) {
        for &month in months {
            let sum = self.months.entry(month).or_default();
            *sum = (sum.0 + low, sum.1 + high);
        }
    }

    fn reaches(&self) -> impl Iterator<Item = (InstrumentId, i128)> + '_ {
        self.months.iter().map(|(&month, &(low, high))| (month, low.abs().max(high.abs())))
    }
}

impl Shadow {
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

    pub(super) fn equity(&self, account: AccountId) -> i128 {
        self.free(account) - self.owed(account) + self.unrealised(account)
    }

    pub(super) fn initial(&self, account: AccountId) -> i128 {
        self.requirement(account, Counted::All)
    }

    pub(super) fn maintenance(&self, account: AccountId) -> i128 {
        let product = self.requirement(account, Counted::None) * i128::from(MAINTENANCE_PER_MILLE);
        (product + 999).div_euclid(1_000)
    }

    pub(super) fn unrealised(&self, account: AccountId) -> i128 {
        let gain = |(market, holding): (&Market, &Holding)| {
            let Value { mark, hours, .. } = self.value_of(market)?;
            Some(i128::from(holding.position) * mark * hours - holding.cost)
        };
        self.contracts_of(account).filter_map(gain).sum()
    }

    /// What is known of a contract on margin; nothing before it has an array and a mark. A strip has the arrays of its months.
    pub(super) fn value_of(&self, market: &Market) -> Option<Value> {
        let mark = i128::from(market.known.mark.filter(|_| market.terms.is_margined())?.0);
        let mut losses = [0; SCENARIOS];
        for month in self.months_of(market.terms.instrument) {
            let risk = self.markets.get(&month)?.known.risk?;
            losses.iter_mut().zip(risk.losses).for_each(|(sum, loss)| *sum += i128::from(loss.0));
        }
        Some(Value { losses, mark, hours: market.terms.hours().0.into() })
    }

    /// The orders of an account that work, in contracts on margin and spreads of them.
    pub(super) fn live_of(&self, account: AccountId) -> Vec<OrderId> {
        let margined = self.contracts_of(account).filter(|(market, _)| {
            self.value_of(market).is_some() || market.terms.spread().is_some_and(|spread| self.legs(&spread).is_some())
        });
        let live = margined.flat_map(|(_, holding)| holding.live.iter().copied());
        live.filter(|id| !self.orders[id].is_waiting).collect()
    }

    /// `docs/margin.md`, formula by formula.
    pub(super) fn requirement(&self, account: AccountId, counted: Counted) -> i128 {
        let mut series: BTreeMap<SeriesId, Sums> = BTreeMap::new();
        for (market, holding) in self.contracts_of(account) {
            if let Some(spread) = market.terms.spread() {
                self.add_spread(&mut series, &spread, holding, counted);
            } else if let (Some(value), Some(id)) = (self.value_of(market), market.terms.series()) {
                self.add(series.entry(id).or_default(), market, &value, holding, counted);
            }
        }
        series.retain(|id, _| self.margins.contains_key(id));
        let [mut risk, mut least] = [0, 0];
        for (id, sums) in &series {
            let margin: &SeriesMargin = &self.margins[id];
            let scan = sums.scenarios.iter().copied().fold(0, i128::max);
            let [longs, shorts] = [1, -1].map(|sign| {
                let sides = sums.months.values().map(|&(low, high)| if sign > 0 { high } else { -low });
                sides.map(|side| side.max(0)).sum::<i128>()
            });
            let (reach, largest) = sums.reaches().fold((0, 0), |(sum, most), (_, one)| (sum + one, one.max(most)));
            let is_delivering = |month: &InstrumentId| self.markets[month].known.in_delivery;
            let delivering: i128 = sums.reaches().filter(|(month, _)| is_delivering(month)).map(|(_, one)| one).sum();
            let spreads = longs.min(shorts).min(reach - largest);
            let concentrated = (reach - i128::from(margin.concentration_lots)).max(0);
            risk += scan
                + i128::from(margin.calendar_charge.0) * spreads
                + i128::from(margin.delivery_charge.0) * delivering
                + i128::from(margin.concentration_charge.0) * concentrated;
            least += sums.order_cost + i128::from(margin.minimum_charge.0) * reach;
        }
        (risk - self.credited(&series)).max(least)
    }

    /// The orders of a holding that count: side, limit and lots of each.
    fn counted<'a>(
        &'a self,
        holding: &'a Holding,
        counted: Counted,
    ) -> impl Iterator<Item = (i128, i128, i128)> + use<'a> {
        let counts = move |id: &&OrderId| match counted {
            Counted::All => true,
            Counted::None => false,
            Counted::One(one) => one == **id,
        };
        let orders = holding.live.iter().filter(counts).map(|id| &self.orders[id]).filter(|order| !order.is_waiting);
        orders.map(|order| {
            let sign = if order.request.side == Side::Buy { 1 } else { -1 };
            let limit = order.limit.map_or(0, |limit| limit.0);
            (sign, i128::from(limit), i128::from(order.remaining().0))
        })
    }

    /// A contract of an account.
    fn add(&self, sums: &mut Sums, market: &Market, value: &Value, holding: &Holding, counted: Counted) {
        let position = i128::from(holding.position);
        let (mut low, mut high) = (position, position);
        for (sum, loss) in sums.scenarios.iter_mut().zip(value.losses) {
            *sum += position * loss;
        }
        for (sign, limit, lots) in self.counted(holding, counted) {
            sums.order(value, sign, limit, lots);
            if sign > 0 { high += lots } else { low -= lots }
        }
        sums.reach(&self.months_of(market.terms.instrument), low, high);
    }

    /// The orders of an account in a spread: one order at the difference of the legs within a series, two orders between two.
    fn add_spread(&self, series: &mut BTreeMap<SeriesId, Sums>, spread: &Spread, holding: &Holding, counted: Counted) {
        let Some([(near, of_near), (far, of_far)]) = self.legs(spread) else { return };
        let (Some(first), Some(second)) = (near.terms.series(), far.terms.series()) else { return };
        let mut netted = Value { mark: of_near.mark - of_far.mark, ..of_near };
        netted.losses.iter_mut().zip(of_far.losses).for_each(|(loss, far)| *loss -= far);
        netted.hours = of_far.hours;
        for (sign, limit, lots) in self.counted(holding, counted) {
            if first == second {
                series.entry(first).or_default().order(&netted, sign, limit, lots);
            } else {
                series.entry(first).or_default().order(&of_near, sign, of_near.mark, lots);
                series.entry(second).or_default().order(&of_far, -sign, of_near.mark - limit, lots);
            }
            for (id, leg, sign) in [(first, near, sign), (second, far, -sign)] {
                let (low, high) = if sign > 0 { (0, lots) } else { (-lots, 0) };
                series.entry(id).or_default().reach(&self.months_of(leg.terms.instrument), low, high);
            }
        }
    }

    /// Spreads between series: the largest credit first, each lot once.
    fn credited(&self, series: &BTreeMap<SeriesId, Sums>) -> i128 {
        let mut pairs: Vec<_> = self.credits.iter().map(|(&pair, &per_lot)| (-per_lot, pair)).collect();
        pairs.sort_unstable();
        let sides = |sums: &Sums| {
            let (low, high) = sums.months.values().fold((0, 0), |(low, high), month| (low + month.0, high + month.1));
            [low.max(0), (-high).max(0)]
        };
        let mut left: BTreeMap<SeriesId, [i128; 2]> = series.iter().map(|(id, sums)| (*id, sides(sums))).collect();
        let mut credited = 0;
        for (negative, (first, second)) in pairs {
            for (long, short) in [(first, second), (second, first)] {
                let (Some(longs), Some(shorts)) = (left.get(&long), left.get(&short)) else { continue };
                let spreads = longs[0].min(shorts[1]);
                left.entry(long).and_modify(|sides| sides[0] -= spreads);
                left.entry(short).and_modify(|sides| sides[1] -= spreads);
                credited -= spreads * negative;
            }
        }
        credited
    }
}
