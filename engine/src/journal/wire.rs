//! Commands as bytes and back, and events as bytes for hashing. Version 1.
//!
//! Domain types know nothing of this form; it is versioned on its own. A tag is never reused: a changed command gets a new
//! one, and the old one stays readable. `tests/golden/wire_v1.txt` holds one line of bytes for each command and must never change.

use crate::command::{Command, Credential, FixingStage, OrderRequest, Role};
use crate::event::{CancelReason, Event, FixingRung, SettlementRung, Trade, TradeSide, TransferReason};
use crate::ids::{AccountId, InstrumentId, KeyId, Label, OrderId, SeriesId};
use crate::instrument::{FeeRates, SettlementKind, Terms};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::ledger::LedgerAccount;
use crate::units::{Cash, Day, Lots, Price, Side};

/// The version that is written.
pub const VERSION: u8 = 1;

impl Command {
    /// The command as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.u8(VERSION);
        match *self {
            Command::OpenAccount { account } => {
                to.u8(1);
                to.u32(account.0);
            }
            Command::RegisterKey { key, credential, role } => {
                to.u8(2);
                to.u64(key.0);
                put_credential(&mut to, credential);
                put_role(&mut to, role);
            }
            Command::RevokeKey { key } => {
                to.u8(3);
                to.u64(key.0);
            }
            Command::Deposit { account, amount, reference } => {
                to.u8(4);
                to.u32(account.0);
                to.i64(amount.0);
                to.u64(reference);
            }
            Command::ListInstrument { terms } => {
                to.u8(5);
                put_terms(&mut to, &terms);
            }
            Command::SubmitOrder(request) => {
                to.u8(6);
                put_request(&mut to, &request);
            }
            Command::CancelOrder { account, order } => {
                to.u8(7);
                to.u32(account.0);
                to.u64(order.0);
            }
            Command::RecordFixing { series, day, stage, price } => {
                to.u8(8);
                to.u32(series.0);
                to.i32(day.0);
                to.u8(stage_tag(stage));
                to.u8(u8::from(price.is_some()));
                to.i64(price.map_or(0, |price| price.0));
            }
            Command::StartSettlement { instrument, day, kind } => {
                to.u8(9);
                to.u32(instrument.0);
                to.i32(day.0);
                to.u8(kind_tag(kind));
            }
            Command::AdvanceSettlement { instrument } => {
                to.u8(10);
                to.u32(instrument.0);
            }
        }
        to.0
    }

    /// The command that these bytes are.
    ///
    /// # Errors
    /// If the bytes are not exactly one command of a known version.
    pub fn decode(bytes: &[u8]) -> Result<Command, DecodeError> {
        let mut from = Reader(bytes);
        let version = from.u8()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { version });
        }
        let command = match from.u8()? {
            1 => Command::OpenAccount { account: AccountId(from.u32()?) },
            2 => Command::RegisterKey {
                key: KeyId(from.u64()?),
                credential: take_credential(&mut from)?,
                role: take_role(&mut from)?,
            },
            3 => Command::RevokeKey { key: KeyId(from.u64()?) },
            4 => {
                Command::Deposit { account: AccountId(from.u32()?), amount: Cash(from.i64()?), reference: from.u64()? }
            }
            5 => Command::ListInstrument { terms: take_terms(&mut from)? },
            6 => Command::SubmitOrder(take_request(&mut from)?),
            7 => Command::CancelOrder { account: AccountId(from.u32()?), order: OrderId(from.u64()?) },
            8 => Command::RecordFixing {
                series: SeriesId(from.u32()?),
                day: Day(from.i32()?),
                stage: take_stage(&mut from)?,
                price: take_price_option(&mut from)?,
            },
            9 => Command::StartSettlement {
                instrument: InstrumentId(from.u32()?),
                day: Day(from.i32()?),
                kind: take_kind(&mut from)?,
            },
            10 => Command::AdvanceSettlement { instrument: InstrumentId(from.u32()?) },
            tag => return Err(invalid("command tag", tag)),
        };
        from.end()?;
        Ok(command)
    }
}

