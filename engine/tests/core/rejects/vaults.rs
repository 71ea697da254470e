//! What commands about tokenised GPUs can be refused for, and in which order.

use engine::command::{Command, Role};
use engine::ids::{AccountId, AssetId, AssetSymbol, InstrumentId, KeyId, SeriesId, Symbol, TransferId, VaultId};
use engine::instrument::Terms;
use engine::rules::Rules;
use engine::units::{Amount, Cash, Price, Timestamp};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};

use super::{Row, check};
use crate::margin::venue_under;
use crate::vaults::{
    DAY_US, DOLLAR, PAIR, SHARES, SPONSOR, VAULT, deploy, open, pair, process_all, serial, subscribe, terms, vault,
    venue,
};
use crate::venue::{TODAY, Venue};

const NOBODY: AccountId = AccountId(99);
const OTHER: VaultId = VaultId(8);

fn row(broken: &[u16], venue: &Venue, command: VaultCommand) -> Row {
    Row::of_venue(broken, venue, Command::Vault(command))
}

/// A vault like the usual one beside it.
fn other() -> VaultTerms {
    VaultTerms { vault: OTHER, asset: AssetId(80), symbol: AssetSymbol::new("OTHER").unwrap(), ..terms() }
}

fn rate(series: u32, days: u16, rate: i64) -> VaultCommand {
    VaultCommand::SetOperatingRate { series: SeriesId(series), effective: TODAY.plus(days), rate: Price(rate) }
}

#[test]
fn earlier_rules_know_no_vaults() {
    let mut early = venue_under(Rules::FOURTH, 1, 100);
    early.register(7, Role::Operator).unwrap();
    let (vault, serial, attestation) = (OTHER, serial(0), MachineHash([2; 32]));
    let account = AccountId(1);
    let sold = Sold { number: 0, day: TODAY, gpu_seconds: 0, gross: Cash(-1) };
    check(vec![
        row(&[7, 123], &early, rate(1, 0, -1)),
        row(&[7, 11, 122], &early, VaultCommand::OpenVault { terms: VaultTerms { gpus: 0, ..other() } }),
        row(&[7, 120], &early, VaultCommand::RegisterDeed { vault, serial }),
        row(&[7, 120], &early, VaultCommand::AttestDeed { vault, serial, attestation }),
        row(&[7, 120], &early, VaultCommand::CancelVault { vault }),
        row(&[7, 120], &early, VaultCommand::DeployVault { vault }),
        row(&[7, 120, 130, 60], &early, VaultCommand::RecordRevenue { vault, sold }),
        row(&[7, 120, 60], &early, VaultCommand::WindUpVault { vault, proceeds: Cash(-1) }),
        Row::of_account(&[7, 120], &early, 1, Command::Vault(VaultCommand::ClaimYield { account, vault })),
        Row::of_account(
            &[7, 120],
            &early,
            1,
            Command::Vault(VaultCommand::Subscribe { account, vault, shares: 1, reference: 1 }),
        ),
        // Nobody acts for another, and traders do not run the venue.
        Row::of_account(&[3, 7, 120], &early, 1, Command::Vault(VaultCommand::CancelVault { vault })),
        Row::of_account(&[3, 7], &early, 1, Command::Vault(VaultCommand::ClaimYield { account: NOBODY, vault })),
    ]);
}

