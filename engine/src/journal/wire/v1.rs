//! Commands of version 1, which is read for ever and never written any more.
//!
//! It knew limit orders that are good till cancelled, US dollars and months; its fields follow each other without gaps.

use crate::command::Command;
use crate::ids::{AccountId, AssetId, InstrumentId, KeyId, OrderId, SeriesId};
use crate::instrument::{FeeRates, Kind, Month, Terms};
use crate::journal::bytes::{DecodeError, Reader};
use crate::journal::wire::values;
use crate::order::OrderRequest;
use crate::units::{Amount, Day, Lots, Price};

/// Reads what follows the version.
pub(super) fn command(bytes: &[u8]) -> Result<Command, DecodeError> {
    let mut from = Reader(bytes);
    let command = match from.u8()? {
        1 => Command::OpenAccount { account: AccountId(from.u32()?) },
        2 => Command::RegisterKey {
            key: KeyId(from.u64()?),
            credential: values::take_credential(&mut from)?,
            role: values::take_role(&mut from)?,
        },
        3 => Command::RevokeKey { key: KeyId(from.u64()?) },
        4 => Command::Deposit {
            account: AccountId(from.u32()?),
            asset: AssetId::USD,
            amount: Amount(from.i64()?),
            reference: from.u64()?,
        },
        5 => Command::ListInstrument { terms: take_terms(&mut from)? },
        6 => Command::SubmitOrder(take_request(&mut from)?),
        7 => Command::CancelOrder { account: AccountId(from.u32()?), order: OrderId(from.u64()?) },
        8 => Command::RecordFixing {
            series: SeriesId(from.u32()?),
            day: Day(from.i32()?),
            stage: values::take_stage(&mut from)?,
            price: values::take_price_option(&mut from)?,
        },
        9 => Command::StartSettlement {
            instrument: InstrumentId(from.u32()?),
            day: Day(from.i32()?),
            kind: values::take_kind(&mut from)?,
        },
        10 => Command::AdvanceSettlement { instrument: InstrumentId(from.u32()?) },
        tag => return Err(values::invalid("command tag", tag)),
    };
    from.end()?;
    Ok(command)
}

fn take_terms(from: &mut Reader) -> Result<Terms, DecodeError> {
    Ok(Terms {
        instrument: InstrumentId(from.u32()?),
        symbol: values::take_label(from)?,
        kind: Kind::Month(Month { series: SeriesId(from.u32()?), first_day: Day(from.i32()?), days: from.u16()? }),
        tick: Price(from.i64()?),
        floor: Price(from.i64()?),
        cap: Price(from.i64()?),
        fees: FeeRates { maker: Price(from.i64()?), taker: Price(from.i64()?) },
    })
}

fn take_request(from: &mut Reader) -> Result<OrderRequest, DecodeError> {
    let (account, client_order_id) = (AccountId(from.u32()?), values::take_label(from)?);
    let (instrument, side) = (InstrumentId(from.u32()?), values::take_side(from)?);
    Ok(OrderRequest::limit(account, client_order_id, instrument, side, Lots(from.u32()?), Price(from.i64()?)))
}
