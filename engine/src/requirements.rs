//! What an account has and what it must have: equity, margins, and the check of an order in a margined contract.

use crate::accounts::AccountSlot;
use crate::engine::Engine;
use crate::exposure::{Exposure, Hold};
use crate::ids::{AccountId, AssetId, InstrumentId};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::margin::{Change, Part, Reach, SeriesSlot, Sums, Valuation, maintenance, requirement};
use crate::orders::NONE;
use crate::reject::Reject;
use crate::units::{Cash, Lots, Position, Price, Side};

/// What an account has and what it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginReport {
    /// Cash that is free, less what is owed, and what positions have gained since they were last settled.
    pub equity: Cash,
    /// The gains alone.
    pub unrealised: Cash,
    /// What the account owes.
    pub owed: Cash,
    /// The initial margin of positions and open orders.
    pub initial: Cash,
    /// The maintenance margin of the positions.
    pub maintenance: Cash,
    /// What can be taken out.
    pub withdrawable: Cash,
    /// What the initial margin is made of, one part a series in rising number.
    pub parts: Vec<Part>,
}

/// The margin of a portfolio that nobody needs to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedMargin {
    /// The initial margin of positions and open orders.
    pub initial: Cash,
    /// The maintenance margin of the positions.
    pub maintenance: Cash,
    /// What the initial margin is made of, one part a series in rising number.
    pub parts: Vec<Part>,
}