#[test]
fn rates_and_terms() {
    let mut venue = venue(2, 1_000);
    open(&mut venue, terms());
    let opens = |broken: &[u16], change: fn(&mut VaultTerms)| {
        let mut terms = other();
        change(&mut terms);
        row(broken, &venue, VaultCommand::OpenVault { terms })
    };
    let rows = vec![
        row(&[123], &venue, rate(1, 1, -1)),
        row(&[123], &venue, rate(1, 1, 1_000 * DOLLAR + 1)),
        row(&[123], &venue, rate(1, 0, 0)),
        row(
            &[123],
            &venue,
            VaultCommand::SetOperatingRate {
                series: SeriesId(2),
                effective: engine::units::Day(TODAY.0 - 1),
                rate: Price(0),
            },
        ),
        row(
            &[123],
            &venue,
            VaultCommand::SetOperatingRate {
                series: SeriesId(2),
                effective: engine::units::Day(i32::MAX),
                rate: Price(0),
            },
        ),
        opens(&[11, 16, 121], |terms| {
            (terms.vault, terms.asset, terms.sponsor) = (VAULT, SHARES, NOBODY);
        }),
        opens(&[16, 17], |terms| (terms.asset, terms.symbol) = (SHARES, AssetSymbol::new("SHARES").unwrap())),
        opens(&[17, 121], |terms| (terms.vault, terms.symbol) = (VAULT, AssetSymbol::new("USD").unwrap())),
        opens(&[121, 122], |terms| (terms.vault, terms.gpus) = (VAULT, 0)),
        opens(&[122, 124], |terms| (terms.gpus, terms.series) = (1_001, SeriesId(2))),
        opens(&[122], |terms| terms.price = Cash(0)),
        opens(&[122], |terms| terms.price = Cash(1_000 * DOLLAR + 1)),
        opens(&[122], |terms| terms.holders_bp = 0),
        opens(&[122], |terms| terms.holders_bp = 10_001),
        opens(&[122], |terms| terms.funding_until = TODAY.start()),
        opens(&[122], |terms| terms.deployment_until = terms.funding_until),
        opens(&[122], |terms| terms.deployment_until = Timestamp(i64::MAX)),
        opens(&[124], |terms| terms.series = SeriesId(2)),
    ];
    check(rows);
    // What is just allowed is allowed.
    let largest = VaultTerms { gpus: 1_000, price: Cash(1_000 * DOLLAR), holders_bp: 10_000, ..other() };
    vault(&mut venue, VaultCommand::OpenVault { terms: largest }).unwrap();
    vault(&mut venue, rate(1, 1, 1_000 * DOLLAR)).unwrap();
    vault(&mut venue, rate(2, 0, 0)).unwrap();
}

#[test]
fn machines_and_subscriptions() {
    let mut venue = venue(2, 1_000);
    open(&mut venue, terms());
    vault(&mut venue, VaultCommand::OpenVault { terms: other() }).unwrap();
    let buys = |broken: &[u16], venue: &Venue, (account, vault, shares, reference): (u32, VaultId, u32, u64)| {
        let account_id = AccountId(account);
        let command = VaultCommand::Subscribe { account: account_id, vault, shares, reference };
        Row::of_account(broken, venue, account, Command::Vault(command))
    };
    let names = |broken: &[u16], venue: &Venue, vault, machine| {
        row(broken, venue, VaultCommand::RegisterDeed { vault, serial: serial(machine) })
    };
    let attestation = MachineHash([2; 32]);
    let attests = |broken: &[u16], venue: &Venue, vault, machine| {
        row(broken, venue, VaultCommand::AttestDeed { vault, serial: serial(machine), attestation })
    };
    let mut funded = venue.clone();
    subscribe(&mut funded, 1, 100, 1).unwrap();
    subscribe(&mut funded, 2, 100, 1).unwrap();
    let mut given_up = venue.clone();
    vault(&mut given_up, VaultCommand::CancelVault { vault: VAULT }).unwrap();
    process_all(&mut given_up);
    let nobody = VaultId(77);
    check(vec![
        names(&[120], &venue, nobody, 5),
        names(&[122, 125], &venue, VAULT, 1),
        names(&[125], &venue, OTHER, 1),
        names(&[127, 122], &funded, VAULT, 5),
        attests(&[120], &venue, nobody, 0),
        attests(&[126], &venue, VAULT, 5),
        attests(&[126], &venue, OTHER, 1),
        attests(&[127, 126], &given_up, VAULT, 5),
        row(&[120], &venue, VaultCommand::CancelVault { vault: nobody }),
        row(&[127], &given_up, VaultCommand::CancelVault { vault: VAULT }),
        row(&[120], &venue, VaultCommand::DeployVault { vault: nobody }),
        row(&[127, 128], &venue, VaultCommand::DeployVault { vault: VAULT }),
        row(&[128], &funded, VaultCommand::DeployVault { vault: VAULT }),
        buys(&[120, 129], &venue, (1, nobody, 0, 1)),
        buys(&[128, 129, 63], &venue, (1, OTHER, 0, 7)),
        buys(&[127, 129], &funded, (1, VAULT, 1, 2)),
        buys(&[129, 63, 64], &venue, (1, VAULT, 201, 7)),
        buys(&[129, 63], &venue, (1, VAULT, 0, 7)),
        buys(&[63, 64], &venue, (1, VAULT, 101, 2)),
        buys(&[64], &venue, (1, VAULT, 101, 1)),
    ]);
}

