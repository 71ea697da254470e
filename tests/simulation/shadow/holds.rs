//! What an account has to hold, by the formula of the contract specifications, from its positions and open orders.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{AccountId, AssetId, InstrumentId, OrderId};
use engine::instrument::{Kind, Terms};
use engine::units::Side;

use super::book::Market;
use super::orders::Order;
use super::{Course, Shadow};
use crate::fault::{Fault, same};

/// One account in one contract.
#[derive(Clone, Debug, Default)]
pub(super) struct Holding {
    pub(super) position: i64,
    pub(super) cost: i128,
    pub(super) live: BTreeSet<OrderId>,
    /// What was held for it when its last command was done: US dollars, then the asset of a spot pair.
    held: [i128; 2],
}

impl Shadow {
    /// Works out anew what is held for whatever the command touched.
    pub(super) fn rehold(&mut self) {
        let Course { touched, moved, .. } = &mut self.course;
        for &(instrument, account) in touched.iter() {
            let Some(holding) = self.holdings.get_mut(&(instrument, account)) else { continue };
            let terms = self.markets[&instrument].terms;
            let held = hold(&terms, holding, &self.orders);
            let assets = [Some(AssetId::USD), terms.base()];
            for ((asset, before), after) in assets.into_iter().zip(holding.held).zip(held) {
                let Some(asset) = asset else { continue };
                *self.held.entry((account, asset)).or_default() += after - before;
                moved.insert((engine::ledger::LedgerAccount::Customer(account), asset));
            }
            holding.held = held;
        }
    }

    pub(super) fn held(&self, account: AccountId, asset: AssetId) -> i128 {
        self.held.get(&(account, asset)).copied().unwrap_or_default()
    }

    /// What an account holds in US dollars, from all its contracts at this very moment.
    pub(super) fn held_now(&self, account: AccountId) -> i128 {
        self.contracts_of(account).map(|(market, holding)| hold(&market.terms, holding, &self.orders)[0]).sum()
    }

    /// The contracts in which an account has or had something.
    pub(super) fn contracts_of(&self, account: AccountId) -> impl Iterator<Item = (&Market, &Holding)> {
        let contracts = self.contracts.get(&account).into_iter().flatten();
        contracts.filter_map(move |id| Some((self.markets.get(id)?, self.holdings.get(&(*id, account))?)))
    }

    /// What an account has in a contract, which the command touches.
    pub(super) fn holding_mut(&mut self, instrument: InstrumentId, account: AccountId) -> &mut Holding {
        self.course.touched.insert((instrument, account));
        self.contracts.entry(account).or_default().insert(instrument);
        self.holdings.entry((instrument, account)).or_default()
    }

    /// Lots come to an account or leave it, at what they cost.
    pub(super) fn move_position(&mut self, instrument: InstrumentId, account: AccountId, lots: i64, cost: i128) {
        let holding = self.holding_mut(instrument, account);
        holding.position += lots;
        holding.cost += cost;
    }

    /// Positions and costs of a contract sum to zero over all accounts.
    pub(super) fn check_balanced(&self, instrument: InstrumentId) -> Result<(), Fault> {
        let (first, last) = ((instrument, AccountId(0)), (instrument, AccountId(u32::MAX)));
        let all = self.holdings.range(first..=last).map(|(_, holding)| (i128::from(holding.position), holding.cost));
        let sums = all.fold((0, 0), |sums, one| (sums.0 + one.0, sums.1 + one.1));
        same("positions and costs sum to zero", sums, (0, 0), || format!("instrument {instrument}"))
    }

    /// Open lots to buy and to sell.
    pub(super) fn open_lots(&self, instrument: InstrumentId, account: AccountId) -> (i64, i64) {
        let live = self.holdings.get(&(instrument, account)).into_iter().flat_map(|holding| &holding.live);
        let working = live.map(|id| &self.orders[id]).filter(|order| !order.is_waiting);
        working.fold((0, 0), |(buys, sells), order| {
            let lots = i64::from(order.remaining().0);
            if order.request.side == Side::Buy { (buys + lots, sells) } else { (buys, sells + lots) }
        })
    }
}

fn hold(terms: &Terms, holding: &Holding, orders: &BTreeMap<OrderId, Order>) -> [i128; 2] {
    let hours = i128::from(terms.hours().0);
    let [floor, cap, worst] = [terms.floor, terms.cap, terms.fees.worst()].map(|price| i128::from(price.0));
    let working = || {
        let live = holding.live.iter().map(|id| &orders[id]).filter(|order| !order.is_waiting);
        live.map(|order| {
            let limit = i128::from(order.limit.map_or(0, |limit| limit.0));
            (order.request.side, limit, i128::from(order.remaining().0))
        })
    };
    if let Kind::Spot(spot) = terms.kind {
        return working().fold([0, 0], |[dollars, base], (side, limit, lots)| match side {
            Side::Buy => [dollars + lots * (limit + worst), base],
            Side::Sell => [dollars + lots * (worst - limit).max(0), base + lots * i128::from(spot.lot_size.0)],
        });
    }
    let position = i128::from(holding.position);
    let mut at_floor = holding.cost - position * floor * hours;
    let mut at_cap = holding.cost - position * cap * hours;
    let mut fees = 0;
    for (side, limit, lots) in working() {
        match side {
            Side::Buy => at_floor += lots * (limit - floor) * hours,
            Side::Sell => at_cap += lots * (cap - limit) * hours,
        }
        fees += lots * worst * hours;
    }
    // On margin, and of a spread, only the fees are held.
    let is_collateralised = matches!(terms.kind, Kind::Month(_));
    let worst_end = if is_collateralised { at_floor.max(at_cap).max(0) } else { 0 };
    [worst_end + fees, 0]
}
