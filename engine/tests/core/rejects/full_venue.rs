//! A venue that holds as much as it can refuses one more, and not one earlier.

use engine::command::{Command, Credential, FixingStage, Role};
use engine::event::Event;
use engine::ids::{AccountId, AssetId, InstrumentId, KeyId, OrderId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, SettlementKind, Terms};
use engine::limits;
use engine::order::{OrderRequest, Pricing};
use engine::reject::Reject;
use engine::units::{Amount, Day, Lots, Price, Side};

use super::{Row, UNKNOWN_KEY, check};
use crate::compare::is_long_run;
use crate::venue::{TODAY, Venue, order, terms_of, usual_month, usual_terms};

#[test]
fn contracts() {
    let mut venue = Venue::empty();
    let listing = |number: usize| {
        let instrument = InstrumentId(u32::try_from(number).unwrap());
        let symbol = Symbol::new(&format!("C{number}")).unwrap();
        Command::ListInstrument { terms: Terms { instrument, symbol, ..usual_terms() } }
    };
    for number in 0..limits::INSTRUMENTS_MAX {
        venue.operate(listing(number)).unwrap();
    }
    let Command::ListInstrument { terms } = listing(limits::INSTRUMENTS_MAX) else { unreachable!() };
    let invalid =
        Command::ListInstrument { terms: Terms { kind: Kind::Month(Month { days: 0, ..usual_month() }), ..terms } };
    let margined = Command::ListInstrument { terms: Terms { kind: Kind::MarginedMonth(usual_month()), ..terms } };
    check(vec![
        Row::of_venue(&[33], &venue, listing(limits::INSTRUMENTS_MAX)),
        Row::of_venue(&[32, 33], &venue, invalid),
        // Without the third version of the rules.
        Row::of_venue(&[32, 33], &venue, margined),
        Row::of_venue(&[30, 31, 33], &venue, listing(0)),
    ]);
}

#[test]
fn money() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    let deposit = |amount, reference| {
        let (account, asset, amount) = (AccountId(1), AssetId::USD, Amount(amount));
        Command::Deposit { account, asset, amount, reference }
    };
    let (total, largest) = (limits::TOTAL_CASH_MAX.0, limits::DEPOSIT_MAX.0);
    let times = u64::try_from(total / largest).unwrap();
    for reference in 1..times {
        venue.operate(deposit(largest, reference)).unwrap();
    }
    venue.operate(deposit(largest - 1, times)).unwrap();
    check(vec![
        Row::of_venue(&[62], &venue, deposit(2, times + 1)),
        Row::of_venue(&[60, 62], &venue, deposit(largest + 1, times + 1)),
        Row::of_venue(&[61, 62], &venue, deposit(2, times)),
        Row::of_venue(&[61, 62], &venue, deposit(2, times + 2)),
    ]);
    assert_eq!(venue.operate(deposit(1, times + 1)), Ok(()));
    check(vec![Row::of_venue(&[62], &venue, deposit(1, times + 2))]);
}

#[test]
fn fixings() {
    let mut venue = Venue::with_accounts(1..=1, 0);
    let fixing = |series, day, price| {
        let (series, day, price) = (SeriesId(series), Day(day), Some(Price(price)));
        Command::RecordFixing { series, day, stage: FixingStage::Provisional, price }
    };
    let days = i32::try_from(limits::FIXINGS_MAX).unwrap();
    for day in 0..days {
        venue.operate(fixing(1, day, 5)).unwrap();
    }
    check(vec![
        Row::of_venue(&[73], &venue, fixing(1, days, 5)),
        Row::of_venue(&[70, 73], &venue, fixing(2, 0, i64::MAX)),
    ]);
    assert_eq!(venue.operate(fixing(1, 0, 6)), Ok(()), "a day that has a value may get another");
}

/// Three million commands take half a minute without optimisation, so only a run with more cases than usual has them.
#[test]
fn accounts_and_keys() {
    if !is_long_run() {
        return;
    }
    let mut venue = Venue::empty();
    let open = |number: usize| Command::OpenAccount { account: AccountId(u32::try_from(number).unwrap()) };
    for number in 0..limits::ACCOUNTS_MAX {
        venue.operate(open(number)).unwrap();
    }
    let register = |number: usize, role| {
        let (key, credential) = (KeyId(number as u64), Credential::Ed25519([0; 32]));
        Command::RegisterKey { key, credential, role }
    };
    for number in 1..=limits::KEYS_MAX {
        venue.operate(register(number, Role::Operator)).unwrap();
    }
    let nobody = Role::Trader(AccountId(u32::MAX));
    check(vec![
        Row::of_venue(&[12], &venue, open(limits::ACCOUNTS_MAX)),
        Row::of_venue(&[10, 12], &venue, open(0)),
        Row::of_venue(&[21], &venue, register(limits::KEYS_MAX + 1, Role::Operator)),
        Row::of_venue(&[11, 21], &venue, register(limits::KEYS_MAX + 1, nobody)),
        Row::of_venue(&[20, 21], &venue, register(1, Role::Operator)),
    ]);
}

const REMEMBERED: u32 = limits::REMEMBERED_ORDERS_MAX;

/// A contract that trades when the other one has ended.
const LATER: InstrumentId = InstrumentId(2);

