//! The commands of a fixed size, by the table in the head of [`super`].
//!
//! A command is put together on the stack and appended in one piece; it is read field by field, each at its offset.

use crate::command::Command;
use crate::ids::{AccountId, InstrumentId, Label, OrderId};
use crate::journal::bytes::{DecodeError, Form, Reader, Writer, check_zeros};
use crate::journal::wire::v2::VERSION;
use crate::journal::wire::values::{invalid, reference_of, reference_tag, side_of, side_tag, tags};
use crate::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger};
use crate::units::{Lots, Price, Timestamp};

pub(super) const SUBMIT_ORDER: u8 = 6;
pub(super) const CANCEL_ORDER: u8 = 7;
pub(super) const AMEND_ORDER: u8 = 11;
pub(super) const PROCESS_DUE: u8 = 12;

const TAG: usize = 1;

pub(super) const ORDER_SIZE: usize = 96;
const CANCEL_SIZE: usize = 16;
const AMENDMENT_SIZE: usize = 48;
const DUE_SIZE: usize = 2;

/// Where the fields of an order begin.
mod order {
    pub(super) const SIDE: usize = 2;
    pub(super) const PRICING: usize = 3;
    pub(super) const TIME_IN_FORCE: usize = 4;
    pub(super) const TRIGGER: usize = 5;
    pub(super) const FLAGS: usize = 6;
    pub(super) const SELF_TRADE: usize = 7;
    pub(super) const ACCOUNT: usize = 8;
    pub(super) const INSTRUMENT: usize = 12;
    pub(super) const LOTS: usize = 16;
    pub(super) const RESERVED: [usize; 2] = [20, 88];
    pub(super) const LIMIT: usize = 24;
    pub(super) const TRIGGER_PRICE: usize = 32;
    pub(super) const END: usize = 40;
    pub(super) const SENT: usize = 48;
    pub(super) const CLIENT_ORDER_ID: usize = 56;
}

/// Where the fields of an amendment begin. Those of a cancelled order are the same.
mod amendment {
    pub(super) const FLAGS: usize = 2;
    pub(super) const ACCOUNT: usize = 4;
    pub(super) const ORDER: usize = 8;
    pub(super) const LIMIT: usize = 16;
    pub(super) const TRIGGER_PRICE: usize = 24;
    pub(super) const LOTS: usize = 32;
}

const LIMIT: u8 = 1;
const MARKET: u8 = 2;
const GOOD_TILL_DATE: u8 = 5;

const POST_ONLY: u8 = 1;
const REDUCE_ONLY: u8 = 2;
const SENT_STATED: u8 = 4;

const LOTS_GIVEN: u8 = 1;
const LIMIT_GIVEN: u8 = 2;
const TRIGGER_GIVEN: u8 = 4;

tags!(
    "self-trade prevention",
    SelfTrade { CancelNewest = 1, CancelOldest = 2, CancelBoth = 3 },
    self_trade_tag,
    self_trade_of
);

/// The order as the command that places it: what remembers an order remembers these bytes.
pub(crate) fn put_request(to: &mut Writer, request: &OrderRequest) {
    let mut form = Form::<ORDER_SIZE>::of(VERSION, SUBMIT_ORDER);
    form.put(order::SIDE, [side_tag(request.side)]);
    let (pricing, limit) = match request.pricing {
        Pricing::Limit(limit) => (LIMIT, limit),
        Pricing::Market => (MARKET, Price(0)),
    };
    form.put(order::PRICING, [pricing]);
    let (time_in_force, end) = match request.time_in_force {
        TimeInForce::GoodTillCancelled => (1, Timestamp(0)),
        TimeInForce::ImmediateOrCancel => (2, Timestamp(0)),
        TimeInForce::FillOrKill => (3, Timestamp(0)),
        TimeInForce::Day => (4, Timestamp(0)),
        TimeInForce::GoodTillDate(end) => (GOOD_TILL_DATE, end),
    };
    form.put(order::TIME_IN_FORCE, [time_in_force]);
    form.put(order::TRIGGER, [request.trigger.map_or(0, |trigger| reference_tag(trigger.reference))]);
    let Conditions { post_only, reduce_only } = request.conditions;
    let flags = flag(post_only, POST_ONLY) | flag(reduce_only, REDUCE_ONLY) | flag(request.sent.is_some(), SENT_STATED);
    form.put(order::FLAGS, [flags]);
    form.put(order::SELF_TRADE, [self_trade_tag(request.self_trade)]);
    form.put(order::ACCOUNT, request.account.0.to_le_bytes());
    form.put(order::INSTRUMENT, request.instrument.0.to_le_bytes());
    form.put(order::LOTS, request.lots.0.to_le_bytes());
    form.put(order::LIMIT, limit.0.to_le_bytes());
    form.put(order::TRIGGER_PRICE, request.trigger.map_or(0, |trigger| trigger.price.0).to_le_bytes());
    form.put(order::END, end.0.to_le_bytes());
    form.put(order::SENT, request.sent.map_or(0, |sent| sent.0).to_le_bytes());
    form.put_text(order::CLIENT_ORDER_ID, request.client_order_id.as_str());
    to.bytes(form.bytes());
}

