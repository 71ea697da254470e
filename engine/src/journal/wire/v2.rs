//! Commands of version 2, the one that is written.
//!
//! What trading consists of has a fixed size ([`super::fixed`]); the fields of all others follow each other without
//! gaps. A command that stood in version 1 kept its number.

use crate::command::Command;
use crate::ids::{AccountId, AssetId, InstrumentId, KeyId, SeriesId, TransferId};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire::{chain, fixed, values, vaults};
use crate::rules::Rules;
use crate::units::{Amount, Cash, Day, Timestamp};

/// Stays 2, whatever comes after: old bytes and the events they led to are made of it.
pub(super) const VERSION: u8 = 2;

const OPEN_ACCOUNT: u8 = 1;
const REGISTER_KEY: u8 = 2;
const REVOKE_KEY: u8 = 3;
const DEPOSIT: u8 = 4;
const LIST_INSTRUMENT: u8 = 5;
const RECORD_FIXING: u8 = 8;
const START_SETTLEMENT: u8 = 9;
const ADVANCE_SETTLEMENT: u8 = 10;
const CANCEL_ALL_ORDERS: u8 = 13;
const CANCEL_AFTER: u8 = 14;
const OPEN_SUB_ACCOUNT: u8 = 15;
const SET_ACCOUNT_LIMITS: u8 = 16;
const DEFINE_ASSET: u8 = 17;
const REQUEST_WITHDRAWAL: u8 = 18;
const POST_TRANSFER: u8 = 19;
const VOID_TRANSFER: u8 = 20;
const TRANSFER_FUNDS: u8 = 21;
const SET_CONTROLS: u8 = 22;
const HALT_INSTRUMENT: u8 = 23;
const RESUME_INSTRUMENT: u8 = 24;
const SCHEDULE_FEES: u8 = 25;
const ASSIGN_FEE_TIER: u8 = 26;
const UPDATE_MARK: u8 = 27;
const ADOPT_RULES: u8 = 28;
const SET_MARGIN: u8 = 29;
const SET_CREDIT: u8 = 30;
const PUBLISH_RISK: u8 = 31;
const SET_BACKSTOP: u8 = 32;
const FUND_INSURANCE: u8 = 33;
const SET_FAMILY: u8 = 52;
const REQUIRE_APPROVALS: u8 = 72;
const PROPOSE_FINAL: u8 = 73;
const APPROVE_FINAL: u8 = 74;

