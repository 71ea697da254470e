//! What happens in random lives of a venue with vaults, in small numbers, and what it means in commands.

use engine::command::Command;
use engine::ids::{AccountId, AssetId, AssetSymbol, ClientOrderId, InstrumentId, KeyId, SeriesId, Symbol, VaultId};
use engine::instrument::{FeeRates, Kind, Spot, Terms};
use engine::order::{OrderRequest, Trigger, TriggerReference};
use engine::units::{Amount, Cash, Day, Lots, Price, Side};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};
use proptest::prelude::*;
use proptest::sample::select;

use crate::futures::writer::{self, ACCOUNTS, HOUR, Writer, key};

pub const SUB_ACCOUNT: u32 = 6;
pub const SPONSOR: u32 = 7;
pub const VAULTS: u32 = 6;
const DOLLAR: i64 = 1_000_000;

#[derive(Clone, Debug)]
pub enum Act {
    Futures(writer::Act),
    Rate {
        series: u32,
        days_ahead: i32,
        rate: i64,
    },
    /// Deadlines are so many hours away; the second so many behind the first.
    Open {
        vault: u32,
        gpus: u16,
        cents: i64,
        holders_bp: u16,
        hours: [i64; 2],
        series: u32,
    },
    Deed {
        vault: u32,
        machine: u8,
    },
    Attest {
        vault: u32,
        machine: u8,
    },
    Cancel(u32),
    Deploy(u32),
    Subscribe {
        account: u32,
        vault: u32,
        shares: u32,
        slip: i64,
    },
    /// A whole beginning of another vault: opened, named, subscribed by these, seen, and deployed.
    Launch {
        vault: u32,
        gpus: u16,
        cents: i64,
        holders_bp: u16,
        parts: [u32; 3],
        deploys: bool,
    },
    Record {
        vault: u32,
        days_back: i32,
        seconds: u64,
        gross: i64,
        slip: i64,
    },
    Claim {
        account: u32,
        vault: u32,
    },
    /// So many days pass, each recorded.
    Earn {
        vault: u32,
        days: u32,
        seconds: u64,
        gross: i64,
    },
    /// A holder sells to somebody.
    Sell {
        nth: usize,
        buyer: u32,
        vault: u32,
        lots: u32,
        away: i64,
    },
    /// Shares come back, and whoever has them claims.
    Return {
        account: u32,
        vault: u32,
        shares: i64,
    },
    /// A holder's shares leave the ledger.
    Take {
        nth: usize,
        vault: u32,
        shares: i64,
        posts: bool,
    },
    WindUp {
        vault: u32,
        proceeds: i64,
    },
    List(u32),
    Order {
        account: u32,
        vault: u32,
        side: Side,
        lots: u32,
        away: i64,
        trigger: Option<i64>,
    },
    Move {
        back: bool,
        vault: u32,
        shares: i64,
    },
    Export {
        account: u32,
        vault: u32,
        thousandths: i64,
    },
    Answer {
        nth: usize,
        posts: bool,
    },
    Import {
        account: u32,
        vault: u32,
        shares: i64,
    },
    CancelAll(u32),
    Halt(u32),
    Resume(u32),
}

