//! Margin on the bare exchange core: what a position and a spread need, a question without consequences, a margin call.
#![allow(clippy::print_stdout, reason = "an example prints what it does")]
use engine::command::{Command, Credential, Role, Stamp};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Seq, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Terms};
use engine::margin::{Risk, SeriesMargin};
use engine::order::OrderRequest;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Lots, Price, Side, Timestamp};
use engine::{Engine, SimulatedPosition};
const AUGUST: InstrumentId = InstrumentId(1);
const SEPTEMBER: InstrumentId = InstrumentId(2);
const LAB: u32 = 1;
const MAKER: u32 = 2;

/// Sends a command, and does what it makes due before anything else happens.
fn send(venue: &mut Engine, key: u32, command: Command) -> Vec<Event> {
    let mut events = Vec::new();
    let stamp = |venue: &Engine, key| Stamp { seq: Seq(venue.seq().0 + 1), time: Timestamp(0), key, session: 0 };
    let key = if key == 0 { KeyId::VENUE } else { KeyId(key.into()) };
    let outcome = venue.apply(&stamp(venue, key), &command, &mut events);
    outcome.unwrap_or_else(|reject| println!("  refused ({}): {reject}", reject.number()));
    while venue.next_due().is_some_and(|due| due <= Timestamp(0)) {
        venue.apply(&stamp(venue, KeyId::VENUE), &Command::ProcessDue, &mut events).expect("something is due");
    }
    events
}

fn order(venue: &mut Engine, account: u32, instrument: InstrumentId, side: Side, lots: u32, limit: i64) {
    let (name, account_id) = (ClientOrderId::new(&venue.seq().to_string()).expect("a label"), AccountId(account));
    let request = OrderRequest::limit(account_id, name, instrument, side, Lots(lots), Price(limit));
    send(venue, account, Command::SubmitOrder(request));
}

fn value(venue: &mut Engine, instrument: InstrumentId, version: u64, usd: i64) -> Vec<Event> {
    let thirds = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3].map(|part| Cash(part * usd * 1_000_000 / 3));
    let risk = Risk { version, expires: Timestamp(1), reference: Price(3_000_000), losses: thirds };
    let published = send(venue, 0, Command::PublishRisk { instrument, risk });
    [published, send(venue, 0, Command::UpdateMark { instrument })].concat()
}

fn show(venue: &Engine, what: &str) {
    let report = venue.margin_report(AccountId(LAB)).expect("the account is open");
    println!("{what:<32} equity {}  initial {}  maintenance {}", report.equity, report.initial, report.maintenance);
}

fn main() {
    let venue = &mut set_up();
    order(venue, MAKER, AUGUST, Side::Sell, 5, 3_010_000);
    order(venue, LAB, AUGUST, Side::Buy, 5, 3_010_000);
    order(venue, LAB, AUGUST, Side::Buy, 4, 3_010_000);
    show(venue, "long 4 August");
    let held = |instrument, position| SimulatedPosition { instrument, position, orders: Vec::new() };
    let spread = venue.simulate_margin(&[held(AUGUST, 4), held(SEPTEMBER, -4)]).expect("both are on margin");
    println!("  if it were short 4 September, too, it would need {}", spread.initial);
    order(venue, MAKER, SEPTEMBER, Side::Buy, 4, 3_000_000);
    order(venue, LAB, SEPTEMBER, Side::Sell, 4, 3_000_000);
    show(venue, "and short 4 September");
    order(venue, LAB, AUGUST, Side::Buy, 3, 2_990_000);
    value(venue, AUGUST, 2, 700).iter().for_each(|event| println!("  {event:?}"));
    show(venue, "behind the call");
}

fn set_up() -> Engine {
    let mut venue = Engine::new();
    let margin = SeriesMargin {
        scan_floor: Price(1),
        step_max: Price(1_000_000),
        mark_band: Price(500_000),
        calendar_charge: Cash(30_000_000),
        delivery_charge: Cash(0),
        concentration_lots: 0,
        concentration_charge: Cash(0),
        minimum_charge: Cash(10_000_000),
        position_max: Lots(100),
        open_interest_max: Lots(1_000),
        settlement_lots: Lots(1),
        stale_after_us: 0,
        frozen_us: 0,
    };
    drop([Rules::SECOND, Rules::THIRD].map(|rules| send(&mut venue, 0, Command::AdoptRules { rules })));
    send(&mut venue, 0, Command::SetMargin { series: SeriesId(1), margin });
    for (instrument, name, first_day, days) in [(AUGUST, "2026-08", 20_666, 31), (SEPTEMBER, "2026-09", 20_697, 30)] {
        let (symbol, fees) = (Symbol::new(name).expect("a label"), FeeRates { maker: Price(0), taker: Price(500) });
        let kind = Kind::MarginedMonth(Month { series: SeriesId(1), first_day: Day(first_day), days });
        let (tick, floor, cap) = (Price(1_000), Price(0), Price(10_000_000));
        let terms = Terms { instrument, symbol, kind, tick, floor, cap, fees };
        send(&mut venue, 0, Command::ListInstrument { terms });
        value(&mut venue, instrument, 1, if instrument == AUGUST { 446 } else { 432 });
    }
    for (number, usd) in [(LAB, 2_000_000_000), (MAKER, 1_000_000_000_000)] {
        let (account, key, credential) = (AccountId(number), KeyId(number.into()), Credential::Ed25519([0; 32]));
        send(&mut venue, 0, Command::OpenAccount { account });
        send(&mut venue, 0, Command::RegisterKey { key, credential, role: Role::Trader(account) });
        send(&mut venue, 0, Command::Deposit { account, asset: AssetId::USD, amount: Amount(usd), reference: 1 });
    }
    venue
}
