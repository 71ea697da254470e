//! What everything about a chain can be refused for, and what else is refused once one is attached, an account is in exit, or the chain is
//! frozen.

use engine::Engine;
use engine::chain::{Address, ChainDomain, Pseudonym};
use engine::command::{Command, Role};
use engine::ids::{AccountId, AssetId, AssetSymbol, ClientOrderId};
use engine::instrument::SettlementKind;
use engine::limits;
use engine::order::OrderRequest;
use engine::rules::Rules;
use engine::units::{Amount, Lots, Price, Side};

use super::{RowOf, UNKNOWN_KEY, check};
use crate::chain::{FUND, alias, arrival, attach, link, withdrawal};
use crate::incidents::{CONTRACT, coin, move_to, serve, set_margin};
use crate::margin::{DOLLAR, LENIENT, trade, venue, venue_under};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf, usual_terms};

const NOBODY: u32 = 99;
const UNITS: AssetId = AssetId(2);
/// A second operator's key.
const OPERATOR: u64 = 70;

fn import(index: u64, asset: AssetId, amount: i64) -> Command {
    Command::CreditImport { index, pseudonym: alias(1), asset, amount: Amount(amount) }
}

fn exit(number: u64, account: u32, target: Amount) -> Command {
    Command::ReceiveExit { number, pseudonym: alias(account), target }
}

fn cut(number: u64) -> Command {
    Command::CutBatch { number }
}

fn deposit(account: u32, asset: AssetId, amount: i64, reference: u64) -> Command {
    Command::Deposit { account: AccountId(account), asset, amount: Amount(amount), reference }
}

fn request(account: u32, asset: AssetId, amount: i64, reference: u64) -> Command {
    Command::RequestWithdrawal { account: AccountId(account), asset, amount: Amount(amount), reference }
}

fn transfer(to: u32, asset: AssetId, amount: i64, reference: u64) -> Command {
    let (from, to) = (AccountId(1), AccountId(to));
    Command::TransferFunds { from, to, asset, amount: Amount(amount), reference }
}

/// Accounts 1 and 2 with 100 dollars and a pseudonym, 5 and 6 that belong to the owner of 1 of which 5 has one, and 3 without; 30 units of
/// account 1, of which 10 are out; one batch.
fn attached<E: Stage>() -> VenueOf<E> {
    let mut venue = venue::<E>(3, 0);
    venue.register(OPERATOR, Role::Operator).unwrap();
    venue
        .operate(Command::DefineAsset { asset: UNITS, symbol: AssetSymbol::new("UNITS").unwrap(), decimals: 0 })
        .unwrap();
    for account in [5, 6].map(AccountId) {
        venue.operate(Command::OpenSubAccount { account, master: AccountId(1) }).unwrap();
    }
    venue.operate(attach()).unwrap();
    for (index, account) in (1..).zip([1, 2]) {
        venue.send(engine::ids::KeyId(u64::from(account)), link(account, alias(account))).unwrap();
        venue.operate(arrival(index, alias(account), 100 * DOLLAR)).unwrap();
    }
    venue.send(engine::ids::KeyId(1), link(5, alias(5))).unwrap();
    venue.operate(deposit(1, UNITS, 30, 1)).unwrap();
    venue.send(engine::ids::KeyId(1), withdrawal(1, UNITS, 10, 1)).unwrap();
    venue.operate(cut(1)).unwrap();
    venue
}

/// The coin, of which 1 is long 50 at 3 and 2 short.
fn trading<E: Stage>() -> VenueOf<E> {
    let mut venue = attached::<E>();
    venue.operate(Command::ListInstrument { terms: coin(1) }).unwrap();
    set_margin(&mut venue, LENIENT);
    move_to(&mut venue, 1, 3 * DOLLAR, DOLLAR / 10);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 50, 3 * DOLLAR);
    venue
}

/// The same in the middle of the day's settlement, at a price.
fn settling<E: Stage>(price: i64) -> VenueOf<E> {
    let mut venue = trading::<E>();
    let risk = crate::margin::moves(&venue, 2, price, DOLLAR / 10);
    crate::margin::publish(&mut venue, CONTRACT, risk).unwrap();
    serve(&mut venue);
    venue.now = TODAY.plus(1).start();
    let (instrument, day, kind) = (CONTRACT, TODAY, SettlementKind::Daily);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    venue
}

#[test]
fn attaching_and_linking() {
    check(rows_of_attaching::<Engine>());
    check(rows_of_attaching::<Twin>());
}

