//! The chain's side of the reconciliation, as far as the ledger knows it: what came in is promised out or still owed to somebody.

use std::collections::BTreeMap;

use engine::ids::AssetId;
use engine::ledger::LedgerAccount;
use serde::Serialize;
use utoipa::ToSchema;

use crate::batches::owed;
use crate::http::numbers::Quantity;
use crate::settle::reconcile::ReconcileError;
use crate::settle::statement::Names;
use crate::venue::machines::Core;
use crate::venue::projections::Books;

/// US dollars between the ledger and its vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChainSide {
    /// All deposits that were credited.
    pub deposits: Quantity,
    /// All that was ever moved out for good.
    pub claimable: Quantity,
    /// What the vault has to hold besides: the ledger account `chain`, turned round.
    pub covered: Quantity,
    /// What the leaves of a batch that is cut now would have settled; the rest is the venue's own, or of accounts without a link.
    pub leaves: Quantity,
}

/// What the engine has of one asset at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    /// The ledger account `chain`.
    chain: i64,
    /// Of all linked customers and strangers, as the ledger has them.
    customers: i128,
    /// The same, and what was moved out, as the leaves of a batch would have it.
    leaves: (i128, i128),
}

/// Both sides of the chain at one moment.
pub(super) struct Sides(BTreeMap<AssetId, Taken>);

impl Sides {
    /// What the engine has; nothing without a chain.
    pub(super) fn take(core: &Core) -> Option<Sides> {
        let engine = core.engine();
        engine.chain().domain()?;
        let mut sides: BTreeMap<AssetId, Taken> = BTreeMap::new();
        for (account, asset, balance) in engine.ledger().trial_balance() {
            let taken = sides.entry(asset).or_default();
            let posted = i128::from(balance.posted.0);
            match account {
                LedgerAccount::Chain => taken.chain = balance.posted.0,
                LedgerAccount::Unclaimed => taken.customers += posted,
                LedgerAccount::Customer(account) if engine.chain().link_of(account).is_some() => {
                    taken.customers += posted;
                }
                _ => {}
            }
        }
        let insurance =
            engine.chain().unclaimed().filter(|&(pseudonym, ..)| Some(pseudonym) == engine.chain().insurance());
        for (_, asset, amount) in insurance {
            sides.entry(asset).or_default().customers -= i128::from(amount.0);
        }
        for (&asset, taken) in &mut sides {
            taken.leaves = owed(engine, asset);
        }
        Some(Sides(sides))
    }

    /// Compares them with one another and with the history behind the same command.
    pub(super) async fn compare(
        &self,
        books: &mut Books,
        names: &Names<'_>,
        seq: engine::ids::Seq,
    ) -> Result<ChainSide, ReconcileError> {
        let moved = books.moved("chain", seq).await?;
        let mut shown = None;
        for (&asset, taken) in &self.0 {
            let of = |reasons: &[&str]| -> i128 {
                let rows = moved.iter().filter(|row| row.asset == asset && reasons.contains(&row.reason.as_str()));
                rows.map(|row| i128::from(row.amount)).sum()
            };
            let (credited, out) = (-of(&["deposit", "import"]), of(&["withdrawal"]));
            let (settled, claimable) = taken.leaves;
            let checks = [
                ("what was moved out to the chain", claimable, out),
                ("the balance of chain", i128::from(taken.chain), claimable - credited),
                ("the sum of all leaves", taken.customers, settled),
            ];
            for (what, ledger, history) in checks {
                if ledger != history {
                    let what = format!("{what} in {}", names.asset(asset));
                    let (ledger, history) = (ledger.to_string(), history.to_string());
                    return Err(ReconcileError::Differs { seq: seq.0, what, ledger, history });
                }
            }
            if asset == AssetId::USD {
                let quantity = |amount: i128| names.quantity(asset, i64::try_from(amount).unwrap_or(i64::MAX));
                shown = Some(ChainSide {
                    deposits: quantity(credited),
                    claimable: quantity(claimable),
                    covered: quantity(-i128::from(taken.chain)),
                    leaves: quantity(settled),
                });
            }
        }
        let nothing = || names.quantity(AssetId::USD, 0);
        Ok(shown.unwrap_or_else(|| ChainSide {
            deposits: nothing(),
            claimable: nothing(),
            covered: nothing(),
            leaves: nothing(),
        }))
    }
}
