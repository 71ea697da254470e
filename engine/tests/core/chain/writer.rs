//! What happens in random lives of a ledger with a chain, in small numbers, and what it means in commands.

use engine::chain::Pseudonym;
use engine::command::Command;
use engine::ids::{AccountId, AssetId, ClientOrderId, InstrumentId, KeyId, Symbol};
use engine::instrument::{FeeRates, Kind, Month, Spot, Terms};
use engine::order::OrderRequest;
use engine::units::{Amount, Lots, Price, Side};
use proptest::prelude::*;
use proptest::sample::select;

use super::{FUND, alias, arrival, attach, link, withdrawal};
use crate::futures::contracts::{FOR_SPREADS, contract};
use crate::futures::writer::{self, ACCOUNTS, HOUR, Writer, key};

/// A sub-account of the first account's owner, and one that is never linked unless an act does it.
pub const SUB_ACCOUNT: u32 = 6;
pub const UNLINKED: u32 = 7;
/// Another asset, and the pair in which it trades.
pub const UNITS: AssetId = AssetId(2);
pub const PAIR: InstrumentId = InstrumentId(70);

#[derive(Clone, Debug)]
pub enum Act {
    Futures(writer::Act),
    /// A deposit on the chain; the number may be too low or too high.
    Arrive {
        whom: u32,
        cents: i64,
        slip: i64,
    },
    Import {
        whom: u32,
        asset: u32,
        units: i64,
        slip: i64,
    },
    /// Out to the chain: so many thousandths of what there is.
    Leave {
        account: u32,
        asset: u32,
        thousandths: i64,
        slip: i64,
    },
    /// Units come in outside the chain, and are asked out of it.
    Deposit {
        account: u32,
        units: i64,
    },
    Ask {
        account: u32,
        asset: u32,
        units: i64,
    },
    Answer {
        nth: usize,
        posts: bool,
    },
    Move {
        from: u32,
        to: u32,
        asset: u32,
        thousandths: i64,
    },
    Link {
        account: u32,
        whom: u32,
    },
    Pair {
        account: u32,
        side: Side,
        lots: u32,
        away: i64,
    },
    Cut {
        slip: i64,
    },
    Confirm {
        slip: i64,
    },
    /// Thousandths of what could be claimable if everything were closed; all and more if there are none.
    Exit {
        whom: u32,
        thousandths: Option<i64>,
        slip: i64,
    },
    /// An exit of everything, and nothing else until the book has had its time.
    Outlast {
        whom: u32,
        away: i64,
    },
    /// An account buys, and asks to leave with its positions.
    Trap {
        account: u32,
        other: u32,
        contract: u32,
        lots: u32,
        /// How far below the mark somebody bids for half of it, if anybody does.
        bid: Option<i64>,
        thousandths: i64,
    },
    Freeze {
        slip: i64,
    },
    AttachAgain,
    ListInFull,
}

