//! The values that commands are made of, as bytes and back; events and the state are made of the same ones.

use crate::accounts::{AccountLimits, RateLimit};
use crate::command::{Credential, FixingStage, Role};
use crate::controls::{Controls, DAILY_LIMIT_STEPS};
use crate::families::Family;
use crate::ids::{AccountId, AssetId, FamilyId, InstrumentId, Label, SeriesId};
use crate::instrument::{
    FEE_TIERS, FeeRates, FeeTiers, Kind, Legs, Month, Perpetual, SettlementKind, Spot, Spread, Strip, Terms,
};
use crate::journal::bytes::{DecodeError, Reader, Writer};
use crate::limits::LEGS_MAX;
use crate::margin::{Risk, SCENARIOS, SeriesMargin};
use crate::order::TriggerReference;
use crate::units::{Amount, Cash, Day, Hours, Lots, Price, Side, Timestamp};

/// Writes down once which number stands for which variant; the functions are the way there, the way back, and the way
/// back from the next byte.
macro_rules! tags {
    ($what:literal, $of:ident { $($variant:ident = $tag:literal),* }, $tag_fn:ident, $of_fn:ident) => {
        pub(crate) fn $tag_fn(value: $of) -> u8 {
            match value {
                $($of::$variant => $tag,)*
            }
        }

        pub(crate) fn $of_fn(tag: u8) -> Result<$of, DecodeError> {
            match tag {
                $($tag => Ok($of::$variant),)*
                tag => Err(invalid($what, tag)),
            }
        }
    };
    ($what:literal, $of:ident { $($variant:ident = $tag:literal),* }, $tag_fn:ident, $of_fn:ident, $take_fn:ident) => {
        tags!($what, $of { $($variant = $tag),* }, $tag_fn, $of_fn);

        pub(crate) fn $take_fn(from: &mut Reader) -> Result<$of, DecodeError> {
            $of_fn(from.u8()?)
        }
    };
}
pub(super) use tags;

tags!("side", Side { Buy = 1, Sell = 2 }, side_tag, side_of, take_side);
tags!("fixing stage", FixingStage { Provisional = 1, Final = 2 }, stage_tag, stage_of, take_stage);
tags!("settlement kind", SettlementKind { Daily = 1, Final = 2, Cascade = 3, Funding = 4 }, kind_tag, kind_of, take_kind);
tags!("trigger reference", TriggerReference { Last = 1, Mark = 2, Index = 3 }, reference_tag, reference_of);

pub(super) fn invalid(what: &'static str, value: u8) -> DecodeError {
    DecodeError::Invalid { what, value: u64::from(value) }
}

pub(crate) fn put_label<const N: usize>(to: &mut Writer, label: Label<N>) {
    to.text(label.as_str());
}

