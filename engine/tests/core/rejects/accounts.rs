//! What can be refused around accounts, assets, payments, controls and fees.

use engine::Engine;
use engine::accounts::{AccountLimits, RateLimit};
use engine::command::{Command, Role};
use engine::controls::Controls;
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, Symbol, TransferId};
use engine::instrument::{FeeRates, Kind, Spot, Terms};
use engine::rules::Rules;
use engine::units::{Amount, Lots, Price};

use super::{RowOf, check};
use crate::twin::Twin;
use crate::venue::{CONTRACT, Stage, VenueOf, usual_terms};

pub(super) const NOWHERE: InstrumentId = InstrumentId(99);
pub(super) const PAIR: InstrumentId = InstrumentId(3);

/// Account 1 with its sub-account 11 and account 2, a second asset, a pair, and the latest rules.
pub(super) fn stage<E: Stage>() -> VenueOf<E> {
    let mut venue = VenueOf::with_accounts(1..=2, 1_000_000);
    for version in 2..=Rules::LATEST.0 {
        venue.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
    venue.operate(Command::OpenSubAccount { account: AccountId(11), master: AccountId(1) }).unwrap();
    let symbol = AssetSymbol::new("GPUH").unwrap();
    venue.operate(Command::DefineAsset { asset: AssetId(2), symbol, decimals: 0 }).unwrap();
    venue.operate(Command::ListInstrument { terms: pair() }).unwrap();
    venue
}

fn pair() -> Terms {
    let kind = Kind::Spot(Spot { base: AssetId(2), lot_size: Amount(100) });
    Terms { instrument: PAIR, symbol: Symbol::new("PAIR").unwrap(), kind, ..usual_terms() }
}

#[test]
fn accounts_and_assets() {
    check(rows_of_registry::<Twin>());
    check(rows_of_registry::<Engine>());
}

fn rows_of_registry<E: Stage>() -> Vec<RowOf<E>> {
    let venue = stage();
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    let sub = |account, master| {
        let (account, master) = (AccountId(account), AccountId(master));
        Command::OpenSubAccount { account, master }
    };
    let limit = |account, limits| Command::SetAccountLimits { account: AccountId(account), limits };
    let rate = |per_second, burst| RateLimit { per_second, burst };
    let none = AccountLimits::default();
    let define = |asset, symbol: &str, decimals| {
        let (asset, symbol) = (AssetId(asset), AssetSymbol::new(symbol).unwrap());
        Command::DefineAsset { asset, symbol, decimals }
    };
    let adopt = |version| Command::AdoptRules { rules: Rules(version) };
    vec![
        row(&[5], adopt(1)),
        row(&[5], adopt(2)),
        row(&[5], adopt(3)),
        row(&[5], adopt(4)),
        row(&[6], Command::ProcessDue),
        row(&[10], sub(2, 1)),
        row(&[10, 11], sub(2, 9)),
        row(&[11], sub(12, 9)),
        row(&[13], sub(12, 11)),
        row(&[11, 15], limit(9, AccountLimits { open_orders_max: 10_001, ..none })),
        row(&[15], limit(1, AccountLimits { open_orders_max: 10_001, ..none })),
        row(&[15], limit(1, AccountLimits { orders: rate(1_000_001, 0), ..none })),
        row(&[15], limit(1, AccountLimits { cancels: rate(0, 1_000_001), ..none })),
        row(&[16], define(1, "OTHER", 0)),
        row(&[16, 17, 19], define(2, "GPUH", 19)),
        row(&[17, 19], define(3, "GPUH", 19)),
        row(&[17], define(3, "USD", 18)),
        row(&[19], define(3, "OTHER", 19)),
        row(
            &[18, 30, 31],
            Command::ListInstrument {
                terms: Terms { kind: Kind::Spot(Spot { base: AssetId(3), lot_size: Amount(100) }), ..pair() },
            },
        ),
        row(
            &[32],
            Command::ListInstrument {
                terms: Terms {
                    instrument: InstrumentId(4),
                    symbol: Symbol::new("USD-USD").unwrap(),
                    kind: Kind::Spot(Spot { base: AssetId::USD, lot_size: Amount(100) }),
                    ..pair()
                },
            },
        ),
    ]
}

#[test]
fn money() {
    check(rows_of_money::<Twin>());
    check(rows_of_money::<Engine>());
}

fn rows_of_money<E: Stage>() -> Vec<RowOf<E>> {
    let mut venue = stage();
    venue.register(11, Role::Trader(AccountId(11))).unwrap();
    venue.operate(Command::OpenSubAccount { account: AccountId(12), master: AccountId(1) }).unwrap();
    let ask = |account, asset, amount, reference| {
        let (account, asset, amount) = (AccountId(account), AssetId(asset), Amount(amount));
        Command::RequestWithdrawal { account, asset, amount, reference }
    };
    let shift = |to, asset, amount, reference| {
        let (from, to, asset, amount) = (AccountId(1), AccountId(to), AssetId(asset), Amount(amount));
        Command::TransferFunds { from, to, asset, amount, reference }
    };
    venue.send(KeyId(1), ask(1, 1, 5, 1)).unwrap();
    venue.send(KeyId(1), ask(1, 1, 5, 2)).unwrap();
    venue.operate(Command::VoidTransfer { transfer: TransferId(venue.seq) }).unwrap();
    // What was voided or posted is not pending any more.
    for number in 1..=102 {
        venue.send(KeyId(2), ask(2, 1, 1, number)).unwrap();
        let transfer = TransferId(venue.seq);
        match number {
            1 => venue.operate(Command::VoidTransfer { transfer }).unwrap(),
            2 => venue.operate(Command::PostTransfer { transfer }).unwrap(),
            _ => {}
        }
    }
    let deposit = |asset| {
        let (account, asset, amount) = (AccountId(1), AssetId(asset), Amount(0));
        Command::Deposit { account, asset, amount, reference: 9 }
    };
    let of = |account, broken: &[u16], command| RowOf::of_account(broken, &venue, account, command);
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    let free = 1_000_000_000_000 - 5;
    vec![
        row(&[18, 60, 61], deposit(3)),
        row(&[60, 61], deposit(2)),
        of(1, &[18, 60, 63], ask(1, 3, 0, 9)),
        of(1, &[60, 63], ask(1, 1, 0, 9)),
        of(1, &[60], ask(1, 1, 1_000_000_000_000_001, 3)),
        of(1, &[63, 64], ask(1, 1, free + 1, 4)),
        of(1, &[63], ask(1, 1, 1, 2)),
        of(1, &[64], ask(1, 1, free + 1, 3)),
        of(1, &[64], ask(11, 1, 1, 1)),
        of(2, &[65], ask(2, 1, 1, 103)),
        of(2, &[64, 65], ask(2, 1, 1_000_000_000_000, 103)),
        of(2, &[3], ask(1, 1, 1, 3)),
        // A sub-account does not act for the first account of its owner, nor for its siblings.
        of(11, &[3], ask(1, 1, 1, 3)),
        of(11, &[3], Command::CancelAllOrders { account: AccountId(1), instrument: None, side: None }),
        of(11, &[3], ask(12, 1, 1, 1)),
        row(&[3], ask(1, 1, 1, 3)),
        of(1, &[3], Command::PostTransfer { transfer: TransferId(0) }),
        row(&[66], Command::PostTransfer { transfer: TransferId(0) }),
        row(&[66], Command::VoidTransfer { transfer: TransferId(venue.seq + 1) }),
        row(&[3], shift(11, 1, 1, 3)),
        of(2, &[3], shift(11, 1, 1, 3)),
        of(1, &[14, 18], shift(2, 3, 1, 3)),
        of(1, &[14], shift(1, 1, 1, 3)),
        of(1, &[14], shift(77, 1, 1, 3)),
        of(1, &[18, 60], shift(11, 3, 0, 3)),
        of(1, &[60, 63], shift(11, 1, 0, 9)),
        of(1, &[63, 64], shift(11, 1, free + 1, 9)),
        of(1, &[64], shift(11, 1, free + 1, 3)),
    ]
}

#[test]
fn controls_and_fees() {
    check(rows_of_controls::<Twin>());
    check(rows_of_controls::<Engine>());
}

fn rows_of_controls<E: Stage>() -> Vec<RowOf<E>> {
    let venue = stage();
    let mut halted = venue.clone();
    halted.operate(Command::HaltInstrument { instrument: CONTRACT }).unwrap();
    let row = |broken: &[u16], command| RowOf::of_venue(broken, &venue, command);
    let set = |instrument, controls| Command::SetControls { instrument, controls };
    let none = Controls { reference: Price(3_000_000), ..Controls::NONE };
    let limits = |limits: [i64; 3], pause_us| Controls { daily_limits: limits.map(Price), pause_us, ..none };
    let bad = [
        Controls { reference: Price(-1), ..none },
        Controls { reference: Price(10_000_001), ..none },
        Controls { band: Price(-1), ..none },
        Controls { protection: Price(2_000_000_001), ..none },
        limits([2, 2, 0], 1),
        limits([0, 2, 0], 1),
        limits([1, 2, 0], 0),
        limits([1, 2, 0], 86_400_000_001),
        Controls { order_lots_max: Lots(0), ..none },
        Controls { order_lots_max: Lots(100_001), ..none },
    ];
    let rates = |maker, taker| FeeRates { maker: Price(maker), taker: Price(taker) };
    let charge = |instrument, delay, worst| {
        let tiers = [rates(0, 500), rates(0, 500), worst, rates(0, 200)];
        Command::ScheduleFees { instrument, effective: venue.now.plus_micros(delay), tiers }
    };
    let assign = |account, delay, tier| {
        let (account, effective) = (AccountId(account), venue.now.plus_micros(delay));
        Command::AssignFeeTier { account, effective, tier }
    };
    let good = rates(-200, 200);
    let mut rows: Vec<RowOf<E>> = bad.into_iter().map(|controls| row(&[25], set(CONTRACT, controls))).collect();
    rows.extend([
        row(&[25, 34], set(NOWHERE, bad[0])),
        row(&[34], Command::HaltInstrument { instrument: NOWHERE }),
        row(&[34], Command::ResumeInstrument { instrument: NOWHERE }),
        row(&[27], Command::ResumeInstrument { instrument: CONTRACT }),
        RowOf::of_venue(&[27], &halted, Command::HaltInstrument { instrument: CONTRACT }),
        row(&[28], Command::UpdateMark { instrument: CONTRACT }),
        row(&[34], Command::UpdateMark { instrument: NOWHERE }),
        row(&[26, 34], charge(NOWHERE, -1, good)),
        row(&[26], charge(CONTRACT, -1, good)),
        row(&[26], charge(CONTRACT, 0, rates(0, 501))),
        row(&[26], charge(CONTRACT, 0, rates(501, 0))),
        row(&[26], charge(CONTRACT, 0, rates(0, -1))),
        row(&[26], charge(CONTRACT, 0, rates(-201, 500))),
        row(&[11, 26], assign(9, -1, 4)),
        row(&[26], assign(1, -1, 0)),
        row(&[26], assign(1, 0, 4)),
    ]);
    let mut scheduled = venue.clone();
    for delay in 1..=16 {
        scheduled.operate(charge(CONTRACT, delay, good)).unwrap();
        scheduled.operate(assign(1, delay, 1)).unwrap();
    }
    rows.push(RowOf::of_venue(&[26], &scheduled, charge(CONTRACT, 17, good)));
    rows.push(RowOf::of_venue(&[26], &scheduled, assign(1, 17, 1)));
    rows
}
