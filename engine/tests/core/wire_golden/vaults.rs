//! One command about vaults of each kind.

use engine::command::Command;
use engine::ids::{AccountId, AssetId, AssetSymbol, SeriesId, VaultId};
use engine::units::{Cash, Day, Price, Timestamp};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};
use proptest::prelude::*;

const ACCOUNT: AccountId = AccountId(0x0102_0304);
const VAULT: VaultId = VaultId(0x7172_7374);

/// A hash whose bytes differ from their neighbours.
pub fn hash(first: u8) -> MachineHash {
    MachineHash(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

pub fn terms() -> VaultTerms {
    VaultTerms {
        vault: VAULT,
        series: SeriesId(0x3132_3334),
        asset: AssetId(0x0b0c_0d0e),
        symbol: AssetSymbol::new("H100-V1").unwrap(),
        gpus: 400,
        price: Cash(250_000_000),
        sponsor: AccountId(0x0506_0708),
        holders_bp: 9_000,
        funding_until: Timestamp(1_783_468_800_000_123),
        deployment_until: Timestamp(1_783_555_200_000_456),
    }
}

pub fn sold() -> Sold {
    Sold { number: 0x4142_4344_4546_4748, day: Day(20_641), gpu_seconds: 288_000, gross: Cash(188_000_000) }
}

pub fn samples() -> Vec<(&'static str, Command)> {
    let (vault, account, serial) = (VAULT, ACCOUNT, hash(1));
    let rate =
        VaultCommand::SetOperatingRate { series: SeriesId(0x3132_3334), effective: Day(20_641), rate: Price(600_000) };
    let reference = 0x4142_4344_4546_4748;
    [
        ("set_operating_rate", rate),
        ("open_vault", VaultCommand::OpenVault { terms: terms() }),
        ("register_deed", VaultCommand::RegisterDeed { vault, serial }),
        ("attest_deed", VaultCommand::AttestDeed { vault, serial, attestation: hash(0x81) }),
        ("cancel_vault", VaultCommand::CancelVault { vault }),
        ("deploy_vault", VaultCommand::DeployVault { vault }),
        ("subscribe", VaultCommand::Subscribe { account, vault, shares: 300, reference }),
        ("record_revenue", VaultCommand::RecordRevenue { vault, sold: sold() }),
        ("claim_yield", VaultCommand::ClaimYield { account, vault }),
        ("wind_up_vault", VaultCommand::WindUpVault { vault, proceeds: Cash(60_000_000_000) }),
    ]
    .map(|(name, command)| (name, Command::Vault(command)))
    .to_vec()
}

/// Any command about vaults at all.
pub fn any_command() -> impl Strategy<Value = Command> {
    let hash = || any::<[u8; 32]>().prop_map(MachineHash);
    let vault = || any::<u32>().prop_map(VaultId);
    let account = || any::<u32>().prop_map(AccountId);
    let terms = (any::<[u32; 4]>(), super::arbitrary::label(), any::<[u16; 2]>(), any::<[i64; 3]>());
    let terms = terms.prop_map(|(numbers, symbol, [gpus, holders_bp], amounts)| VaultTerms {
        vault: VaultId(numbers[0]),
        series: SeriesId(numbers[1]),
        asset: AssetId(numbers[2]),
        symbol,
        gpus,
        price: Cash(amounts[0]),
        sponsor: AccountId(numbers[3]),
        holders_bp,
        funding_until: Timestamp(amounts[1]),
        deployment_until: Timestamp(amounts[2]),
    });
    let sold = any::<(u64, i32, u64, i64)>().prop_map(|(number, day, gpu_seconds, gross)| Sold {
        number,
        day: Day(day),
        gpu_seconds,
        gross: Cash(gross),
    });
    let command = prop_oneof![
        any::<(u32, i32, i64)>().prop_map(|(series, effective, rate)| VaultCommand::SetOperatingRate {
            series: SeriesId(series),
            effective: Day(effective),
            rate: Price(rate),
        }),
        terms.prop_map(|terms| VaultCommand::OpenVault { terms }),
        (vault(), hash()).prop_map(|(vault, serial)| VaultCommand::RegisterDeed { vault, serial }),
        (vault(), hash(), hash()).prop_map(|(vault, serial, attestation)| VaultCommand::AttestDeed {
            vault,
            serial,
            attestation,
        }),
        vault().prop_map(|vault| VaultCommand::CancelVault { vault }),
        vault().prop_map(|vault| VaultCommand::DeployVault { vault }),
        (account(), vault(), any::<(u32, u64)>()).prop_map(|(account, vault, (shares, reference))| {
            VaultCommand::Subscribe { account, vault, shares, reference }
        }),
        (vault(), sold).prop_map(|(vault, sold)| VaultCommand::RecordRevenue { vault, sold }),
        (account(), vault()).prop_map(|(account, vault)| VaultCommand::ClaimYield { account, vault }),
        (vault(), any::<i64>())
            .prop_map(|(vault, proceeds)| VaultCommand::WindUpVault { vault, proceeds: Cash(proceeds) }),
    ];
    command.prop_map(Command::Vault)
}
