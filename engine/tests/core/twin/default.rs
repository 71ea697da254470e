//! Default in the twin: the insurance fund, the backstop, and whoever is on the other side, in this order.

use std::collections::BTreeMap;

use engine::event::{Event, PositionReason, TransferReason};
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::ledger::LedgerAccount;
use engine::limits;
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Amount, Position};

use super::matching::hours;
use super::requirement::Counted;
use super::{Twin, cash};

const ACCOUNTS_OF_A_STEP: usize = 256;
const MILLION: i128 = 1_000_000;
const QUOTIENT_MAX: i128 = 1_000_000_000_000_000;

/// The default that is being served.
#[derive(Clone)]
pub(super) struct Defaulted {
    account: AccountId,
    /// Whether it is an account in exit, of which nothing is missing.
    is_close_out: bool,
    /// What is still missing.
    shortfall: i128,
    dealt_with: Vec<InstrumentId>,
    /// Who was closed out and is to be checked in the end.
    closed: Vec<AccountId>,
    closing: Option<Closing>,
}

/// A contract that is being deleveraged.
#[derive(Clone)]
struct Closing {
    instrument: InstrumentId,
    /// Lots left to be closed, signed as the position was.
    lots: i128,
    /// The part of the shortfall that is still to be borne here.
    missing: i128,
    /// Accounts up to this one were looked at in this walk.
    looked_to: Option<AccountId>,
    tiers: BTreeMap<u32, i128>,
    /// In the second walk.
    cut: Option<Cut>,
}

/// The tier in which the lots run out.
#[derive(Clone, Copy)]
struct Cut {
    tier: u32,
    need: i128,
    total: i128,
}

impl Twin {
    pub(super) fn fund_insurance(&mut self, number: u64, paid: Amount) -> Result<(), Reject> {
        self.require_waterfall()?;
        self.refuse_past_the_chain(AssetId::USD)?;
        super::money::check_amount(paid)?;
        let next = self.insurance_payments + 1;
        if number != next {
            return Err(Reject::DepositOutOfSequence { account: None, reference: number, next });
        }
        let inside = -self.posted(LedgerAccount::Outside, AssetId::USD);
        if inside + i128::from(paid.0) > i128::from(limits::TOTAL_CASH_MAX.0) {
            return Err(Reject::TotalCashLimit);
        }
        self.insurance_payments = number;
        let (from, to) = (LedgerAccount::Outside, LedgerAccount::Insurance);
        self.transfer(from, to, AssetId::USD, i128::from(paid.0), TransferReason::Deposit);
        Ok(())
    }

    /// How many payments the insurance fund has received.
    pub fn insurance_payments(&self) -> u64 {
        self.insurance_payments
    }

    /// The account that takes positions over.
    pub fn backstop(&self) -> Option<AccountId> {
        self.backstop
    }

    pub(super) fn set_backstop(&mut self, account: Option<AccountId>) -> Result<(), Reject> {
        self.require_waterfall()?;
        if let Some(account) = account {
            self.require_account(account)?;
        }
        self.backstop = account;
        self.events.push(Event::BackstopSet { account });
        Ok(())
    }

    fn require_waterfall(&self) -> Result<(), Reject> {
        let needed = Rules::FOURTH;
        if self.rules < needed { Err(Reject::RulesTooOld { needed }) } else { Ok(()) }
    }

    /// Whether an account is in default.
    pub fn is_in_default(&self) -> bool {
        self.default.is_some()
    }

    /// Whether an account in exit is being closed at the mark.
    pub fn is_in_close_out(&self) -> bool {
        self.default.as_ref().is_some_and(|default| default.is_close_out)
    }

    pub(super) fn declare_default(&mut self, account: AccountId) {
        let equity = self.equity(account);
        let insured = self.posted(LedgerAccount::Insurance, AssetId::USD).min(-equity).max(0);
        let to = LedgerAccount::Customer(account);
        self.transfer(LedgerAccount::Insurance, to, AssetId::USD, insured, TransferReason::Insurance);
        if insured > 0 {
            self.pay_back(account);
        }
        let shortfall = (-self.equity(account)).max(0);
        self.begin_default(account, shortfall, false);
        let [equity, insured, shortfall] = [equity, insured, shortfall].map(cash);
        self.events.push(Event::DefaultDeclared { account, equity, insured, shortfall });
    }