/// Reads an order, version and tag included.
pub(super) fn request(form: &Form<ORDER_SIZE>) -> Result<OrderRequest, DecodeError> {
    if form.array(0) != [VERSION, SUBMIT_ORDER] {
        return Err(invalid("order with tag", form.u8(TAG)));
    }
    let flags = form.u8(order::FLAGS);
    if flags > POST_ONLY | REDUCE_ONLY | SENT_STATED {
        return Err(invalid("order flags", flags));
    }
    form.check_zeros::<4>(order::RESERVED[0])?;
    form.check_zeros::<8>(order::RESERVED[1])?;
    let (limit, end) = (form.i64(order::LIMIT), form.i64(order::END));
    let (trigger_price, sent) = (form.i64(order::TRIGGER_PRICE), form.i64(order::SENT));
    Ok(OrderRequest {
        account: AccountId(form.u32(order::ACCOUNT)),
        client_order_id: label(form.array(order::CLIENT_ORDER_ID))?,
        instrument: InstrumentId(form.u32(order::INSTRUMENT)),
        side: side_of(form.u8(order::SIDE))?,
        lots: Lots(form.u32(order::LOTS)),
        pricing: match form.u8(order::PRICING) {
            LIMIT => Pricing::Limit(Price(limit)),
            MARKET => unused("limit of a market order", limit, Pricing::Market)?,
            tag => return Err(invalid("pricing", tag)),
        },
        time_in_force: match form.u8(order::TIME_IN_FORCE) {
            GOOD_TILL_DATE => TimeInForce::GoodTillDate(Timestamp(end)),
            tag => unused("end of an order that is not good till a date", end, time_in_force_of(tag)?)?,
        },
        trigger: match form.u8(order::TRIGGER) {
            0 => unused("trigger price of an order without a trigger", trigger_price, None)?,
            tag => Some(Trigger { reference: reference_of(tag)?, price: Price(trigger_price) }),
        },
        conditions: Conditions { post_only: flags & POST_ONLY != 0, reduce_only: flags & REDUCE_ONLY != 0 },
        self_trade: self_trade_of(form.u8(order::SELF_TRADE))?,
        sent: given(flags & SENT_STATED, "time sent that is not stated", sent)?.map(Timestamp),
    })
}

fn time_in_force_of(tag: u8) -> Result<TimeInForce, DecodeError> {
    match tag {
        1 => Ok(TimeInForce::GoodTillCancelled),
        2 => Ok(TimeInForce::ImmediateOrCancel),
        3 => Ok(TimeInForce::FillOrKill),
        4 => Ok(TimeInForce::Day),
        tag => Err(invalid("time in force", tag)),
    }
}

pub(super) fn put_cancel(to: &mut Writer, account: AccountId, order: OrderId) {
    let mut form = Form::<CANCEL_SIZE>::of(VERSION, CANCEL_ORDER);
    form.put(amendment::ACCOUNT, account.0.to_le_bytes());
    form.put(amendment::ORDER, order.0.to_le_bytes());
    to.bytes(form.bytes());
}

fn cancel(form: &Form<CANCEL_SIZE>) -> Result<Command, DecodeError> {
    form.check_zeros::<2>(amendment::FLAGS)?;
    let (account, order) = (AccountId(form.u32(amendment::ACCOUNT)), OrderId(form.u64(amendment::ORDER)));
    Ok(Command::CancelOrder { account, order })
}

