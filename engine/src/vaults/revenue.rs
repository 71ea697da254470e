//! What the machines of a vault earned on a day, and whose it is: the sponsor's for running them, the holders', and the sponsor's part.

use crate::engine::Engine;
use crate::event::{Event, TransferReason};
use crate::ids::{AccountId, VaultId};
use crate::ledger::{LedgerAccount, Purse};
use crate::limits;
use crate::reject::{Reject, VaultReject};
use crate::units::{Cash, Day, Price};
use crate::vaults::{Vault, VaultEvent, VaultTransition};

const SECONDS_PER_HOUR: i128 = 3_600;
const SECONDS_PER_DAY: u64 = 86_400;

/// What was sold of a vault's machines on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The number of the entry: 1, 2, 3 and so on in each vault, so that each counts once.
    pub number: u64,
    /// The UTC day.
    pub day: Day,
    /// GPU-seconds that were sold.
    pub gpu_seconds: u64,
    /// What they brought.
    pub gross: Cash,
}

/// An entry of revenue, and how it was shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// The vault.
    pub vault: VaultId,
    /// What was sold.
    pub sold: Sold,
    /// The operating rate in force on that day.
    pub rate: Price,
    /// What the day cost: rate × GPU-seconds / 3600, rounded up.
    pub cost: Cash,
    /// What the sponsor is paid for running the machines, this day and before.
    pub kept: Cash,
    /// What it was not paid yet.
    pub shortfall: Cash,
    /// The holders' part of what is left, rounded down.
    pub holders: Cash,
    /// The rest of it, the sponsor's.
    pub sponsor: Cash,
    /// What each share earns.
    pub per_share: Cash,
    /// What could not be divided by all shares, and is shared with the next entry.
    pub carried: Cash,
    /// What exported shares would have earned.
    pub exported: Cash,
}

impl Revenue {
    /// Shares an entry out; the three divisions of a vault's life but for its end are here.
    fn of(vault: &Vault, sold: Sold, rate: Price) -> Revenue {
        let worked = i128::from(rate.0) * i128::from(sold.gpu_seconds);
        // Rounded up: the sponsor gains less than a micro-USD.
        let cost = narrow((worked + SECONDS_PER_HOUR - 1).div_euclid(SECONDS_PER_HOUR));
        let due = cost + vault.shortfall;
        let kept = sold.gross.min(due);
        let net = sold.gross - kept;
        let part = i128::from(net.0) * i128::from(vault.terms.holders_bp);
        // Rounded down: the sponsor gains less than a micro-USD.
        let holders = narrow(part.div_euclid(i128::from(limits::BASIS_POINTS)));
        let (pot, shares) = (vault.carried + holders, i64::from(vault.terms.shares()));
        // Rounded down: what is left is carried, and nobody gains.
        let per_share = pot.0.div_euclid(shares);
        let exported = shares - i64::from(vault.on_ledger());
        Revenue {
            vault: vault.terms.vault,
            sold,
            rate,
            cost,
            kept,
            shortfall: due - kept,
            holders,
            sponsor: net - holders,
            per_share: Cash(per_share),
            carried: Cash(pot.0 - per_share * shares),
            exported: Cash(per_share * exported),
        }
    }
}

impl Engine {
    pub(crate) fn record_revenue(&mut self, id: VaultId, sold: Sold, events: &mut Vec<Event>) -> Result<(), Reject> {
        let vault = self.require_vault(id, VaultTransition::Earn)?;
        let Sold { number, day, gpu_seconds, gross } = sold;
        let next = vault.entries + 1;
        if number != next {
            return Err(Reject::Vault(VaultReject::RevenueOutOfSequence { vault: id, number, next }));
        }
        let earliest = vault.next_day;
        if day < earliest || day >= self.time.day() {
            return Err(Reject::Vault(VaultReject::RevenueDay { vault: id, day, earliest }));
        }
        let most = u64::from(vault.terms.gpus) * SECONDS_PER_DAY;
        if gpu_seconds > most {
            return Err(Reject::Vault(VaultReject::TooManyGpuSeconds { gpu_seconds, most }));
        }
        self.check_incoming(vault.terms.sponsor, gross)?;
        let rate = self.operating_rate(vault.terms.series, day).expect("a vault is opened under a rate");
        let revenue = Revenue::of(self.vaults.require(id)?, sold, rate);
        let vault = self.vaults.get_mut(id);
        (vault.entries, vault.next_day) = (number, day.next());
        (vault.carried, vault.shortfall) = (revenue.carried, revenue.shortfall);
        vault.index += revenue.per_share;
        events.push(Event::Vault(VaultEvent::RevenueRecorded(revenue)));
        self.move_vault(id, VaultTransition::Earn, events);
        self.post_revenue(&revenue, events);
        Ok(())
    }

    /// Money that arrives for a vault; it may be none.
    pub(super) fn check_incoming(&self, sponsor: AccountId, amount: Cash) -> Result<(), Reject> {
        if amount < Cash::ZERO || amount > limits::DEPOSIT_MAX {
            return Err(Reject::AmountOutOfRange { amount: amount.into() });
        }
        if self.payer(sponsor) == LedgerAccount::Outside {
            return self.check_room_for(Engine::MONEY, amount.into());
        }
        let free = self.withdrawable(self.accounts.require(sponsor)?);
        if amount > free {
            return Err(Reject::InsufficientBalance { amount: amount.into(), free: free.into() });
        }
        Ok(())
    }

    /// Where what a vault earns comes from: with a chain attached no US dollar comes from outside, so the sponsor passes it on.
    pub(super) fn payer(&self, sponsor: AccountId) -> LedgerAccount {
        if self.chain.attached.is_some() { LedgerAccount::Customer(sponsor) } else { LedgerAccount::Outside }
    }

    fn post_revenue(&mut self, revenue: &Revenue, events: &mut Vec<Event>) {
        let (id, sponsor) = (revenue.vault, self.vaults.get_mut(revenue.vault).terms.sponsor);
        let purse = |purse| LedgerAccount::Vault(id, purse);
        let incoming = (self.payer(sponsor), purse(Purse::Yield));
        self.move_dollars(incoming, revenue.sold.gross, TransferReason::Revenue, events);
        self.pay_from((id, Purse::Yield), sponsor, revenue.kept, TransferReason::OperatingCost, events);
        self.pay_from((id, Purse::Yield), sponsor, revenue.sponsor, TransferReason::SponsorShare, events);
        let reserved = (purse(Purse::Yield), purse(Purse::Reserve));
        self.move_dollars(reserved, revenue.exported, TransferReason::ExportedYield, events);
    }
}

fn narrow(micros: i128) -> Cash {
    Cash(i64::try_from(micros).expect("limits keep what a vault earns and costs inside 64 bits"))
}
