//! The state hash covers the whole state: histories of one length that differ in one thing have different hashes.

use engine::command::{Command, Credential, FixingStage, Role};
use engine::ids::{AccountId, AssetId, InstrumentId, KeyId, SeriesId, Symbol};
use engine::instrument::{FeeRates, Month, SettlementKind, Terms};
use engine::limits;
use engine::units::{Amount, Day, Price, Side};

use crate::counts::count;
use crate::venue::{CONTRACT, TODAY, Venue, order, terms_of, usual_month, usual_terms};

const PRICE: i64 = 3_000_000;
const YESTERDAY: Day = Day(TODAY.0 - 1);

type History = fn(&mut Venue);

#[test]
fn whatever_differs_shows_in_the_hash() {
    let rows = rows();
    for (what, histories) in &rows {
        let mut hashes = Vec::new();
        let mut seq = None;
        for history in histories {
            let mut venue = Venue::with_accounts(1..=2, 1_000_000);
            history(&mut venue);
            assert_eq!(*seq.get_or_insert(venue.seq), venue.seq, "{what}: histories of one length");
            hashes.push(venue.engine.state_hash());
        }
        let different = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), different, "{what}");
    }
    count(rows.len(), "differences seen in the state hash");
}

#[test]
fn every_term_of_a_contract_shows_in_the_hash() {
    let usual = usual_terms();
    let (fees, month) = (usual.fees, usual_month());
    let variants = [
        usual,
        Terms { instrument: InstrumentId(2), ..usual },
        Terms { symbol: Symbol::new("OTHER").unwrap(), ..usual },
        terms_of(Month { series: SeriesId(2), ..month }),
        terms_of(Month { first_day: month.first_day.next(), ..month }),
        terms_of(Month { days: 30, ..month }),
        Terms { tick: Price(2_000), ..usual },
        Terms { floor: Price(1_000), ..usual },
        Terms { cap: Price(9_000_000), ..usual },
        Terms { fees: FeeRates { maker: Price(1), ..fees }, ..usual },
        Terms { fees: FeeRates { taker: Price(1), ..fees }, ..usual },
    ];
    let mut hashes = variants.map(|terms| Venue::with_terms(terms, 1..=1, 0).engine.state_hash()).to_vec();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), variants.len());
}

/// A command that is refused and changes nothing.
fn nothing(venue: &mut Venue) {
    venue.operate(Command::AdvanceSettlement { instrument: InstrumentId(99) }).unwrap_err();
}

fn rows() -> Vec<(&'static str, Vec<History>)> {
    let mut rows = registry_rows();
    rows.extend(order_rows());
    rows.extend(settlement_rows());
    rows
}