pub(super) fn put_command(to: &mut Writer, command: &Command) {
    match *command {
        Command::SubmitOrder(ref request) => fixed::put_request(to, request),
        Command::CancelOrder { account, order } => fixed::put_cancel(to, account, order),
        Command::AmendOrder(ref amendment) => fixed::put_amendment(to, amendment),
        Command::ProcessDue => fixed::put_due(to),
        Command::OpenAccount { account } => put_number(to, OPEN_ACCOUNT, account.0),
        Command::RegisterKey { key, credential, role } => {
            put_tag(to, REGISTER_KEY);
            to.u64(key.0);
            values::put_credential(to, credential);
            values::put_role(to, role);
        }
        Command::RevokeKey { key } => put_long(to, REVOKE_KEY, key.0),
        Command::OpenSubAccount { account, master } => {
            put_number(to, OPEN_SUB_ACCOUNT, account.0);
            to.u32(master.0);
        }
        Command::SetAccountLimits { account, ref limits } => {
            put_number(to, SET_ACCOUNT_LIMITS, account.0);
            values::put_account_limits(to, limits);
        }
        Command::DefineAsset { asset, symbol, decimals } => {
            put_number(to, DEFINE_ASSET, asset.0);
            values::put_label(to, symbol);
            to.u8(decimals);
        }
        Command::Deposit { account, asset, amount, reference } => {
            put_number(to, DEPOSIT, account.0);
            put_money(to, asset, amount, reference);
        }
        Command::RequestWithdrawal { account, asset, amount, reference } => {
            put_number(to, REQUEST_WITHDRAWAL, account.0);
            put_money(to, asset, amount, reference);
        }
        Command::PostTransfer { transfer } => put_long(to, POST_TRANSFER, transfer.0),
        Command::VoidTransfer { transfer } => put_long(to, VOID_TRANSFER, transfer.0),
        Command::TransferFunds { from, to: receiver, asset, amount, reference } => {
            put_number(to, TRANSFER_FUNDS, from.0);
            to.u32(receiver.0);
            put_money(to, asset, amount, reference);
        }
        Command::ListInstrument { ref terms } => {
            put_tag(to, LIST_INSTRUMENT);
            values::put_terms(to, terms);
        }
        Command::SetFamily { ref family } => {
            put_tag(to, SET_FAMILY);
            values::put_family(to, family);
        }
        Command::SetControls { instrument, ref controls } => {
            put_number(to, SET_CONTROLS, instrument.0);
            values::put_controls(to, controls);
        }
        Command::HaltInstrument { instrument } => put_number(to, HALT_INSTRUMENT, instrument.0),
        Command::ResumeInstrument { instrument } => put_number(to, RESUME_INSTRUMENT, instrument.0),
        Command::ScheduleFees { instrument, effective, ref tiers } => {
            put_number(to, SCHEDULE_FEES, instrument.0);
            to.i64(effective.0);
            values::put_fee_tiers(to, tiers);
        }
        Command::AssignFeeTier { account, effective, tier } => {
            put_number(to, ASSIGN_FEE_TIER, account.0);
            to.i64(effective.0);
            to.u8(tier);
        }
        Command::UpdateMark { instrument } => put_number(to, UPDATE_MARK, instrument.0),
        Command::SetMargin { series, ref margin } => {
            put_number(to, SET_MARGIN, series.0);
            values::put_margin(to, margin);
        }
        Command::SetCredit { first, second, per_lot } => {
            put_number(to, SET_CREDIT, first.0);
            to.u32(second.0);
            to.i64(per_lot.0);
        }
        Command::PublishRisk { instrument, ref risk } => {
            put_number(to, PUBLISH_RISK, instrument.0);
            values::put_risk(to, risk);
        }
        Command::SetBackstop { account } => {
            put_tag(to, SET_BACKSTOP);
            values::put_account_option(to, account);
        }
        Command::FundInsurance { number, amount } => {
            put_long(to, FUND_INSURANCE, number);
            to.i64(amount.0);
        }
        Command::CancelAllOrders { account, instrument, side } => {
            put_number(to, CANCEL_ALL_ORDERS, account.0);
            values::put_instrument_option(to, instrument);
            values::put_side_option(to, side);
        }
        Command::CancelAfter { account, timeout_us } => {
            put_number(to, CANCEL_AFTER, account.0);
            to.u64(timeout_us);
        }
        Command::AdoptRules { rules } => {
            put_tag(to, ADOPT_RULES);
            to.u16(rules.0);
        }
        Command::RecordFixing { series, day, stage, price } => {
            put_number(to, RECORD_FIXING, series.0);
            to.i32(day.0);
            to.u8(values::stage_tag(stage));
            values::put_price_option(to, price);
        }
        Command::RequireApprovals { required } => {
            put_tag(to, REQUIRE_APPROVALS);
            to.u8(u8::from(required));
        }
        Command::ProposeFinal { instrument, day } => {
            put_number(to, PROPOSE_FINAL, instrument.0);
            to.i32(day.0);
        }
        Command::ApproveFinal { instrument, day, value_per_lot } => {
            put_number(to, APPROVE_FINAL, instrument.0);
            to.i32(day.0);
            to.i64(value_per_lot.0);
        }
        Command::StartSettlement { instrument, day, kind } => {
            put_number(to, START_SETTLEMENT, instrument.0);
            to.i32(day.0);
            to.u8(values::kind_tag(kind));
        }
        Command::AdvanceSettlement { instrument } => put_number(to, ADVANCE_SETTLEMENT, instrument.0),
        Command::AttachChain { .. }
        | Command::LinkAccount { .. }
        | Command::CreditDeposit { .. }
        | Command::CreditImport { .. }
        | Command::WithdrawToChain { .. }
        | Command::CutBatch { .. }
        | Command::ConfirmBatch { .. }
        | Command::ReceiveExit { .. }
        | Command::RecordFreeze { .. } => chain::put_command(to, command),
        Command::Vault(ref command) => {
            to.u8(VERSION);
            vaults::put_command(to, command);
        }
    }
}

fn put_tag(to: &mut Writer, tag: u8) {
    to.bytes(&[VERSION, tag]);
}

/// The tag and a number of four bytes, usually that of an account or an instrument.
fn put_number(to: &mut Writer, tag: u8, number: u32) {
    put_tag(to, tag);
    to.u32(number);
}

/// The tag and a number of eight bytes.
fn put_long(to: &mut Writer, tag: u8, number: u64) {
    put_tag(to, tag);
    to.u64(number);
}

fn put_money(to: &mut Writer, asset: AssetId, amount: Amount, reference: u64) {
    to.u32(asset.0);
    to.i64(amount.0);
    to.u64(reference);
}

/// Reads all of it, version and tag included.
pub(super) fn command(bytes: &[u8]) -> Result<Command, DecodeError> {
    let mut from = Reader(bytes);
    from.u8()?;
    match from.u8()? {
        tag @ (fixed::SUBMIT_ORDER | fixed::CANCEL_ORDER | fixed::AMEND_ORDER | fixed::PROCESS_DUE) => {
            fixed::command(tag, bytes)
        }
        tag => {
            let command = take_command(tag, &mut from)?;
            from.end()?;
            Ok(command)
        }
    }
}

