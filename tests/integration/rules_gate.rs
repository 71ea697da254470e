//! What was acknowledged under the first rules is what a replay leads to under today's program; other rules take a command.

use api::venue::machines::{Action, Core, Happening};
use api::venue::replay::apply_batch;
use engine::command::{Command, Stamp};
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, KeyId, OrderId, Seq};
use engine::journal::batch::{Batch, GENESIS, Hash, Record};
use engine::rules::Rules;
use engine::units::{Price, Side};

use crate::counts;

const JOURNAL: &str = include_str!("../golden/journal_v1.txt");

fn batches() -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for line in JOURNAL.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.split(' ').collect::<Vec<&str>>()[..] {
            ["batch", first, last, event_hash] => {
                let (first_seq, last_seq) =
                    (Seq(first.parse().expect("a number")), Seq(last.parse().expect("a number")));
                let event_hash: Hash = bytes(event_hash).try_into().expect("a hash");
                let previous = batches.last().map_or(GENESIS, Batch::hash);
                batches.push(Batch { epoch: 1, first_seq, last_seq, previous, event_hash, body: Vec::new() });
            }
            _ => batches.last_mut().expect("a batch begins with its line").body.extend(bytes(line)),
        }
    }
    batches
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// What the commands lead to, from the first one on, behind a command that adopts rules or not.
fn events(adopted: Option<Rules>) -> Vec<(Command, Vec<Event>)> {
    let (mut core, mut all) = (Core::default(), Vec::new());
    let records: Vec<Record> = batches().iter().flat_map(|batch| batch.records().expect("records")).collect();
    let shift = u64::from(adopted.is_some());
    let mut apply = |stamp: Stamp, command: Command| {
        let mut happenings = Vec::new();
        drop(core.apply(&stamp, &Action::Exchange(command), &mut happenings));
        let exchange = |happening| match happening {
            Happening::Exchange(event) => event,
            other => panic!("{other:?} is no event of the exchange"),
        };
        all.push((command, happenings.into_iter().map(exchange).collect()));
    };
    if let Some(rules) = adopted {
        let stamp = Stamp { seq: Seq(1), time: records[0].stamp.time, key: KeyId::VENUE, session: 0 };
        apply(stamp, Command::AdoptRules { rules });
    }
    for record in records {
        let stamp = Stamp { seq: Seq(record.stamp.seq.0 + shift), ..record.stamp };
        let command = match Command::decode(&record.payload).expect("a command") {
            // An order's number is that of its command, so it moves with it.
            Command::CancelOrder { account, order } => {
                Command::CancelOrder { account, order: OrderId(order.0 + shift) }
            }
            command => command,
        };
        apply(stamp, command);
    }
    all
}

fn self_trades(events: &[(Command, Vec<Event>)]) -> usize {
    let is_one = |event: &&Event| matches!(event, Event::Traded(trade) if trade.taker.account == trade.maker.account);
    events.iter().flat_map(|(_, events)| events).filter(is_one).count()
}

/// The orders that expire at the final settlement, as they do: side, price, number.
fn expired(events: &[(Command, Vec<Event>)], shift: u64) -> Vec<(Side, Price, u64)> {
    let mut placed = std::collections::BTreeMap::new();
    let mut expired = Vec::new();
    for event in events.iter().flat_map(|(_, events)| events) {
        match event {
            Event::OrderAccepted { order, request, limit } => {
                placed.insert(*order, (request.side, limit.expect("a limit order")));
            }
            Event::OrderCancelled { order, reason: CancelReason::Expired, .. } => {
                let (side, price) = placed[order];
                expired.push((side, price, order.0 - shift));
            }
            _ => {}
        }
    }
    expired
}

#[test]
fn a_journal_of_the_first_rules_replays_to_the_events_that_were_acknowledged() {
    let mut core = Core::default();
    let batches = batches();
    for batch in &batches {
        apply_batch(&mut core, batch).expect("the events are those of then");
    }
    assert_eq!((core.engine().rules(), core.engine().seq()), (Rules::FIRST, Seq(209)));
    let events = events(None);
    assert_eq!(self_trades(&events), 19);
    let numbers: Vec<u64> = expired(&events, 0).iter().map(|&(_, _, number)| number).collect();
    assert!(numbers.is_sorted() && numbers.len() > 10, "in rising number: {numbers:?}");
    counts::note(batches.len(), "batches of the first rules replayed to their events");
}

#[test]
fn the_same_commands_behind_the_second_rules_lead_to_other_events() {
    let (first, second) = (events(None), events(Some(Rules::SECOND)));
    assert_eq!(self_trades(&second), 0);
    let prevented = |event: &&Event| matches!(event, Event::OrderCancelled { reason: CancelReason::SelfTrade, .. });
    assert!(second.iter().flat_map(|(_, events)| events).filter(prevented).count() > 10);

    // The first two orders are of one account and cross: then a trade, now what arrives is cancelled whole.
    let buy = first.iter().position(|(command, _)| matches!(command, Command::SubmitOrder(_))).expect("orders") + 1;
    assert!(matches!(first[buy].1[1], Event::Traded(trade) if trade.lots.0 == 5));
    match &second[buy + 1].1[..] {
        [Event::OrderAccepted { .. }, Event::OrderCancelled { account: AccountId(1), lots, reason, .. }] => {
            assert_eq!((lots.0, *reason), (5, CancelReason::SelfTrade));
        }
        other => panic!("{other:?}"),
    }

    // Bids from the highest down, then offers from the lowest up, at one price in the order of their numbers.
    let expired = expired(&second, 1);
    let mut sorted = expired.clone();
    sorted.sort_by_key(|&(side, price, number)| {
        (side == Side::Sell, if side == Side::Buy { -price.0 } else { price.0 }, number)
    });
    assert_eq!(expired, sorted);
    assert!(!expired.iter().map(|&(_, _, number)| number).is_sorted(), "which is not rising number");
}