fn registry_rows() -> Vec<(&'static str, Vec<History>)> {
    fn open(venue: &mut Venue, account: u32) {
        venue.operate(Command::OpenAccount { account: AccountId(account) }).unwrap();
    }
    fn register(venue: &mut Venue, key: u64, credential: Credential, role: Role) {
        venue.operate(Command::RegisterKey { key: KeyId(key), credential, role }).unwrap();
    }
    fn deposit(venue: &mut Venue, account: u32, amount: i64, reference: u64) {
        let (account, asset, amount) = (AccountId(account), AssetId::USD, Amount(amount));
        venue.operate(Command::Deposit { account, asset, amount, reference }).unwrap();
    }
    /// Deposits behind the first; one of nothing is refused and takes no number.
    fn deposit_parts(venue: &mut Venue, account: u32, amounts: &[i64]) {
        for (reference, &amount) in (2..).zip(amounts) {
            let (account, asset, amount) = (AccountId(account), AssetId::USD, Amount(amount));
            let answer = venue.operate(Command::Deposit { account, asset, amount, reference });
            assert_eq!(answer.is_ok(), amount > Amount::ZERO);
        }
    }
    vec![
        ("an account", vec![nothing, |venue| open(venue, 7), |venue| open(venue, 8)]),
        (
            "a key",
            vec![
                nothing,
                |venue| register(venue, 7, Credential::Ed25519([1; 32]), Role::Operator),
                |venue| register(venue, 8, Credential::Ed25519([1; 32]), Role::Operator),
                |venue| register(venue, 7, Credential::Ed25519([2; 32]), Role::Operator),
                |venue| register(venue, 7, Credential::TokenSha256([1; 32]), Role::Operator),
                |venue| register(venue, 7, Credential::Ed25519([1; 32]), Role::Trader(AccountId(1))),
                |venue| register(venue, 7, Credential::Ed25519([1; 32]), Role::Trader(AccountId(2))),
            ],
        ),
        ("a revoked key", vec![nothing, |venue| venue.operate(Command::RevokeKey { key: KeyId(1) }).unwrap()]),
        (
            "a deposit",
            vec![
                nothing,
                // Both accounts had their first deposit when the venue was set up.
                |venue| deposit(venue, 1, 5, 2),
                |venue| deposit(venue, 2, 5, 2),
                |venue| deposit(venue, 1, 6, 2),
            ],
        ),
        (
            "how many deposits were made",
            vec![|venue| deposit_parts(venue, 1, &[10, 0]), |venue| deposit_parts(venue, 1, &[5, 5])],
        ),
        (
            "to whom how many deposits were made",
            vec![
                |venue| {
                    deposit_parts(venue, 1, &[10]);
                    deposit_parts(venue, 2, &[5, 5]);
                },
                |venue| {
                    deposit_parts(venue, 1, &[5, 5]);
                    deposit_parts(venue, 2, &[10]);
                },
            ],
        ),
        (
            "the time",
            vec![nothing, |venue| {
                venue.now = venue.now.plus_micros(1);
                nothing(venue);
            }],
        ),
    ]
}

fn order_rows() -> Vec<(&'static str, Vec<History>)> {
    vec![
        (
            "an order",
            vec![
                nothing,
                |venue| submit(venue, Side::Buy, 1, 1, PRICE, "name"),
                |venue| submit(venue, Side::Buy, 2, 1, PRICE, "name"),
                |venue| submit(venue, Side::Buy, 1, 2, PRICE, "name"),
                |venue| submit(venue, Side::Buy, 1, 1, PRICE + 1_000, "name"),
                |venue| submit(venue, Side::Buy, 1, 1, PRICE, "other"),
                |venue| submit(venue, Side::Sell, 1, 1, PRICE, "name"),
            ],
        ),
        (
            "when an order finished",
            vec![|venue| finish_between(venue, 0, 5), |venue| finish_between(venue, 1, 4), |venue| {
                finish_between(venue, 5, 0)
            }],
        ),
        (
            "whether a name is kept",
            vec![|venue| finish_between(venue, 0, limits::ORDER_RETENTION_US), |venue| {
                finish_between(venue, 1, limits::ORDER_RETENTION_US - 1)
            }],
        ),
        (
            "when a trade was made",
            vec![|venue| trade_between(venue, PRICE, 0, 2), |venue| trade_between(venue, PRICE, 1, 1), |venue| {
                trade_between(venue, PRICE + 1_000, 1, 1)
            }],
        ),
        ("how many trades were made", vec![|venue| buy_two(venue, [1, 1]), |venue| buy_two(venue, [2, 0])]),
    ]
}

fn submit(venue: &mut Venue, side: Side, account: u32, lots: u32, limit: i64, name: &str) {
    venue.submit(order(account, side, lots, limit, name)).unwrap();
}

/// An order is cancelled so many microseconds from now, and then others pass.
fn finish_between(venue: &mut Venue, before: i64, after: i64) {
    let order = venue.buy(1, 1, PRICE, "name").unwrap();
    venue.now = venue.now.plus_micros(before);
    venue.cancel(1, order).unwrap();
    venue.now = venue.now.plus_micros(after);
    nothing(venue);
}

