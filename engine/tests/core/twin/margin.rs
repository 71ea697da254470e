//! Margin parameters, credits, risk arrays and the marks of margined contracts in the twin, and what an account owes.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use engine::instrument::{Halt, Kind};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::margin::{Risk, SeriesMargin};
use engine::reject::Reject;
use engine::units::{Cash, Day, Price, Side, Timestamp};

use super::controls::mean;
use super::matching::hours;
use super::{Twin, cash};

const MILLION_DOLLARS: i128 = 1_000_000_000_000;

/// What margin knows of a contract.
#[derive(Clone, Default)]
pub(super) struct OfContract {
    pub(super) risk: Option<Risk>,
    basis: i128,
    /// Of a perpetual: how far its marks were from its index since it was last funded, and when that was.
    pub(super) premiums: Vec<i128>,
    pub(super) funded_at: Option<Timestamp>,
    /// A new array, another mark or new parameters are not yet in the values of all accounts.
    pub(super) is_new: bool,
    /// Whether it had a mark since its delivery began.
    pub(super) marked_in_delivery: bool,
    /// Accounts up to this one are revalued.
    pub(super) revalued_to: Option<AccountId>,
}

impl Twin {
    pub(super) fn set_margin(&mut self, series: SeriesId, margin: SeriesMargin) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidMargin { rule });
        let SeriesMargin { scan_floor, step_max, mark_band, .. } = margin;
        let SeriesMargin { calendar_charge, delivery_charge, concentration_charge, minimum_charge, .. } = margin;
        let is_price = |price: Price| (0..=1_000_000_000).contains(&price.0);
        let is_charge = |charge: Cash| (0..=MILLION_DOLLARS).contains(&i128::from(charge.0));
        if ![scan_floor, step_max, mark_band].into_iter().all(is_price)
            || ![calendar_charge, delivery_charge, concentration_charge, minimum_charge].into_iter().all(is_charge)
        {
            return invalid(
                "charges, floors and widths are not negative, and at most 1000 USD per GPU-hour or 1000000 USD a lot",
            );
        }
        if scan_floor.0 == 0 {
            return invalid("a scan floor is above zero");
        }
        if !(1..=1_000_000).contains(&margin.position_max.0) {
            return invalid("a position limit is 1 to 1000000 lots");
        }
        if !(1..=1_000_000_000).contains(&margin.open_interest_max.0) {
            return invalid("an open interest limit is 1 to 1000000000 lots");
        }
        if !(1..=1_000_000_000).contains(&margin.settlement_lots.0) {
            return invalid("settlement lots are 1 to 1000000000");
        }
        let is_duration = |micros: i64| (0..=30 * 86_400_000_000).contains(&micros);
        if !is_duration(margin.stale_after_us) || !is_duration(margin.frozen_us) {
            return invalid("staleness and freezing last at most 30 days");
        }
        let known = self.margins.iter().position(|(known, _)| *known == series);
        if known.is_none() && self.margins.len() >= limits::MARGIN_SERIES_MAX {
            return invalid("at most 1000 series have margin parameters");
        }
        match known {
            Some(known) => self.margins[known].1 = margin,
            None => self.margins.push((series, margin)),
        }
        for contract in &mut self.contracts {
            if contract.terms.is_margined() && contract.terms.series() == Some(series) {
                contract.margin.is_new = true;
            }
        }
        self.events.push(Event::MarginSet { series, margin });
        Ok(())
    }

    pub(super) fn set_credit(&mut self, first: SeriesId, second: SeriesId, per_lot: Cash) -> Result<(), Reject> {
        let invalid = |rule| Err(Reject::InvalidMargin { rule });
        if first == second {
            return invalid("a credit is between two different series");
        }
        let credit = i128::from(per_lot.0);
        if !(0..=MILLION_DOLLARS).contains(&credit) {
            return invalid("a credit is from 0 to 1000000 USD a lot");
        }
        let (first, second) = (first.min(second), first.max(second));
        let others = self.credits.iter().filter(|pair| (pair.0, pair.1) != (first, second));
        if credit > 0 && others.count() >= 64 {
            return invalid("at most 64 pairs of series have a credit");
        }
        self.credits.retain(|pair| (pair.0, pair.1) != (first, second));
        if credit > 0 {
            self.credits.push((first, second, credit));
        }
        self.events.push(Event::CreditSet { first, second, per_lot });
        Ok(())
    }

    /// The version of a contract's array; 0 if there is none.
    pub fn risk_version(&self, instrument: InstrumentId) -> u64 {
        let risk = self.contract(instrument).ok().and_then(|contract| contract.margin.risk);
        risk.map_or(0, |risk| risk.version)
    }

    pub(super) fn margin_of(&self, series: SeriesId) -> Option<SeriesMargin> {
        self.margins.iter().find(|(known, _)| *known == series).map(|(_, margin)| *margin)
    }

    pub(super) fn publish_risk(&mut self, instrument: InstrumentId, risk: &Risk) -> Result<(), Reject> {
        let contract = self.contract(instrument)?;
        let (terms, before) = (contract.terms, self.risk_of(instrument));
        if !terms.is_margined() {
            return Err(Reject::NotMargined { instrument });
        }
        self.refuse_settled(instrument)?;
        let margin = self.margin_of(terms.series().unwrap()).ok_or(Reject::RiskUnknown { instrument })?;
        let version = risk.version;
        if let Some(Risk { version: latest, .. }) = before.filter(|before| version <= before.version) {
            return Err(Reject::RiskOutOfOrder { instrument, version, latest });
        }
        if matches!(terms.kind, Kind::Strip(_)) {
            return Err(Reject::InvalidRisk { rule: "the array of a strip follows from those of its months" });
        }
        if let Some(rule) = self.broken_rule(instrument, risk, &margin, before.as_ref()) {
            return Err(Reject::InvalidRisk { rule });
        }
        let contract = self.contract_mut(instrument);
        contract.margin.risk = Some(*risk);
        contract.margin.is_new = true;
        for strip in self.strips_with(instrument) {
            self.contract_mut(strip).margin.is_new = true;
        }
        self.events.push(Event::RiskPublished { instrument, version, reference: risk.reference });
        Ok(())
    }

    /// The first rule that an array breaks.
    fn broken_rule(
        &self,
        instrument: InstrumentId,
        risk: &Risk,
        margin: &SeriesMargin,
        before: Option<&Risk>,
    ) -> Option<&'static str> {
        let terms = self.listed(instrument).terms;
        let lasts = i128::from(risk.expires.0) - i128::from(self.now.0);
        let losses = risk.losses.map(|loss| i128::from(loss.0));
        let hours_left = match terms.kind {
            Kind::Perpetual(perpetual) => i128::from(perpetual.hours),
            _ => 24 * self.delivery_days(instrument).filter(|day| day.end() > self.now).count() as i128,
        };
        let least = i128::from(margin.scan_floor.0) * hours_left;
        let step = i128::from(margin.step_max.0) * hours(&terms);
        let moves_too_far =
            |before: &Risk| losses.iter().zip(before.losses).any(|(new, old)| (new - i128::from(old.0)).abs() > step);
        if !(1..=48 * 3_600_000_000).contains(&lasts) {
            Some("an array expires later than now and at most 48 hours from now")
        } else if risk.reference < terms.floor || risk.reference > terms.cap {
            Some("the reference lies between floor and cap")
        } else if losses.iter().any(|loss| loss.abs() > MILLION_DOLLARS) {
            Some("a loss is at most 1000000000000 micro-USD a lot")
        } else if losses[0] != 0 || losses[1] != 0 {
            Some("a future loses nothing while its price stands still")
        } else if losses.iter().all(|loss| *loss < least) || losses.iter().all(|loss| -loss < least) {
            Some("the worst loss of either side is at least the series' scan floor for the hours left")
        } else if before.is_some_and(moves_too_far) {
            Some("a loss moves by at most the series' largest step for the contract's hours")
        } else {
            None
        }
    }

    fn delivery_days(&self, instrument: InstrumentId) -> impl Iterator<Item = Day> {
        let month = self.listed(instrument).terms.month().unwrap();
        (0..i32::from(month.days)).map(move |offset| Day(month.first_day.0 + offset))
    }

    /// Whether the first delivery day has begun.
    pub(super) fn is_in_delivery(&self, instrument: InstrumentId) -> bool {
        self.listed(instrument).terms.month().is_some_and(|month| self.now >= month.first_day.start())
    }

    /// Since when the index of a series is stale, if it is.
    pub(super) fn stale_since(&self, series: SeriesId) -> Option<i64> {
        let after = self.margin_of(series)?.stale_after_us;
        let latest = self.fixings.iter().filter(|fixing| fixing.series == series).map(|fixing| fixing.day).max()?;
        let since = latest.end().0 + after;
        (after > 0 && self.now.0 >= since).then_some(since)
    }

    /// Refuses what a stale index forbids.
    pub(super) fn check_fresh(&self, series: SeriesId) -> Result<(), Reject> {
        if self.stale_since(series).is_some() { Err(Reject::IndexStale { series }) } else { Ok(()) }
    }

    /// A fixing after which a series is not stale ends the halts of its contracts.
    pub(super) fn end_stale_halts(&mut self, series: SeriesId) {
        if self.stale_since(series).is_some() {
            return;
        }
        let mut instruments = self.instruments();
        instruments.sort();
        for instrument in instruments {
            let contract = self.contract_mut(instrument);
            if contract.terms.series() == Some(series) && contract.halt == Some(Halt::StaleIndex) {
                contract.halt = None;
                self.events.push(Event::InstrumentResumed { instrument });
            }
        }
    }

    /// Whether marks have been frozen for so long that the contract halts instead.
    fn halt_if_frozen(&mut self, instrument: InstrumentId) -> bool {
        let contract = self.listed(instrument);
        let series = contract.terms.series().unwrap();
        let Some(since) = self.stale_since(series) else { return false };
        let frozen = self.margin_of(series).unwrap().frozen_us;
        let halted = matches!(contract.halt, Some(Halt::Operator | Halt::StaleIndex));
        if halted || self.now.0 < since + frozen {
            return false;
        }
        let halt = Halt::StaleIndex;
        self.contract_mut(instrument).halt = Some(halt);
        self.events.push(Event::InstrumentHalted { instrument, halt });
        true
    }

    pub(super) fn update_margined_mark(&mut self, instrument: InstrumentId) -> Result<(), Reject> {
        if self.halt_if_frozen(instrument) {
            return Ok(());
        }
        self.check_fresh(self.listed(instrument).terms.series().unwrap())?;
        let contract = self.listed(instrument);
        let (terms, before, basis) = (contract.terms, contract.mark, contract.margin.basis);
        let series = terms.series().unwrap();
        let risk = self.risk_of(instrument).ok_or(Reject::NoMark { instrument })?;
        let reference = self.reference_value(instrument, &risk).ok_or(Reject::NoMark { instrument })?;
        let band = i128::from(self.margin_of(series).unwrap().mark_band.0);

        let quotes = [Side::Buy, Side::Sell].map(|side| self.best_price(instrument, side));
        let middle = match quotes {
            [Some(bid), Some(offer)] => Some(i128::from(mean(bid, offer).0)),
            _ => None,
        };
        let basis = basis + middle.map_or(0, |middle| (middle - reference - basis).div_euclid(8));
        let last = self.last_trade(instrument).map(|price| i128::from(price.0));
        let found = [Some(reference + basis), middle, last].into_iter().flatten();
        let mut found: Vec<i128> = found.map(|value| value.clamp(reference - band, reference + band)).collect();
        found.sort_unstable();
        let median = match found[..] {
            [only] => only,
            [one, other] => (one + other).div_euclid(2),
            [_, median, _] => median,
            _ => unreachable!("there is a reference, and there are three at most"),
        };
        let price = Price(i64::try_from(median).unwrap()).clamp(terms.floor, terms.cap);

        let in_delivery = self.is_in_delivery(instrument);
        let contract = self.contract_mut(instrument);
        contract.margin.basis = basis;
        let begins = in_delivery && !contract.margin.marked_in_delivery;
        contract.margin.is_new |= before != Some(price) || begins;
        contract.margin.marked_in_delivery = in_delivery;
        contract.mark = Some(price);
        if matches!(terms.kind, Kind::Perpetual(_)) {
            contract.margin.premiums.push(i128::from(price.0) - reference);
        }
        if begins {
            for strip in self.strips_with(instrument) {
                self.contract_mut(strip).margin.is_new = true;
            }
        }
        self.watch_prices();
        self.events.push(Event::MarkUpdated { instrument, price });
        Ok(())
    }

    /// The array's reference; in delivery the mean over what is fixed and what is not. Of a strip what its months are marked at, of a
    /// perpetual its index.
    pub(super) fn reference_value(&self, instrument: InstrumentId, risk: &Risk) -> Option<i128> {
        let terms = self.listed(instrument).terms;
        let reference = i128::from(risk.reference.0);
        match terms.kind {
            Kind::Strip(_) => return self.mean_mark(instrument),
            Kind::Perpetual(_) => {
                return Some(self.index(instrument).map_or(reference, |price| i128::from(price.0)));
            }
            _ if !self.is_in_delivery(instrument) => return Some(reference),
            _ => {}
        }
        let series = terms.series().unwrap();
        let of = |day| self.fixings.iter().find(|fixing| fixing.series == series && fixing.day == day);
        let days = self.delivery_days(instrument);
        let sum: i128 = days.map(|day| of(day).map_or(reference, |fixing| i128::from(fixing.price.0)) * 24).sum();
        Some(sum.div_euclid(hours(&terms)))
    }

    /// What an account owes the venue.
    pub fn owed(&self, account: AccountId) -> i128 {
        -self.posted(LedgerAccount::Receivable(account), AssetId::USD)
    }

    /// What variation took more than was there is owed from now on.
    pub(super) fn owe_shortfall(&mut self, account: AccountId) {
        let shortfall = -self.free(account, AssetId::USD);
        if shortfall > 0 {
            let (from, to) = (LedgerAccount::Receivable(account), LedgerAccount::Customer(account));
            self.transfer(from, to, AssetId::USD, shortfall, TransferReason::Shortfall);
        }
    }

    /// An account that received something pays back what it owes, as far as money is free.
    pub(super) fn pay_back(&mut self, account: AccountId) {
        let paid = self.owed(account).min(self.free(account, AssetId::USD));
        if paid > 0 {
            let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Receivable(account));
            self.transfer(from, to, AssetId::USD, paid, TransferReason::Repayment);
        }
    }

    /// What may be taken out or used for what is fully funded.
    pub fn available(&self, account: AccountId, asset: AssetId) -> i128 {
        if asset == AssetId::USD { self.margin_report(account).withdrawable } else { self.free(account, asset) }
    }
}

/// The initial margin times 80 per cent, rounded up.
pub(super) fn maintenance(initial: i128) -> i128 {
    (initial * 8 + 9).div_euclid(10)
}

/// The parts of a margin call, as an event says them.
pub(super) fn called(account: AccountId, equity: i128, initial: i128, maintenance: i128) -> Event {
    let [equity, initial, maintenance] = [equity, initial, maintenance].map(cash);
    Event::MarginCalled { account, equity, initial, maintenance }
}
