//! Why a command about a vault of GPUs was refused; in order of precedence, as all refusals are.

use crate::ids::{AccountId, AssetId, SeriesId, VaultId};
use crate::units::{Amount, Day};
use crate::vaults::VaultState;

/// A rule of `docs/gpu-vaults.md` said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultReject {
    /// 120
    #[error("vault {vault} does not exist; see the list of vaults")]
    UnknownVault {
        /// The vault.
        vault: VaultId,
    },
    /// 121
    #[error("vault {vault} exists already; choose another number")]
    VaultExists {
        /// The vault.
        vault: VaultId,
    },
    /// 127
    #[error("vault {vault} is {}; that is not done to such a vault", state.name())]
    WrongVaultState {
        /// The vault.
        vault: VaultId,
        /// Where it stands.
        state: VaultState,
    },
    /// 122
    #[error("the vault is invalid: {rule}")]
    InvalidVault {
        /// What a valid vault looks like.
        rule: &'static str,
    },
    /// 123
    #[error("the operating rate is invalid: {rule}")]
    InvalidOperatingRate {
        /// What a valid rate looks like.
        rule: &'static str,
    },
    /// 124
    #[error("series {series} has no operating rate in force today; publish one first")]
    NoOperatingRate {
        /// The series.
        series: SeriesId,
    },
    /// 125
    #[error("the machine is one of vault {vault}; it can be tokenised again when that is wound up or refunded")]
    DeedTaken {
        /// The vault that has it.
        vault: VaultId,
    },
    /// 126
    #[error("vault {vault} has no deed with this serial hash; register it first")]
    UnknownDeed {
        /// The vault.
        vault: VaultId,
    },
    /// 128
    #[error("{missing} machines of vault {vault} are not named, or not seen to be in place; their deeds come first")]
    DeedsMissing {
        /// The vault.
        vault: VaultId,
        /// How many.
        missing: u16,
    },
    /// 129
    #[error("{shares} shares cannot be subscribed; ask for 1 to the {left} that are left")]
    SharesNotLeft {
        /// How many were asked for.
        shares: u32,
        /// How many are left.
        left: u32,
    },
    /// 130
    #[error("entry {number} of vault {vault} is out of sequence, the next is {next}; a lower one was recorded already")]
    RevenueOutOfSequence {
        /// The vault.
        vault: VaultId,
        /// The number given.
        number: u64,
        /// The number expected.
        next: u64,
    },
    /// 131
    #[error("day {} of vault {vault} cannot be recorded; it is over, and day {} or later", day.0, earliest.0)]
    RevenueDay {
        /// The vault.
        vault: VaultId,
        /// The day given.
        day: Day,
        /// The first that can be recorded.
        earliest: Day,
    },
    /// 132
    #[error("{gpu_seconds} GPU-seconds are more than the machines have in a day; at most {most}")]
    TooManyGpuSeconds {
        /// How many were given.
        gpu_seconds: u64,
        /// The most.
        most: u64,
    },
    /// 133
    #[error("account {account} has nothing to claim of vault {vault}; wait for its next revenue")]
    NothingToClaim {
        /// The vault.
        vault: VaultId,
        /// The account.
        account: AccountId,
    },
    /// 134
    #[error("{exported} shares of asset {asset} are exported; no more can arrive from outside")]
    NotExported {
        /// The shares' asset.
        asset: AssetId,
        /// How many are exported.
        exported: Amount,
    },
}

impl VaultReject {
    /// Number and name.
    pub(super) fn entry(&self) -> (u16, &'static str) {
        match self {
            VaultReject::UnknownVault { .. } => (120, "unknown_vault"),
            VaultReject::VaultExists { .. } => (121, "vault_exists"),
            VaultReject::WrongVaultState { .. } => (127, "wrong_vault_state"),
            VaultReject::InvalidVault { .. } => (122, "invalid_vault"),
            VaultReject::InvalidOperatingRate { .. } => (123, "invalid_operating_rate"),
            VaultReject::NoOperatingRate { .. } => (124, "no_operating_rate"),
            VaultReject::DeedTaken { .. } => (125, "deed_taken"),
            VaultReject::UnknownDeed { .. } => (126, "unknown_deed"),
            VaultReject::DeedsMissing { .. } => (128, "deeds_missing"),
            VaultReject::SharesNotLeft { .. } => (129, "shares_not_left"),
            VaultReject::RevenueOutOfSequence { .. } => (130, "revenue_out_of_sequence"),
            VaultReject::RevenueDay { .. } => (131, "revenue_day"),
            VaultReject::TooManyGpuSeconds { .. } => (132, "too_many_gpu_seconds"),
            VaultReject::NothingToClaim { .. } => (133, "nothing_to_claim"),
            VaultReject::NotExported { .. } => (134, "not_exported"),
        }
    }
}
