//! Defaults as events tell of them: each layer in its order, lots and money that go from one to another and nowhere else.

use engine::event::{Event, PositionReason, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Cash, Position};

use super::Shadow;
use super::money::Movement;
use super::requirement::Value;
use crate::fault::{Fault, check, same};

/// Of what is traded or taken over, so many in a thousand are charged.
const CHARGE_PER_MILLE: i128 = 5;

/// The default that is being dealt with.
#[derive(Clone, Debug)]
pub(super) struct Defaulting {
    account: AccountId,
    /// What is still missing.
    shortfall: i128,
    /// The contract that was dealt with last, or is.
    after: Option<InstrumentId>,
    deleveraging: Option<Deleveraging>,
}

/// A contract of it that is being deleveraged.
#[derive(Clone, Debug)]
struct Deleveraging {
    instrument: InstrumentId,
    lots: i64,
    haircut: i128,
    last: Option<AccountId>,
}

impl Defaulting {
    /// Whether it is this account's, and no contract is half done.
    pub(super) fn is_over(&self, account: AccountId) -> bool {
        self.account == account && self.deleveraging.is_none()
    }
}

/// What lots are charged, as far as there is so much.
pub(super) fn charge(price: i128, lots: i128, hours: i128, most: i128) -> i128 {
    (price.abs() * lots * hours * CHARGE_PER_MILLE).div_euclid(1_000).min(most.max(0))
}

