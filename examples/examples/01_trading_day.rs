//! A trading day of one GPU-hour future on the bare exchange core: tape, positions, trial balance, and a replay that proves it.

#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use engine::Engine;
use engine::command::{Command, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, SettlementKind, Terms};
use engine::journal::bytes::Writer;
use engine::order::OrderRequest;
use engine::units::{Cash, Day, Lots, Price, Side, Timestamp};

const NAMES: [(&str, u32); 3] = [("lab", 1), ("owner", 2), ("maker", 3)];
const AUGUST: InstrumentId = InstrumentId(1);
/// 2026-07-07, in days since 1970-01-01.
const TODAY: Day = Day(20_641);

fn main() {
    let (mut venue, mut journal, mut events) = (Engine::new(), Vec::new(), Vec::new());
    let mut send = |time: Timestamp, key: KeyId, command: Command| {
        let stamp = Stamp { seq: Seq(journal.len() as u64 + 1), time, key, session: 0 };
        journal.push((stamp, command.encode()));
        if let Err(reject) = venue.apply(&stamp, &command, &mut events) {
            println!("  refused ({}): {reject}", reject.number());
        }
    };

    println!("H100-SXM.GLOBAL.OD-2026-08: 1 lot = 1 GPU for 744 hours\n");
    let morning = TODAY.start();
    send(morning, KeyId::VENUE, Command::ListInstrument { terms: august() });
    for (_, number) in NAMES {
        let (account, key) = (AccountId(number), KeyId(u64::from(number)));
        let credential = engine::command::Credential::Ed25519([0; 32]);
        send(morning, KeyId::VENUE, Command::OpenAccount { account });
        send(morning, KeyId::VENUE, Command::RegisterKey { key, credential, role: Role::Trader(account) });
        let (asset, amount) = (AssetId::USD, Cash(100_000_000_000).into());
        send(morning, KeyId::VENUE, Command::Deposit { account, asset, amount, reference: 1 });
    }
    let orders = [
        (3, Side::Sell, 5, 3_260_000), // the maker quotes
        (3, Side::Buy, 5, 3_240_000),
        (1, Side::Buy, 3, 3_270_000),   // the lab hedges August and pays the maker's price
        (2, Side::Sell, 7, 3_235_000),  // the owner of GPUs sells August forward; 2 lots rest
        (1, Side::Buy, 4, 3_250_000),   // the lab takes them and bids for 2 more
        (2, Side::Sell, 50, 3_250_000), // more than the owner's collateral covers
    ];
    for (number, (account, side, lots, limit)) in orders.into_iter().enumerate() {
        let client_order_id = ClientOrderId::new(&format!("order-{number}")).expect("a valid label");
        let (account, lots, limit) = (AccountId(account), Lots(lots), Price(limit));
        let request = OrderRequest::limit(account, client_order_id, AUGUST, side, lots, limit);
        send(morning.plus_micros(3_600_000_000), KeyId(account.0.into()), Command::SubmitOrder(request));
    }
    let (instrument, kind) = (AUGUST, SettlementKind::Daily);
    send(TODAY.end(), KeyId::VENUE, Command::StartSettlement { instrument, day: TODAY, kind });
    send(TODAY.end(), KeyId::VENUE, Command::AdvanceSettlement { instrument });

    println!("\ntape");
    for event in &events {
        if let Event::Traded(trade) = event {
            println!("  trade {} {:>2} lots @ {} ({} took)", trade.trade, trade.lots, trade.price, trade.taker_side);
        }
    }
    println!("\nafter the daily settlement      lots            posted              held");
    for (name, number) in NAMES {
        let account = AccountId(number);
        let balance = venue.ledger().balance(engine::ledger::LedgerAccount::Customer(account), AssetId::USD);
        let position = venue.exposure(AUGUST, account).position;
        let [posted, held] = [balance.posted, balance.held].map(|amount| amount.dollars());
        println!("  {name:<28} {position:>6} {posted:>17} {held:>17}");
    }
    println!("\ntrial balance");
    for (account, _, balance) in venue.ledger().trial_balance() {
        println!("  {:<24} {:>20}", format!("{account:?}"), balance.posted.dollars());
    }
    println!("  {:<24} {:>20}", "sum", venue.ledger().total(AssetId::USD));

    let (mut again, mut events_again) = (Engine::new(), Vec::new());
    for (stamp, bytes) in &journal {
        let command = Command::decode(bytes).expect("what was encoded decodes");
        again.apply(stamp, &command, &mut events_again).ok(); // A refusal is an event, too.
    }
    assert_eq!(again.state_hash(), venue.state_hash());
    assert_eq!(event_hash(&events_again), event_hash(&events));
    println!("\nreplay of {} commands: state {}", journal.len(), blake3::Hash::from(again.state_hash()));
    println!("and {} events {}, both as before", events.len(), event_hash(&events));
}

fn august() -> Terms {
    let symbol = Symbol::new("H100-SXM.GLOBAL.OD-2026-08").expect("a valid label");
    let fees = FeeRates { maker: Price(0), taker: Price(500) };
    let kind = Kind::Month(Month { series: SeriesId(1), first_day: Day(20_666), days: 31 });
    let (tick, floor, cap) = (Price(1_000), Price(0), Price(10_000_000));
    Terms { instrument: AUGUST, symbol, kind, tick, floor, cap, fees }
}

fn event_hash(events: &[Event]) -> blake3::Hash {
    let mut bytes = Writer::default();
    events.iter().for_each(|event| event.encode(&mut bytes));
    blake3::hash(&bytes.0)
}
