//! What can be asked of vaults.

use crate::ids::{AccountId, SeriesId, VaultId};
use crate::units::{Cash, Day, Price};
use crate::vaults::{MachineHash, Sold, VaultTerms};

/// A request about vaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultCommand {
    /// Publishes what running a machine of a series costs from a day on. Operator only.
    SetOperatingRate {
        /// The series.
        series: SeriesId,
        /// The first UTC day.
        effective: Day,
        /// Micro-USD per GPU-hour.
        rate: Price,
    },
    /// Opens a vault of machines for subscription. Operator only.
    OpenVault {
        /// Its terms.
        terms: VaultTerms,
    },
    /// Names a machine of a vault. Operator only.
    RegisterDeed {
        /// The vault.
        vault: VaultId,
        /// The hash of the machine's serial number.
        serial: MachineHash,
    },
    /// Says that a machine is in place. Operator only.
    AttestDeed {
        /// The vault.
        vault: VaultId,
        /// The hash of the machine's serial number.
        serial: MachineHash,
        /// The hash of what was seen.
        attestation: MachineHash,
    },
    /// Gives a vault up whose machines are not in place; its subscribers are paid back. Operator only.
    CancelVault {
        /// The vault.
        vault: VaultId,
    },
    /// Pays a vault's sponsor; the shares are handed out. Operator only.
    DeployVault {
        /// The vault.
        vault: VaultId,
    },
    /// Buys shares of a vault that is open.
    Subscribe {
        /// Who buys.
        account: AccountId,
        /// Of which vault.
        vault: VaultId,
        /// How many shares.
        shares: u32,
        /// The number of this payment out of the account, as of a withdrawal.
        reference: u64,
    },
    /// Records what a vault's machines earned on a day. Operator only.
    RecordRevenue {
        /// The vault.
        vault: VaultId,
        /// What was sold.
        sold: Sold,
    },
    /// Pays an account what it has earned of a vault and, once that is wound up, redeems its shares.
    ClaimYield {
        /// Whose.
        account: AccountId,
        /// Of which vault.
        vault: VaultId,
    },
    /// Ends a vault: its machines are sold. Operator only.
    WindUpVault {
        /// The vault.
        vault: VaultId,
        /// What they were sold for.
        proceeds: Cash,
    },
}