fn take_command(tag: u8, from: &mut Reader) -> Result<Command, DecodeError> {
    Ok(match tag {
        OPEN_ACCOUNT => Command::OpenAccount { account: take_account(from)? },
        REGISTER_KEY => Command::RegisterKey {
            key: KeyId(from.u64()?),
            credential: values::take_credential(from)?,
            role: values::take_role(from)?,
        },
        REVOKE_KEY => Command::RevokeKey { key: KeyId(from.u64()?) },
        OPEN_SUB_ACCOUNT => Command::OpenSubAccount { account: take_account(from)?, master: take_account(from)? },
        SET_ACCOUNT_LIMITS => {
            Command::SetAccountLimits { account: take_account(from)?, limits: values::take_account_limits(from)? }
        }
        DEFINE_ASSET => {
            Command::DefineAsset { asset: take_asset(from)?, symbol: values::take_label(from)?, decimals: from.u8()? }
        }
        DEPOSIT => Command::Deposit {
            account: take_account(from)?,
            asset: take_asset(from)?,
            amount: take_amount(from)?,
            reference: from.u64()?,
        },
        REQUEST_WITHDRAWAL => Command::RequestWithdrawal {
            account: take_account(from)?,
            asset: take_asset(from)?,
            amount: take_amount(from)?,
            reference: from.u64()?,
        },
        POST_TRANSFER => Command::PostTransfer { transfer: TransferId(from.u64()?) },
        VOID_TRANSFER => Command::VoidTransfer { transfer: TransferId(from.u64()?) },
        TRANSFER_FUNDS => Command::TransferFunds {
            from: take_account(from)?,
            to: take_account(from)?,
            asset: take_asset(from)?,
            amount: take_amount(from)?,
            reference: from.u64()?,
        },
        LIST_INSTRUMENT => Command::ListInstrument { terms: values::take_terms(from)? },
        SET_FAMILY => Command::SetFamily { family: values::take_family(from)? },
        SET_CONTROLS => {
            Command::SetControls { instrument: take_instrument(from)?, controls: values::take_controls(from)? }
        }
        HALT_INSTRUMENT => Command::HaltInstrument { instrument: take_instrument(from)? },
        RESUME_INSTRUMENT => Command::ResumeInstrument { instrument: take_instrument(from)? },
        SCHEDULE_FEES => Command::ScheduleFees {
            instrument: take_instrument(from)?,
            effective: Timestamp(from.i64()?),
            tiers: values::take_fee_tiers(from)?,
        },
        ASSIGN_FEE_TIER => {
            Command::AssignFeeTier { account: take_account(from)?, effective: Timestamp(from.i64()?), tier: from.u8()? }
        }
        UPDATE_MARK => Command::UpdateMark { instrument: take_instrument(from)? },
        SET_MARGIN => Command::SetMargin { series: SeriesId(from.u32()?), margin: values::take_margin(from)? },
        SET_CREDIT => Command::SetCredit {
            first: SeriesId(from.u32()?),
            second: SeriesId(from.u32()?),
            per_lot: Cash(from.i64()?),
        },
        PUBLISH_RISK => Command::PublishRisk { instrument: take_instrument(from)?, risk: values::take_risk(from)? },
        SET_BACKSTOP => Command::SetBackstop { account: values::take_account_option(from)? },
        FUND_INSURANCE => Command::FundInsurance { number: from.u64()?, amount: take_amount(from)? },
        CANCEL_ALL_ORDERS => Command::CancelAllOrders {
            account: take_account(from)?,
            instrument: values::take_instrument_option(from)?,
            side: values::take_side_option(from)?,
        },
        CANCEL_AFTER => Command::CancelAfter { account: take_account(from)?, timeout_us: from.u64()? },
        ADOPT_RULES => Command::AdoptRules { rules: Rules(from.u16()?) },
        RECORD_FIXING => Command::RecordFixing {
            series: SeriesId(from.u32()?),
            day: Day(from.i32()?),
            stage: values::take_stage(from)?,
            price: values::take_price_option(from)?,
        },
        REQUIRE_APPROVALS => Command::RequireApprovals { required: take_flag(from)? },
        PROPOSE_FINAL => Command::ProposeFinal { instrument: take_instrument(from)?, day: Day(from.i32()?) },
        APPROVE_FINAL => Command::ApproveFinal {
            instrument: take_instrument(from)?,
            day: Day(from.i32()?),
            value_per_lot: Cash(from.i64()?),
        },
        START_SETTLEMENT => Command::StartSettlement {
            instrument: take_instrument(from)?,
            day: Day(from.i32()?),
            kind: values::take_kind(from)?,
        },
        ADVANCE_SETTLEMENT => Command::AdvanceSettlement { instrument: take_instrument(from)? },
        tag => match chain::take_command(tag, from)? {
            Some(command) => command,
            None => Command::Vault(vaults::take_command(tag, from)?),
        },
    })
}

fn take_flag(from: &mut Reader) -> Result<bool, DecodeError> {
    match from.u8()? {
        flag @ 0..=1 => Ok(flag == 1),
        tag => Err(values::invalid("flag", tag)),
    }
}

fn take_account(from: &mut Reader) -> Result<AccountId, DecodeError> {
    Ok(AccountId(from.u32()?))
}

fn take_asset(from: &mut Reader) -> Result<AssetId, DecodeError> {
    Ok(AssetId(from.u32()?))
}

fn take_amount(from: &mut Reader) -> Result<Amount, DecodeError> {
    Ok(Amount(from.i64()?))
}

fn take_instrument(from: &mut Reader) -> Result<InstrumentId, DecodeError> {
    Ok(InstrumentId(from.u32()?))
}