impl Event {
    /// The event as bytes, for hashing: nothing reads them back.
    pub fn encode(&self, to: &mut Writer) {
        match *self {
            Event::Rejected(reject) => {
                to.u8(1);
                // The number alone: words may be improved without breaking the replay of old journals.
                to.u16(reject.number());
            }
            Event::AccountOpened { account } => {
                to.u8(2);
                to.u32(account.0);
            }
            Event::KeyRegistered { key, role } => {
                to.u8(3);
                to.u64(key.0);
                put_role(to, role);
            }
            Event::KeyRevoked { key } => {
                to.u8(4);
                to.u64(key.0);
            }
            Event::InstrumentListed { instrument, symbol } => {
                to.u8(5);
                to.u32(instrument.0);
                to.text(symbol.as_str());
            }
            Event::OrderAccepted { order, account, instrument, client_order_id, side, limit, lots } => {
                to.u8(6);
                to.u64(order.0);
                put_request(to, &OrderRequest { account, client_order_id, instrument, side, lots, limit });
            }
            Event::OrderReplayed { order, filled, rested } => {
                to.u8(7);
                to.u64(order.0);
                to.u32(filled.0);
                to.u32(rested.0);
            }
            Event::Traded(trade) => {
                to.u8(8);
                put_trade(to, &trade);
            }
            Event::OrderRested { order, lots } => {
                to.u8(9);
                to.u64(order.0);
                to.u32(lots.0);
            }
            Event::OrderCancelled { order, account, instrument, lots, reason } => {
                to.u8(10);
                to.u64(order.0);
                to.u32(account.0);
                to.u32(instrument.0);
                to.u32(lots.0);
                to.u8(match reason {
                    CancelReason::Requested => 1,
                    CancelReason::Expired => 2,
                    CancelReason::FillLimit => 3,
                });
            }
            Event::Transferred { from, to: receiver, asset, amount, reason } => {
                to.u8(11);
                put_ledger_account(to, from);
                put_ledger_account(to, receiver);
                to.u32(asset.0);
                to.i64(amount.0);
                to.u8(match reason {
                    TransferReason::Deposit => 1,
                    TransferReason::Fee => 2,
                    TransferReason::Variation => 3,
                });
            }
            Event::FixingRecorded { series, day, stage, price, rung } => {
                to.u8(12);
                to.u32(series.0);
                to.i32(day.0);
                to.u8(stage_tag(stage));
                to.i64(price.0);
                to.u8(fixing_rung_tag(rung));
            }
            Event::SettlementStarted { instrument, day, kind, value_per_lot, rung } => {
                to.u8(13);
                to.u32(instrument.0);
                to.i32(day.0);
                to.u8(kind_tag(kind));
                to.i64(value_per_lot.0);
                to.u8(settlement_rung_tag(rung));
            }
            Event::PositionSettled { instrument, account, position, variation } => {
                to.u8(14);
                to.u32(instrument.0);
                to.u32(account.0);
                to.i64(position.0);
                to.i64(variation.0);
            }
            Event::SettlementCompleted { instrument, day, kind } => {
                to.u8(15);
                to.u32(instrument.0);
                to.i32(day.0);
                to.u8(kind_tag(kind));
            }
        }
    }
}

fn invalid(what: &'static str, value: u8) -> DecodeError {
    DecodeError::Invalid { what, value: u64::from(value) }
}

pub(crate) fn put_credential(to: &mut Writer, credential: Credential) {
    match credential {
        Credential::Ed25519(key) => {
            to.u8(1);
            to.bytes(&key);
        }
        Credential::TokenSha256(hash) => {
            to.u8(2);
            to.bytes(&hash);
        }
    }
}

fn take_credential(from: &mut Reader) -> Result<Credential, DecodeError> {
    match from.u8()? {
        1 => Ok(Credential::Ed25519(from.array()?)),
        2 => Ok(Credential::TokenSha256(from.array()?)),
        tag => Err(invalid("credential", tag)),
    }
}

pub(crate) fn put_role(to: &mut Writer, role: Role) {
    match role {
        Role::Operator => to.u8(1),
        Role::Trader(account) => {
            to.u8(2);
            to.u32(account.0);
        }
    }
}

fn take_role(from: &mut Reader) -> Result<Role, DecodeError> {
    match from.u8()? {
        1 => Ok(Role::Operator),
        2 => Ok(Role::Trader(AccountId(from.u32()?))),
        tag => Err(invalid("role", tag)),
    }
}

pub(crate) fn put_terms(to: &mut Writer, terms: &Terms) {
    to.u32(terms.instrument.0);
    to.text(terms.symbol.as_str());
    to.u32(terms.series.0);
    to.i32(terms.first_day.0);
    to.u16(terms.days);
    for price in [terms.tick, terms.floor, terms.cap, terms.fees.maker, terms.fees.taker] {
        to.i64(price.0);
    }
}