pub fn acts() -> impl Strategy<Value = Act> {
    // From the newest vault back; the last is of one that there is not.
    let vault = || prop_oneof![8 => 1..=2_u32, 8 => 3..=5_u32, 1 => Just(VAULTS)];
    let account = || prop_oneof![9 => 1..=ACCOUNTS, 1 => Just(SUB_ACCOUNT), 1 => Just(SPONSOR)];
    let gpus = || prop_oneof![20 => 1..=3_u16, 1 => select(vec![0_u16, 1_001])];
    let cents = || prop_oneof![20 => 1..600_i64, 1 => select(vec![0, 100_000, 100_001])];
    let bp = || prop_oneof![6 => Just(9_000_u16), 3 => 1..=10_000_u16, 1 => select(vec![0, 10_001])];
    let slip = || prop_oneof![20 => Just(0_i64), 1 => select(vec![-1_i64, 1])];
    let hours = prop::array::uniform2(prop_oneof![5 => 1..60_i64, 1 => -1..=0_i64]);
    let gross = || prop_oneof![3 => 0..1_000_i64, 6 => 0..300 * DOLLAR, 1 => Just(-1_i64)];
    let side = select(vec![Side::Buy, Side::Sell]);
    let trigger = prop::option::weighted(0.15, -40..=40_i64);
    let launch = (1..=8_u32, gpus(), cents(), bp(), prop::array::uniform3(1..=ACCOUNTS), prop::bool::weighted(0.85));
    prop_oneof![
        55 => writer::acts_of_defaults().prop_map(Act::Futures),
        40 => select(vec![1, HOUR, 5 * HOUR, 24 * HOUR, 24 * HOUR]).prop_map(|wait| Act::Futures(writer::Act::Wait(wait))),
        6 => (1..=2_u32, -1..4_i32, select(vec![0, 600_000, 1_234_567, 1_000_000_000, -1, 1_000_000_001]))
            .prop_map(|(series, days_ahead, rate)| Act::Rate { series, days_ahead, rate }),
        10 => (1..=8_u32, gpus(), cents(), bp(), hours, 1..=2_u32).prop_map(|(vault, gpus, cents, holders_bp, hours, series)| {
            Act::Open { vault, gpus, cents, holders_bp, hours, series }
        }),
        12 => (vault(), 1..=9_u8).prop_map(|(vault, machine)| Act::Deed { vault, machine }),
        10 => (vault(), 1..=9_u8).prop_map(|(vault, machine)| Act::Attest { vault, machine }),
        3 => vault().prop_map(Act::Cancel),
        8 => vault().prop_map(Act::Deploy),
        30 => (account(), vault(), prop_oneof![0..60_u32, Just(1_000_u32)], slip())
            .prop_map(|(account, vault, shares, slip)| Act::Subscribe { account, vault, shares, slip }),
        24 => launch.prop_map(|(vault, gpus, cents, holders_bp, parts, deploys)| {
            Act::Launch { vault, gpus, cents, holders_bp, parts, deploys }
        }),
        50 => (vault(), prop_oneof![9 => Just(1_i32), 1 => 0..3_i32], 0..=190_000_u64, gross(), slip())
            .prop_map(|(vault, days_back, seconds, gross, slip)| Act::Record { vault, days_back, seconds, gross, slip }),
        40 => (account(), vault()).prop_map(|(account, vault)| Act::Claim { account, vault }),
        60 => (vault(), 1..4_u32, 0..=190_000_u64, gross())
            .prop_map(|(vault, days, seconds, gross)| Act::Earn { vault, days, seconds, gross }),
        60 => (0..3_usize, account(), vault(), 1..40_u32, -5..=5_i64)
            .prop_map(|(nth, buyer, vault, lots, away)| Act::Sell { nth, buyer, vault, lots, away }),
        25 => (account(), vault(), 1..40_i64).prop_map(|(account, vault, shares)| Act::Return { account, vault, shares }),
        25 => (0..3_usize, vault(), 1..60_i64, prop::bool::weighted(0.8))
            .prop_map(|(nth, vault, shares, posts)| Act::Take { nth, vault, shares, posts }),
        7 => (vault(), prop_oneof![4 => 0..2_000 * DOLLAR, 1 => 0..300_i64, 1 => Just(-1_i64)])
            .prop_map(|(vault, proceeds)| Act::WindUp { vault, proceeds }),
        12 => vault().prop_map(Act::List),
        60 => (account(), vault(), side, 1..40_u32, -5..=5_i64, trigger).prop_map(|(account, vault, side, lots, away, trigger)| {
            Act::Order { account, vault, side, lots, away, trigger }
        }),
        10 => (any::<bool>(), vault(), 1..60_i64).prop_map(|(back, vault, shares)| Act::Move { back, vault, shares }),
        20 => (account(), vault(), select(vec![1_000, 500, 100, 1_001]))
            .prop_map(|(account, vault, thousandths)| Act::Export { account, vault, thousandths }),
        20 => (0..3_usize, prop::bool::weighted(0.7)).prop_map(|(nth, posts)| Act::Answer { nth, posts }),
        20 => (account(), vault(), 1..60_i64).prop_map(|(account, vault, shares)| Act::Import { account, vault, shares }),
        3 => account().prop_map(Act::CancelAll),
        2 => vault().prop_map(Act::Halt),
        2 => vault().prop_map(Act::Resume),
    ]
}

