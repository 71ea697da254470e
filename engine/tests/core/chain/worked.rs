//! What the page says by example of money that comes from the chain and goes back, worked out by hand.

use engine::Engine;
use engine::command::Command;
use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, AssetSymbol, Seq};
use engine::ledger::LedgerAccount;
use engine::reject::{ChainSequence, Reject};
use engine::units::Amount;

use super::{FUND, alias, arrival, as_owner, attach, link, on_both, withdrawal};
use crate::margin::{DOLLAR, venue};
use crate::twin::{Leaf, Twin};
use crate::venue::{Stage, VenueOf};

const USD: AssetId = AssetId::USD;
const UNITS: AssetId = AssetId(2);

fn posted<E: Stage>(venue: &VenueOf<E>, of: LedgerAccount, asset: AssetId) -> i128 {
    venue.engine.balance(of, asset).posted
}

/// Dollars of the chain, of what waits, of account 7.
fn dollars<E: Stage>(venue: &VenueOf<E>) -> [i128; 3] {
    let of = [LedgerAccount::Chain, LedgerAccount::Unclaimed, LedgerAccount::Customer(AccountId(7))];
    of.map(|of| posted(venue, of, USD) / i128::from(DOLLAR))
}

fn operate<E: Stage>(venue: &mut VenueOf<E>, told: &mut Vec<Event>, command: Command) {
    venue.operate(command).unwrap();
    told.append(&mut venue.events.clone());
}

fn own<E: Stage>(venue: &mut VenueOf<E>, told: &mut Vec<Event>, command: Command) {
    as_owner(venue, 7, command).unwrap();
    told.append(&mut venue.events.clone());
}

/// The example of the page up to its second batch; what was told, and the leaves of each batch by whoever knows them.
fn there_and_back<E: Stage>(leaves: impl Fn(&E) -> Vec<Leaf>) -> (Vec<Event>, Vec<Vec<Leaf>>) {
    let mut venue = venue::<E>(0, 0);
    venue.open(7, 0);
    let mut told = Vec::new();
    operate(&mut venue, &mut told, attach());
    operate(&mut venue, &mut told, arrival(1, alias(9), 1_000 * DOLLAR));
    assert_eq!(dollars(&venue), [-1_000, 1_000, 0]);
    own(&mut venue, &mut told, link(7, alias(9)));
    assert_eq!(dollars(&venue), [-1_000, 0, 1_000]);
    own(&mut venue, &mut told, withdrawal(7, USD, 250 * DOLLAR, 1));
    assert_eq!(dollars(&venue), [-750, 0, 750]);
    operate(&mut venue, &mut told, Command::CutBatch { number: 1 });
    let first = leaves(&venue.engine);
    own(&mut venue, &mut told, withdrawal(7, USD, 50 * DOLLAR, 2));
    operate(&mut venue, &mut told, Command::CutBatch { number: 2 });
    let second = leaves(&venue.engine);
    assert_eq!(venue.engine.claimable(AccountId(7), USD), i128::from(300 * DOLLAR));
    (told, vec![first, second])
}

#[test]
fn money_comes_and_goes_as_on_the_page() {
    let (on_twin, leaves) = there_and_back::<Twin>(Twin::leaves);
    let leaf = |settled: i64, claimable: i64| {
        let [settled, claimable] = [settled, claimable].map(|dollars| i128::from(dollars * DOLLAR));
        vec![Leaf { asset: USD, pseudonym: alias(9), settled, claimable }]
    };
    assert_eq!(leaves, [leaf(750, 250), leaf(700, 300)]);
    let told = on_both(there_and_back::<Engine>(|_| Vec::new()).0, on_twin);
    // Four commands are in the first batch behind those that opened the venue, two in the second.
    let cuts: Vec<_> = told
        .iter()
        .filter_map(|event| match *event {
            Event::BatchCut { number, first_seq, last_seq, deposits, imports, exits } => {
                Some((number, last_seq.0 - first_seq.0, first_seq, [deposits, imports, exits]))
            }
            _ => None,
        })
        .collect();
    let [(1, _, Seq(1), [1, 0, 0]), (2, 1, _, [1, 0, 0])] = cuts[..] else { panic!("{cuts:?}") };
    let (account, asset) = (AccountId(7), USD);
    let [amount, claimable] = [50, 300].map(|dollars| Amount(dollars * DOLLAR));
    let (from, to) = (LedgerAccount::Customer(account), LedgerAccount::Chain);
    let moved = Event::Transferred { from, to, asset, amount, reason: TransferReason::Withdrawal };
    assert_eq!(
        told[told.len() - 3..told.len() - 1],
        [moved, Event::WithdrawnToChain { account, asset, amount, claimable }]
    );
}

