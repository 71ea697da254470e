//! What came of commands on spreads, so that a run can say what it came by.

use engine::command::Command;
use engine::event::{CancelReason, Event};
use engine::ids::{InstrumentId, SeriesId};
use engine::instrument::{Kind, Spread};
use engine::order::TimeInForce;
use engine::units::Lots;

use crate::compare::Seen;
use crate::twin::Twin;

/// Counts what came of a command, as far as spreads are concerned.
pub fn note(twin: &Twin, command: &Command, events: &[Event], seen: &mut Seen) {
    let spreads = twin.spreads();
    let is_spread = |instrument: InstrumentId| spreads.iter().any(|(number, _)| *number == instrument);
    let mut note = |what: String| *seen.entry(what).or_default() += 1;
    let (of_order, is_amendment) = match command {
        Command::SubmitOrder(request) => (Some(request.instrument), false),
        Command::AmendOrder(amendment) => {
            let mut own = twin.remembered(amendment.account).filter(|known| known.order == amendment.order);
            (own.next().map(|known| known.request.instrument), true)
        }
        _ => (None, false),
    };
    let on_spread = of_order.is_some_and(is_spread);
    if let (true, [Event::Rejected(reject)]) = (on_spread, events) {
        let what = if is_amendment { "an amendment" } else { "an order" };
        note(format!("in a spread {what} is refused {}", reject.number()));
    }
    if on_spread && is_amendment && events.iter().any(|event| matches!(event, Event::LegsTraded { .. })) {
        note("an amended spread trades".to_owned());
    }
    for event in events {
        match *event {
            Event::LegsTraded { near, far, .. } => {
                let kinds = [near, far].map(|leg| kind_of(twin, leg));
                let [one, other] = [near, far].map(|leg| series_of(twin, leg));
                note(format!(
                    "{} and {} trade{}",
                    kinds[0],
                    kinds[1],
                    if one == other { "" } else { " across series" }
                ));
            }
            Event::OrderCancelled { order, instrument, reason, .. } if is_spread(instrument) => {
                let what = match reason {
                    CancelReason::DailyLimit if of_order.is_some() => "a resting price that a leg cannot trade at",
                    CancelReason::DailyLimit => "resting outside a spread's own limits",
                    CancelReason::MarginCall => "a margin call cancels an order in a spread",
                    CancelReason::FillOrKill => "a spread is killed",
                    CancelReason::SelfTrade => "a spread meets its owner's",
                    CancelReason::TimeInForce => {
                        let ended = twin
                            .order_of(order)
                            .is_some_and(|known| known.request.time_in_force == TimeInForce::GoodTillCancelled);
                        if ended { "an order ends with its spread" } else { "an order in a spread has had its time" }
                    }
                    _ => "another cancel in a spread",
                };
                note(what.to_owned());
            }
            Event::InstrumentHalted { instrument, .. } if is_spread(instrument) => {
                note("a spread is halted".to_owned())
            }
            Event::Revalued { instrument, accounts, .. } if is_spread(instrument) && accounts > 0 => {
                note("a spread with orders is revalued".to_owned());
            }
            Event::PositionCascaded { instrument, .. } if is_leg(&spreads, instrument) => {
                note("a strip that is a leg cascades".to_owned());
            }
            _ => {}
        }
    }
    if on_spread && let Command::SubmitOrder(request) = command {
        let filled: u32 = events.iter().map(traded).sum();
        if request.time_in_force == TimeInForce::FillOrKill && filled == request.lots.0 {
            note("a spread is filled, not killed".to_owned());
        }
    }
}

fn traded(event: &Event) -> u32 {
    let Event::Traded(trade) = event else { return 0 };
    let Lots(lots) = trade.lots;
    lots
}

fn is_leg(spreads: &[(InstrumentId, Spread)], instrument: InstrumentId) -> bool {
    spreads.iter().any(|(_, spread)| [spread.near, spread.far].contains(&instrument))
}

fn series_of(twin: &Twin, leg: InstrumentId) -> Option<SeriesId> {
    twin.terms(leg).series()
}

fn kind_of(twin: &Twin, leg: InstrumentId) -> &'static str {
    match twin.terms(leg).kind {
        Kind::PhysicalMonth(_) => "a physical month",
        Kind::Strip(_) => "a strip",
        _ => "a month",
    }
}