pub(crate) fn take_label<const N: usize>(from: &mut Reader) -> Result<Label<N>, DecodeError> {
    let text = from.text()?;
    Label::new(text).ok_or(DecodeError::Invalid { what: "label of length", value: text.len() as u64 })
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

pub(crate) fn take_credential(from: &mut Reader) -> Result<Credential, DecodeError> {
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

pub(crate) fn take_role(from: &mut Reader) -> Result<Role, DecodeError> {
    match from.u8()? {
        1 => Ok(Role::Operator),
        2 => Ok(Role::Trader(AccountId(from.u32()?))),
        tag => Err(invalid("role", tag)),
    }
}

pub(crate) fn put_terms(to: &mut Writer, terms: &Terms) {
    to.u32(terms.instrument.0);
    put_label(to, terms.symbol);
    match terms.kind {
        Kind::Month(Month { series, first_day, days }) => {
            to.u8(1);
            to.u32(series.0);
            to.i32(first_day.0);
            to.u16(days);
        }
        Kind::PhysicalMonth(Month { series, first_day, days }) => {
            to.u8(6);
            to.u32(series.0);
            to.i32(first_day.0);
            to.u16(days);
        }
        Kind::MarginedMonth(Month { series, first_day, days }) => {
            to.u8(3);
            to.u32(series.0);
            to.i32(first_day.0);
            to.u16(days);
        }
        Kind::Strip(Strip { series, first_day, days, ref legs }) => {
            to.u8(4);
            to.u32(series.0);
            to.i32(first_day.0);
            to.u16(days);
            to.u8(u8::try_from(legs.as_slice().len()).expect("legs are limited"));
            legs.as_slice().iter().for_each(|leg| to.u32(leg.0));
        }
        Kind::Perpetual(Perpetual { series, hours, interest_ppm, cap_ppm }) => {
            to.u8(5);
            to.u32(series.0);
            to.u16(hours);
            to.i32(interest_ppm);
            to.i32(cap_ppm);
        }
        Kind::Spread(Spread { near, far, hours, end }) => {
            to.u8(12);
            to.u32(near.0);
            to.u32(far.0);
            to.u16(hours.0);
            to.i64(end.0);
        }
        Kind::Spot(Spot { base, lot_size }) => {
            to.u8(2);
            to.u32(base.0);
            to.i64(lot_size.0);
        }
    }
    for price in [terms.tick, terms.floor, terms.cap] {
        to.i64(price.0);
    }
    put_fee_rates(to, terms.fees);
}

pub(crate) fn take_terms(from: &mut Reader) -> Result<Terms, DecodeError> {
    Ok(Terms {
        instrument: InstrumentId(from.u32()?),
        symbol: take_label(from)?,
        kind: match from.u8()? {
            1 => Kind::Month(take_month(from)?),
            3 => Kind::MarginedMonth(take_month(from)?),
            6 => Kind::PhysicalMonth(take_month(from)?),
            4 => Kind::Strip(take_strip(from)?),
            5 => Kind::Perpetual(Perpetual {
                series: SeriesId(from.u32()?),
                hours: from.u16()?,
                interest_ppm: from.i32()?,
                cap_ppm: from.i32()?,
            }),
            12 => Kind::Spread(Spread {
                near: InstrumentId(from.u32()?),
                far: InstrumentId(from.u32()?),
                hours: Hours(from.u16()?),
                end: Timestamp(from.i64()?),
            }),
            2 => Kind::Spot(Spot { base: AssetId(from.u32()?), lot_size: Amount(from.i64()?) }),
            tag => return Err(invalid("kind of instrument", tag)),
        },
        tick: Price(from.i64()?),
        floor: Price(from.i64()?),
        cap: Price(from.i64()?),
        fees: take_fee_rates(from)?,
    })
}

fn take_month(from: &mut Reader) -> Result<Month, DecodeError> {
    Ok(Month { series: SeriesId(from.u32()?), first_day: Day(from.i32()?), days: from.u16()? })
}

fn take_strip(from: &mut Reader) -> Result<Strip, DecodeError> {
    let (series, first_day, days) = (SeriesId(from.u32()?), Day(from.i32()?), from.u16()?);
    let count = from.u8()?;
    if usize::from(count) > LEGS_MAX {
        return Err(invalid("count of legs", count));
    }
    let mut legs = [InstrumentId(0); LEGS_MAX];
    let legs = &mut legs[..usize::from(count)];
    for leg in legs.iter_mut() {
        *leg = InstrumentId(from.u32()?);
    }
    Ok(Strip { series, first_day, days, legs: Legs::new(legs).expect("the count was looked at") })
}

pub(crate) fn put_family(to: &mut Writer, family: &Family) {
    to.u32(family.family.0);
    put_label(to, family.prefix);
    to.u32(family.series.0);
    for price in [family.tick, family.floor, family.cap] {
        to.i64(price.0);
    }
    put_fee_rates(to, family.fees);
    [family.months, family.quarters, family.years, u8::from(family.spreads)].iter().for_each(|&count| to.u8(count));
}

pub(crate) fn take_family(from: &mut Reader) -> Result<Family, DecodeError> {
    Ok(Family {
        family: FamilyId(from.u32()?),
        prefix: take_label(from)?,
        series: SeriesId(from.u32()?),
        tick: Price(from.i64()?),
        floor: Price(from.i64()?),
        cap: Price(from.i64()?),
        fees: take_fee_rates(from)?,
        months: from.u8()?,
        quarters: from.u8()?,
        years: from.u8()?,
        spreads: match from.u8()? {
            0 => false,
            1 => true,
            tag => return Err(invalid("yes or no", tag)),
        },
    })
}

fn put_fee_rates(to: &mut Writer, rates: FeeRates) {
    to.i64(rates.maker.0);
    to.i64(rates.taker.0);
}

fn take_fee_rates(from: &mut Reader) -> Result<FeeRates, DecodeError> {
    Ok(FeeRates { maker: Price(from.i64()?), taker: Price(from.i64()?) })
}

pub(crate) fn put_fee_tiers(to: &mut Writer, tiers: &FeeTiers) {
    tiers.iter().for_each(|&rates| put_fee_rates(to, rates));
}

pub(crate) fn take_fee_tiers(from: &mut Reader) -> Result<FeeTiers, DecodeError> {
    let mut tiers = [FeeRates { maker: Price(0), taker: Price(0) }; FEE_TIERS];
    for rates in &mut tiers {
        *rates = take_fee_rates(from)?;
    }
    Ok(tiers)
}

pub(crate) fn put_controls(to: &mut Writer, controls: &Controls) {
    for price in [controls.reference, controls.band, controls.protection].iter().chain(&controls.daily_limits) {
        to.i64(price.0);
    }
    to.u64(controls.pause_us);
    to.u32(controls.order_lots_max.0);
}

pub(crate) fn take_controls(from: &mut Reader) -> Result<Controls, DecodeError> {
    let (reference, band, protection) = (Price(from.i64()?), Price(from.i64()?), Price(from.i64()?));
    let mut daily_limits = [Price(0); DAILY_LIMIT_STEPS];
    for limit in &mut daily_limits {
        *limit = Price(from.i64()?);
    }
    let (pause_us, order_lots_max) = (from.u64()?, Lots(from.u32()?));
    Ok(Controls { reference, band, protection, daily_limits, pause_us, order_lots_max })
}

pub(crate) fn put_margin(to: &mut Writer, margin: &SeriesMargin) {
    for price in [margin.scan_floor, margin.step_max, margin.mark_band] {
        to.i64(price.0);
    }
    for charge in [margin.calendar_charge, margin.delivery_charge, margin.concentration_charge, margin.minimum_charge] {
        to.i64(charge.0);
    }
    for lots in [Lots(margin.concentration_lots), margin.position_max, margin.open_interest_max, margin.settlement_lots]
    {
        to.u32(lots.0);
    }
    to.i64(margin.stale_after_us);
    to.i64(margin.frozen_us);
}

pub(crate) fn take_margin(from: &mut Reader) -> Result<SeriesMargin, DecodeError> {
    let [scan_floor, step_max, mark_band] = [from.i64()?, from.i64()?, from.i64()?].map(Price);
    let [calendar_charge, delivery_charge, concentration_charge, minimum_charge] =
        [from.i64()?, from.i64()?, from.i64()?, from.i64()?].map(Cash);
    Ok(SeriesMargin {
        scan_floor,
        step_max,
        mark_band,
        calendar_charge,
        delivery_charge,
        concentration_charge,
        minimum_charge,
        concentration_lots: from.u32()?,
        position_max: Lots(from.u32()?),
        open_interest_max: Lots(from.u32()?),
        settlement_lots: Lots(from.u32()?),
        stale_after_us: from.i64()?,
        frozen_us: from.i64()?,
    })
}

pub(crate) fn put_risk(to: &mut Writer, risk: &Risk) {
    to.u64(risk.version);
    to.i64(risk.expires.0);
    to.i64(risk.reference.0);
    risk.losses.iter().for_each(|loss| to.i64(loss.0));
}

pub(crate) fn take_risk(from: &mut Reader) -> Result<Risk, DecodeError> {
    let (version, expires, reference) = (from.u64()?, Timestamp(from.i64()?), Price(from.i64()?));
    let mut losses = [Cash::ZERO; SCENARIOS];
    for loss in &mut losses {
        *loss = Cash(from.i64()?);
    }
    Ok(Risk { version, expires, reference, losses })
}

pub(crate) fn put_account_limits(to: &mut Writer, limits: &AccountLimits) {
    for rate in [limits.orders, limits.cancels] {
        to.u32(rate.per_second);
        to.u32(rate.burst);
    }
    to.u32(limits.open_orders_max);
}

pub(crate) fn take_account_limits(from: &mut Reader) -> Result<AccountLimits, DecodeError> {
    let orders = RateLimit { per_second: from.u32()?, burst: from.u32()? };
    let cancels = RateLimit { per_second: from.u32()?, burst: from.u32()? };
    Ok(AccountLimits { orders, cancels, open_orders_max: from.u32()? })
}

/// Takes as many bytes with a price as without one.
pub(crate) fn put_price_option(to: &mut Writer, price: Option<Price>) {
    to.u8(u8::from(price.is_some()));
    to.i64(price.map_or(0, |price| price.0));
}

pub(crate) fn take_price_option(from: &mut Reader) -> Result<Option<Price>, DecodeError> {
    match (from.u8()?, from.i64()?) {
        (0, 0) => Ok(None),
        (1, price) => Ok(Some(Price(price))),
        (tag, _) => Err(invalid("option", tag)),
    }
}

/// Takes as many bytes with an instrument as without one.
pub(crate) fn put_instrument_option(to: &mut Writer, instrument: Option<InstrumentId>) {
    to.u8(u8::from(instrument.is_some()));
    to.u32(instrument.map_or(0, |instrument| instrument.0));
}

pub(crate) fn take_instrument_option(from: &mut Reader) -> Result<Option<InstrumentId>, DecodeError> {
    match (from.u8()?, from.u32()?) {
        (0, 0) => Ok(None),
        (1, instrument) => Ok(Some(InstrumentId(instrument))),
        (tag, _) => Err(invalid("option", tag)),
    }
}

/// Takes as many bytes with an account as without one.
pub(crate) fn put_account_option(to: &mut Writer, account: Option<AccountId>) {
    to.u8(u8::from(account.is_some()));
    to.u32(account.map_or(0, |account| account.0));
}

pub(crate) fn take_account_option(from: &mut Reader) -> Result<Option<AccountId>, DecodeError> {
    match (from.u8()?, from.u32()?) {
        (0, 0) => Ok(None),
        (1, account) => Ok(Some(AccountId(account))),
        (tag, _) => Err(invalid("option", tag)),
    }
}

pub(crate) fn put_side_option(to: &mut Writer, side: Option<Side>) {
    to.u8(side.map_or(0, side_tag));
}

pub(crate) fn take_side_option(from: &mut Reader) -> Result<Option<Side>, DecodeError> {
    match from.u8()? {
        0 => Ok(None),
        tag => side_of(tag).map(Some),
    }
}
