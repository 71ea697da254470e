//! The commands that a chain brought: one of each, and any.

use engine::chain::{Address, ChainDomain, Pseudonym, RollingHash, Signature64};
use engine::command::Command;
use engine::ids::{AccountId, AssetId};
use engine::units::Amount;
use proptest::prelude::*;

use super::samples::Sample;

pub fn samples() -> Vec<Sample> {
    let (account, asset, number) = (AccountId(0x0102_0304), AssetId(0x0b0c_0d0e), 0x7172_7374_7576_7778);
    let (pseudonym, hash, signature) = (Pseudonym(run(0xa0)), RollingHash(run(0xc0)), Signature64(run(0x80)));
    let chain = ChainDomain { chain_id: 31_337, vault: Address(run(0x10)), token: Address(run(0x30)) };
    let deposit = |amount| Command::CreditDeposit { index: number, pseudonym, amount: Amount(amount), hash };
    let (amount, reference) = (Amount(1_234), 0x4142_4344_4546_4748);
    vec![
        ("attach_chain", Command::AttachChain { chain, insurance: Pseudonym(run(0x60)) }),
        ("link_account", Command::LinkAccount { account, pseudonym, signature }),
        ("credit_deposit", deposit(1_000_000)),
        ("credit_deposit_below_zero", deposit(-3)),
        ("credit_import", Command::CreditImport { index: number, pseudonym, asset, amount }),
        ("withdraw_to_chain", Command::WithdrawToChain { account, asset, amount, reference, signature }),
        ("cut_batch", Command::CutBatch { number }),
        ("confirm_batch", Command::ConfirmBatch { number }),
        ("receive_exit", Command::ReceiveExit { number, pseudonym, target: Amount(90_000_000) }),
        ("record_freeze", Command::RecordFreeze { pinned: number }),
    ]
}

/// Bytes that rise from the first, so that each place has its own.
pub fn run<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).unwrap()))
}

pub fn commands() -> BoxedStrategy<Command> {
    let pseudonym = || any::<[u8; 32]>().prop_map(Pseudonym);
    let signature = || any::<[[u8; 32]; 2]>().prop_map(|halves| Signature64(halves.concat().try_into().unwrap()));
    let account = || any::<u32>().prop_map(AccountId);
    let asset = || any::<u32>().prop_map(AssetId);
    let amount = || any::<i64>().prop_map(Amount);
    let domain = any::<(u64, [u8; 20], [u8; 20])>().prop_map(|(chain_id, vault, token)| ChainDomain {
        chain_id,
        vault: Address(vault),
        token: Address(token),
    });
    prop_oneof![
        (domain, pseudonym()).prop_map(|(chain, insurance)| Command::AttachChain { chain, insurance }),
        (account(), pseudonym(), signature()).prop_map(|(account, pseudonym, signature)| Command::LinkAccount {
            account,
            pseudonym,
            signature
        }),
        (any::<u64>(), pseudonym(), amount(), any::<[u8; 32]>()).prop_map(|(index, pseudonym, amount, hash)| {
            Command::CreditDeposit { index, pseudonym, amount, hash: RollingHash(hash) }
        }),
        (any::<u64>(), pseudonym(), asset(), amount()).prop_map(|(index, pseudonym, asset, amount)| {
            Command::CreditImport { index, pseudonym, asset, amount }
        }),
        (account(), asset(), amount(), any::<u64>(), signature()).prop_map(
            |(account, asset, amount, reference, signature)| {
                Command::WithdrawToChain { account, asset, amount, reference, signature }
            }
        ),
        any::<u64>().prop_map(|number| Command::CutBatch { number }),
        any::<u64>().prop_map(|number| Command::ConfirmBatch { number }),
        (any::<u64>(), pseudonym(), amount()).prop_map(|(number, pseudonym, target)| Command::ReceiveExit {
            number,
            pseudonym,
            target
        }),
        any::<u64>().prop_map(|pinned| Command::RecordFreeze { pinned }),
    ]
    .boxed()
}