type Send<'a> = &'a mut dyn FnMut(&mut Writer, KeyId, Command);

/// The shares of a vault.
pub fn shares_of(vault: u32) -> AssetId {
    AssetId(100 + vault)
}

fn pair_of(vault: u32) -> InstrumentId {
    InstrumentId(200 + vault)
}

/// The terms of another vault; now and then its number or its asset is taken.
fn terms(writer: &Writer, slip: u32, series: u32, hours: [i64; 2], of: (u16, i64, u16)) -> VaultTerms {
    let (gpus, cents, holders_bp) = of;
    let next = u32::try_from(writer.twin.vaults().len()).unwrap() + 1;
    let vault = if slip == VAULTS { 1 } else { next };
    let funding_until = writer.now.plus_micros(hours[0] * HOUR);
    VaultTerms {
        vault: VaultId(vault),
        series: SeriesId(series),
        asset: shares_of(if slip == VAULTS - 1 { 1 } else { next }),
        symbol: AssetSymbol::new(&format!("V{next}")).unwrap(),
        gpus,
        price: Cash(cents * 10_000),
        // One who may owe, and one who never does.
        sponsor: AccountId(if next % 2 == 1 { ACCOUNTS } else { SPONSOR }),
        holders_bp,
        funding_until,
        deployment_until: funding_until.plus_micros(hours[1] * HOUR),
    }
}

/// The number of a vault that is so many back from the newest.
fn numbered(writer: &Writer, vault: u32) -> u32 {
    let known = u32::try_from(writer.twin.vaults().len()).unwrap();
    if vault == VAULTS || known == 0 { 99 } else { known - (vault - 1) % known }
}

