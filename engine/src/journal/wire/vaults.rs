//! What commands, events and the state say of vaults, as bytes and back.

use crate::ids::{AccountId, AssetId, SeriesId, VaultId};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire::values::{self, invalid, tags};
use crate::ledger::Purse;
use crate::units::{Cash, Day, Price, Timestamp};
use crate::vaults::{MachineHash, Revenue, Sold, VaultCommand, VaultEvent, VaultState, VaultTerms};

const SET_OPERATING_RATE: u8 = 95;
const OPEN_VAULT: u8 = 96;
const REGISTER_DEED: u8 = 97;
const ATTEST_DEED: u8 = 98;
const CANCEL_VAULT: u8 = 99;
const DEPLOY_VAULT: u8 = 100;
const SUBSCRIBE: u8 = 101;
const RECORD_REVENUE: u8 = 102;
const CLAIM_YIELD: u8 = 103;
const WIND_UP_VAULT: u8 = 104;

tags!(
    "state of a vault",
    VaultState { Open = 1, Funded = 2, Refunding = 3, Refunded = 4, Deployed = 5, Yielding = 6, WindingUp = 7, WoundUp = 8 },
    vault_state_tag,
    vault_state_of,
    take_vault_state
);
tags!(
    "purse of a vault",
    Purse { Shares = 1, Escrow = 2, Yield = 3, Reserve = 4, Redemption = 5 },
    purse_tag,
    purse_of,
    take_purse
);

/// Everything behind the version.
pub(super) fn put_command(to: &mut Writer, command: &VaultCommand) {
    match *command {
        VaultCommand::SetOperatingRate { series, effective, rate } => {
            to.u8(SET_OPERATING_RATE);
            put_operating_rate(to, series, effective, rate);
        }
        VaultCommand::OpenVault { ref terms } => {
            to.u8(OPEN_VAULT);
            put_vault_terms(to, terms);
        }
        VaultCommand::RegisterDeed { vault, serial } => {
            put_number(to, REGISTER_DEED, vault.0);
            to.bytes(&serial.0);
        }
        VaultCommand::AttestDeed { vault, serial, attestation } => {
            put_number(to, ATTEST_DEED, vault.0);
            to.bytes(&serial.0);
            to.bytes(&attestation.0);
        }
        VaultCommand::CancelVault { vault } => put_number(to, CANCEL_VAULT, vault.0),
        VaultCommand::DeployVault { vault } => put_number(to, DEPLOY_VAULT, vault.0),
        VaultCommand::Subscribe { account, vault, shares, reference } => {
            put_number(to, SUBSCRIBE, account.0);
            to.u32(vault.0);
            to.u32(shares);
            to.u64(reference);
        }
        VaultCommand::RecordRevenue { vault, sold } => {
            put_number(to, RECORD_REVENUE, vault.0);
            put_sold(to, sold);
        }
        VaultCommand::ClaimYield { account, vault } => {
            put_number(to, CLAIM_YIELD, account.0);
            to.u32(vault.0);
        }
        VaultCommand::WindUpVault { vault, proceeds } => {
            put_number(to, WIND_UP_VAULT, vault.0);
            to.i64(proceeds.0);
        }
    }
}

/// The command behind its tag, if it is one about vaults.
pub(super) fn take_command(tag: u8, from: &mut Reader) -> Result<VaultCommand, DecodeError> {
    Ok(match tag {
        SET_OPERATING_RATE => {
            let (series, effective, rate) = take_operating_rate(from)?;
            VaultCommand::SetOperatingRate { series, effective, rate }
        }
        OPEN_VAULT => VaultCommand::OpenVault { terms: take_vault_terms(from)? },
        REGISTER_DEED => VaultCommand::RegisterDeed { vault: take_vault(from)?, serial: take_machine_hash(from)? },
        ATTEST_DEED => VaultCommand::AttestDeed {
            vault: take_vault(from)?,
            serial: take_machine_hash(from)?,
            attestation: take_machine_hash(from)?,
        },
        CANCEL_VAULT => VaultCommand::CancelVault { vault: take_vault(from)? },
        DEPLOY_VAULT => VaultCommand::DeployVault { vault: take_vault(from)? },
        SUBSCRIBE => VaultCommand::Subscribe {
            account: AccountId(from.u32()?),
            vault: take_vault(from)?,
            shares: from.u32()?,
            reference: from.u64()?,
        },
        RECORD_REVENUE => VaultCommand::RecordRevenue { vault: take_vault(from)?, sold: take_sold(from)? },
        CLAIM_YIELD => VaultCommand::ClaimYield { account: AccountId(from.u32()?), vault: take_vault(from)? },
        WIND_UP_VAULT => VaultCommand::WindUpVault { vault: take_vault(from)?, proceeds: Cash(from.i64()?) },
        tag => return Err(invalid("command tag", tag)),
    })
}