/// A contract of a portfolio that nobody needs to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedPosition {
    /// The contract.
    pub instrument: InstrumentId,
    /// Lots held, signed.
    pub position: i64,
    /// Open orders.
    pub orders: Vec<(Side, Price, Lots)>,
}

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
    /// What an account has and what it must have.
    pub fn margin_report(&self, account: AccountId) -> Option<MarginReport> {
        let slot = self.accounts.find(account)?;
        let mut parts: Vec<Part> = self.parts(slot).copied().collect();
        parts.sort_unstable_by_key(|part| part.series);
        Some(MarginReport {
            equity: self.equity(slot),
            unrealised: self.unrealised(slot),
            owed: self.owed(slot),
            initial: self.initial_margin(slot),
            maintenance: self.maintenance_margin(slot),
            withdrawable: self.withdrawable(slot),
            parts,
        })
    }

    /// What a portfolio would need at the present arrays and marks. The credits between series are part of the initial margin and of no part.
    ///
    /// # Errors
    /// If a contract is not listed, not margined, named twice, has neither array nor mark, or reaches further than positions may.
    pub fn simulate_margin(&self, portfolio: &[SimulatedPosition]) -> Result<SimulatedMargin, Reject> {
        let mut series: Vec<(SeriesSlot, Sums, Vec<Reach>)> = Vec::new();
        let mut positions_alone = series.clone();
        for (at, held) in portfolio.iter().enumerate() {
            let instrument = held.instrument;
            let market = self.markets.get(self.markets.require(instrument)?);
            let slot = market.margin_series.ok_or(Reject::NotMargined { instrument })?;
            let valuation = market.valuation().ok_or(Reject::RiskUnknown { instrument })?;
            if self.margins.get(slot).is_none() {
                return Err(Reject::RiskUnknown { instrument });
            }
            let reach = reach_of(held, market.in_delivery);
            let is_twice = portfolio[..at].iter().any(|other| other.instrument == instrument);
            if is_twice {
                return Err(Reject::InvalidOrder { rule: "a contract stands once in a portfolio" });
            }
            let reach = reach.ok_or(Reject::PositionLimit)?;
            let mut sums = valuation.position(held.position, Cash::ZERO);
            add(&mut positions_alone, slot, &sums, Reach { low: held.position, high: held.position, ..reach });
            for &(side, limit, lots) in &held.orders {
                crate::checks::check_price(limit, market)?;
                sums.add(&valuation.order(side, limit, lots));
            }
            add(&mut series, slot, &sums, reach);
        }
        let parts = self.simulated_parts(&series)?;
        let alone = self.simulated_parts(&positions_alone)?;
        let initial = requirement(parts.iter(), &self.margins.credits);
        let maintenance = maintenance(requirement(alone.iter(), &self.margins.credits));
        Ok(SimulatedMargin { initial, maintenance, parts })
    }

    fn simulated_parts(&self, series: &[(SeriesSlot, Sums, Vec<Reach>)]) -> Result<Vec<Part>, Reject> {
        let mut parts = Vec::new();
        for (slot, sums, reaches) in series {
            let margin = self.margins.get(*slot).expect("it was looked at");
            if reaches.iter().map(Reach::lots).sum::<i64>() > limits::POSITION_LOTS_MAX {
                return Err(Reject::PositionLimit);
            }
            parts.push(Part::new(self.margins.id(*slot), margin, sums, reaches.iter().copied()));
        }
        parts.sort_unstable_by_key(|part| part.series);
        Ok(parts)
    }

    /// `posted − held − pending − owed + unrealised`.
    pub(crate) fn equity(&self, account: AccountSlot) -> Cash {
        let free = self.ledger.at(self.accounts.get(account).dollars).free().dollars();
        free - self.owed(account) + self.unrealised(account)
    }

    /// What an account owes the venue.
    pub(crate) fn owed(&self, account: AccountSlot) -> Cash {
        self.accounts.get(account).receivable.map_or(Cash::ZERO, |slot| -self.ledger.at(slot).posted.dollars())
    }

    pub(crate) fn unrealised(&self, account: AccountSlot) -> Cash {
        let groups = &self.accounts.get(account).groups;
        Cash(groups.iter().map(|&group| self.exposures.groups.get(group).sums.unrealised).sum())
    }

    pub(crate) fn initial_margin(&self, account: AccountSlot) -> Cash {
        requirement(self.parts(account), &self.margins.credits)
    }

    /// What can be taken out of the venue, or used where unrealised profit cannot be.
    pub(crate) fn withdrawable(&self, account: AccountSlot) -> Cash {
        let owner = self.accounts.get(account);
        let free = self.ledger.at(owner.dollars).free().dollars();
        if owner.groups.is_empty() && owner.receivable.is_none() {
            return free;
        }
        let gains = self.unrealised(account).max(Cash::ZERO);
        free.min(self.equity(account) - self.initial_margin(account) - gains).max(Cash::ZERO)
    }

    /// Of the positions alone.
    pub(crate) fn maintenance_margin(&self, account: AccountSlot) -> Cash {
        maintenance(requirement(self.position_parts(account, None).iter(), &self.margins.credits))
    }

    /// The parts that the positions alone contribute, with one order more if there is one.
    pub(crate) fn position_parts(&self, account: AccountSlot, order: Option<(u32, Side, Price, Lots)>) -> Vec<Part> {
        let mut parts = Vec::new();
        for &place in &self.accounts.get(account).groups {
            let group = self.exposures.groups.get(place);
            let Some(margin) = self.margins.get(group.series) else { continue };
            let mut sums = Sums::default();
            let mut reaches = Vec::with_capacity(group.exposures.len());
            for &exposure in &group.exposures {
                let entry = self.exposures.get(exposure);
                let market = self.markets.get(entry.market);
                let Some(valuation) = market.valuation() else { continue };
                let position = entry.exposure.position.0;
                let mut reach = Reach { low: position, high: position, in_delivery: market.in_delivery };
                sums.add(&valuation.position(position, entry.exposure.cost));
                if let Some((_, side, limit, lots)) = order.filter(|&(at, ..)| at == exposure) {
                    sums.add(&valuation.order(side, limit, lots));
                    match side {
                        Side::Buy => reach.high += i64::from(lots.0),
                        Side::Sell => reach.low -= i64::from(lots.0),
                    }
                }
                reaches.push(reach);
            }
            parts.push(Part::new(self.margins.id(group.series), margin, &sums, reaches.into_iter()));
        }
        parts
    }

    /// The parts of an account's requirement.
    fn parts(&self, account: AccountSlot) -> impl Iterator<Item = &Part> + Clone {
        let groups = &self.accounts.get(account).groups;
        groups.iter().filter_map(|&group| self.exposures.groups.get(group).part.as_ref())
    }

    /// Works out anew what a group contributes.
    pub(crate) fn refresh_part(&mut self, group: u32) {
        let part = self.part_of(group, None);
        self.exposures.groups.get_mut(group).part = part;
    }

    /// What a group contributes; with a change in one of its exposures, or in one that is still to join, if there is one.
    fn part_of(&self, place: u32, changed: Option<(Option<u32>, &Exposure, u32, &Change)>) -> Option<Part> {
        let group = self.exposures.groups.get(place);
        let margin = self.margins.get(group.series)?;
        let mut sums = group.sums;
        if let Some((.., change)) = changed {
            sums.add(change);
        }
        let known = group.exposures.iter().map(|&place| {
            let entry = self.exposures.get(place);
            let exposure = match changed {
                Some((Some(at), after, ..)) if at == place => after,
                _ => &entry.exposure,
            };
            self.reach(entry.market, exposure)
        });
        let joining = changed.filter(|(at, ..)| at.is_none());
        let joining = joining.map(|(_, after, market, _)| self.reach(market, after));
        Some(Part::new(self.margins.id(group.series), margin, &sums, known.chain(joining)))
    }

    fn reach(&self, market: u32, exposure: &Exposure) -> Reach {
        let (position, in_delivery) = (exposure.position.0, self.markets.get(market).in_delivery);
        Reach { low: position - exposure.open_sells, high: position + exposure.open_buys, in_delivery }
    }

    /// The rules of an order in a margined contract, in the order of `docs/margin.md`.
    pub(crate) fn check_margin(&self, proposed: &Proposed) -> Result<(), Reject> {
        let market = self.markets.get(proposed.market);
        let instrument = market.terms.instrument;
        let series = market.margin_series.expect("a margined contract has a series");
        let known = self.margins.get(series).zip(market.valuation());
        let (margin, valuation) = known.ok_or(Reject::RiskUnknown { instrument })?;
        let group = self.group_of(proposed.account, series);

        let before = group.map_or(0, |group| self.series_reach(group, None));
        let joining = self.reach(proposed.market, proposed.after).lots();
        let after = group.map_or(joining, |group| self.series_reach(group, Some((proposed.place, joining))));
        if after > i64::from(margin.position_max.0) && after > before {
            return Err(Reject::SeriesPositionLimit { most: margin.position_max });
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
        let part = match group {
            Some(group) => {
                let changed = Some((proposed.place, proposed.after, proposed.market, &change));
                self.part_of(group, changed).expect("the series has parameters")
            }
            None => {
                let reach = self.reach(proposed.market, proposed.after);
                Part::new(self.margins.id(series), margin, &change, std::iter::once(reach))
            }
        };
        self.check_initial(proposed, &part, self.equity(proposed.account) - required)
    }

    fn check_initial(&self, proposed: &Proposed, part: &Part, equity: Cash) -> Result<(), Reject> {
        let market = self.markets.get(proposed.market);
        let others = self.parts(proposed.account).filter(|other| other.series != part.series);
        let initial = requirement(others.chain(std::iter::once(part)), &self.margins.credits);
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

    /// Σ reach over a group's contracts; with one of them, or one that is still to join, at other lots if there is one.
    fn series_reach(&self, group: u32, changed: Option<(Option<u32>, i64)>) -> i64 {
        let known = self.exposures.groups.get(group).exposures.iter().map(|&place| match changed {
            Some((Some(at), lots)) if at == place => lots,
            _ => self.reach(self.exposures.get(place).market, &self.exposures.get(place).exposure).lots(),
        });
        known.sum::<i64>() + changed.filter(|(at, _)| at.is_none()).map_or(0, |(_, lots)| lots)
    }

    /// An account's group of a series.
    pub(crate) fn group_of(&self, account: AccountSlot, series: SeriesSlot) -> Option<u32> {
        let groups = &self.accounts.get(account).groups;
        groups.iter().copied().find(|&group| self.exposures.groups.get(group).series == series)
    }

    /// Brings what is summed up for an exposure up to date with what happened to it. Nothing for one that is not margined.
    pub(crate) fn note_margin(&mut self, place: u32, changed: Changed) {
        let entry = self.exposures.get(place);
        let (share, market) = (entry.share, entry.market);
        if share == NONE {
            return;
        }
        let valuation = self.markets.get(market).valuation();
        // Nothing trades or rests in a contract before its array and mark are known.
        let change = valuation.map(|valuation| changed.change(valuation)).unwrap_or_default();
        self.exposures.groups.add(share, &change);
        let group = self.exposures.groups.share(share).group;
        self.refresh_part(group);
    }

    /// A customer's receivable; it is there from now on.
    pub(crate) fn receivable(&mut self, account: AccountSlot) -> LedgerAccount {
        let id = self.accounts.get(account).id;
        let receivable = LedgerAccount::Receivable(id);
        let slot = self.ledger.slot(receivable, AssetId::USD);
        self.accounts.get_mut(account).receivable = Some(slot);
        receivable
    }
}

/// Where the orders of a simulated contract could lead; `None` if that is beyond counting.
fn reach_of(held: &SimulatedPosition, in_delivery: bool) -> Option<Reach> {
    let most = limits::POSITION_LOTS_MAX;
    let lots = |side| {
        let lots = held.orders.iter().filter(|order| order.0 == side).map(|order| i64::from(order.2.0));
        lots.fold(0, i64::saturating_add)
    };
    let position = (-most..=most).contains(&held.position).then_some(held.position)?;
    let (low, high) = (position.checked_sub(lots(Side::Sell))?, position.checked_add(lots(Side::Buy))?);
    (low >= -most && high <= most).then_some(Reach { low, high, in_delivery })
}

fn add(series: &mut Vec<(SeriesSlot, Sums, Vec<Reach>)>, slot: SeriesSlot, sums: &Sums, reach: Reach) {
    match series.iter_mut().find(|entry| entry.0 == slot) {
        Some((_, total, reaches)) => {
            total.add(sums);
            reaches.push(reach);
        }
        None => series.push((slot, *sums, vec![reach])),
    }
}
