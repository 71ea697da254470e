//! Settlements as events tell of them: one value for all, positions brought to it, nothing left in between.

use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId};
use engine::instrument::SettlementKind;
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Cash, Position};

use super::Shadow;
use crate::fault::{Fault, check, same};

impl Shadow {
    pub(super) fn read_settlement(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::SettlementStarted { instrument, kind, value_per_lot, .. } => {
                let market = self.market(instrument)?;
                let before = market.settling.replace((kind, value_per_lot));
                let is_within = market.terms.clamp_value(value_per_lot) == value_per_lot;
                check(is_within, "a settlement value lies between floor and cap", || format!("{value_per_lot}"))?;
                check(before.is_none() && !market.is_settled, "one settlement at a time", || format!("{before:?}"))
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                self.settle(instrument, account, position, variation)
            }
            Event::SettlementCompleted { instrument, kind, .. } => self.complete(instrument, kind),
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    fn settle(
        &mut self,
        instrument: InstrumentId,
        account: AccountId,
        position: Position,
        variation: Cash,
    ) -> Result<(), Fault> {
        let settling = self.market(instrument)?.settling;
        let Some((kind, value)) = settling else {
            return Err(Fault::new("positions settle in a settlement", format!("account {account}")));
        };
        self.course.touched.insert((instrument, account));
        let holding = self.holdings.entry((instrument, account)).or_default();
        same("the position that is known settles", position.0, holding.position, || format!("account {account}"))?;
        let worth = i128::from(value.0) * i128::from(position.0);
        let expected = worth - holding.cost;
        same("variation is value less cost", i128::from(variation.0), expected, || format!("account {account}"))?;
        holding.cost = worth;
        if kind == SettlementKind::Final {
            (holding.position, holding.cost) = (0, 0);
        }
        let moved = self.course.variation.take().unwrap_or((account, 0));
        same("variation is moved", moved, (account, variation.0), || format!("account {account}"))
    }

    fn complete(&mut self, instrument: InstrumentId, kind: SettlementKind) -> Result<(), Fault> {
        self.counts.settlements += 1;
        let market = self.market(instrument)?;
        let Some((_, value)) = market.settling.take().filter(|(started, _)| *started == kind) else {
            return Err(Fault::new("what was started completes", format!("instrument {instrument}")));
        };
        if kind == SettlementKind::Final {
            market.is_settled = true;
            market.is_halted = false;
        }
        let (first, last) = ((instrument, AccountId(0)), (instrument, AccountId(u32::MAX)));
        for ((_, account), holding) in self.holdings.range(first..=last) {
            let worth = i128::from(value.0) * i128::from(holding.position);
            same("everybody is settled", holding.cost, worth, || format!("account {account}"))?;
            let is_over = kind == SettlementKind::Daily || (holding.position == 0 && holding.live.is_empty());
            check(is_over, "nothing is left of a settled contract", || format!("{holding:?} of account {account}"))?;
        }
        let pot = self.posted.get(&(LedgerAccount::Variation(instrument), AssetId::USD)).copied();
        same("the variation account ends at zero", pot.unwrap_or_default(), Amount::ZERO, || format!("{instrument}"))
    }
}
