//! What a vault pays to somebody who owes the venue, on the engine, restored before each step, and on the twin; worked out by hand.

use engine::Engine;
use engine::command::Command;
use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, KeyId, SeriesId, TransferId};
use engine::instrument::SettlementKind;
use engine::margin::SeriesMargin;
use engine::units::{Amount, Cash, Day, Price, Side};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};

use super::{DAY_US, DOLLAR, VAULT, serial, terms};
use crate::incidents::{CONTRACT, move_to, serve, stage};
use crate::margin::{LENIENT, trade};
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf};

const OWES: AccountId = AccountId(1);

fn operate<E: Stage>(venue: &mut VenueOf<E>, command: VaultCommand) -> Vec<Event> {
    venue.operate(Command::Vault(command)).unwrap();
    venue.events.clone()
}

fn own<E: Stage>(venue: &mut VenueOf<E>, account: AccountId, command: Command) -> Vec<Event> {
    venue.send(KeyId(u64::from(account.0)), command).unwrap();
    venue.events.clone()
}

/// One machine, a hundred shares at a dollar; account 1 is its sponsor, has half of the shares, and 12 dollars besides once what the
/// sponsor was paid is taken out.
fn deployed<E: Stage>() -> VenueOf<E> {
    let mut venue = stage::<E>(1, SeriesMargin { mark_band: Price(0), ..LENIENT }, &[62, 10_000]);
    let rate = VaultCommand::SetOperatingRate { series: SeriesId(1), effective: TODAY, rate: Price(600_000) };
    operate(&mut venue, rate);
    let terms = VaultTerms { gpus: 1, price: Cash(DOLLAR), sponsor: OWES, ..terms() };
    operate(&mut venue, VaultCommand::OpenVault { terms });
    operate(&mut venue, VaultCommand::RegisterDeed { vault: VAULT, serial: serial(0) });
    for account in [OWES, AccountId(2)] {
        let subscribe = VaultCommand::Subscribe { account, vault: VAULT, shares: 50, reference: 1 };
        own(&mut venue, account, Command::Vault(subscribe));
    }
    let attestation = MachineHash([0xaa; 32]);
    operate(&mut venue, VaultCommand::AttestDeed { vault: VAULT, serial: serial(0), attestation });
    operate(&mut venue, VaultCommand::DeployVault { vault: VAULT });
    serve(&mut venue);
    let (asset, amount) = (AssetId::USD, Amount(100 * DOLLAR));
    own(&mut venue, OWES, Command::RequestWithdrawal { account: OWES, asset, amount, reference: 2 });
    let transfer = TransferId(venue.seq);
    venue.operate(Command::PostTransfer { transfer }).unwrap();
    venue
}

/// Long 10 at 3 dollars of a coin that is halted and settled at 1.50: 15 are lost of 12.
fn owing<E: Stage>() -> VenueOf<E> {
    let mut venue = deployed::<E>();
    move_to(&mut venue, 1, 3 * DOLLAR, 300_000);
    serve(&mut venue);
    trade(&mut venue, (1, 2), 1, Side::Buy, 10, 3 * DOLLAR);
    let instrument = CONTRACT;
    venue.operate(Command::HaltInstrument { instrument }).unwrap();
    move_to(&mut venue, 2, 1_500_000, 300_000);
    serve(&mut venue);
    let (day, kind) = (Day(TODAY.0 - 1), SettlementKind::Daily);
    venue.operate(Command::StartSettlement { instrument, day, kind }).unwrap();
    venue.operate(Command::AdvanceSettlement { instrument }).unwrap();
    assert_eq!(venue.engine.margin(OWES).owed, i128::from(3 * DOLLAR));
    venue
}

/// An hour that brings 10 dollars costs 0.60; of 9.40 holders have 8.46 and the sponsor 0.94, and half of the shares have earned 4.23.
fn paid<E: Stage>() -> Vec<Event> {
    let mut venue = owing::<E>();
    venue.now = venue.now.plus_micros(DAY_US);
    serve(&mut venue);
    let sold = Sold { number: 1, day: TODAY, gpu_seconds: 3_600, gross: Cash(10 * DOLLAR) };
    let mut told = operate(&mut venue, VaultCommand::RecordRevenue { vault: VAULT, sold });
    let claim = VaultCommand::ClaimYield { account: OWES, vault: VAULT };
    told.append(&mut own(&mut venue, OWES, Command::Vault(claim)));
    assert_eq!(venue.engine.margin(OWES).owed, 0);
    told
}

#[test]
fn what_a_vault_pays_is_paid_back_by_who_owes() {
    let told = paid::<Engine>();
    assert_eq!(told, paid::<Twin>());
    let moved = told.iter().filter_map(|event| match *event {
        Event::Transferred { amount, reason, .. } => Some((reason, amount.0)),
        _ => None,
    });
    let expected = [
        (TransferReason::Revenue, 10_000_000),
        (TransferReason::OperatingCost, 600_000),
        (TransferReason::Repayment, 600_000),
        (TransferReason::SponsorShare, 940_000),
        (TransferReason::Repayment, 940_000),
        (TransferReason::Yield, 4_230_000),
        (TransferReason::Repayment, 1_460_000),
    ];
    assert_eq!(moved.collect::<Vec<_>>(), expected);
}