    /// An account in exit is closed at the mark.
    pub(super) fn start_close_out(&mut self, account: AccountId) {
        self.begin_default(account, 0, true);
        let equity = cash(self.equity(account));
        self.events.push(Event::CloseOutStarted { account, equity });
    }

    fn begin_default(&mut self, account: AccountId, shortfall: i128, is_close_out: bool) {
        let (dealt_with, closed) = (Vec::new(), Vec::new());
        self.default = Some(Defaulted { account, is_close_out, shortfall, dealt_with, closed, closing: None });
    }

    pub(super) fn go_on_with_default(&mut self) {
        let mut default = self.default.take().unwrap();
        if let Some(closing) = default.closing.take() {
            default.closing = match closing.cut {
                None => Some(self.rank(&default, closing)),
                Some(cut) => self.give(&mut default, closing, cut),
            };
        } else if let Some(&instrument) = self.left_of(&default).first() {
            self.deal_with(&mut default, instrument);
        } else {
            return self.end_default(default);
        }
        self.default = Some(default);
    }

    /// The liquid contracts with a position that were not dealt with, in rising number.
    fn left_of(&self, default: &Defaulted) -> Vec<InstrumentId> {
        let mut left = self.margined_positions(default.account);
        left.retain(|instrument| !default.dealt_with.contains(instrument) && self.is_liquid(*instrument));
        left
    }

    fn end_default(&mut self, default: Defaulted) {
        let account = default.account;
        if default.is_close_out {
            self.end_close_out(account);
        } else if self.margined_positions(account).is_empty() {
            self.end_liquidation(account);
        } else {
            self.postpone(account);
        }
        for closed in default.closed {
            if !self.to_check.contains(&closed) {
                self.to_check.push(closed);
            }
        }
    }

    fn deal_with(&mut self, default: &mut Defaulted, instrument: InstrumentId) {
        let account = default.account;
        // What is behind this contract is known before it is dealt with.
        let left = self.left_of(default);
        default.dealt_with.push(instrument);
        if default.shortfall == 0
            && !default.is_close_out
            && let Some(backstop) = self.backstop_for(account)
            && let Some((lots, value)) = self.taken_by(backstop, account, instrument)
        {
            self.move_position(instrument, (account, backstop), (lots, value), PositionReason::Backstop);
        }
        let (lots, _) = self.holding(account, instrument);
        if lots == 0 {
            return;
        }
        let missing = self.part_of_shortfall(default, &left);
        let (looked_to, tiers, cut) = (None, BTreeMap::new(), None);
        default.closing = Some(Closing { instrument, lots, missing, looked_to, tiers, cut });
        let (lots, haircut) = (position(lots), cash(missing));
        self.events.push(Event::DeleveragingStarted { instrument, account, lots, haircut });
    }

    fn backstop_for(&self, account: AccountId) -> Option<AccountId> {
        self.backstop.filter(|backstop| *backstop != account && !self.is_in_liquidation(*backstop))
    }

    /// The most lots, of the position and its halves, that the backstop can take, and what they cost it.
    fn taken_by(&self, backstop: AccountId, from: AccountId, instrument: InstrumentId) -> Option<(i128, i128)> {
        let (held, _) = self.holding(from, instrument);
        let mut lots = held.abs();
        while lots > 0 {
            let worth = lots * self.worth_of_a_lot(instrument);
            let discount = (worth.abs() * 5).div_euclid(1_000).min(self.equity(from).max(0));
            let (lots_signed, value) = (lots * held.signum(), worth * held.signum() - discount);
            if self.can_take(backstop, from, instrument, (lots_signed, value)) {
                return Some((lots_signed, value));
            }
            lots /= 2;
        }
        None
    }

