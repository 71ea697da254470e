//! Margin parameters, credits, risk arrays and the marks of margined contracts in the twin, and what an account owes.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId, SeriesId};
use engine::instrument::Kind;
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::margin::{Risk, SeriesMargin};
use engine::reject::Reject;
use engine::units::{Cash, Day, Price, Timestamp};

use super::matching::hours;
use super::{Twin, cash};

const MILLION_DOLLARS: i128 = 1_000_000_000_000;

/// What margin knows of a contract.
#[derive(Clone, Default)]
pub(super) struct OfContract {
    pub(super) risk: Option<Risk>,
    pub(super) basis: i128,
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
        for instrument in self.instruments() {
            let terms = self.listed(instrument).terms;
            if terms.is_margined() && terms.series() == Some(series) {
                self.make_due(instrument);
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
        self.contract_mut(instrument).margin.risk = Some(*risk);
        self.make_due(instrument);
        for strip in self.strips_with(instrument) {
            self.make_due(strip);
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
        let is_below =
            |losses: &[i128; 16]| losses.iter().all(|loss| *loss < least) || losses.iter().all(|loss| -loss < least);
        // The array before may be left behind by any distance once it does not cover the floor itself.
        let moves_too_far = |before: &Risk| {
            let old = before.losses.map(|loss| i128::from(loss.0));
            !is_below(&old) && losses.iter().zip(old).any(|(new, old)| (new - old).abs() > step)
        };
        if risk.version > 1_000_000_000_000_000 {
            Some("a version is at most 1000000000000000")
        } else if !(1..=48 * 3_600_000_000).contains(&lasts) {
            Some("an array expires later than now and at most 48 hours from now")
        } else if risk.reference < terms.floor || risk.reference > terms.cap {
            Some("the reference lies between floor and cap")
        } else if losses.iter().any(|loss| loss.abs() > MILLION_DOLLARS) {
            Some("a loss is at most 1000000000000 micro-USD a lot")
        } else if losses[0] != 0 || losses[1] != 0 {
            Some("a future loses nothing while its price stands still")
        } else if is_below(&losses) {
            Some("the worst loss of either side is at least the series' scan floor for the hours left")
        } else if before.is_some_and(moves_too_far) {
            Some("a loss moves by at most the series' largest step for the contract's hours")
        } else {
            None
        }
    }

    pub(super) fn delivery_days(&self, instrument: InstrumentId) -> impl Iterator<Item = Day> {
        let month = self.listed(instrument).terms.month().unwrap();
        (0..i32::from(month.days)).map(move |offset| Day(month.first_day.0 + offset))
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
