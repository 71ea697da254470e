//! What an account has and what it must have: equity, initial and maintenance margin, and the same for a portfolio that nobody needs
//! to have.

use crate::accounts::AccountSlot;
use crate::checks::check_price;
use crate::engine::Engine;
use crate::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use crate::ledger::LedgerAccount;
use crate::limits;
use crate::margin::{Certain, Ladder, Part, Rung, SeriesSlot, Sums, maintenance, requirement};
use crate::reject::Reject;
use crate::units::{Cash, Lots, Price, Side, Timestamp};

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
    /// What credits between series take off it.
    pub credits: Cash,
    /// The maintenance margin of the positions.
    pub maintenance: Cash,
    /// What can be taken out.
    pub withdrawable: Cash,
    /// When the next round of its liquidation is due; `None` unless it is in liquidation.
    pub next_round: Option<Timestamp>,
    /// What the initial margin is made of, one part a series in rising number.
    pub parts: Vec<Part>,
}

/// The margin of a portfolio that nobody needs to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedMargin {
    /// The initial margin of positions and open orders.
    pub initial: Cash,
    /// What credits between series take off it.
    pub credits: Cash,
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
            credits: self.margins.credits.between(|series| self.certain(slot, series)),
            maintenance: self.maintenance_margin(slot),
            withdrawable: self.withdrawable(slot),
            next_round: self.accounts.get(slot).next_round,
            parts,
        })
    }

    /// What a portfolio would need at the present arrays and marks. The credits between series are part of the initial margin and of no part.
    ///
    /// # Errors
    /// If a contract is not listed, not margined, named twice, has neither array nor mark, or reaches further than positions may.
    pub fn simulate_margin(&self, portfolio: &[SimulatedPosition]) -> Result<SimulatedMargin, Reject> {
        let (mut whole, mut positions) = (Sizes::default(), Sizes::default());
        for (at, held) in portfolio.iter().enumerate() {
            let instrument = held.instrument;
            let market = self.markets.get(self.markets.require(instrument)?);
            let series = market.margin_series.ok_or(Reject::NotMargined { instrument })?;
            let known = self.margins.get(series).and(market.valuation());
            let valuation = known.ok_or(Reject::RiskUnknown { instrument })?;
            if portfolio[..at].iter().any(|other| other.instrument == instrument) {
                return Err(Reject::InvalidOrder { rule: "a contract stands once in a portfolio" });
            }
            let (low, high) = reach_of(held).ok_or(Reject::PositionLimit)?;
            // Before anything is worked out: a year counts twelve, and its sums are as much larger.
            if market.months.iter().map(|_| low.abs().max(high.abs())).sum::<i64>() > limits::POSITION_LOTS_MAX {
                return Err(Reject::PositionLimit);
            }
            let mut sums = valuation.position(held.position, Cash::ZERO);
            positions.add(series, &sums, &market.months, held.position, held.position);
            for &(side, limit, lots) in &held.orders {
                check_price(limit, market)?;
                sums.add(&valuation.order(side, limit, lots));
            }
            whole.add(series, &sums, &market.months, low, high);
            if whole.reach() > limits::POSITION_LOTS_MAX {
                return Err(Reject::PositionLimit);
            }
        }
        let parts = self.parts_of(&whole);
        let alone = self.parts_of(&positions);
        let initial = requirement(parts.iter(), &self.margins.credits);
        let maintenance = maintenance(requirement(alone.iter(), &self.margins.credits));
        let certain = |series| parts.iter().find(|part| part.series == series).map(|part| part.certain);
        let credits = self.margins.credits.between(certain);
        Ok(SimulatedMargin { initial, credits, maintenance, parts })
    }

    /// One part a series, in rising number.
    fn parts_of(&self, sizes: &Sizes) -> Vec<Part> {
        let part = |(series, sums, ladder): &(SeriesSlot, Sums, Ladder)| {
            let reaches = ladder.iter().map(|rung| rung.reach(self.markets.get(rung.month).in_delivery));
            Some(Part::new(self.margins.id(*series), self.margins.get(*series)?, sums, reaches))
        };
        let mut parts: Vec<Part> = sizes.0.iter().filter_map(part).collect();
        parts.sort_unstable_by_key(|part| part.series);
        parts
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
        Cash(self.accounts.get(account).unrealised)
    }

    pub(crate) fn initial_margin(&self, account: AccountSlot) -> Cash {
        let owner = self.accounts.get(account);
        owner.totals.requirement(&self.margins.credits, |series| self.certain(account, series))
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
        let mut sizes = Sizes::default();
        for &(_, place) in &self.accounts.get(account).groups {
            let group = self.exposures.groups.get(place);
            for &exposure in &group.exposures {
                let entry = self.exposures.get(exposure);
                let market = self.markets.get(entry.market);
                let order = order.filter(|&(at, ..)| at == exposure).map(|(_, side, limit, lots)| (side, limit, lots));
                if let Some(legs) = market.legs {
                    order.iter().for_each(|&order| self.add_spread_order(&mut sizes, group.series, legs, order));
                    continue;
                }
                let Some(valuation) = market.valuation() else { continue };
                let position = entry.exposure.position.0;
                let mut sums = valuation.position(position, entry.exposure.cost);
                let (mut low, mut high) = (position, position);
                if let Some((side, limit, lots)) = order {
                    sums.add(&valuation.order(side, limit, lots));
                    match side {
                        Side::Buy => high += i64::from(lots.0),
                        Side::Sell => low -= i64::from(lots.0),
                    }
                }
                sizes.add(group.series, &sums, &market.months, low, high);
            }
        }
        self.parts_of(&sizes)
    }

    /// Adds what an order in a spread adds to one of its legs' series.
    fn add_spread_order(
        &self,
        sizes: &mut Sizes,
        series: SeriesSlot,
        legs: [u32; 2],
        (side, limit, lots): (Side, Price, Lots),
    ) {
        let changes = self.value_of_spread_order(legs, side, limit, lots);
        let (low, high) = match side {
            Side::Buy => (0, i64::from(lots.0)),
            Side::Sell => (-i64::from(lots.0), 0),
        };
        let reaches = [(low, high), (-high, -low)];
        for ((leg, sums), (low, high)) in legs.into_iter().zip(&changes).zip(reaches) {
            let leg = self.markets.get(leg);
            if leg.margin_series == Some(series) {
                sizes.add(series, sums, &leg.months, low, high);
            }
        }
    }

    /// The lots of a series that an account holds whatever fills.
    pub(crate) fn certain(&self, account: AccountSlot, series: SeriesId) -> Option<Certain> {
        self.parts(account).find(|part| part.series == series).map(|part| part.certain)
    }

    /// The parts of an account's requirement.
    pub(crate) fn parts(&self, account: AccountSlot) -> impl Iterator<Item = &Part> + Clone {
        let groups = &self.accounts.get(account).groups;
        groups.iter().filter_map(|&(_, group)| self.exposures.groups.get(group).part.as_ref())
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
fn reach_of(held: &SimulatedPosition) -> Option<(i64, i64)> {
    let most = limits::POSITION_LOTS_MAX;
    let lots = |side| {
        let lots = held.orders.iter().filter(|order| order.0 == side).map(|order| i64::from(order.2.0));
        lots.fold(0, i64::saturating_add)
    };
    let position = (-most..=most).contains(&held.position).then_some(held.position)?;
    let (low, high) = (position.checked_sub(lots(Side::Sell))?, position.checked_add(lots(Side::Buy))?);
    (low >= -most && high <= most).then_some((low, high))
}

/// Sums and reach of a portfolio, by series.
#[derive(Default)]
struct Sizes(Vec<(SeriesSlot, Sums, Ladder)>);

impl Sizes {
    fn add(&mut self, series: SeriesSlot, sums: &Sums, months: &[u32], low: i64, high: i64) {
        let at = self.0.iter().position(|entry| entry.0 == series).unwrap_or_else(|| {
            self.0.push((series, Sums::default(), Ladder::default()));
            self.0.len() - 1
        });
        let (_, total, ladder) = &mut self.0[at];
        total.add(sums);
        ladder.add(months, low, high);
    }

    /// The largest reach in a series.
    fn reach(&self) -> i64 {
        self.0.iter().map(|(.., ladder)| ladder.iter().map(Rung::lots).sum()).max().unwrap_or(0)
    }
}