pub(super) fn put_amendment(to: &mut Writer, amended: &Amendment) {
    let mut form = Form::<AMENDMENT_SIZE>::of(VERSION, AMEND_ORDER);
    let (lots, limit, trigger) = (amended.lots, amended.limit, amended.trigger);
    let given = [flag(lots.is_some(), LOTS_GIVEN)
        | flag(limit.is_some(), LIMIT_GIVEN)
        | flag(trigger.is_some(), TRIGGER_GIVEN)];
    form.put(amendment::FLAGS, given);
    form.put(amendment::ACCOUNT, amended.account.0.to_le_bytes());
    form.put(amendment::ORDER, amended.order.0.to_le_bytes());
    form.put(amendment::LIMIT, limit.map_or(0, |limit| limit.0).to_le_bytes());
    form.put(amendment::TRIGGER_PRICE, trigger.map_or(0, |trigger| trigger.0).to_le_bytes());
    form.put(amendment::LOTS, lots.map_or(0, |lots| lots.0).to_le_bytes());
    to.bytes(form.bytes());
}

fn amend(form: &Form<AMENDMENT_SIZE>) -> Result<Command, DecodeError> {
    let flags = form.u8(amendment::FLAGS);
    if flags > LOTS_GIVEN | LIMIT_GIVEN | TRIGGER_GIVEN {
        return Err(invalid("amendment flags", flags));
    }
    form.check_zeros::<1>(amendment::FLAGS + 1)?;
    form.check_zeros::<12>(amendment::LOTS + 4)?;
    let (limit, trigger) = (form.i64(amendment::LIMIT), form.i64(amendment::TRIGGER_PRICE));
    let lots = form.u32(amendment::LOTS);
    given(flags & LOTS_GIVEN, "lots that are not given", i64::from(lots))?;
    Ok(Command::AmendOrder(Amendment {
        account: AccountId(form.u32(amendment::ACCOUNT)),
        order: OrderId(form.u64(amendment::ORDER)),
        lots: (flags & LOTS_GIVEN != 0).then_some(Lots(lots)),
        limit: given(flags & LIMIT_GIVEN, "limit that is not given", limit)?.map(Price),
        trigger: given(flags & TRIGGER_GIVEN, "trigger price that is not given", trigger)?.map(Price),
    }))
}

pub(super) fn put_due(to: &mut Writer) {
    to.bytes(Form::<DUE_SIZE>::of(VERSION, PROCESS_DUE).bytes());
}

/// A command with the tag of one that has a fixed size, version and tag included.
pub(super) fn command(tag: u8, bytes: &[u8]) -> Result<Command, DecodeError> {
    match tag {
        SUBMIT_ORDER => Ok(Command::SubmitOrder(request(&whole(bytes)?)?)),
        CANCEL_ORDER => cancel(&whole(bytes)?),
        AMEND_ORDER => amend(&whole(bytes)?),
        PROCESS_DUE => whole::<DUE_SIZE>(bytes).map(|_| Command::ProcessDue),
        tag => Err(invalid("command tag", tag)),
    }
}

fn whole<const SIZE: usize>(bytes: &[u8]) -> Result<Form<SIZE>, DecodeError> {
    let mut from = Reader(bytes);
    let form = Form(from.array()?);
    from.end()?;
    Ok(form)
}

/// A label takes all its bytes; behind the text there are zeros.
fn label<const N: usize>(bytes: [u8; N]) -> Result<Label<N>, DecodeError> {
    let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(N);
    check_zeros("byte behind a label", &bytes[length..])?;
    let refused = DecodeError::Invalid { what: "label of length", value: length as u64 };
    std::str::from_utf8(&bytes[..length]).ok().and_then(Label::new).ok_or(refused)
}

fn flag(set: bool, bit: u8) -> u8 {
    if set { bit } else { 0 }
}

/// The value if its flag is set; otherwise it must be zero.
fn given(flag: u8, what: &'static str, value: i64) -> Result<Option<i64>, DecodeError> {
    if flag != 0 { Ok(Some(value)) } else { unused(what, value, None) }
}

/// `then`, if the value of a field that does not apply is zero.
fn unused<T>(what: &'static str, value: i64, then: T) -> Result<T, DecodeError> {
    if value == 0 { Ok(then) } else { Err(DecodeError::Invalid { what, value: value.cast_unsigned() }) }
}