/// Does an act; each command goes to `send`.
pub fn act(writer: &mut Writer, act: &Act, send: Send<'_>) {
    let mut operate = |writer: &mut Writer, command| send(writer, KeyId::VENUE, Command::Vault(command));
    match *act {
        Act::Rate { series, days_ahead, rate } => {
            let effective = Day(writer.now.day().0 + days_ahead);
            let command = VaultCommand::SetOperatingRate { series: SeriesId(series), effective, rate: Price(rate) };
            operate(writer, command);
        }
        Act::Open { vault, gpus, cents, holders_bp, hours, series } => {
            let terms = terms(writer, vault, series, hours, (gpus, cents, holders_bp));
            operate(writer, VaultCommand::OpenVault { terms });
        }
        Act::Deed { vault, machine } => {
            operate(
                writer,
                VaultCommand::RegisterDeed {
                    vault: VaultId(numbered(writer, vault)),
                    serial: MachineHash([machine; 32]),
                },
            );
        }
        Act::Attest { vault, machine } => {
            let (vault, serial) = (VaultId(numbered(writer, vault)), MachineHash([machine; 32]));
            operate(writer, VaultCommand::AttestDeed { vault, serial, attestation: MachineHash([0xaa; 32]) });
        }
        Act::Cancel(vault) => operate(writer, VaultCommand::CancelVault { vault: VaultId(numbered(writer, vault)) }),
        Act::Deploy(vault) => operate(writer, VaultCommand::DeployVault { vault: VaultId(numbered(writer, vault)) }),
        Act::Record { vault, days_back, seconds, gross, slip } => {
            let vault = VaultId(numbered(writer, vault));
            let (next, _) = writer.twin.next_entry(vault).unwrap_or((1, Day(0)));
            let (number, day) = (next.saturating_add_signed(slip), Day(writer.now.day().0 - days_back));
            let sold = Sold { number, day, gpu_seconds: seconds, gross: Cash(gross) };
            operate(writer, VaultCommand::RecordRevenue { vault, sold });
        }
        Act::WindUp { vault, proceeds } => {
            operate(
                writer,
                VaultCommand::WindUpVault { vault: VaultId(numbered(writer, vault)), proceeds: Cash(proceeds) },
            );
        }
        Act::Launch { vault, gpus, cents, holders_bp, parts, deploys } => {
            let terms = terms(writer, vault, 1, [30, 30], (gpus, cents, holders_bp));
            operate(writer, VaultCommand::OpenVault { terms });
            // Now and then the machines are those of the vault before.
            let first = u8::try_from(10 * ((terms.vault.0 - u32::from(vault == 4)) % 25)).unwrap();
            let machines = first..first + u8::try_from(gpus.min(5)).unwrap();
            for machine in machines.clone() {
                self::act(writer, &Act::Deed { vault: 1, machine }, send);
            }
            for (nth, account) in (1..).zip(parts) {
                let left = u32::try_from(writer.twin.unsubscribed(VaultId(numbered(writer, 1)))).unwrap();
                let shares = if nth == 3 { left } else { left / 3 + 1 };
                self::act(writer, &Act::Subscribe { account, vault: 1, shares, slip: 0 }, send);
            }
            for machine in machines {
                self::act(writer, &Act::Attest { vault: 1, machine }, send);
            }
            if deploys {
                self::act(writer, &Act::Deploy(1), send);
                self::act(writer, &Act::List(1), send);
            }
        }
        Act::Earn { vault, days, seconds, gross } => {
            for _ in 0..days {
                writer.now = writer.now.day().end().plus_micros(HOUR);
                self::act(writer, &Act::Record { vault, days_back: 1, seconds, gross, slip: 0 }, send);
            }
        }
        _ => of_holders(writer, act, send),
    }
}

