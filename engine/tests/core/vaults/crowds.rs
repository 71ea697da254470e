//! As many subscribers and holders as one step takes, one less and some more, on the engine and on its twin.

use engine::Engine;
use engine::command::Command;
use engine::event::Event;
use engine::ids::{AccountId, KeyId, SeriesId};
use engine::rules::Rules;
use engine::units::{Cash, Price};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultEvent, VaultTerms};

use super::{DAY_US, DOLLAR, SPONSOR, VAULT, serial, terms};
use crate::counts::count;
use crate::incidents::serve;
use crate::margin::venue_under;
use crate::twin::Twin;
use crate::venue::{Stage, TODAY, VenueOf};

/// Somebody who subscribes what the crowd leaves.
const LARGE: u32 = 1_000;

fn operate<E: Stage>(venue: &mut VenueOf<E>, command: VaultCommand) -> Vec<Event> {
    venue.operate(Command::Vault(command)).unwrap();
    venue.events.clone()
}

/// A vault of which so many have one share each, and one more the rest.
fn funded<E: Stage>(crowd: u32) -> VenueOf<E> {
    let mut venue = venue_under::<E>(Rules::LATEST, 0, 0);
    venue.open(SPONSOR, 0);
    for account in (10..10 + crowd).chain([LARGE]) {
        venue.open(account, 10_000);
    }
    let rate = VaultCommand::SetOperatingRate { series: SeriesId(1), effective: TODAY, rate: Price(600_000) };
    operate(&mut venue, rate);
    let terms = VaultTerms { gpus: 3, ..terms() };
    operate(&mut venue, VaultCommand::OpenVault { terms });
    for machine in 0..3 {
        operate(&mut venue, VaultCommand::RegisterDeed { vault: VAULT, serial: serial(machine) });
    }
    for account in (10..10 + crowd).chain([LARGE]) {
        let shares = if account == LARGE { 300 - crowd } else { 1 };
        let subscribe = VaultCommand::Subscribe { account: AccountId(account), vault: VAULT, shares, reference: 1 };
        venue.send(KeyId(u64::from(account)), Command::Vault(subscribe)).unwrap();
    }
    venue
}

/// Paid back, or handed out, one day's revenue, and wound up; all that the clock did.
fn a_life<E: Stage>(crowd: u32, deploys: bool) -> Vec<Event> {
    let mut venue = funded::<E>(crowd);
    if !deploys {
        operate(&mut venue, VaultCommand::CancelVault { vault: VAULT });
        return serve(&mut venue);
    }
    for machine in 0..3 {
        let (serial, attestation) = (serial(machine), MachineHash([0xaa; 32]));
        operate(&mut venue, VaultCommand::AttestDeed { vault: VAULT, serial, attestation });
    }
    let mut told = operate(&mut venue, VaultCommand::DeployVault { vault: VAULT });
    told.append(&mut serve(&mut venue));
    venue.now = venue.now.plus_micros(DAY_US);
    let sold = Sold { number: 1, day: TODAY, gpu_seconds: 3_600, gross: Cash(100 * DOLLAR) };
    told.append(&mut operate(&mut venue, VaultCommand::RecordRevenue { vault: VAULT, sold }));
    told.append(&mut operate(&mut venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(3_000 * DOLLAR) }));
    told.append(&mut serve(&mut venue));
    told
}

#[test]
fn a_crowd_is_served_in_the_same_steps() {
    for (crowd, deploys, looked_at) in [
        (254, true, vec![(255, true)]),
        (255, true, vec![(256, true)]),
        (256, true, vec![(256, false), (1, true)]),
        (255, false, vec![]),
        (256, false, vec![]),
    ] {
        let (on_engine, on_twin) = (a_life::<Engine>(crowd, deploys), a_life::<Twin>(crowd, deploys));
        let differs = on_engine.iter().zip(&on_twin).find(|(on_engine, on_twin)| on_engine != on_twin);
        assert_eq!((differs, on_engine.len()), (None, on_twin.len()), "{crowd} subscribers");
        count(on_engine.len(), "events of crowded vaults");
        let redeemed = on_engine.iter().filter_map(|event| match *event {
            Event::Vault(VaultEvent::Redeemed { accounts, complete, .. }) => Some((accounts, complete)),
            _ => None,
        });
        assert_eq!(redeemed.collect::<Vec<_>>(), looked_at, "{crowd} subscribers");
    }
}