pub fn acts() -> impl Strategy<Value = Act> {
    let slip = || prop_oneof![20 => Just(0_i64), 1 => select(vec![-1_i64, 1])];
    let whom = || prop_oneof![8 => 1..=ACCOUNTS, 2 => 6..=9_u32, 1 => Just(0_u32)];
    let asset = || prop_oneof![6 => Just(1_u32), 5 => Just(2_u32), 1 => Just(3_u32)];
    let thousandths = || select(vec![1_000, 1_000, 999, 500, 30, 1_001]);
    let accounts = || 1..=UNLINKED;
    let bid = prop::option::weighted(0.7, select(vec![0_i64, 1, 5, 40, 150]));
    let contracts = select(vec![1, 2, 3, 4, 6, 6, 9, 10]);
    let trap = (1..=ACCOUNTS, 1..ACCOUNTS, contracts, 1..30_u32, bid, select(vec![300, 900, 1_000, 1_300]));
    prop_oneof![
        260 => prop_oneof![3 => writer::acts_of_defaults(), 1 => writer::acts()].prop_map(Act::Futures),
        20 => select(vec![1, 10_000_000, HOUR / 6, HOUR / 6, HOUR, 11 * HOUR]).prop_map(|wait| Act::Futures(writer::Act::Wait(wait))),
        40 => (whom(), 1..90_000_i64, slip()).prop_map(|(whom, cents, slip)| Act::Arrive { whom, cents, slip }),
        12 => (whom(), asset(), 1..30_i64, slip()).prop_map(|(whom, asset, units, slip)| Act::Import { whom, asset, units, slip }),
        25 => (accounts(), asset(), thousandths(), slip())
            .prop_map(|(account, asset, thousandths, slip)| Act::Leave { account, asset, thousandths, slip }),
        8 => (accounts(), 0..60_i64).prop_map(|(account, units)| Act::Deposit { account, units }),
        8 => (accounts(), asset(), 1..60_i64).prop_map(|(account, asset, units)| Act::Ask { account, asset, units }),
        8 => (0..3_usize, any::<bool>()).prop_map(|(nth, posts)| Act::Answer { nth, posts }),
        10 => (select(vec![(1, 6), (6, 1), (1, 6), (1, 2), (6, 7)]), asset(), thousandths())
            .prop_map(|((from, to), asset, thousandths)| Act::Move { from, to, asset, thousandths }),
        8 => (accounts(), prop_oneof![4 => 6..=9_u32, 1 => 0..=5_u32]).prop_map(|(account, whom)| Act::Link { account, whom }),
        20 => (1..=ACCOUNTS, select(vec![Side::Buy, Side::Sell]), 1..9_u32, -3..=3_i64)
            .prop_map(|(account, side, lots, away)| Act::Pair { account, side, lots, away }),
        15 => prop_oneof![9 => Just(0_i64), 1 => Just(-1), 1 => Just(1)].prop_map(|slip| Act::Cut { slip }),
        10 => slip().prop_map(|slip| Act::Confirm { slip }),
        16 => (whom(), prop::option::weighted(0.7, select(vec![0, 100, 500, 900, 999, 1_000])), slip())
            .prop_map(|(whom, thousandths, slip)| Act::Exit { whom, thousandths, slip }),
        8 => (1..=ACCOUNTS, -60..=60_i64).prop_map(|(whom, away)| Act::Outlast { whom, away }),
        20 => trap.prop_map(|(account, on, contract, lots, bid, thousandths)| {
            Act::Trap { account, other: (account - 1 + on) % ACCOUNTS + 1, contract, lots, bid, thousandths }
        }),
        1 => prop_oneof![Just(0_i64), Just(1)].prop_map(|slip| Act::Freeze { slip }),
        1 => Just(Act::AttachAgain),
        1 => Just(Act::ListInFull),
    ]
}

type Send<'a> = &'a mut dyn FnMut(&mut Writer, KeyId, Command);

/// The pair of units for US dollars, three units a lot.
pub fn pair() -> Terms {
    Terms {
        instrument: PAIR,
        symbol: Symbol::new("UNITS-USD").unwrap(),
        kind: Kind::Spot(Spot { base: UNITS, lot_size: Amount(3) }),
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(10_000_000),
        fees: FeeRates { maker: Price(100), taker: Price(500) },
    }
}

/// Does an act; each command goes to `send`.
pub fn act(writer: &mut Writer, act: &Act, send: Send<'_>) {
    let venue = KeyId::VENUE;
    match *act {
        Act::Futures(ref act) => writer.act(act, send),
        Act::Deposit { account, units } => {
            let (account, reference) = (AccountId(account), writer.twin.next_deposit(AccountId(account)));
            let command = Command::Deposit { account, asset: UNITS, amount: Amount(units), reference };
            send(writer, venue, command);
        }
        Act::Ask { account, asset, units } => {
            let (account, reference) = (AccountId(account), writer.twin.next_payment(AccountId(account)));
            let command =
                Command::RequestWithdrawal { account, asset: AssetId(asset), amount: Amount(units), reference };
            send(writer, owner(account), command);
        }
        Act::Answer { nth, posts } => {
            let Some(&transfer) = writer.twin.pending_transfers().get(nth) else { return };
            let command = if posts { Command::PostTransfer { transfer } } else { Command::VoidTransfer { transfer } };
            send(writer, venue, command);
        }
        Act::Move { from, to, asset, thousandths } => {
            let (from, to, asset) = (AccountId(from), AccountId(to), AssetId(asset));
            let (amount, reference) = (part_of(writer, from, asset, thousandths), writer.twin.next_payment(from));
            send(writer, owner(from), Command::TransferFunds { from, to, asset, amount, reference });
        }
        Act::Pair { account, side, lots, away } => {
            let (account, name) = (AccountId(account), ClientOrderId::new(&format!("n{}", writer.seq)).unwrap());
            let request = OrderRequest::limit(account, name, PAIR, side, Lots(lots), writer::near(away));
            send(writer, key(account), Command::SubmitOrder(request));
        }
        _ => of_chain(writer, act, send),
    }
}

