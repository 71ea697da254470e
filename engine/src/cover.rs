//! Whether what stands behind an order in a margined contract is enough, and how the sums follow what happens to it.

use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::exposure::{Exposure, Hold};
use crate::groups::lots;
use crate::limits;
use crate::margin::{Added, Change, Ladder, Part, Rung, SeriesSlot, SpreadValuation, Sums, Valuation};
use crate::market::Market;
use crate::orders::NONE;
use crate::reject::Reject;
use crate::units::{Cash, Lots, Position, Price, Side};

/// An order that would rest or trade, for the check of what covers it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proposed<'a> {
    pub(crate) market: u32,
    pub(crate) account: AccountSlot,
    /// Where the account's exposure in the contract is, if it has one.
    pub(crate) place: Option<u32>,
    /// What is held for it now.
    pub(crate) held: Hold,
    /// The exposure with the order.
    pub(crate) after: &'a Exposure,
    pub(crate) side: Side,
    pub(crate) limit: Price,
    /// What is open of it.
    pub(crate) lots: Lots,
    /// Limit and lots in the place that it leaves, if it is amended.
    pub(crate) left: Option<(Price, Lots)>,
}

/// What happened to an exposure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Changed {
    /// An order is open from now on.
    Opened { side: Side, limit: Price, lots: Lots },
    /// Lots of an order are not open any more.
    Closed { side: Side, limit: Price, lots: Lots },
    /// Lots of an order traded.
    Traded { side: Side, limit: Price, lots: Lots, price: Price },
    /// The position was settled: it, and what it cost, before and after.
    Settled { before: (Position, Cash), after: (Position, Cash) },
}

/// What an order would change in a series of its account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touched<'a, const N: usize> {
    pub(crate) series: SeriesSlot,
    /// The account's group of it, if it has one.
    pub(crate) group: Option<u32>,
    /// What the order adds to its reach.
    pub(crate) added: [Added<'a>; N],
}

impl Changed {
    fn change(self, valuation: &Valuation) -> Change {
        let mut change = Change::default();
        match self {
            Changed::Opened { side, limit, lots } => change = valuation.order(side, limit, lots),
            Changed::Closed { side, limit, lots } => change.subtract(&valuation.order(side, limit, lots)),
            Changed::Traded { side, limit, lots, price } => {
                change = valuation.fill(side, price, lots);
                change.subtract(&valuation.order(side, limit, lots));
            }
            Changed::Settled { before, after } => {
                change = valuation.position(after.0.0, after.1);
                change.subtract(&valuation.position(before.0.0, before.1));
            }
        }
        change
    }

    /// The same of a spread, whose trades only close orders: the positions are its legs'.
    pub(crate) fn of_spread(self, valuation: &SpreadValuation) -> [Change; 2] {
        match self {
            Changed::Opened { side, limit, lots } => valuation.order(side, limit, lots),
            Changed::Closed { side, limit, lots } => valuation.order(side, limit, lots).map(|order| {
                let mut change = Change::default();
                change.subtract(&order);
                change
            }),
            Changed::Traded { .. } | Changed::Settled { .. } => unreachable!("a spread has no position"),
        }
    }
}

impl Engine {
    /// The rules of an order in a margined contract, in the order of `docs/margin.md`.
    pub(crate) fn check_margin(&self, proposed: &Proposed) -> Result<(), Reject> {
        let market = self.markets.get(proposed.market);
        if let Some(legs) = market.legs {
            return self.check_spread_margin(proposed, legs);
        }
        let instrument = market.terms.instrument;
        let series = market.margin_series.expect("a margined contract has a series");
        let known = self.margins.get(series).and(market.valuation());
        let valuation = known.ok_or(Reject::RiskUnknown { instrument })?;
        let group = match proposed.place {
            Some(place) => Some(self.exposures.groups.share(self.exposures.get(place).share).group),
            None => self.group_of(proposed.account, series),
        };
        let (low, high) = self.reach_gained(proposed);
        let touched = Touched { series, group, added: [Added { months: &market.months, low, high }] };
        self.check_series_position(&touched)?;
        let (account, reach) = (proposed.account, reach_of(proposed.after));
        self.check_value_range(account, proposed.place, reach, market.contract.width())?;
        self.check_open_interest(market, proposed.after, proposed.side, proposed.lots)?;
        let required = self.check_fees(proposed, market)?;
        let mut change = valuation.order(proposed.side, proposed.limit, proposed.lots);
        if let Some((limit, lots)) = proposed.left {
            change.subtract(&valuation.order(proposed.side, limit, lots));
        }
        let part = self.part_with(&touched, &change);
        self.check_initial(account, &[(group, part)], &[market], required)
    }

