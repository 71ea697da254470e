//! A batch never says more than the vault has: somebody owes, and no batch is cut until the insurance fund has as much; worked out by hand.

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId};
use engine::instrument::SettlementKind;
use engine::ledger::LedgerAccount;
use engine::margin::SeriesMargin;
use engine::reject::Reject;
use engine::units::{Cash, Day, Price, Side};

use super::{FUND, alias, arrival, as_owner, attach, link, on_both};
use crate::incidents::{CONTRACT, coin, move_to, serve, set_margin};
use crate::margin::{DOLLAR, LENIENT, trade, venue};
use crate::twin::{Leaf, Twin};
use crate::venue::{Stage, TODAY, VenueOf};

/// Account 1 has 12 dollars and loses 15: the contract is halted, so that nobody liquidates it, and settled all the same.
fn owing<E: Stage>() -> VenueOf<E> {
    let mut venue = venue::<E>(0, 0);
    venue.operate(attach()).unwrap();
    for (account, dollars) in [(1, 12), (2, 1_000)] {
        venue.open(account, 0);
        as_owner(&mut venue, account, link(account, alias(account))).unwrap();
        venue.operate(arrival(u64::from(account), alias(account), dollars * DOLLAR)).unwrap();
    }
    let instrument = CONTRACT;
    venue.operate(Command::ListInstrument { terms: coin(1) }).unwrap();
    set_margin(&mut venue, SeriesMargin { mark_band: Price(0), ..LENIENT });
    move_to(&mut venue, 1, 3 * DOLLAR, 300_000);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    venue.operate(Command::HaltInstrument { instrument }).unwrap();
    move_to(&mut venue, 2, 1_500_000, 300_000);
    serve(&mut venue);
    let (day, kind) = (Day(TODAY.0 - 1), SettlementKind::Daily);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    assert_eq!(venue.operate(Command::CutBatch { number: 1 }), Err(Reject::Unsettled { instrument }));
    venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
    assert_eq!(venue.engine.margin(AccountId(1)).owed, i128::from(3 * DOLLAR));
    venue
}

fn covered_by_the_fund<E: Stage>(leaves: impl Fn(&E) -> Vec<Leaf>) -> (Vec<Event>, i128) {
    let mut venue = owing::<E>();
    let mut told = Vec::new();
    let missing = |missing| Err(Reject::NotCovered { missing: Cash(missing) });
    assert_eq!(venue.operate(Command::CutBatch { number: 1 }), missing(3 * DOLLAR));
    told.append(&mut venue.events.clone());
    venue.operate(arrival(3, FUND, 3 * DOLLAR - 1)).unwrap();
    assert_eq!(venue.operate(Command::CutBatch { number: 1 }), missing(1));
    venue.operate(arrival(4, FUND, 1)).unwrap();
    venue.engine = venue.engine.restored();
    venue.operate(Command::CutBatch { number: 1 }).unwrap();
    told.append(&mut venue.events.clone());
    let settled: i128 = leaves(&venue.engine).iter().map(|leaf| leaf.settled).sum();
    (told, settled + venue.engine.balance(LedgerAccount::Chain, AssetId::USD).posted)
}

#[test]
fn no_batch_says_more_than_the_vault_has() {
    let (on_twin, left) = covered_by_the_fund::<Twin>(Twin::leaves);
    assert_eq!(left, 0, "to the micro-dollar");
    on_both(covered_by_the_fund::<Engine>(|_| Vec::new()).0, on_twin);
}
