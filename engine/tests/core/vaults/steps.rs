//! What is due of a vault with many holders, step by step: bounded, in order, and the same behind a restart between any two steps.

use engine::command::Command;
use engine::event::{CancelReason, Event};
use engine::ids::{AccountId, AssetId, ClientOrderId};
use engine::ledger::{LedgerAccount, Purse};
use engine::order::{OrderRequest, Trigger, TriggerReference};
use engine::units::{Amount, Cash, Lots, Price, Side};
use engine::vaults::{MachineHash, VaultCommand, VaultEvent, VaultState, VaultTerms};

use super::{
    DAY_US, DOLLAR, PAIR, SHARES, VAULT, deploy, open, pair, posted, purse, record, serial, subscribe, terms, vault,
    venue,
};
use crate::counts::count;
use crate::venue::{Stage, TODAY, Venue};

/// Six machines, 600 shares.
fn large() -> VaultTerms {
    VaultTerms { gpus: 6, ..terms() }
}

/// Six hundred subscribers of a share each.
fn funded() -> Venue {
    let mut venue = venue(600, 1_000);
    open(&mut venue, large());
    for account in 1..=600 {
        subscribe(&mut venue, account, 1, 1).unwrap();
    }
    assert_eq!(venue.engine.vault(VAULT).unwrap().state, VaultState::Funded);
    venue
}

/// How many movements of a kind each step made; the venue is restored before each.
fn steps(venue: &mut Venue, counts: impl Fn(&Event) -> bool) -> Vec<usize> {
    let mut steps = Vec::new();
    while venue.engine.next_due().is_some_and(|due| due <= venue.now) {
        venue.engine = venue.engine.restored();
        venue.operate(Command::ProcessDue).unwrap();
        steps.push(venue.events.iter().filter(|event| counts(event)).count());
    }
    count(steps.len(), "steps of vaults");
    steps
}

fn moves(event: &Event) -> bool {
    matches!(event, Event::Transferred { .. })
}

#[test]
fn shares_are_handed_out_in_bounded_steps() {
    let mut venue = funded();
    deploy(&mut venue, large());
    assert_eq!(steps(&mut venue, moves), [256, 256, 88]);
    for account in 1..=600 {
        assert_eq!(posted(&venue.engine, LedgerAccount::Customer(AccountId(account)), SHARES), 1);
    }
    assert_eq!(venue.engine.vault(VAULT).unwrap().on_ledger(), 600);
}

#[test]
fn subscribers_are_paid_back_in_bounded_steps() {
    let mut venue = funded();
    let before = venue.free(1);
    venue.now = large().deployment_until;
    assert_eq!(venue.operate(Command::ProcessDue), Ok(()));
    let state = VaultState::Refunding;
    assert_eq!(venue.events, [Event::Vault(VaultEvent::VaultStateChanged { vault: VAULT, state })]);
    assert_eq!(steps(&mut venue, moves), [256, 256, 88]);
    let state = VaultState::Refunded;
    assert_eq!(venue.events.last(), Some(&Event::Vault(VaultEvent::VaultStateChanged { vault: VAULT, state })));
    assert_eq!(venue.free(1), before + Amount(10 * DOLLAR));
    assert_eq!(purse(&venue.engine, Purse::Escrow), 0);
    // Its machines can be tokenised again.
    let again = VaultTerms {
        vault: engine::ids::VaultId(8),
        asset: AssetId(80),
        symbol: engine::ids::AssetSymbol::new("AGAIN").unwrap(),
        funding_until: TODAY.plus(20).start(),
        deployment_until: TODAY.plus(21).start(),
        ..large()
    };
    open(&mut venue, again);
}

#[test]
fn a_vault_without_subscribers_is_refunded_at_once() {
    let mut venue = venue(1, 1_000);
    open(&mut venue, large());
    vault(&mut venue, VaultCommand::CancelVault { vault: VAULT }).unwrap();
    assert_eq!(steps(&mut venue, moves), [0]);
    assert_eq!(venue.engine.vault(VAULT).unwrap().state, VaultState::Refunded);
}

/// Deadlines come in their order, and only the first moment counts.
#[test]
fn a_deadline_is_due_at_its_moment() {
    let mut venue = venue(1, 1_000);
    open(&mut venue, large());
    assert_eq!(venue.engine.next_due(), Some(large().funding_until));
    venue.now = large().funding_until.plus_micros(-1);
    assert!(venue.operate(Command::ProcessDue).is_err());
    assert!(subscribe(&mut venue, 1, 1, 1).is_ok());
    venue.now = large().funding_until;
    assert!(subscribe(&mut venue, 1, 1, 2).is_err());
    assert_eq!(steps(&mut venue, moves), [0, 1]);
}