    /// What an account reaches in a series.
    pub(crate) fn check_series_position<const N: usize>(&self, touched: &Touched<'_, N>) -> Result<(), Reject> {
        let most = self.margins.get(touched.series).expect("the series has parameters").position_max;
        let (before, after) = match touched.group {
            Some(group) => {
                let ladder = &self.exposures.groups.get(group).ladder;
                let after = ladder.with(touched.added).map(|rung| rung.lots()).sum::<i64>();
                (ladder.iter().map(Rung::lots).sum::<i64>(), after)
            }
            None => (0, Ladder::default().with(touched.added).map(|rung| rung.lots()).sum()),
        };
        if after > i64::from(most.0) && after > before { Err(Reject::SeriesPositionLimit { most }) } else { Ok(()) }
    }

    /// What all margined contracts of the account could gain or lose between floor and cap, with this reach where a lot could as much as
    /// `width`.
    pub(crate) fn check_value_range(
        &self,
        account: AccountSlot,
        place: Option<u32>,
        (low, high): (i64, i64),
        width: Cash,
    ) -> Result<(), Reject> {
        let before = self.accounts.get(account).value_range;
        let share = place.map(|place| *self.exposures.groups.share(self.exposures.get(place).share));
        let now = share.map_or(0, |share| lots(share.low, share.high));
        let after = before + (lots(low, high) - now) * width.0;
        if after > limits::VALUE_RANGE_MAX.0 && after > before { Err(Reject::MarginedValueLimit) } else { Ok(()) }
    }

    /// What would be open in a contract with the lots that could open or turn a position.
    pub(crate) fn check_open_interest(
        &self,
        market: &Market,
        exposure: &Exposure,
        side: Side,
        lots: Lots,
    ) -> Result<(), Reject> {
        let margin = market.margin_series.and_then(|series| self.margins.get(series));
        let most = margin.expect("the series has parameters").open_interest_max;
        let opening = i64::from(lots.0) - i64::from(exposure.reducible(side).0.min(lots.0));
        let exceeds = opening > 0 && market.open_interest + opening > i64::from(most.0);
        if exceeds { Err(Reject::OpenInterestLimit { most }) } else { Ok(()) }
    }

    /// What more has to be held for fees, which has to be free.
    pub(crate) fn check_fees(&self, proposed: &Proposed, market: &Market) -> Result<Cash, Reject> {
        let required = proposed.after.hold(&market.contract).dollars - proposed.held.dollars;
        let free = self.ledger.at(self.accounts.get(proposed.account).dollars).free().dollars();
        if required > free { Err(Reject::InsufficientFunds { required, free }) } else { Ok(required) }
    }

    /// Whether equity covers the initial margin with these parts in the place of those of their groups, and the contracts' arrays and
    /// indices may be trusted; an order that does not raise the initial margin passes all the same.
    pub(crate) fn check_initial(
        &self,
        account: AccountSlot,
        parts: &[(Option<u32>, Part)],
        contracts: &[&Market],
        required: Cash,
    ) -> Result<(), Reject> {
        let equity = self.equity(account) - required;
        let initial = self.initial_with(account, parts);
        let expired = |market: &&&Market| market.risk.is_none_or(|risk| risk.expires <= self.time);
        let expired = contracts.iter().find(expired);
        let stale = contracts.iter().find(|market| self.staleness(market).is_some());
        let trusted = expired.is_none() && stale.is_none();
        if (equity >= initial && trusted) || initial <= self.initial_margin(account) {
            return Ok(());
        }
        if equity < initial {
            return Err(Reject::InsufficientMargin { required: initial, equity });
        }
        if let Some(market) = stale {
            return Err(Reject::IndexStale { series: market.terms.series().expect("only contracts have an index") });
        }
        let market = expired.expect("an array has expired if no index is stale");
        Err(Reject::RiskExpired { instrument: market.terms.instrument })
    }

    /// The initial margin of an account with these parts in the place of those of their groups.
    fn initial_with(&self, account: AccountSlot, parts: &[(Option<u32>, Part)]) -> Cash {
        let mut totals = self.accounts.get(account).totals;
        for (group, part) in parts {
            let before = group.and_then(|group| self.exposures.groups.get(group).part.as_ref());
            before.iter().for_each(|before| totals.subtract(before));
            totals.add(part);
        }
        totals.requirement(&self.margins.credits, |series| {
            let changed = parts.iter().find(|(_, part)| part.series == series);
            changed.map(|(_, part)| part.certain).or_else(|| self.certain(account, series))
        })
    }

