//! Who was liquidated, who defaulted, and who bore what of it: the layers of the default waterfall, from the events.

use std::collections::BTreeMap;

use engine::event::{Event, PositionReason, TransferReason};
use engine::ids::{AccountId, InstrumentId};
use engine::units::{Cash, Day, Position};

/// A default, from its declaration on. What is postponed is declared anew later, and is then a case of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultCase {
    /// Whose.
    pub account: AccountId,
    /// When.
    pub day: Day,
    /// Its equity when it was declared.
    pub equity: Cash,
    /// What the insurance fund has paid.
    pub insured: Cash,
    /// What those on the other side have borne.
    pub haircuts: Cash,
    /// What nobody could bear; known once the liquidation has ended.
    pub unborne: Option<Cash>,
    /// What was still missing when the rest was postponed, for want of a mark to be trusted; it is part of the next declaration.
    pub carried: Cash,
    /// Lots that the backstop took over.
    pub backstop_lots: i64,
    /// What it was paid for that out of the account's equity.
    pub discount: Cash,
    /// Lots closed against those on the other side.
    pub deleveraged_lots: i64,
    /// How many times somebody was closed.
    pub closed: u32,
}

impl DefaultCase {
    /// What the account was missing.
    pub fn missing(&self) -> Cash {
        Cash((-self.equity.0).max(0))
    }
}

/// Counts and sums of all liquidations.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Liquidations that began.
    pub started: u64,
    /// Those that ended without a default.
    pub averted: u64,
    /// Rounds that closed a part of everything.
    pub partial_rounds: u64,
    /// Rounds that closed everything.
    pub full_rounds: u64,
    /// Orders that rounds sent.
    pub orders: u64,
    /// Times that nothing could be closed for want of a mark to be trusted.
    pub postponed: u64,
    /// What accounts in liquidation had when they entered it and did not have when they left: the first layer.
    pub own_equity: Cash,
    /// What they paid the insurance fund for their trades.
    pub charges: Cash,
    /// Every default, in order.
    pub cases: Vec<DefaultCase>,
    /// Equity at the beginning of the liquidations that have not ended.
    entered: BTreeMap<AccountId, Cash>,
    /// Where the default of an account is.
    open: BTreeMap<AccountId, usize>,
}

/// What defaults cost, and who bore it. The layers sum to what was missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// What accounts in default were missing.
    pub missing: Cash,
    /// Paid by the insurance fund.
    pub insured: Cash,
    /// Borne by those on the other side.
    pub haircuts: Cash,
    /// Borne by nobody yet: it is owed to the venue.
    pub unborne: Cash,
}

impl Defaults {
    /// Books what happened on a day; `value_at_mark` says what lots of a contract are worth now.
    pub fn observe(&mut self, today: Day, events: &[Event], value_at_mark: impl Fn(InstrumentId, Position) -> Cash) {
        for event in events {
            match *event {
                Event::LiquidationStarted { account, equity, .. } => {
                    self.started += 1;
                    self.entered.insert(account, equity);
                }
                Event::LiquidationRound { equity, maintenance, .. } => {
                    let is_full = 3 * i128::from(equity.0) < 2 * i128::from(maintenance.0);
                    *(if is_full { &mut self.full_rounds } else { &mut self.partial_rounds }) += 1;
                }
                Event::LiquidationOrdered { .. } => self.orders += 1,
                Event::LiquidationPostponed { account, .. } => {
                    self.postponed += 1;
                    self.carry(account);
                }
                Event::LiquidationEnded { account, equity } => self.end(account, equity),
                Event::DefaultDeclared { account, equity, insured, .. } => {
                    self.open.insert(account, self.cases.len());
                    self.cases.push(DefaultCase {
                        account,
                        day: today,
                        equity,
                        insured,
                        haircuts: Cash::ZERO,
                        unborne: None,
                        carried: Cash::ZERO,
                        backstop_lots: 0,
                        discount: Cash::ZERO,
                        deleveraged_lots: 0,
                        closed: 0,
                    });
                }
                Event::PositionTransferred { instrument, from, lots, value, reason, .. } => {
                    let better = value - value_at_mark(instrument, lots);
                    self.take_over(from, lots, better, reason);
                }
                Event::Transferred { reason: TransferReason::Liquidation, amount, .. } => {
                    self.charges += amount.dollars();
                }
                _ => {}
            }
        }
    }

    fn take_over(&mut self, from: AccountId, lots: Position, better: Cash, reason: PositionReason) {
        let at = *self.open.get(&from).expect("positions are transferred in a default");
        let case = &mut self.cases[at];
        match reason {
            PositionReason::Backstop => {
                case.backstop_lots += lots.0.abs();
                case.discount -= better;
            }
            PositionReason::Deleveraging => {
                case.deleveraged_lots += lots.0.abs();
                case.haircuts += better;
                case.closed += 1;
            }
        }
    }

    fn carry(&mut self, account: AccountId) {
        if let Some(at) = self.open.remove(&account) {
            let case = &mut self.cases[at];
            case.carried = case.missing() - case.insured - case.haircuts;
            case.unborne = Some(Cash::ZERO);
        }
    }

    fn end(&mut self, account: AccountId, equity: Cash) {
        let entered = self.entered.remove(&account).unwrap_or_default();
        self.own_equity += Cash((entered.0.max(0) - equity.0.max(0)).max(0));
        match self.open.remove(&account) {
            Some(at) => self.cases[at].unborne = Some(Cash((-equity.0).max(0))),
            None => self.averted += 1,
        }
    }

    /// Who bore what of the defaults that have ended.
    ///
    /// # Panics
    /// If the layers of a default do not sum to what was missing.
    pub fn burden(&self) -> Burden {
        let mut sum = Burden::default();
        for case in &self.cases {
            let Some(unborne) = case.unborne else { continue };
            let borne = case.insured + case.haircuts + unborne;
            assert_eq!(borne + case.carried, case.missing(), "the layers of {case:?} do not sum to its loss");
            assert!(case.carried >= Cash::ZERO, "{case:?} was given more than it was missing");
            assert!(case.discount.0 <= case.equity.0.max(0), "{case:?} paid the backstop what it did not have");
            sum.missing += borne;
            sum.insured += case.insured;
            sum.haircuts += case.haircuts;
            sum.unborne += unborne;
        }
        sum
    }

    /// Lots that the backstop took over, lots that were deleveraged, and what the backstop was paid.
    pub fn taken_over(&self) -> (i64, i64, Cash) {
        self.cases.iter().fold((0, 0, Cash::ZERO), |(backstop, deleveraged, discount), case| {
            (backstop + case.backstop_lots, deleveraged + case.deleveraged_lots, discount + case.discount)
        })
    }
}
