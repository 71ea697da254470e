//! Money and assets: what moves, why it may, and what a trade owes.

use engine::command::Command;
use engine::event::{Event, Trade, TransferReason};
use engine::ids::{AccountId, AssetId};
use engine::instrument::Kind;
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Price, Side};

use super::Shadow;
use super::default::charge;
use super::orders::Order;
use crate::fault::{Fault, check, same};

/// An amount on its way: from where, to where, which asset, how much, why.
pub(super) type Movement = (LedgerAccount, LedgerAccount, AssetId, Amount, TransferReason);

impl Shadow {
    pub(super) fn read_money(&mut self, event: &Event) -> Result<(), Fault> {
        match *event {
            Event::TransferPending { transfer, account, asset, amount } => {
                let before = self.pending.insert(transfer, (account, asset, amount));
                self.course.moved.insert((LedgerAccount::Customer(account), asset));
                check(before.is_none(), "a payment is asked for once", || format!("{transfer}"))
            }
            Event::TransferPosted { transfer } => {
                let (account, asset, amount) = self.take_pending(transfer)?;
                let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Outside);
                self.course.owed.push((from, to, asset, amount, TransferReason::Withdrawal));
                Ok(())
            }
            Event::TransferVoided { transfer } => {
                let (account, asset, _) = self.take_pending(transfer)?;
                self.course.moved.insert((LedgerAccount::Customer(account), asset));
                Ok(())
            }
            Event::Transferred { from, to, asset, amount, reason } => {
                check(amount > Amount::ZERO, "a movement moves something", || format!("{amount}"))?;
                self.check_allowed((from, to, asset, amount, reason))?;
                for (account, change) in [(from, -amount), (to, amount)] {
                    *self.posted.entry((account, asset)).or_default() += change;
                    self.course.moved.insert((account, asset));
                }
                Ok(())
            }
            _ => unreachable!("other events are read elsewhere"),
        }
    }

    fn take_pending(&mut self, transfer: engine::ids::TransferId) -> Result<(AccountId, AssetId, Amount), Fault> {
        self.pending.remove(&transfer).ok_or_else(|| Fault::new("only what is pending ends", format!("{transfer}")))
    }

    fn check_allowed(&mut self, movement: Movement) -> Result<(), Fault> {
        let (from, to, asset, amount, reason) = movement;
        let command = self.course.command;
        let expected = match reason {
            TransferReason::Fee
            | TransferReason::Rebate
            | TransferReason::Purchase
            | TransferReason::Withdrawal
            | TransferReason::Liquidation => self.course.owed.pop(),
            TransferReason::Deposit => match command {
                Some(Command::FundInsurance { amount, .. }) => {
                    Some((LedgerAccount::Outside, LedgerAccount::Insurance, AssetId::USD, amount, reason))
                }
                Some(Command::Deposit { account, asset, amount, .. }) => {
                    Some((LedgerAccount::Outside, LedgerAccount::Customer(account), asset, amount, reason))
                }
                _ => None,
            },
            TransferReason::Internal => match command {
                Some(Command::TransferFunds { from, to, asset, amount, .. }) if self.owner(from) == self.owner(to) => {
                    Some((LedgerAccount::Customer(from), LedgerAccount::Customer(to), asset, amount, reason))
                }
                _ => None,
            },
            TransferReason::Variation | TransferReason::Funding => {
                let variation = match (from, to) {
                    (LedgerAccount::Variation(_), LedgerAccount::Customer(account)) => Some((account, amount.0)),
                    (LedgerAccount::Customer(account), LedgerAccount::Variation(_)) => Some((account, -amount.0)),
                    _ => None,
                };
                self.course.variation = variation;
                variation.filter(|_| asset == AssetId::USD).map(|_| movement)
            }
            TransferReason::Shortfall | TransferReason::Repayment => self.debt(movement),
            TransferReason::Insurance => match to {
                LedgerAccount::Customer(account) => self.insure(account),
                _ => None,
            },
            // Not under the rules of these days.
            TransferReason::Import => None,
            // No vault is opened on these days.
            TransferReason::Subscription
            | TransferReason::Refund
            | TransferReason::Deployment
            | TransferReason::Issue
            | TransferReason::Revenue
            | TransferReason::OperatingCost
            | TransferReason::SponsorShare
            | TransferReason::ExportedYield
            | TransferReason::Yield
            | TransferReason::Proceeds
            | TransferReason::Carried
            | TransferReason::Residual
            | TransferReason::Redemption => None,
        };
        same("what moves is owed", Some(movement), expected, || "the movement".to_owned())
    }

    /// What an account is short of after paying variation is owed; what comes in pays back what is owed.
    fn debt(&mut self, movement: Movement) -> Option<Movement> {
        let (from, to, asset, _, reason) = movement;
        let paying = self.course.variation;
        let command = self.course.command;
        let account = match (reason, from, to) {
            (TransferReason::Shortfall, LedgerAccount::Receivable(owing), LedgerAccount::Customer(account)) => {
                self.counts.shortfalls += 1;
                let has_paid = paying.is_some_and(|(payer, amount)| payer == account && amount < 0);
                Some(account).filter(|_| owing == account && has_paid)
            }
            (TransferReason::Repayment, LedgerAccount::Customer(account), LedgerAccount::Receivable(owing)) => {
                let is_insured = self.course.insured.is_some_and(|(insured, ..)| insured == account);
                let has_received = match command {
                    _ if is_insured => true,
                    Some(Command::Deposit { account: to, .. } | Command::TransferFunds { to, .. }) => to == account,
                    _ => paying.is_some_and(|(payee, amount)| payee == account && amount > 0),
                };
                Some(account).filter(|_| owing == account && has_received)
            }
            _ => None,
        };
        self.course.indebted.extend(account);
        account.filter(|_| asset == AssetId::USD).map(|_| movement)
    }

    /// Notes what a trade has to move, and checks the fees it names.
    pub(super) fn owe(&mut self, trade: &Trade, taker: &Order, maker: &Order) -> Result<(), Fault> {
        let terms = self.market(trade.instrument)?.terms;
        let (lots, hours) = (i64::from(trade.lots.0), i64::from(terms.hours().0));
        let value = |price: Price| price.0 * lots * hours;
        let mut owed = Vec::new();
        if let Kind::Spot(spot) = terms.kind {
            let is_buyer = trade.taker_side == Side::Buy;
            let (buyer, seller) = if is_buyer { (taker, maker) } else { (maker, taker) };
            let [buyer, seller] = [buyer, seller].map(|order| LedgerAccount::Customer(order.request.account));
            let (payment, goods) = (Amount(value(trade.price)), Amount(lots * spot.lot_size.0));
            owed.push((buyer, seller, AssetId::USD, payment, TransferReason::Purchase));
            owed.push((seller, buyer, spot.base, goods, TransferReason::Purchase));
        }
        let rate = |account| self.markets[&trade.instrument].rates(self.tier(account), self.now);
        let mut fees = (value(rate(trade.taker.account).taker), value(rate(trade.maker.account).maker));
        if taker.closes {
            fees = (0, fees.1.max(0));
        }
        same("fees are those in force", (trade.taker.fee.0, trade.maker.fee.0), fees, || format!("{trade:?}"))?;
        check(fees.0 + fees.1 >= 0, "a trade never costs the venue money", || format!("{fees:?}"))?;
        for (account, fee) in [(trade.taker.account, fees.0), (trade.maker.account, fees.1)] {
            let customer = LedgerAccount::Customer(account);
            if fee >= 0 {
                owed.push((customer, LedgerAccount::Fees, AssetId::USD, Amount(fee), TransferReason::Fee));
            } else {
                owed.push((LedgerAccount::Fees, customer, AssetId::USD, Amount(-fee), TransferReason::Rebate));
            }
        }
        if taker.closes {
            let account = trade.taker.account;
            let limit = i128::from(taker.working_limit()?.0);
            let mark = self.market(trade.instrument)?.known.mark.map_or(limit, |mark| mark.0.into());
            let worse = if trade.taker_side == Side::Buy { limit - mark } else { mark - limit };
            let rest = i128::from(taker.remaining().0) - i128::from(trade.lots.0);
            let most = (self.equity(account) - rest * worse.max(0) * i128::from(hours)).min(self.free(account));
            let charge = charge(trade.price.0.into(), lots.into(), hours.into(), most);
            let amount = Amount(i64::try_from(charge).unwrap_or(i64::MAX));
            let customer = LedgerAccount::Customer(account);
            owed.push((customer, LedgerAccount::Insurance, AssetId::USD, amount, TransferReason::Liquidation));
        }
        owed.retain(|movement| movement.3 > Amount::ZERO);
        owed.reverse();
        self.course.owed = owed;
        Ok(())
    }

    fn tier(&self, account: AccountId) -> u8 {
        let tiers = self.tiers.get(&account).into_iter().flatten().rev();
        tiers.copied().find(|(from, _)| *from <= self.now).map_or(0, |(_, tier)| tier)
    }
}
