//! Settlements as events tell of them: one value for all, positions brought to it, nothing left in between.

use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::instrument::{SettlementKind, Terms};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Cash, Day, Position};

use super::Shadow;
use crate::fault::{Fault, check, same};

const HOUR_US: i64 = 3_600_000_000;
/// Parts of one, and the hours that a funding rate is for.
const RATE_PARTS: i128 = 8 * 1_000_000;

/// A settlement that is being posted.
#[derive(Clone, Debug)]
pub(super) struct Settling {
    pub(super) kind: SettlementKind,
    pub(super) day: Day,
    pub(super) value: Cash,
    /// Who was settled last: nobody is twice.
    last: Option<AccountId>,
    /// How many were.
    accounts: usize,
}

impl Shadow {
    pub(super) fn read_settlement(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::SettlementStarted { instrument, day, kind, value_per_lot, .. } => {
                self.check_start(instrument, day, kind, value_per_lot)?;
                let started = Settling { kind, day, value: value_per_lot, last: None, accounts: 0 };
                let before = self.market(instrument)?.settling.replace(started);
                check(before.is_none(), "one settlement at a time", || format!("{before:?}"))
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                self.settle(instrument, account, position, variation)
            }
            Event::PositionCascaded { instrument, account, position } => self.cascade(instrument, account, position),
            Event::SettlementCompleted { instrument, day, kind } => self.complete(instrument, day, kind),
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    fn check_start(
        &mut self,
        instrument: InstrumentId,
        day: Day,
        kind: SettlementKind,
        value: Cash,
    ) -> Result<(), Fault> {
        let now = self.now;
        let market = self.market(instrument)?;
        let (terms, settled) = (market.terms, market.settled);
        check(!market.is_settled, "what is settled for good stays so", || format!("instrument {instrument}"))?;
        let has_it = match kind {
            SettlementKind::Daily => terms.series().is_some(),
            SettlementKind::Final => terms.month().is_some(),
            SettlementKind::Cascade => terms.strip().is_some(),
            SettlementKind::Funding => terms.perpetual().is_some(),
        };
        check(has_it, "a contract has its own settlements", || format!("{kind:?} of instrument {instrument}"))?;
        if kind == SettlementKind::Funding {
            return self.check_funding(instrument, &terms, value);
        }
        check(now >= day.end(), "a day is settled once it is over", || format!("{day:?}"))?;
        let is_later = settled.is_none_or(|(last, _)| last < day || (kind == SettlementKind::Cascade && last == day));
        check(is_later, "days are settled in rising order", || format!("{day:?} after {settled:?}"))?;
        let is_within = terms.clamp_value(value) == value;
        let is_sum = terms.strip().is_some();
        check(is_sum || is_within, "a settlement value lies between floor and cap", || format!("{value}"))?;
        self.check_strips(&terms, day, kind, value)?;
        if kind == SettlementKind::Final { self.check_approved(instrument, day, value) } else { Ok(()) }
    }

    /// An hour is paid for once, and never more than the terms allow.
    fn check_funding(&mut self, instrument: InstrumentId, terms: &Terms, value: Cash) -> Result<(), Fault> {
        let hour = self.now.0.div_euclid(HOUR_US);
        let market = self.market(instrument)?;
        let before = market.funded_hour.replace(hour);
        let reference = market.known.risk.map(|risk| risk.reference);
        check(before.is_none_or(|before| before < hour), "an hour is funded once", || format!("{hour}"))?;
        let Some(perpetual) = terms.perpetual() else { return Ok(()) };
        let index = self.fixings.get(&perpetual.series).map(|&(_, price)| price).or(reference);
        let most = i128::from(index.map_or(0, |price| price.0.max(0))) * i128::from(perpetual.hours);
        let most = most * i128::from(perpetual.cap_ppm) / RATE_PARTS;
        let is_within = i128::from(value.0).abs() <= most;
        check(is_within, "funding stays within its cap", || format!("{value} a lot, and at most {most}"))
    }

    fn settle(
        &mut self,
        instrument: InstrumentId,
        account: AccountId,
        position: Position,
        variation: Cash,
    ) -> Result<(), Fault> {
        let settling = self.market(instrument)?.settling.as_mut();
        let Some(settling) = settling else {
            return Err(Fault::new("positions settle in a settlement", format!("account {account}")));
        };
        let last = settling.last.replace(account);
        settling.accounts += 1;
        let (kind, value) = (settling.kind, settling.value);
        check(last.is_none_or(|last| last < account), "nobody is settled twice", || format!("account {account}"))?;
        let holding = self.holding_mut(instrument, account);
        same("the position that is known settles", position.0, holding.position, || format!("account {account}"))?;
        let worth = i128::from(value.0) * i128::from(position.0);
        let expected = if kind == SettlementKind::Funding { -worth } else { worth - holding.cost };
        match kind {
            SettlementKind::Daily => holding.cost = worth,
            SettlementKind::Final | SettlementKind::Cascade => (holding.position, holding.cost) = (0, 0),
            SettlementKind::Funding => {}
        }
        same("variation is value less cost", i128::from(variation.0), expected, || format!("account {account}"))?;
        if kind == SettlementKind::Cascade && position != Position::FLAT {
            self.course.cascading = Some((instrument, account, position));
        }
        let moved = self.course.variation.take().unwrap_or((account, 0));
        same("variation is moved", moved, (account, variation.0), || format!("account {account}"))
    }

    fn complete(&mut self, instrument: InstrumentId, day: Day, kind: SettlementKind) -> Result<(), Fault> {
        self.counts.settlements += 1;
        let market = self.market(instrument)?;
        let Some(settling) = market.settling.take().filter(|started| (started.kind, started.day) == (kind, day)) else {
            return Err(Fault::new("what was started completes", format!("instrument {instrument}")));
        };
        let closes = matches!(kind, SettlementKind::Final | SettlementKind::Cascade);
        if closes {
            market.is_settled = true;
            market.is_halted = false;
        }
        if kind != SettlementKind::Funding {
            market.settled = Some((day, settling.value));
        }
        let (first, last) = ((instrument, AccountId(0)), (instrument, AccountId(u32::MAX)));
        let holders = self.holdings.range(first..=last).filter(|(_, holding)| holding.position != 0).count();
        for ((_, account), holding) in self.holdings.range(first..=last) {
            let worth = i128::from(settling.value.0) * i128::from(holding.position);
            let is_settled = kind == SettlementKind::Funding || holding.cost == worth;
            check(is_settled, "everybody is settled", || format!("{holding:?} of account {account}"))?;
            let is_over = !closes || (holding.position == 0 && holding.live.is_empty());
            check(is_over, "nothing is left of a settled contract", || format!("{holding:?} of account {account}"))?;
        }
        let is_paid = kind != SettlementKind::Funding || settling.accounts == holders;
        check(is_paid, "everybody is settled", || format!("{} of {holders} accounts", settling.accounts))?;
        match kind {
            SettlementKind::Funding => self.counts.fundings += u64::from(settling.accounts > 0),
            SettlementKind::Cascade => self.end_cascade(instrument, settling.accounts)?,
            SettlementKind::Daily | SettlementKind::Final => {}
        }
        let pot = self.posted.get(&(LedgerAccount::Variation(instrument), AssetId::USD)).copied();
        same("the variation account ends at zero", pot.unwrap_or_default(), Amount::ZERO, || format!("{instrument}"))
    }
}
