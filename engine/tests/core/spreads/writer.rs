//! What happens to spreads in random lives, in small numbers, and what it means in commands.

use engine::command::Command;
use engine::controls::Controls;
use engine::ids::{AccountId, ClientOrderId, InstrumentId, KeyId};
use engine::order::{Amendment, Conditions, OrderRequest, Pricing, SelfTrade, TimeInForce, Trigger, TriggerReference};
use engine::units::{Lots, Price, Side};
use proptest::prelude::*;
use proptest::sample::select;

use crate::futures::contracts::{FOR_SPREADS, LISTED, SPREADS, contract};
use crate::futures::writer::{self, ACCOUNTS, HOUR, Writer, key, near};

#[derive(Clone, Debug)]
pub enum Act {
    /// What happens without spreads, too.
    Legs(writer::Act),
    Order(Order),
    /// Two accounts meet at a price, the second arriving.
    Meet(Order, u32),
    /// A bid, or an offer, that the far leg cannot trade at any more when it is met, in front of one that it can.
    Squeeze {
        order: Order,
        others: [u32; 2],
        away: i64,
    },
    /// A spread of a month and a strip trades, and the strip cascades after the one that it is a leg of.
    Cascade {
        order: Order,
        other: u32,
        advances: bool,
    },
    /// Of the latest live orders; nothing changes what is not given.
    Amend {
        nth: usize,
        lots: Option<u32>,
        away: Option<i64>,
    },
    CancelAll {
        account: u32,
        spread: u32,
    },
    /// Arrays and marks of everything, each leg as far away as its place says.
    Refresh {
        away: [i64; 4],
        range: i64,
    },
    /// A mark alone.
    Mark(u32),
    Halt(u32),
    Resume(u32),
    /// Of a spread: everything that keeps it orderly.
    Control {
        spread: u32,
        limits: i64,
        band: i64,
    },
    /// A narrow day for a leg.
    Narrow {
        leg: u32,
        away: i64,
        width: i64,
    },
    /// To the end of a spread, give or take a microsecond.
    EndOf(u32, i64),
}

#[derive(Clone, Copy, Debug)]
pub struct Order {
    account: u32,
    spread: u32,
    side: Side,
    lots: u32,
    /// Thousandths of a dollar; a market order if there is none.
    away: Option<i64>,
    time_in_force: u8,
    self_trade: SelfTrade,
    post_only: bool,
    /// Neither is there for spreads.
    forbidden: u8,
}

pub fn acts() -> impl Strategy<Value = Act> {
    let legs = || prop_oneof![5 => 1..=5_u32, 2 => 9..=10_u32, 3 => FOR_SPREADS];
    prop_oneof![
        55 => writer::acts().prop_map(Act::Legs),
        40 => orders().prop_map(Act::Order),
        35 => (orders(), 1..ACCOUNTS).prop_map(|(order, on)| Act::Meet(order, (order.account - 1 + on) % ACCOUNTS + 1)),
        8 => (orders(), 1..ACCOUNTS - 1, 4..=12_i64).prop_map(|(order, on, away)| {
            let others = [on, on + 1].map(|on| (order.account - 1 + on) % ACCOUNTS + 1);
            Act::Squeeze { order, others, away }
        }),
        22 => amendments(),
        1 => (orders(), 1..ACCOUNTS, any::<bool>())
            .prop_map(|(order, on, advances)| Act::Cascade { order, other: (order.account - 1 + on) % ACCOUNTS + 1, advances }),
        1 => (1..=ACCOUNTS, SPREADS).prop_map(|(account, spread)| Act::CancelAll { account, spread }),
        25 => (prop::array::uniform4(prop_oneof![4 => -4..=4_i64, 1 => -90..=90_i64]), ranges())
            .prop_map(|(away, range)| Act::Refresh { away, range }),
        6 => legs().prop_map(Act::Mark),
        2 => prop_oneof![2 => legs(), 1 => SPREADS].prop_map(Act::Halt),
        4 => prop_oneof![2 => legs(), 1 => SPREADS].prop_map(Act::Resume),
        7 => (SPREADS, select(vec![0, 4_000, 9_500, 60_000]), select(vec![0, 3_000, 50_000]))
            .prop_map(|(spread, limits, band)| Act::Control { spread, limits, band }),
        7 => (legs(), -3..=3_i64, select(vec![0, 0, 4_000, 15_000])).prop_map(|(leg, away, width)| Act::Narrow { leg, away, width }),
        1 => (SPREADS, -1..=1_i64).prop_map(|(spread, micros)| Act::EndOf(spread, micros)),
    ]
}

