//! What happened to vaults.

use crate::ids::{AccountId, SeriesId, VaultId};
use crate::units::{Cash, Day, Price};
use crate::vaults::{MachineHash, Revenue, VaultState, VaultTerms};

/// One thing that happened to a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultEvent {
    /// Running a machine of a series costs this much from a day on.
    OperatingRateSet {
        /// The series.
        series: SeriesId,
        /// The first UTC day.
        effective: Day,
        /// Micro-USD per GPU-hour.
        rate: Price,
    },
    /// A vault can be subscribed as soon as its machines are named.
    VaultOpened {
        /// Its terms.
        terms: VaultTerms,
    },
    /// A machine is a vault's, and no other's.
    DeedRegistered {
        /// The vault.
        vault: VaultId,
        /// The hash of the machine's serial number.
        serial: MachineHash,
    },
    /// A machine is in place.
    DeedAttested {
        /// The vault.
        vault: VaultId,
        /// The hash of the machine's serial number.
        serial: MachineHash,
        /// The hash of what was seen.
        attestation: MachineHash,
    },
    /// A vault went on in its life.
    VaultStateChanged {
        /// The vault.
        vault: VaultId,
        /// Where it is.
        state: VaultState,
    },
    /// Shares of a vault were subscribed; the payment follows.
    Subscribed {
        /// The vault.
        vault: VaultId,
        /// By whom.
        account: AccountId,
        /// How many.
        shares: u32,
        /// For how much.
        paid: Cash,
    },
    /// A day's revenue of a vault was shared; the payments follow.
    RevenueRecorded(Revenue),
    /// An account is paid what it has earned of a vault; the payment follows.
    YieldClaimed {
        /// The vault.
        vault: VaultId,
        /// Whose.
        account: AccountId,
        /// How much.
        amount: Cash,
    },
    /// The machines of a vault were sold; the payments follow.
    WindUpStarted {
        /// The vault.
        vault: VaultId,
        /// What they were sold for.
        proceeds: Cash,
        /// What each share is redeemed for.
        value_per_share: Cash,
        /// What could not be divided by all shares.
        residual: Cash,
    },
    /// Shares of an account are redeemed; shares and payment follow.
    SharesRedeemed {
        /// The vault.
        vault: VaultId,
        /// Whose.
        account: AccountId,
        /// How many.
        shares: u32,
        /// For how much.
        amount: Cash,
    },
    /// The next holders of a vault were paid out.
    Redeemed {
        /// The vault.
        vault: VaultId,
        /// How many were looked at.
        accounts: u32,
        /// Whether they were the last.
        complete: bool,
    },
}