fn take_terms(from: &mut Reader) -> Result<Terms, DecodeError> {
    Ok(Terms {
        instrument: InstrumentId(from.u32()?),
        symbol: take_label(from)?,
        series: SeriesId(from.u32()?),
        first_day: Day(from.i32()?),
        days: from.u16()?,
        tick: Price(from.i64()?),
        floor: Price(from.i64()?),
        cap: Price(from.i64()?),
        fees: FeeRates { maker: Price(from.i64()?), taker: Price(from.i64()?) },
    })
}

pub(crate) fn put_request(to: &mut Writer, request: &OrderRequest) {
    to.u32(request.account.0);
    to.text(request.client_order_id.as_str());
    to.u32(request.instrument.0);
    to.u8(side_tag(request.side));
    to.u32(request.lots.0);
    to.i64(request.limit.0);
}

fn take_request(from: &mut Reader) -> Result<OrderRequest, DecodeError> {
    Ok(OrderRequest {
        account: AccountId(from.u32()?),
        client_order_id: take_label(from)?,
        instrument: InstrumentId(from.u32()?),
        side: match from.u8()? {
            1 => Side::Buy,
            2 => Side::Sell,
            tag => return Err(invalid("side", tag)),
        },
        lots: Lots(from.u32()?),
        limit: Price(from.i64()?),
    })
}

fn put_trade(to: &mut Writer, trade: &Trade) {
    to.u64(trade.trade.0);
    to.u32(trade.instrument.0);
    to.i64(trade.price.0);
    to.u32(trade.lots.0);
    to.u8(side_tag(trade.taker_side));
    for TradeSide { order, account, fee } in [trade.taker, trade.maker] {
        to.u64(order.0);
        to.u32(account.0);
        to.i64(fee.0);
    }
}

pub(crate) fn put_ledger_account(to: &mut Writer, account: LedgerAccount) {
    match account {
        LedgerAccount::Outside => to.u8(1),
        LedgerAccount::Fees => to.u8(2),
        LedgerAccount::Variation(instrument) => {
            to.u8(3);
            to.u32(instrument.0);
        }
        LedgerAccount::Customer(account) => {
            to.u8(4);
            to.u32(account.0);
        }
    }
}

fn take_label<const N: usize>(from: &mut Reader) -> Result<Label<N>, DecodeError> {
    let text = from.text()?;
    Label::new(text).ok_or(DecodeError::Invalid { what: "label of length", value: text.len() as u64 })
}

fn take_price_option(from: &mut Reader) -> Result<Option<Price>, DecodeError> {
    let (present, price) = (from.u8()?, from.i64()?);
    match (present, price) {
        (0, 0) => Ok(None),
        (1, price) => Ok(Some(Price(price))),
        (tag, _) => Err(invalid("option", tag)),
    }
}

pub(crate) fn side_tag(side: Side) -> u8 {
    match side {
        Side::Buy => 1,
        Side::Sell => 2,
    }
}

pub(crate) fn stage_tag(stage: FixingStage) -> u8 {
    match stage {
        FixingStage::Provisional => 1,
        FixingStage::Final => 2,
    }
}

fn take_stage(from: &mut Reader) -> Result<FixingStage, DecodeError> {
    match from.u8()? {
        1 => Ok(FixingStage::Provisional),
        2 => Ok(FixingStage::Final),
        tag => Err(invalid("fixing stage", tag)),
    }
}

pub(crate) fn kind_tag(kind: SettlementKind) -> u8 {
    match kind {
        SettlementKind::Daily => 1,
        SettlementKind::Final => 2,
    }
}

fn take_kind(from: &mut Reader) -> Result<SettlementKind, DecodeError> {
    match from.u8()? {
        1 => Ok(SettlementKind::Daily),
        2 => Ok(SettlementKind::Final),
        tag => Err(invalid("settlement kind", tag)),
    }
}

pub(crate) fn fixing_rung_tag(rung: FixingRung) -> u8 {
    match rung {
        FixingRung::Fixing => 1,
        FixingRung::LastFinal => 2,
    }
}

pub(crate) fn settlement_rung_tag(rung: SettlementRung) -> u8 {
    match rung {
        SettlementRung::Fixings => 1,
        SettlementRung::LastTrade => 2,
        SettlementRung::Midpoint => 3,
        SettlementRung::PreviousSettlement => 4,
        SettlementRung::LatestFixing => 5,
    }
}
