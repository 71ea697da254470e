//! Whether what stands behind an order in a margined contract is enough, and how the sums follow what happens to it.

use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::exposure::{Exposure, Hold};
use crate::groups::lots;
use crate::limits;
use crate::margin::{Change, Part, Rung, SeriesMargin, SeriesSlot, Valuation};
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
}

impl Engine {
    /// The rules of an order in a margined contract, in the order of `docs/margin.md`.
    pub(crate) fn check_margin(&self, proposed: &Proposed) -> Result<(), Reject> {
        let market = self.markets.get(proposed.market);
        let instrument = market.terms.instrument;
        let series = market.margin_series.expect("a margined contract has a series");
        let known = self.margins.get(series).zip(market.valuation());
        let (margin, valuation) = known.ok_or(Reject::RiskUnknown { instrument })?;
        let group = match proposed.place {
            Some(place) => Some(self.exposures.groups.share(self.exposures.get(place).share).group),
            None => self.group_of(proposed.account, series),
        };
        let (low, high) = self.reach_gained(proposed);
        let (before, after) = self.reach_in_series(group, market, low, high);
        if after > i64::from(margin.position_max.0) && after > before {
            return Err(Reject::SeriesPositionLimit { most: margin.position_max });
        }
        let reach = reach_of(proposed.after);
        let (before, after) = self.value_ranges(proposed.account, proposed.market, proposed.place, reach);
        if after > limits::VALUE_RANGE_MAX.0 && after > before {
            return Err(Reject::MarginedValueLimit);
        }
        let reducible = proposed.after.reducible(proposed.side);
        let opening = i64::from(proposed.lots.0) - i64::from(reducible.0.min(proposed.lots.0));
        if opening > 0 && market.open_interest + opening > i64::from(margin.open_interest_max.0) {
            return Err(Reject::OpenInterestLimit { most: margin.open_interest_max });
        }
        let required = proposed.after.hold(&market.contract).dollars - proposed.held.dollars;
        let free = self.ledger.at(self.accounts.get(proposed.account).dollars).free().dollars();
        if required > free {
            return Err(Reject::InsufficientFunds { required, free });
        }
        let mut change = valuation.order(proposed.side, proposed.limit, proposed.lots);
        if let Some((limit, lots)) = proposed.left {
            change.subtract(&valuation.order(proposed.side, limit, lots));
        }
        let part = self.part_with(group, market, margin, (low, high), &change);
        self.check_initial(proposed, group, &part, self.equity(proposed.account) - required)
    }

    fn check_initial(&self, proposed: &Proposed, group: Option<u32>, part: &Part, equity: Cash) -> Result<(), Reject> {
        let market = self.markets.get(proposed.market);
        let initial = self.initial_with(proposed.account, group, part);
        let expired = market.risk.is_none_or(|risk| risk.expires <= self.time);
        let stale = self.staleness(market).is_some();
        if (equity >= initial && !expired && !stale) || initial <= self.initial_margin(proposed.account) {
            return Ok(());
        }
        if equity < initial {
            return Err(Reject::InsufficientMargin { required: initial, equity });
        }
        if stale {
            return Err(Reject::IndexStale { series: part.series });
        }
        Err(Reject::RiskExpired { instrument: market.terms.instrument })
    }

    /// The initial margin of an account with a part in the place of that of a group.
    fn initial_with(&self, account: AccountSlot, group: Option<u32>, part: &Part) -> Cash {
        let mut totals = self.accounts.get(account).totals;
        let before = group.and_then(|group| self.exposures.groups.get(group).part.as_ref());
        before.iter().for_each(|before| totals.subtract(before));
        totals.add(part);
        totals.requirement(&self.margins.credits, |series| {
            if series == part.series { Some(part.certain) } else { self.certain(account, series) }
        })
    }

