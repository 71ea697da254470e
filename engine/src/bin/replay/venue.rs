//! An exchange with funded accounts, driven command by command.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "measuring needs a clock; the library has none"
)]

use std::time::Instant;

use engine::Engine;
use engine::command::{Command, Credential, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::limits;
use engine::margin::{Risk, SeriesMargin};
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Timestamp};

use super::error::Error;

pub(crate) struct Venue {
    pub(crate) engine: Engine,
    /// Of the last command.
    pub(crate) seq: u64,
    /// Of the next command.
    pub(crate) time: Timestamp,
    /// What the last command led to.
    pub(crate) events: Vec<Event>,
}

impl Venue {
    /// Under the latest rules, with accounts from 0 on that share all the money there can be.
    pub(crate) fn new(accounts: u32) -> Result<Venue, Error> {
        let mut venue = Venue { engine: Engine::new(), seq: 0, time: Timestamp(0), events: Vec::new() };
        for version in Rules::FIRST.0 + 1..=Rules::LATEST.0 {
            venue.operate(Command::AdoptRules { rules: Rules(version) })?;
        }
        let share = Amount(limits::TOTAL_CASH_MAX.0 / i64::from(accounts.max(1))).min(Amount(limits::DEPOSIT_MAX.0));
        for account in (0..accounts).map(AccountId) {
            let (asset, credential) = (AssetId::USD, Credential::TokenSha256([0; 32]));
            venue.operate(Command::OpenAccount { account })?;
            venue.operate(Command::RegisterKey { key: key_of(account), credential, role: Role::Trader(account) })?;
            venue.operate(Command::Deposit { account, asset, amount: share, reference: 1 })?;
        }
        Ok(venue)
    }

    /// Sends a command of the operator.
    pub(crate) fn operate(&mut self, command: Command) -> Result<u64, Error> {
        self.send(KeyId::VENUE, &command)
    }

    /// Lists a month on margin, with an array of a tenth of its price either way and its mark.
    pub(crate) fn list_on_margin(&mut self, terms: Terms, reference: Price) -> Result<(), Error> {
        let month = terms.month().ok_or_else(|| Error::Flow("only months are listed".to_owned()))?;
        let (series, instrument) = (month.series, terms.instrument);
        let margin = SeriesMargin {
            scan_floor: Price(1),
            step_max: limits::PRICE_MAX,
            mark_band: limits::PRICE_MAX,
            calendar_charge: Cash(1_000),
            delivery_charge: Cash(1_000),
            concentration_lots: 1_000,
            concentration_charge: Cash(1_000),
            minimum_charge: Cash(1_000),
            position_max: Lots(1_000_000),
            open_interest_max: limits::OPEN_INTEREST_LOTS_MAX,
            settlement_lots: Lots(1),
            stale_after_us: 0,
            frozen_us: 0,
        };
        // In thirds of the scan range, in the order of the scenarios; the extremes count a third of three ranges.
        let third = (reference.0 / 30).max(1) * i64::from(terms.hours().0);
        let losses = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3].map(|thirds| Cash(thirds * third));
        let risk = Risk { version: 1, expires: Timestamp(limits::RISK_VALID_US_MAX), reference, losses };
        let terms = Terms { kind: Kind::MarginedMonth(month), ..terms };
        for command in [
            Command::SetMargin { series, margin },
            Command::ListInstrument { terms },
            Command::PublishRisk { instrument, risk },
            Command::UpdateMark { instrument },
        ] {
            self.operate(command)?;
            self.work_off()?;
        }
        Ok(())
    }

    /// Does what is due now: after an array, a mark or parameters every account in the contract is valued anew.
    fn work_off(&mut self) -> Result<(), Error> {
        while self.engine.next_due().is_some_and(|due| due <= self.time) {
            self.operate(Command::ProcessDue)?;
        }
        Ok(())
    }

    /// Sends a command; answers how many nanoseconds it took.
    pub(crate) fn send(&mut self, key: KeyId, command: &Command) -> Result<u64, Error> {
        self.seq += 1;
        self.events.clear();
        let stamp = Stamp { seq: Seq(self.seq), time: self.time, key, session: 0 };
        let start = Instant::now();
        let outcome = self.engine.apply(&stamp, command, &mut self.events);
        let took = start.elapsed();
        outcome.map_err(|reject| Error::Flow(reject.to_string()))?;
        Ok(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A day's delivery of a series of its own number.
pub(crate) fn terms(number: u32, first_day: Day, tick: Price, floor: Price, cap: Price) -> Result<Terms, Error> {
    let name = format!("MEASURED-{number}");
    Ok(Terms {
        instrument: InstrumentId(number),
        symbol: Symbol::new(&name).ok_or_else(|| Error::Flow(format!("{name} is no symbol")))?,
        kind: Kind::Month(Month { series: SeriesId(number), first_day, days: 1 }),
        tick,
        floor,
        cap,
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    })
}

pub(crate) fn key_of(account: AccountId) -> KeyId {
    KeyId(u64::from(account.0) + 1)
}