/// Fifty units come in, twenty go out, five come back for somebody unknown, then to the fund's pseudonym, where they wait for good.
fn units<E: Stage>(leaves: impl Fn(&E) -> Vec<Leaf>) -> (Vec<Event>, Vec<Leaf>) {
    let mut venue = venue::<E>(0, 0);
    venue.open(7, 0);
    let mut told = Vec::new();
    operate(&mut venue, &mut told, attach());
    let symbol = AssetSymbol::new("H100").unwrap();
    operate(&mut venue, &mut told, Command::DefineAsset { asset: UNITS, symbol, decimals: 0 });
    let deposit = Command::Deposit { account: AccountId(7), asset: UNITS, amount: Amount(50), reference: 1 };
    assert_eq!(venue.operate(deposit), Err(Reject::NotLinked { account: AccountId(7) }));
    own(&mut venue, &mut told, link(7, alias(9)));
    operate(&mut venue, &mut told, deposit);
    own(&mut venue, &mut told, withdrawal(7, UNITS, 20, 1));
    let import =
        |index, pseudonym, units| Command::CreditImport { index, pseudonym, asset: UNITS, amount: Amount(units) };
    let refused = Reject::MoreThanExported { asset: UNITS, amount: Amount(21), out: Amount(20) };
    assert_eq!(venue.operate(import(1, alias(3), 21)), Err(refused));
    operate(&mut venue, &mut told, import(1, alias(3), 5));
    let refused = Reject::ChainOutOfSequence { sequence: ChainSequence::Import, number: 1, next: 2 };
    assert_eq!(venue.operate(import(1, alias(3), 5)), Err(refused));
    operate(&mut venue, &mut told, import(2, FUND, 1));
    operate(&mut venue, &mut told, arrival(1, FUND, 30 * DOLLAR));
    let of = [LedgerAccount::Outside, LedgerAccount::Chain, LedgerAccount::Unclaimed];
    assert_eq!(of.map(|of| posted(&venue, of, UNITS)), [-50, 14, 6]);
    assert_eq!(posted(&venue, LedgerAccount::Insurance, USD), i128::from(30 * DOLLAR));
    operate(&mut venue, &mut told, Command::CutBatch { number: 1 });
    (told, leaves(&venue.engine))
}

#[test]
fn units_leave_and_come_back_for_others() {
    let (on_twin, leaves) = units::<Twin>(Twin::leaves);
    let leaf = |asset, number, settled, claimable| Leaf { asset, pseudonym: alias(number), settled, claimable };
    assert_eq!(leaves, [leaf(USD, 3, 0, 0), leaf(USD, 9, 0, 0), leaf(UNITS, 3, 5, 0), leaf(UNITS, 9, 30, 20)]);
    on_both(units::<Engine>(|_| Vec::new()).0, on_twin);
}

/// What is refused once the chain is frozen, and what is not.
fn frozen<E: Stage>() -> Vec<Result<(), Reject>> {
    let mut venue = venue::<E>(0, 0);
    venue.open(7, 0);
    venue.operate(attach()).unwrap();
    venue.operate(arrival(1, alias(9), 1_000 * DOLLAR)).unwrap();
    as_owner(&mut venue, 7, link(7, alias(9))).unwrap();
    venue.operate(Command::CutBatch { number: 1 }).unwrap();
    let mut answers = vec![venue.operate(Command::RecordFreeze { pinned: 2 })];
    answers.push(venue.operate(Command::RecordFreeze { pinned: 1 }));
    answers.push(venue.operate(Command::RecordFreeze { pinned: 2 }));
    answers.push(venue.operate(arrival(2, alias(9), DOLLAR)));
    answers.push(as_owner(&mut venue, 7, withdrawal(7, USD, DOLLAR, 1)));
    answers.push(venue.operate(Command::CutBatch { number: 2 }));
    answers.push(venue.operate(Command::ConfirmBatch { number: 1 }));
    answers.push(venue.operate(Command::ConfirmBatch { number: 2 }));
    answers
}

#[test]
fn a_frozen_chain_ends_what_moves_money() {
    let answers = frozen::<Twin>();
    let out_of = |sequence, next| Err(Reject::ChainOutOfSequence { sequence, number: 2, next });
    let frozen = Err(Reject::ChainFrozen);
    let pinned = out_of(ChainSequence::Pinned, 1);
    let unknown = out_of(ChainSequence::Confirmation, 2);
    assert_eq!(answers, [pinned, Ok(()), frozen, frozen, frozen, frozen, Ok(()), unknown]);
    assert_eq!(frozen_on_engine(), answers);
}

fn frozen_on_engine() -> Vec<Result<(), Reject>> {
    frozen::<Engine>()
}