    /// What an account reaches in the series of a contract, before and with so much more in each of the contract's months.
    fn reach_in_series(&self, group: Option<u32>, market: &Market, low: i64, high: i64) -> (i64, i64) {
        match group {
            Some(group) => {
                let ladder = &self.exposures.groups.get(group).ladder;
                let after = ladder.with(&market.months, low, high).map(|rung| rung.lots()).sum();
                (ladder.iter().map(Rung::lots).sum::<i64>(), after)
            }
            None => (0, market.months.iter().map(|_| lots(low, high)).sum::<i64>()),
        }
    }

    /// What all margined contracts of the account could gain or lose between floor and cap, before and with this reach in a contract.
    fn value_ranges(
        &self,
        account: AccountSlot,
        market: u32,
        place: Option<u32>,
        (low, high): (i64, i64),
    ) -> (i64, i64) {
        let before = self.accounts.get(account).value_range;
        let share = place.map(|place| *self.exposures.groups.share(self.exposures.get(place).share));
        let now = share.map_or(0, |share| lots(share.low, share.high));
        let width = self.markets.get(market).contract.width().0;
        (before, before + (lots(low, high) - now) * width)
    }

    /// Whether an account can take a position over: it stays within the limits of its series and of all it has on margin, or does not grow
    /// there, and has its initial margin afterwards.
    pub(crate) fn can_take(&self, account: AccountSlot, place: u32, position: Position, cost: Cash) -> bool {
        let market = self.markets.get(place);
        let series = market.margin_series.expect("a margined contract has a series");
        let Some((margin, valuation)) = self.margins.get(series).zip(market.valuation()) else { return false };
        let (group, exposure) = (self.group_of(account, series), self.exposures.find(place, account));
        let (low, high) = (position.0, position.0);
        let (before, after) = self.reach_in_series(group, market, low, high);
        if after > i64::from(margin.position_max.0) && after > before {
            return false;
        }
        let reach = reach_of(&self.exposure_of(place, account));
        let (before, after) = self.value_ranges(account, place, exposure, (reach.0 + low, reach.1 + high));
        if after > limits::VALUE_RANGE_MAX.0 && after > before {
            return false;
        }
        let change = valuation.position(position.0, cost);
        let part = self.part_with(group, market, margin, (low, high), &change);
        self.equity(account) + Cash(change.unrealised) >= self.initial_with(account, group, &part)
    }

    /// What an order adds to the reach in each month of its contract.
    fn reach_gained(&self, proposed: &Proposed) -> (i64, i64) {
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
        let part = self.part_of(group, &[], 0, 0, &Change::default());
        let group = self.exposures.groups.get_mut(group);
        let owner = self.accounts.get_mut(group.account);
        group.part.iter().for_each(|before| owner.totals.subtract(before));
        part.iter().for_each(|after| owner.totals.add(after));
        owner.unrealised += group.sums.unrealised - group.counted.0;
        owner.value_range += group.value_range - group.counted.1;
        (group.part, group.counted) = (part, (group.sums.unrealised, group.value_range));
    }

    /// What a group would contribute with a change in one of its contracts; `None` without parameters.
    fn part_of(&self, group: u32, months: &[u32], low: i64, high: i64, change: &Change) -> Option<Part> {
        let group = self.exposures.groups.get(group);
        let margin = self.margins.get(group.series)?;
        let mut sums = group.sums;
        sums.add(change);
        let rungs = group.ladder.with(months, low, high);
        let reaches = rungs.map(|rung| rung.reach(self.markets.get(rung.month).in_delivery));
        Some(Part::new(self.margins.id(group.series), margin, &sums, reaches))
    }

    /// What a group, or one that is not there yet, would contribute with a change in a contract.
    fn part_with(
        &self,
        group: Option<u32>,
        market: &Market,
        margin: &SeriesMargin,
        (low, high): (i64, i64),
        change: &Change,
    ) -> Part {
        match group {
            Some(group) => self.part_of(group, &market.months, low, high, change).expect("the series has parameters"),
            None => {
                let series = market.margin_series.expect("a margined contract has a series");
                let months = market.months.iter().map(|&month| Rung { month, low, high });
                let reaches = months.map(|rung| rung.reach(self.markets.get(rung.month).in_delivery));
                Part::new(self.margins.id(series), margin, change, reaches)
            }
        }
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