fn ranges() -> impl Strategy<Value = i64> {
    select(vec![50_000, 200_001, 1_000_000, 4_000_000])
}

fn orders() -> impl Strategy<Value = Order> {
    let side = select(vec![Side::Buy, Side::Sell]);
    let lots = prop_oneof![8 => 1..4_u32, 2 => 4..30_u32];
    let away = prop_oneof![12 => -4..=4_i64, 4 => -15..=15_i64, 1 => -600..=600_i64];
    let away = prop::option::weighted(0.95, away);
    let self_trade = select(vec![SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth]);
    let conditions = (prop_oneof![6 => Just(0_u8), 6 => 1..=5_u8], self_trade, prop::bool::weighted(0.04));
    let forbidden = prop_oneof![60 => Just(0_u8), 1 => 1..=3_u8];
    // Few spreads, so that orders meet, and all of them now and then.
    let spreads = prop_oneof![3 => select(vec![50, 51, 56]), 2 => SPREADS];
    (1..=ACCOUNTS, spreads, side, lots, away, conditions, forbidden).prop_map(
        |(account, spread, side, lots, away, (time_in_force, self_trade, post_only), forbidden)| Order {
            account,
            spread,
            side,
            lots,
            away,
            time_in_force,
            self_trade,
            post_only,
            forbidden,
        },
    )
}

fn amendments() -> impl Strategy<Value = Act> {
    let lots = prop::option::of(1..8_u32);
    let away = prop::option::of(-5..=5_i64);
    (0..6_usize, lots, away).prop_map(|(nth, lots, away)| Act::Amend { nth, lots, away })
}

type Send<'a> = &'a mut dyn FnMut(&mut Writer, KeyId, Command);

