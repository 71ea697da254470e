//! Tokenised GPUs: random lives held against what their events add up to, long walks in bounded steps, and restarts between any two of them.

mod acts;
mod crowds;
mod debts;
mod lives;
mod same_lives;
pub mod seen;
mod steps;

use engine::Engine;
use engine::command::Command;
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, SeriesId, Symbol, VaultId};
use engine::instrument::{FeeRates, Kind, Spot, Terms};
use engine::ledger::{LedgerAccount, Purse};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Day, Price};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};

use crate::venue::{TODAY, Venue};

pub const VAULT: VaultId = VaultId(7);
pub const SHARES: AssetId = AssetId(70);
pub const PAIR: InstrumentId = InstrumentId(71);
pub const SPONSOR: u32 = 9;
pub const DOLLAR: i64 = 1_000_000;
pub const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// Two machines at ten dollars a share; deadlines in two and three days.
pub fn terms() -> VaultTerms {
    VaultTerms {
        vault: VAULT,
        series: SeriesId(1),
        asset: SHARES,
        symbol: AssetSymbol::new("SHARES").unwrap(),
        gpus: 2,
        price: Cash(10 * DOLLAR),
        sponsor: AccountId(SPONSOR),
        holders_bp: 9_000,
        funding_until: TODAY.plus(2).start(),
        deployment_until: TODAY.plus(3).start(),
    }
}

/// A pair of the shares, a share a lot.
pub fn pair() -> Terms {
    Terms {
        instrument: PAIR,
        symbol: Symbol::new("SHARES-USD").unwrap(),
        kind: Kind::Spot(Spot { base: SHARES, lot_size: Amount(1) }),
        tick: Price(1_000),
        floor: Price(0),
        cap: Price(1_000 * DOLLAR),
        fees: FeeRates { maker: Price(0), taker: Price(500) },
    }
}

/// A venue under the newest rules with accounts 1 to `accounts` and the sponsor, and a rate of 0.6 dollars.
pub fn venue(accounts: u32, dollars: i64) -> Venue {
    let mut venue = Venue::empty();
    for version in 2..=Rules::LATEST.0 {
        venue.operate(Command::AdoptRules { rules: Rules(version) }).unwrap();
    }
    for account in 1..=accounts {
        venue.open(account, dollars);
    }
    if accounts < SPONSOR {
        venue.open(SPONSOR, 0);
    }
    let rate = VaultCommand::SetOperatingRate { series: SeriesId(1), effective: TODAY, rate: Price(600_000) };
    vault(&mut venue, rate).unwrap();
    venue
}

/// Sends a command about vaults as the venue itself.
pub fn vault(venue: &mut Venue, command: VaultCommand) -> Result<(), Reject> {
    venue.operate(Command::Vault(command))
}

/// Opens the vault and names its machines.
pub fn open(venue: &mut Venue, terms: VaultTerms) {
    vault(venue, VaultCommand::OpenVault { terms }).unwrap();
    for machine in 0..terms.gpus {
        vault(venue, VaultCommand::RegisterDeed { vault: terms.vault, serial: serial(machine) }).unwrap();
    }
}

/// Sees all machines to be in place and pays the sponsor.
pub fn deploy(venue: &mut Venue, terms: VaultTerms) {
    for machine in 0..terms.gpus {
        let (serial, attestation) = (serial(machine), MachineHash([0xaa; 32]));
        vault(venue, VaultCommand::AttestDeed { vault: terms.vault, serial, attestation }).unwrap();
    }
    vault(venue, VaultCommand::DeployVault { vault: terms.vault }).unwrap();
}

pub fn serial(machine: u16) -> MachineHash {
    let mut hash = [1; 32];
    hash[..2].copy_from_slice(&machine.to_le_bytes());
    MachineHash(hash)
}

pub fn subscribe(venue: &mut Venue, account: u32, shares: u32, reference: u64) -> Result<(), Reject> {
    let account = AccountId(account);
    let command = VaultCommand::Subscribe { account, vault: VAULT, shares, reference };
    venue.send(KeyId(u64::from(account.0)), Command::Vault(command))
}

pub fn claim(venue: &mut Venue, account: u32) -> Result<(), Reject> {
    let command = VaultCommand::ClaimYield { account: AccountId(account), vault: VAULT };
    venue.send(KeyId(u64::from(account)), Command::Vault(command))
}

pub fn record(venue: &mut Venue, number: u64, day: Day, gpu_seconds: u64, gross: i64) -> Result<(), Reject> {
    let sold = Sold { number, day, gpu_seconds, gross: Cash(gross) };
    vault(venue, VaultCommand::RecordRevenue { vault: VAULT, sold })
}

/// Does what is due until nothing is.
pub fn process_all(venue: &mut Venue) -> usize {
    (0..).take_while(|_| venue.operate(Command::ProcessDue).is_ok()).count()
}

pub fn posted(engine: &Engine, account: LedgerAccount, asset: AssetId) -> i64 {
    engine.ledger().balance(account, asset).posted.0
}

pub fn purse(engine: &Engine, purse: Purse) -> i64 {
    posted(engine, LedgerAccount::Vault(VAULT, purse), AssetId::USD)
}
