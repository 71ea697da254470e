//! A second set of books, kept from the events alone and held against the engine's every day.

use std::collections::{BTreeMap, BTreeSet};

use engine::Engine;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::instrument::{SettlementKind, State, Terms};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Side};

/// Balances and positions as they follow from what was announced.
#[derive(Clone, Debug, Default)]
pub struct Books {
    balances: BTreeMap<(LedgerAccount, AssetId), i128>,
    positions: BTreeMap<(InstrumentId, AccountId), i64>,
    legs: BTreeMap<InstrumentId, Vec<InstrumentId>>,
    spreads: BTreeSet<InstrumentId>,
    /// The last trade of a spread, whose legs are named next: who bought, who sold, and how much.
    spread_trade: Option<(AccountId, AccountId, i64)>,
    /// The kind of the settlement that runs, or ran last.
    settling: BTreeMap<InstrumentId, SettlementKind>,
}

/// What one check looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Balances that are what was announced, and sum to zero.
    pub balances: usize,
    /// Positions that are what was announced, and sum to zero in each contract, as their costs do.
    pub positions: usize,
}

impl Books {
    /// Remembers what a strip becomes; no event says so.
    pub fn list(&mut self, terms: &Terms) {
        if let Some(strip) = terms.strip() {
            self.legs.insert(terms.instrument, strip.legs.as_slice().to_vec());
        }
        if terms.spread().is_some() {
            self.spreads.insert(terms.instrument);
        }
    }

    /// Books what happened.
    pub fn observe(&mut self, events: &[Event]) {
        for event in events {
            match *event {
                Event::Transferred { from, to, asset, amount: Amount(amount), .. } => {
                    *self.balances.entry((from, asset)).or_default() -= i128::from(amount);
                    *self.balances.entry((to, asset)).or_default() += i128::from(amount);
                }
                Event::Traded(trade) => {
                    let lots = i64::from(trade.lots.0);
                    let (buyer, seller) = match trade.taker_side {
                        Side::Buy => (trade.taker.account, trade.maker.account),
                        Side::Sell => (trade.maker.account, trade.taker.account),
                    };
                    if self.spreads.contains(&trade.instrument) {
                        self.spread_trade = Some((buyer, seller, lots));
                    } else {
                        self.trade(trade.instrument, buyer, seller, lots);
                    }
                }
                Event::LegsTraded { near, far, .. } => {
                    let (buyer, seller, lots) = self.spread_trade.take().expect("legs follow the trade of a spread");
                    self.trade(near, buyer, seller, lots);
                    self.trade(far, seller, buyer, lots);
                }
                Event::SettlementStarted { instrument, kind, .. } => drop(self.settling.insert(instrument, kind)),
                Event::PositionSettled { instrument, account, .. } => {
                    let kind = self.settling.get(&instrument);
                    if matches!(kind, Some(SettlementKind::Final | SettlementKind::Cascade)) {
                        *self.position(instrument, account) = 0;
                    }
                }
                Event::PositionTransferred { instrument, from, to, lots, .. } => {
                    *self.position(instrument, from) -= lots.0;
                    *self.position(instrument, to) += lots.0;
                }
                Event::PositionCascaded { instrument, account, position } => {
                    for leg in self.legs.get(&instrument).cloned().unwrap_or_default() {
                        *self.position(leg, account) += position.0;
                    }
                }
                _ => {}
            }
        }
    }

    fn trade(&mut self, instrument: InstrumentId, buyer: AccountId, seller: AccountId, lots: i64) {
        *self.position(instrument, buyer) += lots;
        *self.position(instrument, seller) -= lots;
    }

    fn position(&mut self, instrument: InstrumentId, account: AccountId) -> &mut i64 {
        self.positions.entry((instrument, account)).or_default()
    }

    /// Holds the engine's books against these, and each of them against zero.
    ///
    /// # Panics
    /// If anything differs: the venue, or these books, are wrong.
    pub fn check(&mut self, engine: &Engine) -> Checked {
        self.positions.retain(|_, position| *position != 0);
        let ledger = engine.ledger();
        for (asset, _) in ledger.assets() {
            assert_eq!(ledger.total(asset), 0, "the trial balance of asset {asset} is not zero");
        }
        let mut balances = 0;
        for (account, asset, balance) in ledger.trial_balance() {
            let announced = self.balances.get(&(account, asset)).copied().unwrap_or_default();
            assert_eq!(i128::from(balance.posted.0), announced, "{account:?} has another balance than was announced");
            let owes = matches!(account, LedgerAccount::Outside | LedgerAccount::Receivable(_));
            assert!(owes || balance.posted >= Amount::ZERO, "{account:?} is at {}", balance.posted);
            balances += 1;
        }
        Checked { balances, positions: self.check_positions(engine) }
    }

    fn check_positions(&self, engine: &Engine) -> usize {
        let mut sums: BTreeMap<InstrumentId, (i64, i64, i64)> = BTreeMap::new();
        let mut positions = 0;
        for (instrument, account, exposure) in engine.exposures() {
            let sum = sums.entry(instrument).or_default();
            sum.0 += exposure.position.0;
            sum.1 += exposure.cost.0;
            sum.2 += exposure.position.0.max(0);
            let announced = self.positions.get(&(instrument, account)).copied().unwrap_or_default();
            assert_eq!(exposure.position.0, announced, "position of account {account} in contract {instrument}");
            positions += usize::from(announced != 0);
        }
        assert_eq!(positions, self.positions.len(), "a position was announced that the engine does not have");
        for market in engine.markets() {
            let instrument = market.terms.instrument;
            let (position, cost, long) = sums.get(&instrument).copied().unwrap_or_default();
            assert_eq!((position, cost), (0, 0), "positions and costs of contract {instrument} do not sum to zero");
            assert_eq!(long, market.open_interest, "open interest of contract {instrument}");
            let variation = engine.ledger().balance(LedgerAccount::Variation(instrument), AssetId::USD).posted;
            assert!(variation == Amount::ZERO, "contract {instrument} keeps {variation} of variation");
            assert!(market.state != State::Settled || long == 0, "contract {instrument} is settled and has positions");
        }
        positions
    }
}