    /// Tried out on a copy of the whole exchange.
    fn can_take(&self, backstop: AccountId, from: AccountId, instrument: InstrumentId, taken: (i128, i128)) -> bool {
        let series = self.listed(instrument).terms.series().unwrap();
        let mut after = self.clone();
        after.move_position(instrument, (from, backstop), taken, PositionReason::Backstop);
        let grows = |of: &dyn Fn(&Twin) -> i128, most: i128| of(&after) > most && of(&after) > of(self);
        let most = i128::from(self.margin_of(series).unwrap().position_max.0);
        let is_beyond_limits = grows(&|twin| twin.reach_in(series, backstop), most)
            || grows(&|twin| twin.value(backstop, Counted::All), 100_000_000_000_000_000);
        !is_beyond_limits && after.equity(backstop) >= after.initial_margin(backstop, Counted::All)
    }

    /// What a long lot is worth at the mark.
    pub fn worth_of_a_lot(&self, instrument: InstrumentId) -> i128 {
        let contract = self.listed(instrument);
        i128::from(contract.mark.unwrap().0) * hours(&contract.terms)
    }

    /// Lots and value are signed as the giver has them.
    fn move_position(
        &mut self,
        instrument: InstrumentId,
        (from, to): (AccountId, AccountId),
        (lots, value): (i128, i128),
        reason: PositionReason,
    ) {
        for (account, sign) in [(from, -1), (to, 1)] {
            let held = self.holding_mut(account, instrument);
            held.position += sign * lots;
            held.cost += sign * value;
        }
        let (lots, value) = (position(lots), cash(value));
        self.events.push(Event::PositionTransferred { instrument, from, to, lots, value, reason });
    }

    /// The part that the first of the contracts that are left has in the shortfall.
    fn part_of_shortfall(&self, default: &Defaulted, left: &[InstrumentId]) -> i128 {
        if left.len() == 1 {
            return default.shortfall;
        }
        let losses: Vec<i128> = left.iter().map(|of| self.loss_in_worst_scenario(default.account, *of)).collect();
        let in_hours = |of: &InstrumentId| self.holding(default.account, *of).0.abs() * hours(&self.listed(*of).terms);
        let weights = if losses.iter().sum::<i128>() == 0 { left.iter().map(in_hours).collect() } else { losses };
        (default.shortfall * weights[0]).div_euclid(weights.iter().sum())
    }

    /// What a position loses where all of the account's positions in the series lose most; nothing if it gains there.
    fn loss_in_worst_scenario(&self, account: AccountId, instrument: InstrumentId) -> i128 {
        let series = self.listed(instrument).terms.series();
        let loss = |of: InstrumentId, scenario: usize| {
            let per_lot = self.risk_of(of).map_or(0, |risk| i128::from(risk.losses[scenario].0));
            self.holding(account, of).0 * per_lot
        };
        let mut held = self.margined_positions(account);
        held.retain(|of| self.listed(*of).terms.series() == series);
        let all = |scenario: usize| held.iter().map(|of| loss(*of, scenario)).sum::<i128>();
        // Of equals `min_by_key` finds the first.
        let worst = (0..16).min_by_key(|scenario| -all(*scenario)).unwrap();
        loss(instrument, worst).max(0)
    }

    /// The next accounts with a position, an unsettled cost or live orders in the contract, and whether they are the last.
    fn next_to_look_at(&self, closing: &Closing) -> (Vec<AccountId>, bool) {
        let mut left = self.accounts();
        left.retain(|account| closing.looked_to.is_none_or(|last| *account > last));
        left.retain(|account| self.is_in(*account, closing.instrument));
        left.sort();
        let complete = left.len() < ACCOUNTS_OF_A_STEP;
        left.truncate(ACCOUNTS_OF_A_STEP);
        (left, complete)
    }

    /// The lots of an account on the other side; none of anybody else.
    fn lots_opposite(&self, account: AccountId, closing: &Closing) -> i128 {
        let (held, _) = self.holding(account, closing.instrument);
        if held.signum() == -closing.lots.signum() { held.abs() } else { 0 }
    }