fn rows_of_attaching<E: Stage>() -> Vec<RowOf<E>> {
    let (early, bare, paid) = (venue_under::<E>(Rules::FOURTH, 1, 100), venue::<E>(1, 0), venue::<E>(1, 100));
    let (mut listed, attached) = (venue::<E>(1, 0), attached::<E>());
    listed.operate(Command::ListInstrument { terms: usual_terms() }).unwrap();
    let of = |chain_id, vault, token, insurance| {
        let (vault, token) = (Address([vault; 20]), Address([token; 20]));
        Command::AttachChain { chain: ChainDomain { chain_id, vault, token }, insurance }
    };
    let row = |broken: &[u16], venue: &VenueOf<E>, command| RowOf::of_venue(broken, venue, command);
    let owner =
        |broken: &[u16], venue: &VenueOf<E>, account, command| RowOf::of_account(broken, venue, account, command);
    vec![
        row(&[7], &early, attach()),
        row(&[7, 101, 102], &early, of(0, 1, 2, FUND)),
        row(&[7, 105], &early, cut(1)),
        row(&[105], &bare, cut(1)),
        row(&[105, 108], &bare, arrival(9, alias(1), 0)),
        owner(&[105, 106], &bare, 1, link(1, Pseudonym::ZERO)),
        owner(&[105, 104], &bare, 1, withdrawal(1, AssetId::USD, 1, 1)),
        row(&[101], &bare, of(0, 1, 2, FUND)),
        row(&[101], &bare, of(1, 0, 2, FUND)),
        row(&[101], &bare, of(1, 1, 0, FUND)),
        row(&[101], &bare, of(1, 1, 2, Pseudonym::ZERO)),
        row(&[101], &bare, of(1, 1, 1, FUND)),
        row(&[101, 102], &paid, of(0, 1, 2, FUND)),
        row(&[102], &paid, attach()),
        row(&[102], &listed, attach()),
        row(&[100], &attached, attach()),
        row(&[100, 101], &attached, of(0, 1, 2, FUND)),
        owner(&[3], &bare, 1, attach()),
        RowOf { key: UNKNOWN_KEY, ..row(&[1, 100], &attached, attach()) },
        owner(&[3], &attached, 2, link(3, alias(3))),
        row(&[3], &attached, link(3, alias(3))),
        owner(&[106], &attached, 3, link(3, Pseudonym::ZERO)),
        owner(&[106], &attached, 3, link(3, FUND)),
        owner(&[106], &attached, 3, link(3, alias(1))),
        owner(&[106, 107], &attached, 1, link(1, alias(1))),
        owner(&[107], &attached, 1, link(1, alias(9))),
    ]
}

#[test]
fn coming_in_and_going_out() {
    check(rows_of_money::<Engine>());
    check(rows_of_money::<Twin>());
}

fn rows_of_money<E: Stage>() -> Vec<RowOf<E>> {
    let venue = attached::<E>();
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    let owner = |broken: &[u16], account, command| RowOf::of_account(broken, &venue, account, command);
    let largest = limits::DEPOSIT_MAX.0;
    vec![
        owner(&[3], 1, arrival(3, alias(1), 1)),
        row(&[108], arrival(2, alias(1), 1)),
        row(&[108], arrival(4, alias(1), 1)),
        row(&[108, 60], arrival(u64::MAX, alias(1), 0)),
        row(&[60], arrival(3, alias(1), 0)),
        row(&[60], arrival(3, alias(1), -1)),
        row(&[62], arrival(3, alias(1), i64::MAX)),
        row(&[108, 18], import(2, AssetId(9), 1)),
        row(&[108], import(0, UNITS, 1)),
        row(&[18], import(1, AssetId(9), 1)),
        row(&[18], import(1, AssetId::USD, 1)),
        row(&[60], import(1, UNITS, 0)),
        row(&[109], import(1, UNITS, i64::MAX)),
        row(&[109], import(1, UNITS, 11)),
        row(&[103], deposit(1, AssetId::USD, 1, 2)),
        row(&[103, 104, 60], deposit(3, AssetId::USD, 0, 1)),
        row(&[11, 103], deposit(NOBODY, AssetId::USD, 1, 1)),
        row(&[104, 18], deposit(3, AssetId(9), 1, 1)),
        row(&[104], deposit(3, UNITS, 1, 1)),
        row(&[103, 60], Command::FundInsurance { number: 1, amount: Amount(0) }),
        row(&[103], Command::ListInstrument { terms: usual_terms() }),
        owner(&[103, 60], 1, request(1, AssetId::USD, 0, 2)),
        owner(&[3, 104], 2, withdrawal(3, AssetId::USD, 1, 1)),
        owner(&[104, 18], 3, withdrawal(3, AssetId(9), 1, 1)),
        owner(&[104, 60], 3, withdrawal(3, AssetId::USD, 0, 1)),
        owner(&[18, 60], 1, withdrawal(1, AssetId(9), 0, 2)),
        owner(&[60, 63], 1, withdrawal(1, AssetId::USD, 0, 1)),
        owner(&[60], 1, withdrawal(1, AssetId::USD, largest + 1, 2)),
        owner(&[63, 64], 1, withdrawal(1, AssetId::USD, 101 * DOLLAR, 1)),
        owner(&[64], 1, withdrawal(1, AssetId::USD, 100 * DOLLAR + 1, 2)),
        owner(&[64], 1, withdrawal(1, UNITS, 21, 2)),
        owner(&[14, 104], 1, transfer(3, AssetId::USD, 1, 2)),
        owner(&[104, 18], 1, transfer(6, AssetId(9), 1, 2)),
        owner(&[104], 1, transfer(6, UNITS, 1, 2)),
        owner(&[64], 1, transfer(5, UNITS, 21, 2)),
    ]
}

