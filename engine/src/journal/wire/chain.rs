//! What a chain brought, as bytes: its commands, its events, and the values that stand in them.

use crate::chain::{Address, ChainDomain, Pseudonym, RollingHash, Signature64};
use crate::command::Command;
use crate::event::Event;
use crate::ids::{AccountId, AssetId};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::journal::wire::v2::VERSION;
use crate::journal::wire::values;
use crate::units::Amount;

pub(super) const ATTACH_CHAIN: u8 = 75;
pub(super) const LINK_ACCOUNT: u8 = 76;
pub(super) const CREDIT_DEPOSIT: u8 = 77;
pub(super) const CREDIT_IMPORT: u8 = 78;
pub(super) const WITHDRAW_TO_CHAIN: u8 = 79;
pub(super) const CUT_BATCH: u8 = 80;
pub(super) const CONFIRM_BATCH: u8 = 81;
pub(super) const RECEIVE_EXIT: u8 = 82;
pub(super) const RECORD_FREEZE: u8 = 83;

/// Commands about a chain; all others are written elsewhere.
pub(super) fn put_command(to: &mut Writer, command: &Command) {
    match *command {
        Command::AttachChain { ref chain, insurance } => {
            to.bytes(&[VERSION, ATTACH_CHAIN]);
            put_domain(to, chain);
            to.bytes(&insurance.0);
        }
        Command::LinkAccount { account, pseudonym, signature } => {
            to.bytes(&[VERSION, LINK_ACCOUNT]);
            to.u32(account.0);
            to.bytes(&pseudonym.0);
            to.bytes(&signature.0);
        }
        Command::CreditDeposit { index, pseudonym, amount, hash } => {
            put_numbered(to, CREDIT_DEPOSIT, index);
            to.bytes(&pseudonym.0);
            to.i64(amount.0);
            to.bytes(&hash.0);
        }
        Command::CreditImport { index, pseudonym, asset, amount } => {
            put_numbered(to, CREDIT_IMPORT, index);
            to.bytes(&pseudonym.0);
            to.u32(asset.0);
            to.i64(amount.0);
        }
        Command::WithdrawToChain { account, asset, amount, reference, signature } => {
            to.bytes(&[VERSION, WITHDRAW_TO_CHAIN]);
            to.u32(account.0);
            to.u32(asset.0);
            to.i64(amount.0);
            to.u64(reference);
            to.bytes(&signature.0);
        }
        Command::CutBatch { number } => put_numbered(to, CUT_BATCH, number),
        Command::ConfirmBatch { number } => put_numbered(to, CONFIRM_BATCH, number),
        Command::ReceiveExit { number, pseudonym, target } => {
            put_numbered(to, RECEIVE_EXIT, number);
            to.bytes(&pseudonym.0);
            to.i64(target.0);
        }
        Command::RecordFreeze { pinned } => put_numbered(to, RECORD_FREEZE, pinned),
        _ => unreachable!("it is not about a chain"),
    }
}

/// Reads what follows the tag; `None` if it is no tag of these.
pub(super) fn take_command(tag: u8, from: &mut Reader) -> Result<Option<Command>, DecodeError> {
    Ok(Some(match tag {
        ATTACH_CHAIN => Command::AttachChain { chain: take_domain(from)?, insurance: take_pseudonym(from)? },
        LINK_ACCOUNT => Command::LinkAccount {
            account: AccountId(from.u32()?),
            pseudonym: take_pseudonym(from)?,
            signature: Signature64(from.array()?),
        },
        CREDIT_DEPOSIT => Command::CreditDeposit {
            index: from.u64()?,
            pseudonym: take_pseudonym(from)?,
            amount: Amount(from.i64()?),
            hash: take_hash(from)?,
        },
        CREDIT_IMPORT => Command::CreditImport {
            index: from.u64()?,
            pseudonym: take_pseudonym(from)?,
            asset: AssetId(from.u32()?),
            amount: Amount(from.i64()?),
        },
        WITHDRAW_TO_CHAIN => Command::WithdrawToChain {
            account: AccountId(from.u32()?),
            asset: AssetId(from.u32()?),
            amount: Amount(from.i64()?),
            reference: from.u64()?,
            signature: Signature64(from.array()?),
        },
        CUT_BATCH => Command::CutBatch { number: from.u64()? },
        CONFIRM_BATCH => Command::ConfirmBatch { number: from.u64()? },
        RECEIVE_EXIT => {
            Command::ReceiveExit { number: from.u64()?, pseudonym: take_pseudonym(from)?, target: Amount(from.i64()?) }
        }
        RECORD_FREEZE => Command::RecordFreeze { pinned: from.u64()? },
        _ => return Ok(None),
    }))
}

