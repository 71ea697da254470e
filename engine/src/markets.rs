//! All listed instruments: found in one probe, listed by number.

use std::collections::BTreeMap;

use crate::ids::{InstrumentId, Symbol};
use crate::index::IdIndex;
use crate::market::Market;
use crate::reject::Reject;

#[derive(Clone, Debug)]
pub(crate) struct Markets {
    markets: Vec<Market>,
    index: IdIndex,
    by_number: BTreeMap<InstrumentId, u32>,
    by_symbol: BTreeMap<Symbol, u32>,
}

impl Markets {
    pub(crate) fn new(seed: u64) -> Markets {
        Markets {
            markets: Vec::new(),
            index: IdIndex::new(seed),
            by_number: BTreeMap::new(),
            by_symbol: BTreeMap::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.markets.len()
    }

    pub(crate) fn find(&self, instrument: InstrumentId) -> Option<u32> {
        self.index.find(u64::from(instrument.0), |place| self.get(place).terms.instrument == instrument)
    }

    /// Where an instrument is.
    ///
    /// # Errors
    /// If it is not listed.
    pub(crate) fn require(&self, instrument: InstrumentId) -> Result<u32, Reject> {
        self.find(instrument).ok_or(Reject::UnknownInstrument { instrument })
    }

    pub(crate) fn find_symbol(&self, symbol: Symbol) -> Option<u32> {
        self.by_symbol.get(&symbol).copied()
    }

    /// The lowest number above all that are listed.
    pub(crate) fn number_behind(&self) -> Option<InstrumentId> {
        let highest = self.by_number.last_key_value().map_or(0, |(instrument, _)| instrument.0);
        highest.checked_add(1).map(InstrumentId)
    }

    pub(crate) fn get(&self, place: u32) -> &Market {
        &self.markets[place as usize]
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> &mut Market {
        &mut self.markets[place as usize]
    }

    /// In the order of listing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Market> {
        self.markets.iter()
    }

    pub(crate) fn by_number(&self) -> impl Iterator<Item = (u32, &Market)> {
        self.by_number.values().map(|&place| (place, self.get(place)))
    }

    pub(crate) fn insert(&mut self, market: Market) -> u32 {
        let place = u32::try_from(self.markets.len()).expect("instruments are limited");
        self.index.insert(u64::from(market.terms.instrument.0), place);
        self.by_number.insert(market.terms.instrument, place);
        self.by_symbol.insert(market.terms.symbol, place);
        for leg in market.legs.into_iter().flatten() {
            self.get_mut(leg).spreads.push(place);
        }
        self.markets.push(market);
        place
    }
}
