//! One event about vaults of each kind, and the movements that only vaults make.

use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, SeriesId, VaultId};
use engine::ledger::{LedgerAccount, Purse};
use engine::units::{Amount, Cash, Day, Price};
use engine::vaults::{Revenue, VaultEvent, VaultState};

use crate::wire_golden::vaults::{hash, sold, terms};

const ACCOUNT: AccountId = AccountId(0x0102_0304);
const ASSET: AssetId = AssetId(0x0b0c_0d0e);
const VAULT: VaultId = VaultId(0x7172_7374);

pub fn samples() -> Vec<(&'static str, Event)> {
    let (vault, account, serial) = (VAULT, ACCOUNT, hash(1));
    let state = |state| VaultEvent::VaultStateChanged { vault, state };
    let revenue = Revenue {
        vault,
        sold: sold(),
        rate: Price(600_000),
        cost: Cash(48_000_000),
        kept: Cash(47_000_000),
        shortfall: Cash(1_000_000),
        holders: Cash(126_000_000),
        sponsor: Cash(14_000_000),
        per_share: Cash(315_000),
        carried: Cash(159),
        exported: Cash(3_150_000),
    };
    let redeemed = |complete| VaultEvent::Redeemed { vault, accounts: 256, complete };
    let (series, effective) = (SeriesId(0x3132_3334), Day(20_641));
    let events = [
        ("operating_rate_set", VaultEvent::OperatingRateSet { series, effective, rate: Price(600_000) }),
        ("vault_opened", VaultEvent::VaultOpened { terms: terms() }),
        ("deed_registered", VaultEvent::DeedRegistered { vault, serial }),
        ("deed_attested", VaultEvent::DeedAttested { vault, serial, attestation: hash(0x81) }),
        ("vault_open", state(VaultState::Open)),
        ("vault_funded", state(VaultState::Funded)),
        ("vault_refunding", state(VaultState::Refunding)),
        ("vault_refunded", state(VaultState::Refunded)),
        ("vault_deployed", state(VaultState::Deployed)),
        ("vault_yielding", state(VaultState::Yielding)),
        ("vault_winding_up", state(VaultState::WindingUp)),
        ("vault_wound_up", state(VaultState::WoundUp)),
        ("subscribed", VaultEvent::Subscribed { vault, account, shares: 300, paid: Cash(75_000_000_000) }),
        ("revenue_recorded", VaultEvent::RevenueRecorded(revenue)),
        ("yield_claimed", VaultEvent::YieldClaimed { vault, account, amount: Cash(94_500_000) }),
        (
            "wind_up_started",
            VaultEvent::WindUpStarted {
                vault,
                proceeds: Cash(60_000_000_000),
                value_per_share: Cash(150_002_749),
                residual: Cash(79),
            },
        ),
        ("shares_redeemed", VaultEvent::SharesRedeemed { vault, account, shares: 300, amount: Cash(45_000_824_700) }),
        ("redeemed_in_part", redeemed(false)),
        ("redeemed_complete", redeemed(true)),
    ];
    events.into_iter().map(|(name, event)| (name, Event::Vault(event))).chain(movements()).collect()
}

fn movements() -> Vec<(&'static str, Event)> {
    let purse = |purse| LedgerAccount::Vault(VAULT, purse);
    let (outside, customer) = (LedgerAccount::Outside, LedgerAccount::Customer(ACCOUNT));
    let (shares, escrow, earned) = (purse(Purse::Shares), purse(Purse::Escrow), purse(Purse::Yield));
    let (reserve, redemption) = (purse(Purse::Reserve), purse(Purse::Redemption));
    let usd = |from, to, reason| Event::Transferred { from, to, asset: AssetId::USD, amount: Amount(1_234), reason };
    let asset = |from, to, reason| Event::Transferred { from, to, asset: ASSET, amount: Amount(300), reason };
    vec![
        ("transferred_subscription", usd(customer, escrow, TransferReason::Subscription)),
        ("transferred_refund", usd(escrow, customer, TransferReason::Refund)),
        ("transferred_deployment", usd(escrow, customer, TransferReason::Deployment)),
        ("transferred_issue", asset(shares, customer, TransferReason::Issue)),
        ("transferred_revenue", usd(outside, earned, TransferReason::Revenue)),
        ("transferred_operating_cost", usd(earned, customer, TransferReason::OperatingCost)),
        ("transferred_sponsor_share", usd(earned, customer, TransferReason::SponsorShare)),
        ("transferred_exported_yield", usd(earned, reserve, TransferReason::ExportedYield)),
        ("transferred_yield", usd(earned, customer, TransferReason::Yield)),
        ("transferred_proceeds", usd(outside, redemption, TransferReason::Proceeds)),
        ("transferred_carried", usd(earned, redemption, TransferReason::Carried)),
        ("transferred_residual", usd(redemption, LedgerAccount::Fees, TransferReason::Residual)),
        ("transferred_redemption", asset(customer, shares, TransferReason::Redemption)),
    ]
}