/// Events about a chain; all others are written elsewhere.
pub(super) fn put_event(to: &mut Writer, event: &Event) {
    match *event {
        Event::ChainAttached { ref chain, insurance } => {
            to.u8(86);
            put_domain(to, chain);
            to.bytes(&insurance.0);
        }
        Event::AccountLinked { account, pseudonym } => {
            put_account(to, 87, account);
            to.bytes(&pseudonym.0);
        }
        Event::DepositCredited { index, pseudonym, amount, hash } => {
            put_number(to, 88, index);
            to.bytes(&pseudonym.0);
            to.i64(amount.0);
            to.bytes(&hash.0);
        }
        Event::ImportCredited { index, pseudonym, asset, amount } => {
            put_number(to, 89, index);
            to.bytes(&pseudonym.0);
            to.u32(asset.0);
            to.i64(amount.0);
        }
        Event::WithdrawnToChain { account, asset, amount, claimable } => {
            put_account(to, 90, account);
            to.u32(asset.0);
            to.i64(amount.0);
            to.i64(claimable.0);
        }
        Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits } => {
            put_number(to, 91, number);
            [first_seq.0, last_seq.0, deposits, imports, exits].iter().for_each(|&count| to.u64(count));
        }
        Event::BatchConfirmed { number } => put_number(to, 92, number),
        Event::ExitReceived { number, pseudonym, target, account } => {
            put_number(to, 93, number);
            to.bytes(&pseudonym.0);
            to.i64(target.0);
            values::put_account_option(to, account);
        }
        Event::ExitRound { account, equity } => {
            put_account(to, 94, account);
            to.i64(equity.0);
        }
        Event::ExitPostponed { account, next } => {
            put_account(to, 95, account);
            to.i64(next.0);
        }
        Event::ExitEnded { account, covered } => {
            put_account(to, 96, account);
            to.u8(u8::from(covered));
        }
        Event::CloseOutStarted { account, equity } => {
            put_account(to, 97, account);
            to.i64(equity.0);
        }
        Event::CloseOutEnded { account, equity } => {
            put_account(to, 98, account);
            to.i64(equity.0);
        }
        Event::ChainFrozen { pinned } => put_number(to, 99, pinned),
        _ => unreachable!("it is not about a chain"),
    }
}

pub(crate) fn put_domain(to: &mut Writer, domain: &ChainDomain) {
    to.u64(domain.chain_id);
    to.bytes(&domain.vault.0);
    to.bytes(&domain.token.0);
}

pub(crate) fn take_domain(from: &mut Reader) -> Result<ChainDomain, DecodeError> {
    Ok(ChainDomain { chain_id: from.u64()?, vault: Address(from.array()?), token: Address(from.array()?) })
}

pub(crate) fn take_pseudonym(from: &mut Reader) -> Result<Pseudonym, DecodeError> {
    Ok(Pseudonym(from.array()?))
}

pub(crate) fn take_hash(from: &mut Reader) -> Result<RollingHash, DecodeError> {
    Ok(RollingHash(from.array()?))
}

fn put_numbered(to: &mut Writer, tag: u8, number: u64) {
    to.bytes(&[VERSION, tag]);
    to.u64(number);
}

fn put_number(to: &mut Writer, tag: u8, number: u64) {
    to.u8(tag);
    to.u64(number);
}

fn put_account(to: &mut Writer, tag: u8, account: AccountId) {
    to.u8(tag);
    to.u32(account.0);
}