#[test]
fn revenue_and_the_end() {
    let mut venue = venue(2, 1_000);
    open(&mut venue, terms());
    let open_one = venue.clone();
    subscribe(&mut venue, 1, 100, 1).unwrap();
    subscribe(&mut venue, 2, 100, 1).unwrap();
    deploy(&mut venue, terms());
    let handing_out = venue.clone();
    process_all(&mut venue);
    venue.now = venue.now.plus_micros(2 * DAY_US);
    let records = |broken: &[u16], venue: &Venue, vault, number, (days, gpu_seconds, gross): (u16, u64, i64)| {
        let sold = Sold { number, day: TODAY.plus(days), gpu_seconds, gross: Cash(gross) };
        row(broken, venue, VaultCommand::RecordRevenue { vault, sold })
    };
    let account = AccountId(1);
    let claims = |broken: &[u16], venue: &Venue, vault| {
        Row::of_account(broken, venue, 1, Command::Vault(VaultCommand::ClaimYield { account, vault }))
    };
    let mut ended = venue.clone();
    vault(&mut ended, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(0) }).unwrap();
    let ending = ended.clone();
    process_all(&mut ended);
    let (nobody, most) = (VaultId(77), 1_000_000_000 * DOLLAR);
    let deposit = |broken: &[u16], venue: &Venue, amount, reference| {
        Row::of_venue(broken, venue, Command::Deposit { account, asset: SHARES, amount: Amount(amount), reference })
    };
    let late = Terms { instrument: InstrumentId(72), symbol: Symbol::new("LATE").unwrap(), ..pair() };
    check(vec![
        records(&[4, 130], &handing_out, VAULT, 7, (0, 0, 0)),
        records(&[120, 130], &venue, nobody, 7, (0, 0, 0)),
        records(&[127, 130], &open_one, VAULT, 7, (0, 0, 0)),
        records(&[127, 130], &ended, VAULT, 7, (0, 0, 0)),
        records(&[130, 131], &venue, VAULT, 2, (2, 0, 0)),
        records(&[130], &venue, VAULT, 0, (0, 0, 0)),
        records(&[131, 132], &venue, VAULT, 1, (2, 172_801, 0)),
        records(&[132, 60], &venue, VAULT, 1, (1, 172_801, -1)),
        records(&[60], &venue, VAULT, 1, (1, 172_800, -1)),
        records(&[60], &venue, VAULT, 1, (1, 172_800, most + 1)),
        claims(&[120], &venue, nobody),
        claims(&[133], &venue, VAULT),
        claims(&[4], &ending, VAULT),
        row(&[120, 60], &venue, VaultCommand::WindUpVault { vault: nobody, proceeds: Cash(-1) }),
        row(&[127, 60], &open_one, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(-1) }),
        row(&[127], &ended, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(0) }),
        row(&[60], &venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(-1) }),
        row(&[60], &venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(most + 1) }),
        deposit(&[60, 61, 134], &venue, 0, 7),
        deposit(&[61, 134], &venue, 1, 7),
        deposit(&[134], &venue, 1, 2),
        Row::of_venue(&[32], &ended, Command::ListInstrument { terms: late }),
    ]);
    // Exactly what is exported comes back, and no share more.
    let withdrawal = Command::RequestWithdrawal { account, asset: SHARES, amount: Amount(3), reference: 2 };
    venue.send(KeyId(1), withdrawal).unwrap();
    let transfer = TransferId(venue.seq);
    check(vec![deposit(&[134], &venue, 3, 2)]);
    venue.operate(Command::PostTransfer { transfer }).unwrap();
    check(vec![deposit(&[134], &venue, 4, 2)]);
    venue.operate(Command::Deposit { account, asset: SHARES, amount: Amount(3), reference: 2 }).unwrap();
    // Money that the venue cannot hold is no revenue.
    let mut reference = 1;
    while venue.operate(deposit_of(reference, most)).is_ok() {
        reference += 1;
    }
    check(vec![
        records(&[62], &venue, VAULT, 1, (1, 0, most)),
        row(&[62], &venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(most) }),
    ]);
    venue.operate(Command::ListInstrument { terms: pair() }).unwrap();
    assert!(venue.engine.market(PAIR).is_some());
}

fn deposit_of(reference: u64, amount: i64) -> Command {
    Command::Deposit { account: AccountId(SPONSOR), asset: AssetId::USD, amount: Amount(amount), reference }
}