pub(super) fn put_event(to: &mut Writer, event: &VaultEvent) {
    match *event {
        VaultEvent::OperatingRateSet { series, effective, rate } => {
            to.u8(106);
            put_operating_rate(to, series, effective, rate);
        }
        VaultEvent::VaultOpened { ref terms } => {
            to.u8(107);
            put_vault_terms(to, terms);
        }
        VaultEvent::DeedRegistered { vault, serial } => {
            put_number(to, 108, vault.0);
            to.bytes(&serial.0);
        }
        VaultEvent::DeedAttested { vault, serial, attestation } => {
            put_number(to, 109, vault.0);
            to.bytes(&serial.0);
            to.bytes(&attestation.0);
        }
        VaultEvent::VaultStateChanged { vault, state } => {
            put_number(to, 110, vault.0);
            to.u8(vault_state_tag(state));
        }
        VaultEvent::Subscribed { vault, account, shares, paid } => {
            put_holder(to, 111, vault, account);
            to.u32(shares);
            to.i64(paid.0);
        }
        VaultEvent::RevenueRecorded(ref revenue) => {
            to.u8(112);
            put_revenue(to, revenue);
        }
        VaultEvent::YieldClaimed { vault, account, amount } => {
            put_holder(to, 113, vault, account);
            to.i64(amount.0);
        }
        VaultEvent::WindUpStarted { vault, proceeds, value_per_share, residual } => {
            put_number(to, 114, vault.0);
            [proceeds, value_per_share, residual].iter().for_each(|cash| to.i64(cash.0));
        }
        VaultEvent::SharesRedeemed { vault, account, shares, amount } => {
            put_holder(to, 115, vault, account);
            to.u32(shares);
            to.i64(amount.0);
        }
        VaultEvent::Redeemed { vault, accounts, complete } => {
            put_number(to, 116, vault.0);
            to.u32(accounts);
            to.u8(u8::from(complete));
        }
    }
}

fn put_revenue(to: &mut Writer, revenue: &Revenue) {
    let &Revenue { vault, sold, rate, cost, kept, shortfall, holders, sponsor, per_share, carried, exported } = revenue;
    to.u32(vault.0);
    put_sold(to, sold);
    to.i64(rate.0);
    for cash in [cost, kept, shortfall, holders, sponsor, per_share, carried, exported] {
        to.i64(cash.0);
    }
}

fn put_sold(to: &mut Writer, Sold { number, day, gpu_seconds, gross }: Sold) {
    to.u64(number);
    to.i32(day.0);
    to.u64(gpu_seconds);
    to.i64(gross.0);
}

fn take_sold(from: &mut Reader) -> Result<Sold, DecodeError> {
    Ok(Sold { number: from.u64()?, day: Day(from.i32()?), gpu_seconds: from.u64()?, gross: Cash(from.i64()?) })
}

pub(crate) fn put_operating_rate(to: &mut Writer, series: SeriesId, effective: Day, rate: Price) {
    to.u32(series.0);
    to.i32(effective.0);
    to.i64(rate.0);
}

pub(crate) fn take_operating_rate(from: &mut Reader) -> Result<(SeriesId, Day, Price), DecodeError> {
    Ok((SeriesId(from.u32()?), Day(from.i32()?), Price(from.i64()?)))
}

pub(crate) fn put_vault_terms(to: &mut Writer, terms: &VaultTerms) {
    to.u32(terms.vault.0);
    to.u32(terms.series.0);
    to.u32(terms.asset.0);
    values::put_label(to, terms.symbol);
    to.u16(terms.gpus);
    to.i64(terms.price.0);
    to.u32(terms.sponsor.0);
    to.u16(terms.holders_bp);
    to.i64(terms.funding_until.0);
    to.i64(terms.deployment_until.0);
}

pub(crate) fn take_vault_terms(from: &mut Reader) -> Result<VaultTerms, DecodeError> {
    Ok(VaultTerms {
        vault: take_vault(from)?,
        series: SeriesId(from.u32()?),
        asset: AssetId(from.u32()?),
        symbol: values::take_label(from)?,
        gpus: from.u16()?,
        price: Cash(from.i64()?),
        sponsor: AccountId(from.u32()?),
        holders_bp: from.u16()?,
        funding_until: Timestamp(from.i64()?),
        deployment_until: Timestamp(from.i64()?),
    })
}

pub(crate) fn take_vault(from: &mut Reader) -> Result<VaultId, DecodeError> {
    from.u32().map(VaultId)
}

pub(crate) fn take_machine_hash(from: &mut Reader) -> Result<MachineHash, DecodeError> {
    from.array().map(MachineHash)
}

/// The tag and the number of a vault or an account.
fn put_number(to: &mut Writer, tag: u8, number: u32) {
    to.u8(tag);
    to.u32(number);
}

fn put_holder(to: &mut Writer, tag: u8, vault: VaultId, account: AccountId) {
    put_number(to, tag, vault.0);
    to.u32(account.0);
}