#[test]
fn batches_and_exits() {
    check(rows_of_batches::<Engine>());
    check(rows_of_batches::<Twin>());
}

fn rows_of_batches<E: Stage>() -> Vec<RowOf<E>> {
    let (venue, settling) = (attached::<E>(), settling::<E>(3 * DOLLAR));
    // Fifty lots that lose 2.5 dollars each leave 1 with a debt of 25, and the venue has nothing.
    let mut owing = self::settling::<E>(DOLLAR / 2);
    owing.operate(Command::AdvanceSettlement { instrument: CONTRACT }).unwrap();
    serve(&mut owing);
    // A restart knows what is owed, too.
    owing.engine = owing.engine.restored();
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    vec![
        RowOf::of_account(&[3], &venue, 1, cut(2)),
        row(&[110], cut(1)),
        row(&[108], cut(0)),
        row(&[108], cut(3)),
        RowOf::of_venue(&[108, 111], &settling, cut(3)),
        RowOf::of_venue(&[110, 111], &settling, cut(1)),
        RowOf::of_venue(&[111], &settling, cut(2)),
        RowOf::of_venue(&[110, 114], &owing, cut(1)),
        RowOf::of_venue(&[114], &owing, cut(2)),
        row(&[108], Command::ConfirmBatch { number: 0 }),
        row(&[108], Command::ConfirmBatch { number: 2 }),
        row(&[108, 60], exit(2, 1, Amount(-1))),
        row(&[60], exit(1, 1, Amount(-1))),
        row(&[60], exit(1, 1, Amount(limits::CLAIMABLE_MAX.0 + 1))),
        row(&[108], Command::RecordFreeze { pinned: 2 }),
        RowOf::of_account(&[3], &venue, 1, Command::RecordFreeze { pinned: 0 }),
    ]
}

#[test]
fn in_exit_and_frozen() {
    check(rows_of_the_end::<Engine>());
    check(rows_of_the_end::<Twin>());
}

fn rows_of_the_end<E: Stage>() -> Vec<RowOf<E>> {
    // Nobody bids, so that 1 waits for its next round.
    let mut leaving = trading::<E>();
    leaving.operate(exit(1, 1, limits::CLAIMABLE_MAX)).unwrap();
    serve(&mut leaving);
    let mut frozen = trading::<E>();
    frozen.operate(Command::RecordFreeze { pinned: 1 }).unwrap();
    let order = |lots| {
        let name = ClientOrderId::new("new").unwrap();
        Command::SubmitOrder(OrderRequest::limit(AccountId(1), name, CONTRACT, Side::Buy, Lots(lots), Price(DOLLAR)))
    };
    let owner = |broken: &[u16], command| RowOf::of_account(broken, &leaving, 1, command);
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &frozen, command);
    let by = |broken: &[u16], command| RowOf::of_account(broken, &frozen, 1, command);
    vec![
        owner(&[113], order(1)),
        owner(&[113, 43], order(0)),
        owner(&[113, 60], withdrawal(1, AssetId::USD, 0, 2)),
        owner(&[18, 113], withdrawal(1, AssetId(9), 1, 2)),
        owner(&[113], withdrawal(1, UNITS, 1, 2)),
        owner(&[113, 64], request(1, UNITS, 21, 2)),
        owner(&[103, 113], request(1, AssetId::USD, 1, 2)),
        owner(&[113, 63], transfer(5, UNITS, 1, 1)),
        owner(&[104, 113], transfer(6, UNITS, 1, 2)),
        by(&[112, 43], order(0)),
        by(&[112, 107], link(1, alias(9))),
        by(&[112, 60], withdrawal(1, AssetId::USD, 0, 2)),
        by(&[112], request(1, UNITS, 1, 2)),
        by(&[112, 104], transfer(6, UNITS, 1, 2)),
        by(&[3, 112], cut(2)),
        row(&[112], deposit(1, UNITS, 1, 2)),
        row(&[112, 108], arrival(9, alias(1), 1)),
        row(&[112], import(1, UNITS, 1)),
        row(&[112, 110], cut(1)),
        row(&[112, 60], exit(1, 1, Amount(-1))),
        row(&[112], Command::RecordFreeze { pinned: 0 }),
        row(&[103], Command::FundInsurance { number: 1, amount: Amount(1) }),
        row(&[100], attach()),
    ]
}
