//! The events that a chain brought.

use engine::chain::{Address, ChainDomain, Pseudonym, RollingHash};
use engine::event::{Event, TransferReason};
use engine::ids::{AccountId, AssetId, Seq};
use engine::ledger::LedgerAccount;
use engine::units::{Amount, Cash, Timestamp};

use crate::wire_golden::run;

use super::samples::Sample;

pub fn samples() -> Vec<Sample> {
    let account = AccountId(0x0102_0304);
    let number = 0x7172_7374_7576_7778;
    let (pseudonym, hash) = (Pseudonym(run(0xa0)), RollingHash(run(0xc0)));
    let chain = ChainDomain { chain_id: 31_337, vault: Address(run(0x10)), token: Address(run(0x30)) };
    let (asset, amount, target) = (AssetId(0x0b0c_0d0e), Amount(1_234), Amount(90_000_000));
    let exit = |account| Event::ExitReceived { number, pseudonym, target, account };
    let equity = Cash(110_000_000);
    let cut = Event::BatchCut { number, first_seq: Seq(18), last_seq: Seq(29), deposits: 3, imports: 2, exits: 1 };
    let mut samples = vec![
        ("chain_attached", Event::ChainAttached { chain, insurance: Pseudonym(run(0x60)) }),
        ("account_linked", Event::AccountLinked { account, pseudonym }),
        ("deposit_credited", Event::DepositCredited { index: number, pseudonym, amount: Amount(1_000_000), hash }),
        ("import_credited", Event::ImportCredited { index: number, pseudonym, asset, amount }),
        ("withdrawn_to_chain", Event::WithdrawnToChain { account, asset, amount, claimable: Amount(5_678) }),
        ("batch_cut", cut),
        ("batch_confirmed", Event::BatchConfirmed { number }),
        ("exit_received", exit(Some(account))),
        ("exit_received_of_a_stranger", exit(None)),
        ("exit_round", Event::ExitRound { account, equity }),
        ("exit_postponed", Event::ExitPostponed { account, next: Timestamp(1_783_468_800_000_123) }),
        ("exit_ended_covered", Event::ExitEnded { account, covered: true }),
        ("exit_ended", Event::ExitEnded { account, covered: false }),
        ("close_out_started", Event::CloseOutStarted { account, equity }),
        ("close_out_ended", Event::CloseOutEnded { account, equity: Cash(-3) }),
        ("chain_frozen", Event::ChainFrozen { pinned: number }),
    ];
    samples.extend(moved());
    samples
}

fn moved() -> Vec<Sample> {
    let (chain, customer) = (LedgerAccount::Chain, LedgerAccount::Customer(AccountId(0x0102_0304)));
    let (dollars, asset) = (AssetId::USD, AssetId(0x0b0c_0d0e));
    let of = |from, to, asset, reason| Event::Transferred { from, to, asset, amount: Amount(1_234), reason };
    let (deposit, out) = (TransferReason::Deposit, TransferReason::Withdrawal);
    vec![
        ("transferred_deposit_chain_to_customer", of(chain, customer, dollars, deposit)),
        ("transferred_deposit_chain_to_unclaimed", of(chain, LedgerAccount::Unclaimed, dollars, deposit)),
        ("transferred_deposit_unclaimed_to_customer", of(LedgerAccount::Unclaimed, customer, asset, deposit)),
        ("transferred_withdrawal_to_chain", of(customer, chain, asset, out)),
        ("transferred_import", of(chain, customer, asset, TransferReason::Import)),
    ]
}
