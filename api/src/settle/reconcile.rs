//! Holds the history's books against the ledger and the positions of the engine, and says where they first differ.

use std::collections::BTreeMap;

use engine::ids::{AccountId, AssetId, InstrumentId, Seq};
use engine::limits;
use engine::units::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::settle::chain_side::{ChainSide, Sides};
use crate::settle::statement::{self, Names};
use crate::venue::Directory;
use crate::venue::machines::Core;
use crate::venue::projections::{History, ProjectionError, ledger_account_name};
use crate::venue::sequencer::{Handle, SubmitError};

/// How often both are looked at until nothing happened in between.
const ATTEMPTS_MAX: u32 = 5;

/// What was compared, and found equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reconciliation {
    /// The last command of both.
    pub seq: u64,
    /// Balances, of every ledger account and asset.
    pub balances: usize,
    /// Positions, of every account; none if the venue was too busy for both to be looked at behind the same command.
    pub positions: usize,
    /// The chain's side, once one is attached; it needs nothing of the chain itself.
    pub chain: Option<ChainSide>,
}

/// Why there is no reconciliation.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// They differ.
    #[error(
        "the history differs from the ledger at command {seq}, first in {what}: ledger {ledger}, history {history}; \
         the ledger is right, and a history that is deleted is told anew at the next start"
    )]
    Differs {
        /// The command both stand behind.
        seq: u64,
        /// The balance or position.
        what: String,
        /// What the engine has.
        ledger: String,
        /// What the history has.
        history: String,
    },
    /// The venue did not answer.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The history failed.
    #[error(transparent)]
    History(#[from] ProjectionError),
}

/// What the engine has at one moment.
struct Taken {
    seq: Seq,
    balances: BTreeMap<(String, AssetId), i64>,
    positions: BTreeMap<(AccountId, InstrumentId), Position>,
    accounts: Vec<AccountId>,
    sides: Option<Sides>,
}

/// Compares every balance, and the chain with what came from it and went there; and where nothing happened meanwhile, every position.
///
/// # Errors
/// The first difference, balances before positions.
pub async fn run(handle: &Handle, history: &History, directory: &Directory) -> Result<Reconciliation, ReconcileError> {
    let mut attempt = 1;
    let (taken, mut books) = loop {
        let taken = handle.read(take).await?;
        history.caught_up(taken.seq).await?;
        let books = history.books().await?;
        if books.offset() == taken.seq || attempt == ATTEMPTS_MAX {
            break (taken, books);
        }
        attempt += 1;
    };
    let told = books.balances(taken.seq).await?;
    let told: BTreeMap<_, _> = told.into_iter().map(|row| ((row.ledger, row.asset), row.amount)).collect();
    let names = Names(directory);
    for key in taken.balances.keys().chain(told.keys()) {
        let of = |side: &BTreeMap<_, i64>| side.get(key).copied().unwrap_or_default();
        let (ledger, history) = (of(&taken.balances), of(&told));
        if ledger != history {
            let what = format!("the balance of {} in {}", key.0, names.asset(key.1));
            let shown = |amount| names.quantity(key.1, amount).to_string();
            return Err(ReconcileError::Differs {
                seq: taken.seq.0,
                what,
                ledger: shown(ledger),
                history: shown(history),
            });
        }
    }
    let chain = match &taken.sides {
        Some(sides) => Some(sides.compare(&mut books, &names, taken.seq).await?),
        None => None,
    };
    let mut positions = 0;
    // A history that is ahead of what was taken would show later positions; who wants them compared asks a venue at rest.
    if books.offset() == taken.seq {
        for &account in &taken.accounts {
            positions += compare_positions(&mut books, directory, &taken, account).await?;
        }
    }
    Ok(Reconciliation { seq: taken.seq.0, balances: taken.balances.len(), positions, chain })
}

fn take(core: &Core) -> Taken {
    let engine = core.engine();
    let balances = engine.ledger().trial_balance();
    let is_contract = |instrument| engine.market(instrument).is_some_and(|market| market.terms.series().is_some());
    let held = engine.exposures().filter(|&(instrument, ..)| is_contract(instrument));
    Taken {
        seq: engine.seq(),
        balances: balances
            .map(|(account, asset, balance)| ((ledger_account_name(account), asset), balance.posted.0))
            .collect(),
        positions: held
            .filter(|(.., exposure)| exposure.position != Position::FLAT)
            .map(|(instrument, account, exposure)| ((account, instrument), exposure.position))
            .collect(),
        accounts: engine.accounts().collect(),
        sides: Sides::take(core),
    }
}

async fn compare_positions(
    books: &mut crate::venue::projections::Books,
    directory: &Directory,
    taken: &Taken,
    account: AccountId,
) -> Result<usize, ReconcileError> {
    let mut told = BTreeMap::new();
    // The latest day there is: whatever happened counts for it or an earlier one.
    let ever = limits::TIMESTAMP_MAX.day();
    for held in statement::positions(books, directory, account, ever).await? {
        let symbol = engine::ids::Symbol::new(&held.instrument);
        if let Some(terms) = symbol.and_then(|symbol| directory.terms(symbol)).filter(|_| held.lots != 0) {
            told.insert(terms.instrument, Position(held.lots));
        }
    }
    let all = (account, InstrumentId(0))..=(account, InstrumentId(u32::MAX));
    let kept: BTreeMap<_, _> = taken.positions.range(all).map(|(&(_, instrument), &held)| (instrument, held)).collect();
    for &instrument in kept.keys().chain(told.keys()) {
        let of = |side: &BTreeMap<_, Position>| side.get(&instrument).copied().unwrap_or(Position::FLAT);
        let (ledger, history) = (of(&kept), of(&told));
        if ledger != history {
            let what = format!("the position of account {account} in {}", Names(directory).instrument(instrument));
            let (ledger, history) = (ledger.0.to_string(), history.0.to_string());
            return Err(ReconcileError::Differs { seq: taken.seq.0, what, ledger, history });
        }
    }
    Ok(kept.len())
}
