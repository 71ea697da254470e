//! A vault of GPUs on a ledger with a chain, worked out by hand: who pays what it earns, and shares that leave and come back.

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, AssetId, SeriesId};
use engine::ledger::{LedgerAccount, Purse};
use engine::reject::{Reject, VaultReject};
use engine::units::{Amount, Cash, Price};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};

use super::{alias, arrival, as_owner, attach, link, on_both, withdrawal};
use crate::incidents::serve;
use crate::margin::{DOLLAR, venue};
use crate::twin::Twin;
use crate::vaults::{DAY_US, VAULT, serial, terms};
use crate::venue::{Stage, TODAY, VenueOf};

const SPONSOR: u32 = 1;
const HOLDER: u32 = 2;

fn posted<E: Stage>(venue: &VenueOf<E>, of: LedgerAccount, asset: AssetId) -> i128 {
    venue.engine.balance(of, asset).posted
}

fn operate<E: Stage>(venue: &mut VenueOf<E>, told: &mut Vec<Event>, command: Command) {
    venue.operate(command).unwrap();
    told.append(&mut venue.events.clone());
}

fn own<E: Stage>(venue: &mut VenueOf<E>, told: &mut Vec<Event>, account: u32, command: Command) {
    as_owner(venue, account, command).unwrap();
    told.append(&mut venue.events.clone());
}

/// One machine, a hundred shares at a dollar, all of them the holder's; the sponsor has its 5 dollars and the 100 for the machine.
fn deployed<E: Stage>(told: &mut Vec<Event>, terms: VaultTerms) -> VenueOf<E> {
    let mut venue = venue::<E>(0, 0);
    venue.open(SPONSOR, 0);
    venue.open(HOLDER, 0);
    operate(&mut venue, told, attach());
    let rate = VaultCommand::SetOperatingRate { series: SeriesId(1), effective: TODAY, rate: Price(600_000) };
    operate(&mut venue, told, Command::Vault(rate));
    let open = Command::Vault(VaultCommand::OpenVault { terms });
    assert_eq!(venue.operate(open), Err(Reject::NotLinked { account: AccountId(SPONSOR) }));
    for (index, account, dollars) in [(1, SPONSOR, 5), (2, HOLDER, 100)] {
        own(&mut venue, told, account, link(account, alias(account)));
        operate(&mut venue, told, arrival(index, alias(account), dollars * DOLLAR));
    }
    operate(&mut venue, told, open);
    let (vault, serial, account) = (VAULT, serial(0), AccountId(HOLDER));
    operate(&mut venue, told, Command::Vault(VaultCommand::RegisterDeed { vault, serial }));
    let subscribe = VaultCommand::Subscribe { account, vault, shares: 100, reference: 1 };
    own(&mut venue, told, HOLDER, Command::Vault(subscribe));
    let attestation = MachineHash([0xaa; 32]);
    operate(&mut venue, told, Command::Vault(VaultCommand::AttestDeed { vault, serial, attestation }));
    operate(&mut venue, told, Command::Vault(VaultCommand::DeployVault { vault }));
    told.append(&mut serve(&mut venue));
    venue
}

fn a_life<E: Stage>() -> Vec<Event> {
    let mut told = Vec::new();
    let terms = VaultTerms { gpus: 1, price: Cash(DOLLAR), sponsor: AccountId(SPONSOR), ..terms() };
    let mut venue = deployed::<E>(&mut told, terms);
    let shares = terms.asset;
    let [sponsor, holder] = [SPONSOR, HOLDER].map(|account| LedgerAccount::Customer(AccountId(account)));
    assert_eq!(posted(&venue, sponsor, AssetId::USD), i128::from(105 * DOLLAR));
    own(&mut venue, &mut told, HOLDER, withdrawal(HOLDER, shares, 10, 2));

    venue.now = venue.now.plus_micros(DAY_US);
    let revenue = |gross| {
        let sold = Sold { number: 1, day: TODAY, gpu_seconds: 3_600, gross: Cash(gross) };
        Command::Vault(VaultCommand::RecordRevenue { vault: VAULT, sold })
    };
    let (amount, free) = (Amount(105 * DOLLAR + 1), Amount(105 * DOLLAR));
    assert_eq!(venue.operate(revenue(amount.0)), Err(Reject::InsufficientBalance { amount, free }));
    // An hour at 0.60 leaves 100 of 100.60: 0.90 a share, of which the ten that are out earn the reserve 9, and 10 for the sponsor.
    operate(&mut venue, &mut told, revenue(100_600_000));
    let claim = VaultCommand::ClaimYield { account: AccountId(HOLDER), vault: VAULT };
    own(&mut venue, &mut told, HOLDER, Command::Vault(claim));
    let reserve = LedgerAccount::Vault(VAULT, Purse::Reserve);
    let dollars = [sponsor, holder, reserve].map(|of| posted(&venue, of, AssetId::USD) / i128::from(DOLLAR));
    assert_eq!(dollars, [15, 81, 9]);

    // Shares come back by the way they left, and by no other.
    let account = AccountId(HOLDER);
    let (exported, reference) = (Amount(0), 1);
    let deposit = Command::Deposit { account, asset: shares, amount: Amount(1), reference };
    assert_eq!(venue.operate(deposit), Err(Reject::Vault(VaultReject::NotExported { asset: shares, exported })));
    let import = |index, amount| Command::CreditImport {
        index,
        pseudonym: alias(HOLDER),
        asset: shares,
        amount: Amount(amount),
    };
    assert!(matches!(venue.operate(import(1, 11)), Err(Reject::MoreThanExported { .. })));
    operate(&mut venue, &mut told, import(1, 10));
    assert_eq!(posted(&venue, holder, shares), 100);
    assert_eq!(venue.engine.claimable(account, shares), 10);

    // Wound up by what the sponsor has: 15 and the reserve of 9, 0.24 a share.
    let wind_up = VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(15 * DOLLAR) };
    operate(&mut venue, &mut told, Command::Vault(wind_up));
    told.append(&mut serve(&mut venue));
    assert_eq!(posted(&venue, holder, AssetId::USD), i128::from(105 * DOLLAR));
    assert_eq!(posted(&venue, LedgerAccount::Outside, AssetId::USD), 0);
    told
}

#[test]
fn a_vault_earns_by_its_sponsor_where_a_chain_is_attached() {
    on_both(a_life::<Engine>(), a_life::<Twin>());
}