    fn rank(&mut self, default: &Defaulted, mut closing: Closing) -> Closing {
        let instrument = closing.instrument;
        let (accounts, complete) = self.next_to_look_at(&closing);
        for &account in accounts.iter().filter(|account| **account != default.account) {
            let lots = self.lots_opposite(account, &closing);
            if lots > 0 {
                *closing.tiers.entry(self.tier(account, instrument)).or_default() += lots;
            }
        }
        closing.looked_to = accounts.last().copied().or(closing.looked_to);
        if complete {
            closing.looked_to = None;
            closing.cut = Some(cut(&closing.tiers, closing.lots.abs()));
        }
        let accounts = u32::try_from(accounts.len()).unwrap();
        self.events.push(Event::DeleveragingRanked { instrument, accounts, complete });
        closing
    }

    fn give(&mut self, default: &mut Defaulted, mut closing: Closing, mut cut: Cut) -> Option<Closing> {
        let instrument = closing.instrument;
        let (accounts, complete) = self.next_to_look_at(&closing);
        for &account in accounts.iter().filter(|account| **account != default.account) {
            let has = self.lots_opposite(account, &closing);
            let tier = self.tier(account, instrument);
            if has == 0 || tier < cut.tier {
                continue;
            }
            let mut lots = has;
            if tier == cut.tier {
                lots = (cut.need * has).div_euclid(cut.total);
                cut.need -= lots;
                cut.total -= has;
            }
            if lots == 0 {
                continue;
            }
            let share = (closing.missing * lots).div_euclid(closing.lots.abs());
            let haircut = share.min(self.equity(account).max(0));
            let sign = closing.lots.signum();
            let value = sign * lots * self.worth_of_a_lot(instrument) + haircut;
            let moved = (sign * lots, value);
            self.move_position(instrument, (default.account, account), moved, PositionReason::Deleveraging);
            closing.lots -= sign * lots;
            closing.missing -= haircut;
            default.shortfall -= haircut;
            default.closed.push(account);
        }
        closing.looked_to = accounts.last().copied().or(closing.looked_to);
        closing.cut = Some(cut);
        let accounts = u32::try_from(accounts.len()).unwrap();
        self.events.push(Event::Deleveraged { instrument, accounts, complete });
        (!complete).then_some(closing)
    }

    /// The place of an account among those on its side: from 0 for who has nothing to 127 for who has gained most with least.
    pub fn tier(&self, account: AccountId, instrument: InstrumentId) -> u32 {
        let (held, cost) = self.holding(account, instrument);
        let worth = held * self.worth_of_a_lot(instrument);
        tier_of(worth, cost, self.equity(account))
    }
}

/// From what a position is worth and cost, and the equity behind it.
fn tier_of(worth: i128, cost: i128, equity: i128) -> u32 {
    if equity <= 0 {
        return 0;
    }
    let quotient = |numerator: i128, denominator: i128| numerator.div_euclid(denominator.max(1)).min(QUOTIENT_MAX);
    let profit = worth - cost;
    let gain = quotient(profit.abs() * MILLION, cost.abs());
    let leverage = quotient(worth.abs() * MILLION, equity);
    if profit > 0 {
        64 + bits(quotient(gain * leverage, MILLION)).min(63)
    } else {
        63 - bits(quotient(gain * MILLION, leverage)).min(63)
    }
}

/// The length of a number written in binary.
fn bits(number: i128) -> u32 {
    128 - number.leading_zeros()
}

/// Where so many lots run out, from the highest tier down.
fn cut(tiers: &BTreeMap<u32, i128>, lots: i128) -> Cut {
    let mut need = lots;
    for (&tier, &total) in tiers.iter().rev() {
        if need <= total {
            return Cut { tier, need, total };
        }
        need -= total;
    }
    unreachable!("as many lots are on the other side")
}

fn position(lots: i128) -> Position {
    Position(i64::try_from(lots).unwrap())
}