fn of_holders(writer: &mut Writer, act: &Act, send: Send<'_>) {
    let venue = KeyId::VENUE;
    match *act {
        Act::Futures(ref act) => writer.act(act, send),
        Act::Subscribe { account, vault, shares, slip } => {
            let account = AccountId(account);
            let reference = writer.twin.next_payment(account).saturating_add_signed(slip);
            let command =
                VaultCommand::Subscribe { account, vault: VaultId(numbered(writer, vault)), shares, reference };
            send(writer, owner(account), Command::Vault(command));
        }
        Act::Claim { account, vault } => {
            let account = AccountId(account);
            let command = VaultCommand::ClaimYield { account, vault: VaultId(numbered(writer, vault)) };
            send(writer, owner(account), Command::Vault(command));
        }
        Act::List(vault) => {
            let terms = Terms {
                instrument: pair_of(numbered(writer, vault)),
                symbol: Symbol::new(&format!("V{}-USD", numbered(writer, vault))).unwrap(),
                kind: Kind::Spot(Spot { base: shares_of(numbered(writer, vault)), lot_size: Amount(1) }),
                tick: Price(1_000),
                floor: Price(0),
                cap: Price(1_000 * DOLLAR),
                fees: FeeRates { maker: Price(0), taker: Price(500) },
            };
            send(writer, venue, Command::ListInstrument { terms });
        }
        Act::Order { account, vault, side, lots, away, trigger } => {
            let (account, name) = (AccountId(account), ClientOrderId::new(&format!("n{}", writer.seq)).unwrap());
            let near = |away: i64| Price(2 * DOLLAR + away * 1_000);
            let request =
                OrderRequest::limit(account, name, pair_of(numbered(writer, vault)), side, Lots(lots), near(away));
            let trigger = trigger.map(|away| Trigger { reference: TriggerReference::Last, price: near(away) });
            send(writer, owner(account), Command::SubmitOrder(OrderRequest { trigger, ..request }));
        }
        Act::Move { back, vault, shares } => {
            let (from, to) = if back { (SUB_ACCOUNT, 1) } else { (1, SUB_ACCOUNT) };
            let (from, to, asset, amount) =
                (AccountId(from), AccountId(to), shares_of(numbered(writer, vault)), Amount(shares));
            let reference = writer.twin.next_payment(from);
            send(writer, owner(from), Command::TransferFunds { from, to, asset, amount, reference });
        }
        Act::Export { account, vault, thousandths } => {
            let (account, asset) = (AccountId(account), shares_of(numbered(writer, vault)));
            let all = writer.twin.free(account, asset) * i128::from(thousandths) / 1_000;
            let (amount, reference) = (Amount(i64::try_from(all.max(1)).unwrap()), writer.twin.next_payment(account));
            send(writer, owner(account), Command::RequestWithdrawal { account, asset, amount, reference });
        }
        Act::Sell { nth, buyer, vault, lots, away } => {
            let Some(seller) = holder(writer, vault, nth) else { return };
            for (account, side) in [(seller.0, Side::Sell), (buyer, Side::Buy)] {
                of_holders(writer, &Act::Order { account, vault, side, lots, away, trigger: None }, send);
            }
        }
        Act::Return { account, vault, shares } => {
            of_holders(writer, &Act::Import { account, vault, shares }, send);
            of_holders(writer, &Act::Claim { account, vault }, send);
        }
        Act::Take { nth, vault, shares, posts } => {
            let Some(account) = holder(writer, vault, nth) else { return };
            let (asset, amount) = (shares_of(numbered(writer, vault)), Amount(shares));
            let reference = writer.twin.next_payment(account);
            send(writer, owner(account), Command::RequestWithdrawal { account, asset, amount, reference });
            if posts {
                of_holders(writer, &Act::Answer { nth: 0, posts }, send);
            }
        }
        Act::Answer { nth, posts } => {
            let Some(&transfer) = writer.twin.pending_transfers().get(nth) else { return };
            let command = if posts { Command::PostTransfer { transfer } } else { Command::VoidTransfer { transfer } };
            send(writer, venue, command);
        }
        Act::Import { account, vault, shares } => {
            let (account, asset, amount) = (AccountId(account), shares_of(numbered(writer, vault)), Amount(shares));
            let reference = writer.twin.next_deposit(account);
            send(writer, venue, Command::Deposit { account, asset, amount, reference });
        }
        Act::CancelAll(account) => {
            let account = AccountId(account);
            send(writer, owner(account), Command::CancelAllOrders { account, instrument: None, side: None });
        }
        Act::Halt(vault) => {
            send(writer, venue, Command::HaltInstrument { instrument: pair_of(numbered(writer, vault)) })
        }
        Act::Resume(vault) => {
            send(writer, venue, Command::ResumeInstrument { instrument: pair_of(numbered(writer, vault)) })
        }
        ref other => unreachable!("{other:?} is done elsewhere"),
    }
}

/// The key of an owner's first account.
fn owner(account: AccountId) -> KeyId {
    if account == AccountId(SUB_ACCOUNT) { key(AccountId(1)) } else { key(account) }
}

/// One of those who have shares of a vault.
fn holder(writer: &Writer, vault: u32, nth: usize) -> Option<AccountId> {
    let asset = shares_of(numbered(writer, vault));
    let mut holders = writer.twin.accounts();
    holders.retain(|account| writer.twin.free(*account, asset) > 0);
    if holders.is_empty() { None } else { Some(holders[nth % holders.len()]) }
}
