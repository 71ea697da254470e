//! The words of golden days for tokenised GPUs.

use engine::command::Command;
use engine::ids::{AccountId, AssetSymbol, VaultId};
use engine::ledger::{LedgerAccount, Purse};
use engine::units::{Cash, Price};
use engine::vaults::{MachineHash, Sold, VaultCommand, VaultTerms};

use super::Runner;
use super::words::{account_named, asset_named, parse_micros, value};
use crate::calendar::{parse_day, parse_time};
use crate::venue::Exchange;

impl<E: Exchange> Runner<E> {
    pub(super) fn command_of_vaults(&mut self, words: &[&str]) -> Option<Command> {
        let command = match *words {
            ["rates", series, rate, "from", day] => VaultCommand::SetOperatingRate {
                series: self.series_named(series),
                effective: parse_day(day),
                rate: Price(parse_micros(rate)),
            },
            ["founds", name, ref words @ ..] => VaultCommand::OpenVault { terms: self.vault_terms(name, words) },
            ["names", machine, "of", name] => {
                VaultCommand::RegisterDeed { vault: vault_named(name), serial: serial_of(machine) }
            }
            ["attests", machine, "of", name] => {
                let (vault, serial) = (vault_named(name), serial_of(machine));
                VaultCommand::AttestDeed { vault, serial, attestation: MachineHash([0xaa; 32]) }
            }
            ["cancels", name] => VaultCommand::CancelVault { vault: vault_named(name) },
            ["deploys", name] => VaultCommand::DeployVault { vault: vault_named(name) },
            ["records", number, name, day, seconds, gross] => {
                let sold = Sold {
                    number: number.parse().unwrap(),
                    day: parse_day(day),
                    gpu_seconds: seconds.parse().unwrap(),
                    gross: Cash(parse_micros(gross)),
                };
                VaultCommand::RecordRevenue { vault: vault_named(name), sold }
            }
            ["winds", "up", name, proceeds] => {
                VaultCommand::WindUpVault { vault: vault_named(name), proceeds: Cash(parse_micros(proceeds)) }
            }
            _ => return None,
        };
        Some(Command::Vault(command))
    }

    pub(super) fn command_of_holder(&mut self, account: AccountId, words: &[&str]) -> Option<Command> {
        let command = match *words {
            ["subscribes", shares, name] => {
                let (shares, reference) = (shares.parse().unwrap(), self.next_payment(account));
                VaultCommand::Subscribe { account, vault: vault_named(name), shares, reference }
            }
            ["claims", name] => VaultCommand::ClaimYield { account, vault: vault_named(name) },
            _ => return None,
        };
        Some(Command::Vault(command))
    }

    /// `of H100 gpus 4 at 250 sponsor gpuco holders 9000 until 2026-07-08 00:00:00 and 2026-07-15 00:00:00`
    fn vault_terms(&mut self, name: &str, words: &[&str]) -> VaultTerms {
        let moment = |word| {
            let at = words.iter().position(|known| *known == word).unwrap();
            parse_time(words[at + 1], words[at + 2])
        };
        let asset = asset_named(name);
        self.names.assets.insert(asset, name.to_owned());
        VaultTerms {
            vault: vault_named(name),
            series: self.series_named(value(words, "of").unwrap()),
            asset,
            symbol: AssetSymbol::new(name).unwrap(),
            gpus: value(words, "gpus").unwrap().parse().unwrap(),
            price: Cash(parse_micros(value(words, "at").unwrap())),
            sponsor: account_named(value(words, "sponsor").unwrap()),
            holders_bp: value(words, "holders").unwrap().parse().unwrap(),
            funding_until: moment("until"),
            deployment_until: moment("and"),
        }
    }
}

/// `V7` is vault 7.
fn vault_named(name: &str) -> VaultId {
    VaultId(name.strip_prefix('V').and_then(|number| number.parse().ok()).expect("a vault has a number"))
}

/// `s3` is a machine whose serial hash is made of threes.
fn serial_of(machine: &str) -> MachineHash {
    MachineHash([machine.strip_prefix('s').and_then(|number| number.parse().ok()).expect("a machine has a number"); 32])
}

pub(super) fn purse_named(name: &str, purse: &str) -> Option<LedgerAccount> {
    let purse = match purse {
        "shares" => Purse::Shares,
        "escrow" => Purse::Escrow,
        "yield" => Purse::Yield,
        "reserve" => Purse::Reserve,
        "redemption" => Purse::Redemption,
        _ => return None,
    };
    name.starts_with('V').then(|| LedgerAccount::Vault(vault_named(name), purse))
}