impl Shadow {
    pub(super) fn read_default(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::DefaultDeclared { account, equity, insured, shortfall } => {
                self.declare(account, [equity, insured, shortfall].map(|amount| i128::from(amount.0)))
            }
            Event::PositionTransferred { instrument, from, to, lots, value, reason } => {
                self.hand_over(instrument, (from, to), lots, value, reason)
            }
            Event::DeleveragingStarted { instrument, account, lots, haircut } => {
                self.start_deleveraging(instrument, account, lots, haircut.0.into())
            }
            Event::DeleveragingRanked { instrument, .. } => self.deleveraging(instrument).map(drop),
            Event::Deleveraged { instrument, complete, .. } => {
                let left = self.deleveraging(instrument)?.lots;
                if !complete {
                    return Ok(());
                }
                same("exactly the position is closed", left, 0, || format!("instrument {instrument}"))?;
                self.defaulting()?.deleveraging = None;
                self.check_balanced(instrument)
            }
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    fn defaulting(&mut self) -> Result<&mut Defaulting, Fault> {
        self.waterfall.default.as_mut().ok_or_else(|| Fault::new("a default is declared first", "none is"))
    }

    fn deleveraging(&mut self, instrument: InstrumentId) -> Result<&mut Deleveraging, Fault> {
        let running = self.defaulting()?.deleveraging.as_mut().filter(|running| running.instrument == instrument);
        running.ok_or_else(|| Fault::new("deleveraging is started first", format!("instrument {instrument}")))
    }

    fn insurance(&self) -> i128 {
        self.posted.get(&(LedgerAccount::Insurance, AssetId::USD)).map_or(0, |amount| amount.0.into())
    }

    /// The fund pays all that is missing, or all that it has.
    pub(super) fn insure(&mut self, account: AccountId) -> Option<Movement> {
        let equity = self.equity(account);
        let amount = (-equity).min(self.insurance());
        self.course.insured = Some((account, equity, amount));
        self.counts.insured += 1;
        let (from, to) = (LedgerAccount::Insurance, LedgerAccount::Customer(account));
        let amount = Amount(i64::try_from(amount).ok()?);
        self.is_liquidated(account).then_some((from, to, AssetId::USD, amount, TransferReason::Insurance))
    }

    fn declare(&mut self, account: AccountId, found: [i128; 3]) -> Result<(), Fault> {
        self.counts.defaults += 1;
        let now = self.equity(account);
        let insured = self.course.insured.take().map_or((account, now, 0), |insured| insured);
        let shortfall = (-now).max(0);
        let expected = (insured.0, [insured.1, insured.2, shortfall]);
        same("a default has the account's own figures", (account, found), expected, || "it".to_owned())?;
        let is_last = shortfall == 0 || self.insurance() == 0;
        check(is_last, "the fund pays before anybody else", || format!("{shortfall} with {}", self.insurance()))?;
        let has_nothing = self.margined_positions(account).is_empty();
        let is_due = match self.waterfall.round.take() {
            Some(round) => round.account == account && round.is_full(),
            None => self.check_turn(account).map(|()| has_nothing)?,
        };
        check(is_due, "a default follows a full round", || format!("account {account}"))?;
        self.waterfall.default = Some(Defaulting { account, shortfall, after: None, deleveraging: None });
        Ok(())
    }

    /// Lots go from the account in default to the backstop, or to those who are on the other side.
    fn hand_over(
        &mut self,
        instrument: InstrumentId,
        (from, to): (AccountId, AccountId),
        lots: Position,
        value: Cash,
        reason: PositionReason,
    ) -> Result<(), Fault> {
        same("the account in default gives", from, self.defaulting()?.account, || format!("instrument {instrument}"))?;
        self.check_liquid(instrument)?;
        let worth = self.markets.get(&instrument).and_then(|market| self.value_of(market));
        let Some(worth) = worth else { return Ok(()) };
        let position = self.holding_mut(instrument, from).position;
        let is_part = lots.0 != 0 && lots.0.signum() == position.signum() && lots.0.abs() <= position.abs();
        check(is_part, "what is given is there", || format!("{lots} of {position}"))?;
        let at_mark = worth.mark * i128::from(lots.0) * worth.hours;
        let expected = match reason {
            PositionReason::Backstop => self.take_over(instrument, (from, to), lots, &worth)?,
            PositionReason::Deleveraging => self.close_out(instrument, to, lots)?,
        };
        same("lots change hands at the mark", i128::from(value.0) - at_mark, expected, || format!("account {to}"))?;
        self.move_position(instrument, from, -lots.0, -i128::from(value.0));
        self.move_position(instrument, to, lots.0, value.0.into());
        if reason == PositionReason::Backstop {
            let (equity, initial) = (self.equity(to), self.initial(to));
            return check(equity >= initial, "the backstop takes what it has margin for", || {
                format!("{equity} and {initial} of account {to}")
            });
        }
        let equity = self.equity(to);
        check(expected == 0 || equity >= 0, "a haircut leaves nobody with less than nothing", || {
            format!("{equity} of account {to}")
        })
    }

    /// What the backstop pays less than the mark: a charge, as far as there is so much.
    fn take_over(
        &mut self,
        instrument: InstrumentId,
        (from, to): (AccountId, AccountId),
        lots: Position,
        worth: &Value,
    ) -> Result<i128, Fault> {
        self.counts.taken_over += 1;
        let is_backstop = self.waterfall.backstop == Some(to) && to != from && !self.is_liquidated(to);
        check(is_backstop, "the backstop takes over", || format!("account {to}"))?;
        let default = self.defaulting()?;
        let before = default.after.replace(instrument);
        check(before < Some(instrument), "one contract after the other", || format!("{instrument} after {before:?}"))?;
        same("the backstop bears no loss", default.shortfall, 0, || format!("instrument {instrument}"))?;
        self.course.rest = Some((instrument, from));
        Ok(-charge(worth.mark, i128::from(lots.0).abs(), worth.hours, self.equity(from)))
    }

    /// What whoever is closed out pays more than the mark: its part of the smallest haircut, as far as it has so much.
    fn close_out(&mut self, instrument: InstrumentId, to: AccountId, lots: Position) -> Result<i128, Fault> {
        self.counts.deleveraged += 1;
        let equity = self.equity(to);
        let opposite = self.holding_mut(instrument, to).position;
        let is_opposite = opposite.signum() == -lots.0.signum() && opposite.abs() >= lots.0.abs();
        check(is_opposite, "only the other side is closed out", || format!("{lots} and {opposite} of account {to}"))?;
        let running = self.deleveraging(instrument)?;
        let last = running.last.replace(to);
        check(last.is_none_or(|last| last < to), "nobody is closed out twice", || format!("account {to}"))?;
        let part = running.haircut * i128::from(lots.0.abs()) / i128::from(running.lots.abs()).max(1);
        let haircut = part.min(equity.max(0));
        running.lots -= lots.0;
        running.haircut -= haircut;
        let left = (running.lots, running.haircut);
        check(left.1 >= 0, "haircuts are what is missing", || format!("{left:?} of instrument {instrument}"))?;
        let default = self.defaulting()?;
        default.shortfall -= haircut;
        check(default.shortfall >= 0, "haircuts are what is missing", || format!("{default:?}"))?;
        self.counts.haircuts += u64::from(haircut > 0);
        Ok(haircut)
    }

    fn start_deleveraging(
        &mut self,
        instrument: InstrumentId,
        account: AccountId,
        lots: Position,
        haircut: i128,
    ) -> Result<(), Fault> {
        self.check_liquid(instrument)?;
        let position = self.holding_mut(instrument, account).position;
        let is_only = self.margined_positions(account).len() == 1;
        let rest = self.course.rest.take();
        let default = self.defaulting()?;
        same("the account in default gives", account, default.account, || format!("instrument {instrument}"))?;
        same("all of the position is closed", lots.0, position, || format!("account {account}"))?;
        let is_next = rest == Some((instrument, account)) || default.after < Some(instrument);
        default.after = Some(instrument);
        check(is_next, "one contract after the other", || format!("{instrument}"))?;
        let is_part = haircut >= 0 && haircut <= default.shortfall && (!is_only || haircut == default.shortfall);
        check(is_part, "haircuts are what is missing", || format!("{haircut} of {}", default.shortfall))?;
        let running = Deleveraging { instrument, lots: lots.0, haircut, last: None };
        let before = default.deleveraging.replace(running);
        check(before.is_none(), "one contract after the other", || format!("{before:?}"))
    }

    /// What the backstop did not take of a position is deleveraged at once.
    pub(super) fn check_handed_over(&self) -> Result<(), Fault> {
        let Some((instrument, account)) = self.course.rest else { return Ok(()) };
        let left = self.holdings.get(&(instrument, account)).map_or(0, |holding| holding.position);
        same("what the backstop leaves is deleveraged", left, 0, || format!("account {account}"))
    }
}