/// A trade is made in so many days, and then others pass until all names are forgotten.
fn trade_between(venue: &mut Venue, price: i64, before: u16, after: u16) {
    venue.now = TODAY.plus(before).start();
    venue.buy(1, 1, price, "buy").unwrap();
    venue.sell(2, 1, price, "sell").unwrap();
    venue.now = TODAY.plus(before + after).start();
    nothing(venue);
}

/// Two lots are bought by orders of these sizes, sold at once, and all names forgotten.
fn buy_two(venue: &mut Venue, sizes: [u32; 2]) {
    for (name, lots) in ["first", "second"].into_iter().zip(sizes) {
        // An order for nothing is refused and takes a number like any other.
        let _ = venue.buy(1, lots, PRICE, name);
    }
    venue.sell(2, 2, PRICE, "both").unwrap();
    venue.now = venue.now.plus_micros(limits::ORDER_RETENTION_US);
    nothing(venue);
}

fn settlement_rows() -> Vec<(&'static str, Vec<History>)> {
    fn fix(venue: &mut Venue, series: u32, day: i32, stage: FixingStage, price: Option<i64>) {
        let (series, day, price) = (SeriesId(series), Day(day), price.map(Price));
        venue.operate(Command::RecordFixing { series, day, stage, price }).unwrap();
    }
    fn settle_daily(venue: &mut Venue, day: Day, price: i64) {
        venue.fix(TODAY, FixingStage::Final, Some(price)).unwrap();
        venue.start(day, SettlementKind::Daily).unwrap();
    }
    fn settle(venue: &mut Venue, kind: SettlementKind) {
        venue.now = usual_terms().end();
        venue.fix_all(PRICE);
        venue.start(Day(venue.now.day().0 - 1), kind).unwrap();
    }
    vec![
        (
            "a fixing",
            vec![
                nothing,
                |venue| fix(venue, 1, 5, FixingStage::Final, Some(7)),
                |venue| fix(venue, 2, 5, FixingStage::Final, Some(7)),
                |venue| fix(venue, 1, 6, FixingStage::Final, Some(7)),
                |venue| fix(venue, 1, 5, FixingStage::Provisional, Some(7)),
                |venue| fix(venue, 1, 5, FixingStage::Final, Some(8)),
            ],
        ),
        (
            "where a fixing came from",
            vec![
                |venue| {
                    fix(venue, 1, 5, FixingStage::Final, Some(7));
                    fix(venue, 1, 6, FixingStage::Final, Some(7));
                },
                |venue| {
                    fix(venue, 1, 5, FixingStage::Final, Some(7));
                    fix(venue, 1, 6, FixingStage::Final, None);
                },
            ],
        ),
        (
            "a settlement that was started",
            vec![
                |venue| {
                    venue.fix(TODAY, FixingStage::Final, Some(PRICE)).unwrap();
                    nothing(venue);
                },
                |venue| settle_daily(venue, YESTERDAY, PRICE),
                |venue| settle_daily(venue, Day(TODAY.0 - 2), PRICE),
                |venue| settle_daily(venue, YESTERDAY, PRICE + 1),
            ],
        ),
        (
            "the kind of a settlement",
            vec![|venue| settle(venue, SettlementKind::Daily), |venue| settle(venue, SettlementKind::Final)],
        ),
        (
            "a settlement that is complete",
            vec![
                |venue| {
                    venue.now = usual_terms().end();
                    venue.fix_all(PRICE);
                    nothing(venue);
                    nothing(venue);
                },
                |venue| {
                    settle(venue, SettlementKind::Daily);
                    nothing(venue);
                },
                |venue| {
                    settle(venue, SettlementKind::Daily);
                    venue.operate(Command::AdvanceSettlement { instrument: CONTRACT }).unwrap();
                },
                |venue| {
                    settle(venue, SettlementKind::Final);
                    venue.operate(Command::AdvanceSettlement { instrument: CONTRACT }).unwrap();
                },
            ],
        ),
    ]
}
