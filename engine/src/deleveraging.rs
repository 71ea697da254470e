//! Auto-deleveraging: what nobody else takes of an account in default is closed against those on the other side, who has gained most with
//! least behind it first, at the mark less the smallest haircut that is still missing. Two walks over the contract's accounts.

use crate::default::Defaulting;
use crate::engine::Engine;
use crate::event::{Event, PositionReason};
use crate::exposures::Entry;
use crate::ids::{AccountId, InstrumentId};
use crate::limits;
use crate::liquidation::Held;
use crate::margin::{Cut, Standing, Tiers, share};
use crate::units::{Cash, Position};

/// How far the deleveraging of a contract has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deleveraging {
    pub(crate) instrument: InstrumentId,
    pub(crate) left: Left,
    /// The account that the walk has looked at last.
    pub(crate) after: Option<AccountId>,
    pub(crate) walk: Walk,
}

/// What is still to be done in a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Lots to be closed, signed as the account in default holds them.
    pub(crate) lots: Position,
    /// What is missing of the contract's part of the shortfall.
    pub(crate) haircut: Cash,
}

/// The first walk adds up who has how many lots, the second closes them. Nothing else happens in between, so an account that was
/// not closed yet is in the second walk where it was in the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    Ranking(Box<Tiers>),
    Closing(Cut),
}

impl Deleveraging {
    pub(crate) fn of(instrument: InstrumentId, lots: Position, haircut: Cash) -> Deleveraging {
        let (left, walk) = (Left { lots, haircut }, Walk::Ranking(Box::default()));
        Deleveraging { instrument, left, after: None, walk }
    }
}

impl Engine {
    /// Looks at the next accounts of the contract that is being deleveraged.
    pub(crate) fn continue_deleveraging(&mut self, default: &mut Defaulting, events: &mut Vec<Event>) {
        let mut running = default.deleveraging.take().expect("a contract is being deleveraged");
        let instrument = running.instrument;
        let market = self.markets.find(instrument).expect("a contract that is deleveraged is listed");
        let next: Vec<(AccountId, u32)> =
            self.exposures.behind(market, running.after).take(limits::DELEVERAGED_PER_STEP_MAX).collect();
        let complete = next.len() < limits::DELEVERAGED_PER_STEP_MAX;
        running.after = next.last().map(|&(account, _)| account).or(running.after);
        let accounts = u32::try_from(next.len()).expect("a step is small");
        match &mut running.walk {
            Walk::Ranking(tiers) => {
                let opposite = next.iter().filter_map(|&(_, exposure)| self.opposite(exposure, running.left.lots));
                opposite.for_each(|(tier, lots)| tiers.add(tier, lots));
                events.push(Event::DeleveragingRanked { instrument, accounts, complete });
                if complete {
                    running.walk = Walk::Closing(tiers.cut(running.left.lots.0.abs()));
                    running.after = None;
                }
                default.deleveraging = Some(running);
            }
            Walk::Closing(cut) => {
                let slot = self.accounts.find(default.account).expect("an account in default exists");
                for &(_, exposure) in &next {
                    let Some((tier, lots)) = self.opposite(exposure, running.left.lots) else { continue };
                    let given = cut.take(tier, lots).min(running.left.lots.0.abs());
                    if given > 0 {
                        let exposures = (self.exposures.find(market, slot).expect("lots are left"), exposure);
                        default.shortfall -= self.close_out(exposures, given, &mut running.left, events);
                    }
                }
                events.push(Event::Deleveraged { instrument, accounts, complete });
                default.deleveraging = (!complete).then_some(running);
            }
        }
    }

    /// Closes lots of two exposures against each other, the first that of the account in default; says what the other bears.
    fn close_out(&mut self, (from, to): (u32, u32), lots: i64, left: &mut Left, events: &mut Vec<Event>) -> Cash {
        let &Entry { market, account: taker, account_id, .. } = self.exposures.get(to);
        let part = share(left.haircut, i128::from(lots), i128::from(left.lots.0.abs()));
        let haircut = part.min(self.equity(taker)).max(Cash::ZERO);
        let given = Position(lots * left.lots.0.signum());
        let listed = self.markets.get(market);
        let value = listed.mark().expect("a liquid contract has a mark").value(given, listed.contract.hours);
        let (instrument, position) = (listed.terms.instrument, self.exposures.get(from).exposure.position.0);
        let held = Held { instrument, market, exposure: from, position };
        self.transfer_position(&held, taker, given, value + haircut, PositionReason::Deleveraging, events);
        self.due.checks.insert(account_id, None);
        *left = Left { lots: Position(left.lots.0 - given.0), haircut: left.haircut - haircut };
        haircut
    }

    /// The tier and the lots of an account on the other side.
    fn opposite(&self, exposure: u32, lots: Position) -> Option<(usize, i64)> {
        let &Entry { exposure, market, account, .. } = self.exposures.get(exposure);
        if exposure.position.0.signum() * lots.0.signum() >= 0 {
            return None;
        }
        let market = self.markets.get(market);
        let value = market.mark()?.value(exposure.position, market.contract.hours);
        let (cost, equity) = (exposure.cost, self.equity(account));
        let standing = Standing { profit: value - cost, cost, value, equity };
        Some((standing.tier(), exposure.position.0.abs()))
    }
}