/// Does an act; each command goes to `send`.
pub fn act(writer: &mut Writer, act: &Act, send: Send<'_>) {
    let operate = KeyId::VENUE;
    match *act {
        Act::Legs(ref act) => writer.act(act, send),
        Act::Order(order) => place(writer, &order, send),
        Act::Meet(order, other) => {
            place(writer, &Order { account: other, side: order.side.opposite(), ..order }, send);
            place(writer, &order, send);
        }
        Act::Squeeze { order, others: [other, counter], away } => {
            let (side, instrument) = (order.side, InstrumentId(order.spread));
            let Some(spread) = contract(instrument.0).spread() else { return };
            let better = if side == Side::Buy { away } else { -away };
            let rests = Order { time_in_force: 0, post_only: false, forbidden: 0, ..order };
            place(writer, &Order { away: Some(better), ..rests }, send);
            place(writer, &Order { account: other, away: Some(0), ..rests }, send);
            let narrow =
                Controls { reference: near(0), daily_limits: [Price(3_500), Price(0), Price(0)], ..Controls::NONE };
            send(writer, operate, Command::SetControls { instrument: spread.far, controls: narrow });
            let aggressor = Order { account: counter, side: side.opposite(), away: Some(-better.signum()), ..order };
            place(writer, &aggressor, send);
            send(writer, operate, Command::SetControls { instrument: spread.far, controls: Controls::NONE });
        }
        Act::Cascade { order, other, advances } => {
            let order = Order { spread: 54, away: Some(0), time_in_force: 0, post_only: false, forbidden: 0, ..order };
            refresh(writer, [0; 4], 200_000, send);
            place(writer, &Order { account: other, side: order.side.opposite(), ..order }, send);
            place(writer, &order, send);
            for (contract, advances) in [(11, true), (9, advances)] {
                refresh(writer, [0; 4], 200_000, send);
                writer.act(&writer::Act::Cascade { contract, advances }, send);
            }
        }
        Act::Amend { nth, lots, away } => {
            let live = writer.twin.live_orders().into_iter().rev();
            let mut of_spreads = live.filter(|known| SPREADS.contains(&known.request.instrument.0));
            let Some((account, order)) = of_spreads.nth(nth).map(|known| (known.request.account, known.order)) else {
                return;
            };
            let limit = away.map(thousandths);
            let amendment = Amendment { account, order, lots: lots.map(Lots), limit, trigger: None };
            send(writer, key(account), Command::AmendOrder(amendment));
        }
        Act::CancelAll { account, spread } => {
            let (account, instrument) = (AccountId(account), Some(InstrumentId(spread)));
            send(writer, key(account), Command::CancelAllOrders { account, instrument, side: None });
        }
        Act::Refresh { away, range } => refresh(writer, away, range, send),
        Act::Mark(number) => send(writer, operate, Command::UpdateMark { instrument: InstrumentId(number) }),
        Act::Halt(number) => send(writer, operate, Command::HaltInstrument { instrument: InstrumentId(number) }),
        Act::Resume(number) => send(writer, operate, Command::ResumeInstrument { instrument: InstrumentId(number) }),
        Act::Control { spread, limits, band } => {
            let daily_limits = [Price(limits), Price(2 * limits), Price(0)];
            let reference = thousandths(-1);
            let (band, protection, pause_us) = (Price(band), Price(5_000), 60_000_000);
            let controls = Controls { reference, band, protection, daily_limits, pause_us, ..Controls::NONE };
            send(writer, operate, Command::SetControls { instrument: InstrumentId(spread), controls });
        }
        Act::Narrow { leg, away, width } => {
            let daily_limits = [Price(width), Price(0), Price(0)];
            let controls = Controls { reference: near(away), daily_limits, ..Controls::NONE };
            send(writer, operate, Command::SetControls { instrument: InstrumentId(leg), controls });
        }
        Act::EndOf(spread, micros) => {
            let end = contract(spread).end();
            writer.now = writer.now.max(end.plus_micros(micros));
        }
    }
}

fn refresh(writer: &mut Writer, away: [i64; 4], range: i64, send: Send<'_>) {
    for number in (1..=8).chain(40..=43) {
        let away = away[number as usize % 4];
        let command = writer.array(number, away, range, 2 * 24 * HOUR);
        send(writer, KeyId::VENUE, command);
    }
    for number in (1..=LISTED).chain(FOR_SPREADS) {
        send(writer, KeyId::VENUE, Command::UpdateMark { instrument: InstrumentId(number) });
    }
}

fn place(writer: &mut Writer, order: &Order, send: Send<'_>) {
    let Order { account, spread, side, lots, away, time_in_force, self_trade, post_only, forbidden } = *order;
    let (account, instrument) = (AccountId(account), InstrumentId(spread));
    let name = ClientOrderId::new(&format!("n{}", writer.seq)).unwrap();
    let limit = thousandths(away.unwrap_or(0));
    let plain = OrderRequest::limit(account, name, instrument, side, Lots(lots), limit);
    let time_in_force = match time_in_force {
        1 => TimeInForce::ImmediateOrCancel,
        2 | 3 => TimeInForce::FillOrKill,
        4 => TimeInForce::Day,
        5 => TimeInForce::GoodTillDate(writer.now.plus_micros(5 * HOUR)),
        _ => TimeInForce::GoodTillCancelled,
    };
    let trigger = Trigger { reference: TriggerReference::Last, price: limit };
    let request = OrderRequest {
        pricing: away.map_or(Pricing::Market, |_| Pricing::Limit(limit)),
        time_in_force,
        self_trade,
        conditions: Conditions { post_only, reduce_only: forbidden & 1 != 0 },
        trigger: (forbidden & 2 != 0).then_some(trigger),
        ..plain
    };
    send(writer, key(account), Command::SubmitOrder(request));
    writer.orders.push((engine::ids::OrderId(writer.seq - 1), account));
}

fn thousandths(away: i64) -> Price {
    Price(away * 1_000)
}