fn of_chain(writer: &mut Writer, act: &Act, send: Send<'_>) {
    let venue = KeyId::VENUE;
    let standing = writer.twin.chain_standing();
    let [deposits, imports, exits, cuts, confirmed] = standing.numbers;
    let next = |last: u64, slip: i64| (last + 1).saturating_add_signed(slip);
    match *act {
        Act::Arrive { whom, cents, slip } => {
            send(writer, venue, arrival(next(deposits, slip), named(whom), cents * 10_000));
        }
        Act::Import { whom, asset, units, slip } => {
            let (index, pseudonym, asset) = (next(imports, slip), named(whom), AssetId(asset));
            send(writer, venue, Command::CreditImport { index, pseudonym, asset, amount: Amount(units) });
        }
        Act::Leave { account, asset, thousandths, slip } => {
            let (of, asset) = (AccountId(account), AssetId(asset));
            let amount = part_of(writer, of, asset, thousandths).0;
            let reference = next(writer.twin.next_payment(of) - 1, slip);
            send(writer, owner(of), withdrawal(account, asset, amount, reference));
        }
        Act::Link { account, whom } => send(writer, owner(AccountId(account)), link(account, named(whom))),
        Act::Cut { slip } => send(writer, venue, Command::CutBatch { number: next(cuts, slip) }),
        Act::Confirm { slip } => send(writer, venue, Command::ConfirmBatch { number: next(confirmed, slip) }),
        Act::Exit { whom, thousandths, slip } => {
            let pseudonym = named(whom);
            let target = target(writer, pseudonym, thousandths);
            send(writer, venue, Command::ReceiveExit { number: next(exits, slip), pseudonym, target });
        }
        Act::Outlast { whom, away } => {
            of_chain(writer, &Act::Exit { whom, thousandths: None, slip: 0 }, send);
            for _ in 0..2 {
                writer.now = writer.now.plus_micros(6 * HOUR);
                self::act(writer, &Act::Futures(writer::Act::Refresh { away, range: 200_001 }), send);
            }
        }
        Act::Trap { account, other, contract, lots, bid, thousandths } => {
            let trade = writer::Act::Trade { buyer: account, seller: other, contract, lots, away: 0 };
            self::act(writer, &Act::Futures(trade), send);
            if let Some(below) = bid {
                let (account, side, lots, away) = (other, Side::Buy, lots.div_ceil(2), -below);
                let bid = writer::Act::Order { account, contract, side, lots, away, trigger: None, day: false };
                self::act(writer, &Act::Futures(bid), send);
            }
            of_chain(writer, &Act::Exit { whom: account, thousandths: Some(thousandths), slip: 0 }, send);
        }
        Act::Freeze { slip } => send(writer, venue, Command::RecordFreeze { pinned: next(cuts, slip) - 1 }),
        Act::AttachAgain => send(writer, venue, attach()),
        Act::ListInFull => {
            let month = Month { series: engine::ids::SeriesId(1), ..contract(*FOR_SPREADS.start()).month().unwrap() };
            let terms = Terms { instrument: InstrumentId(80), kind: Kind::Month(month), ..pair() };
            send(writer, venue, Command::ListInstrument { terms });
        }
        ref other => unreachable!("{other:?} is done elsewhere"),
    }
}

/// The key of an owner's first account.
fn owner(account: AccountId) -> KeyId {
    if account == AccountId(SUB_ACCOUNT) { key(AccountId(1)) } else { key(account) }
}

/// The pseudonym of a small number: the insurance fund's, an account's, a stranger's.
pub fn named(whom: u32) -> Pseudonym {
    if whom == 0 { FUND } else { alias(whom) }
}

fn part_of(writer: &Writer, account: AccountId, asset: AssetId, thousandths: i64) -> Amount {
    let all = writer.twin.available(account, asset) * i128::from(thousandths) / 1_000;
    Amount(i64::try_from(all.max(1)).unwrap())
}

/// Part of what would be claimable if everything were closed at the mark.
fn target(writer: &Writer, pseudonym: Pseudonym, thousandths: Option<i64>) -> Amount {
    let links = writer.twin.chain_standing().links;
    let account = links.iter().find(|(known, _)| *known == pseudonym).map(|(_, account)| *account);
    let (Some(account), Some(thousandths)) = (account, thousandths) else { return Amount(1_000_000_000_000_000) };
    let equity = writer.twin.margin_report(account).equity.max(0);
    let target = writer.twin.claimable(account, AssetId::USD) + equity * i128::from(thousandths) / 1_000;
    Amount(i64::try_from(target).unwrap())
}