/// A venue in which account 1 is remembered for so many orders of one lot, all filled by account 2. The contract is delivered today, so
/// that it can end before they are forgotten.
fn remembering(orders: u32) -> Venue {
    let fees = FeeRates { maker: Price(0), taker: Price(0) };
    let month = Month { first_day: TODAY, days: 1, ..usual_month() };
    let terms = Terms { fees, ..terms_of(month) };
    let mut venue = Venue::with_terms(terms, 1..=2, 1_000_000);
    let terms = Terms { instrument: LATER, symbol: Symbol::new("LATER").unwrap(), ..usual_terms() };
    venue.operate(Command::ListInstrument { terms }).unwrap();
    venue.credit(2, 900_000_000);
    venue.now = venue.now.plus_micros(3_600_000_000);
    // At the floor a buyer can lose nothing.
    for number in 0..orders {
        if number % 100_000 == 0 {
            venue.sell(2, 100_000, 0, &format!("offer-{number}")).unwrap();
        }
        venue.buy(1, 1, 0, &format!("n{number}")).unwrap();
    }
    venue
}

/// Orders that finish at once, until account 1 is remembered for so many.
fn fill_up(venue: &mut Venue, orders: u32) {
    for number in venue.engine.account(AccountId(1)).unwrap().remembered_orders..orders {
        let order = venue.sell(1, 1, 10_000_000, &format!("cancelled-{number}")).unwrap();
        venue.cancel(1, order).unwrap();
    }
}

#[test]
fn remembered_orders() {
    // A thousand are left for what single rows need.
    let nearly = remembering(REMEMBERED - 1_000);
    let mut venue = nearly.clone();
    fill_up(&mut venue, REMEMBERED - 1);
    let last = venue.buy(1, 1, 0, "last").unwrap();
    assert_eq!(venue.engine.account(AccountId(1)).unwrap().remembered_orders, REMEMBERED);

    let one_more = order(1, Side::Buy, 7, 3_250_000, "one-more");
    let request =
        |broken: &[u16], request| Row { key: 1, ..Row::of_venue(broken, &venue, Command::SubmitOrder(request)) };
    let mut rows = vec![
        request(&[49], one_more),
        request(&[49], OrderRequest { side: Side::Sell, ..one_more }),
        request(&[34, 49], OrderRequest { instrument: InstrumentId(99), ..one_more }),
        request(&[40, 49], order(1, Side::Buy, 2, 0, "last")),
        request(&[43, 49], OrderRequest { lots: Lots(0), ..one_more }),
        request(&[44, 49], OrderRequest { pricing: Pricing::Limit(Price(10_001_000)), ..one_more }),
        request(&[45, 49], OrderRequest { pricing: Pricing::Limit(Price(3_250_500)), ..one_more }),
        request(
            &[48, 49],
            OrderRequest { lots: Lots(100_000), pricing: Pricing::Limit(Price(10_000_000)), ..one_more },
        ),
        Row { key: UNKNOWN_KEY, ..request(&[1, 49], one_more) },
        Row { key: 2, ..request(&[3, 49], one_more) },
    ];
    let row =
        |broken: &[u16], venue: &Venue| Row { key: 1, ..Row::of_venue(broken, venue, Command::SubmitOrder(one_more)) };
    let mut revoked = venue.clone();
    revoked.operate(Command::RevokeKey { key: KeyId(1) }).unwrap();
    rows.push(row(&[2, 49], &revoked));
    let mut settling = venue.clone();
    settling.fix(TODAY, FixingStage::Final, Some(0)).unwrap();
    settling.start(Day(TODAY.0 - 1), SettlementKind::Daily).unwrap();
    rows.push(row(&[41, 49], &settling));
    let mut expired = venue.clone();
    expired.now = TODAY.end();
    rows.push(row(&[42, 49], &expired));
    let mut thousand_open = nearly.clone();
    for number in 0..1_000 {
        thousand_open.sell(1, 1, 10_000_000, &format!("open-{number}")).unwrap();
    }
    rows.push(row(&[46, 49], &thousand_open));
    let mut million_lots = nearly.clone();
    for (number, lots) in [100_000; 8].into_iter().chain([1_000]).enumerate() {
        // With the position of 199 000 they come to a million.
        million_lots.buy(1, lots, 0, &format!("large-{number}")).unwrap();
    }
    fill_up(&mut million_lots, REMEMBERED);
    rows.push(row(&[47, 49], &million_lots));
    check(rows);
    a_full_account_waits(venue, last);
}

/// What an account that is remembered for as many orders as possible may still do, and when it may trade again.
fn a_full_account_waits(mut venue: Venue, last: OrderId) {
    venue.buy(1, 1, 0, "last").unwrap();
    assert_eq!(
        venue.events,
        [Event::OrderReplayed { order: last, filled: Lots(1), rested: Lots(0) }],
        "what it has sent it may send again"
    );
    venue.buy(2, 1, 0, "another-account").unwrap();
    let later = OrderRequest { instrument: LATER, ..order(1, Side::Buy, 1, 0, "later") };
    // The first of them finished at this hour of the day before.
    venue.now = venue.now.plus_micros(limits::ORDER_RETENTION_US - 1);
    assert_eq!(venue.submit(later), Err(Reject::TooManyOrders));
    venue.now = venue.now.plus_micros(1);
    venue.submit(later).unwrap();
    assert_eq!(venue.engine.account(AccountId(1)).unwrap().remembered_orders, REMEMBERED - 4 + 1);
}