#[test]
fn a_vault_is_wound_up_in_bounded_steps() {
    let mut venue = funded();
    deploy(&mut venue, large());
    steps(&mut venue, moves);
    venue.operate(Command::ListInstrument { terms: pair() }).unwrap();
    for account in 1..=300 {
        let name = ClientOrderId::new("sell").unwrap();
        venue
            .submit(OrderRequest::limit(AccountId(account), name, PAIR, Side::Sell, Lots(1), Price(20 * DOLLAR)))
            .unwrap();
    }
    let stop = OrderRequest {
        trigger: Some(Trigger { reference: TriggerReference::Last, price: Price(30 * DOLLAR) }),
        ..OrderRequest::limit(
            AccountId(5),
            ClientOrderId::new("stop").unwrap(),
            PAIR,
            Side::Buy,
            Lots(1),
            Price(30 * DOLLAR),
        )
    };
    venue.submit(stop).unwrap();
    venue.operate(Command::HaltInstrument { instrument: PAIR }).unwrap();
    venue.now = venue.now.plus_micros(DAY_US);
    record(&mut venue, 1, TODAY, 0, 600_000).unwrap();
    vault(&mut venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(601) }).unwrap();
    let expires = |event: &Event| matches!(event, Event::OrderCancelled { reason: CancelReason::Expired, .. });
    let redeems = |event: &Event| matches!(event, Event::Vault(VaultEvent::SharesRedeemed { .. }));
    assert_eq!(steps(&mut venue.clone(), expires), [256, 45, 0, 0, 0]);
    assert_eq!(steps(&mut venue, redeems), [0, 0, 256, 256, 88]);
    let state = VaultState::WoundUp;
    assert_eq!(venue.events.last(), Some(&Event::Vault(VaultEvent::VaultStateChanged { vault: VAULT, state })));
    assert_eq!(posted(&venue.engine, LedgerAccount::Fees, AssetId::USD), 1);
    assert!(venue.engine.vault(VAULT).unwrap().holdings.is_empty());
    assert!(venue.operate(Command::ResumeInstrument { instrument: PAIR }).is_err());
}

/// A holder of nothing but pending shares is looked at, and redeemed when they are back.
#[test]
fn pending_shares_wait() {
    let mut venue = funded();
    deploy(&mut venue, large());
    steps(&mut venue, moves);
    let (account, asset, amount) = (AccountId(1), SHARES, Amount(1));
    let withdrawal = Command::RequestWithdrawal { account, asset, amount, reference: 2 };
    venue.send(engine::ids::KeyId(1), withdrawal).unwrap();
    let transfer = engine::ids::TransferId(venue.seq);
    vault(&mut venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(600 * DOLLAR) }).unwrap();
    let redeems = |event: &Event| matches!(event, Event::Vault(VaultEvent::SharesRedeemed { .. }));
    assert_eq!(steps(&mut venue, redeems), [255, 256, 88]);
    assert!(super::claim(&mut venue, 1).is_err());
    venue.operate(Command::VoidTransfer { transfer }).unwrap();
    super::claim(&mut venue, 1).unwrap();
    assert_eq!(purse(&venue.engine, Purse::Redemption), 0);
}

/// What the holder of a machine's deed is, is looked up in the whole venue.
#[test]
fn a_machine_is_tokenised_once() {
    let mut venue = venue(1, 1_000);
    open(&mut venue, terms());
    let other = VaultTerms {
        vault: engine::ids::VaultId(8),
        asset: AssetId(80),
        symbol: engine::ids::AssetSymbol::new("OTHER").unwrap(),
        ..terms()
    };
    vault(&mut venue, VaultCommand::OpenVault { terms: other }).unwrap();
    let again = VaultCommand::RegisterDeed { vault: other.vault, serial: serial(1) };
    assert_eq!(vault(&mut venue, again).unwrap_err().code(), "deed_taken");
    venue.engine = venue.engine.restored();
    assert_eq!(vault(&mut venue, again).unwrap_err().code(), "deed_taken");
    vault(&mut venue, VaultCommand::CancelVault { vault: VAULT }).unwrap();
    steps(&mut venue, moves);
    vault(&mut venue, again).unwrap();
}

/// What running the machines cost beyond what they brought is never taken from what they are sold for.
#[test]
fn a_shortfall_is_the_sponsors() {
    let mut venue = funded();
    deploy(&mut venue, large());
    steps(&mut venue, moves);
    venue.now = venue.now.plus_micros(DAY_US);
    record(&mut venue, 1, TODAY, 3_600, 0).unwrap();
    assert_eq!(venue.engine.vault(VAULT).unwrap().shortfall, Cash(600_000));
    vault(&mut venue, VaultCommand::WindUpVault { vault: VAULT, proceeds: Cash(600 * DOLLAR) }).unwrap();
    let of = |vault: &engine::vaults::Vault| (vault.value_per_share, vault.shortfall);
    assert_eq!(of(venue.engine.vault(VAULT).unwrap()), (Some(Cash(DOLLAR)), Cash(0)));
}

#[test]
fn attestations_outlive_a_restart() {
    let mut venue = funded();
    for machine in 0..6 {
        let (serial, attestation) = (serial(machine), MachineHash([0xaa; 32]));
        vault(&mut venue, VaultCommand::AttestDeed { vault: VAULT, serial, attestation }).unwrap();
    }
    venue.engine = venue.engine.restored();
    vault(&mut venue, VaultCommand::DeployVault { vault: VAULT }).unwrap();
}