    /// Whether an account can take a position over: it stays within the limits of its series and of all it has on margin, or does not grow
    /// there, and has its initial margin afterwards.
    pub(crate) fn can_take(&self, account: AccountSlot, place: u32, position: Position, cost: Cash) -> bool {
        let market = self.markets.get(place);
        let series = market.margin_series.expect("a margined contract has a series");
        let Some(valuation) = self.margins.get(series).and(market.valuation()) else { return false };
        let (group, exposure) = (self.group_of(account, series), self.exposures.find(place, account));
        let added = [Added { months: &market.months, low: position.0, high: position.0 }];
        let touched = Touched { series, group, added };
        let (low, high) = reach_of(&self.exposure_of(place, account));
        let reach = (low + position.0, high + position.0);
        let within = self.check_series_position(&touched);
        if within.and_then(|()| self.check_value_range(account, exposure, reach, market.contract.width())).is_err() {
            return false;
        }
        let change = valuation.position(position.0, cost);
        let part = self.part_with(&touched, &change);
        self.equity(account) + Cash(change.unrealised) >= self.initial_with(account, &[(group, part)])
    }

    /// What an order adds to the reach in each month of its contract.
    pub(crate) fn reach_gained(&self, proposed: &Proposed) -> (i64, i64) {
        let (low, high) = reach_of(proposed.after);
        match proposed.place.map(|place| self.exposures.get(place).share) {
            Some(share) => {
                let share = self.exposures.groups.share(share);
                (low - share.low, high - share.high)
            }
            None => (low, high),
        }
    }

    /// Works out anew what a group contributes.
    pub(crate) fn refresh_part(&mut self, group: u32) {
        let part = self.part_of(group, [], &Change::default());
        let group = self.exposures.groups.get_mut(group);
        let owner = self.accounts.get_mut(group.account);
        group.part.iter().for_each(|before| owner.totals.subtract(before));
        part.iter().for_each(|after| owner.totals.add(after));
        owner.unrealised += group.sums.unrealised - group.counted.0;
        owner.value_range += group.value_range - group.counted.1;
        (group.part, group.counted) = (part, (group.sums.unrealised, group.value_range));
    }

    /// What a series would contribute with an order.
    pub(crate) fn part_with<const N: usize>(&self, touched: &Touched<'_, N>, change: &Change) -> Part {
        let part = match touched.group {
            Some(group) => self.part_of(group, touched.added, change),
            None => self.part_from(touched.series, &Ladder::default(), touched.added, change),
        };
        part.expect("the series has parameters")
    }

    /// What a group would contribute with a change in its contracts; `None` without parameters.
    fn part_of<const N: usize>(&self, group: u32, added: [Added; N], change: &Change) -> Option<Part> {
        let group = self.exposures.groups.get(group);
        let mut sums = group.sums;
        sums.add(change);
        self.part_from(group.series, &group.ladder, added, &sums)
    }

    fn part_from<const N: usize>(
        &self,
        series: SeriesSlot,
        ladder: &Ladder,
        added: [Added; N],
        sums: &Sums,
    ) -> Option<Part> {
        let margin = self.margins.get(series)?;
        let reaches = ladder.with(added).map(|rung| rung.reach(self.markets.get(rung.month).in_delivery));
        Some(Part::new(self.margins.id(series), margin, sums, reaches))
    }

    /// An account's group of a series.
    pub(crate) fn group_of(&self, account: AccountSlot, series: SeriesSlot) -> Option<u32> {
        let groups = &self.accounts.get(account).groups;
        groups.iter().find(|(of, _)| *of == series).map(|&(_, group)| group)
    }

    /// Brings what is summed up for an exposure up to date with what happened to it. Nothing for one that is not margined.
    pub(crate) fn note_margin(&mut self, place: u32, changed: Changed) {
        let entry = self.exposures.get(place);
        let share = entry.share;
        if share == NONE {
            return;
        }
        let (low, high) = reach_of(&entry.exposure);
        let market = self.markets.get(entry.market);
        if let Some(legs) = market.legs {
            self.note_spread(share, legs, (low, high), changed);
            return;
        }
        let valuation = market.valuation();
        // Nothing trades or rests in a contract before its array and mark are known.
        let change = valuation.map(|valuation| changed.change(valuation)).unwrap_or_default();
        self.exposures.groups.reach(share, market, low, high);
        self.exposures.groups.add(share, &change);
        let group = self.exposures.groups.share(share).group;
        self.refresh_part(group);
    }
}

/// The least and the most that could be held after any subset of fills.
pub(crate) fn reach_of(exposure: &Exposure) -> (i64, i64) {
    let position = exposure.position.0;
    (position - exposure.open_sells, position + exposure.open_buys)
}
