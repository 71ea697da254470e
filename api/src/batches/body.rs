//! What the ledger owes to everybody at a cut, as the body that is published: the leaves of `docs/chain.md`, and each market's totals.

use std::collections::BTreeMap;

use engine::Engine;
use engine::chain::Pseudonym;
use engine::ids::{AssetId, InstrumentId};
use engine::ledger::LedgerAccount;
use engine::units::Position;
use settlement::{AccountId, Amount, Body, BodyError, Holding, MarketTotals, StateTree, SumTree, Sums};

use crate::batches::documents::asset_on_chain;

/// Why the ledger has no body: it would break a promise of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum UnsoundState {
    /// Only US dollars can be owed to the venue.
    #[error("{pseudonym} has {amount} of asset {asset}: nobody has less than nothing")]
    Negative { pseudonym: Pseudonym, asset: AssetId, amount: i64 },
    /// The rules of the format.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// The body of a batch that is cut in this state.
///
/// The work grows with the number of accounts, so it is done by whoever replays the journal, never by the thread that trades.
///
/// # Errors
/// [`UnsoundState`], which no command leads to: the ledger would contradict itself.
pub fn body_of(engine: &Engine) -> Result<Body, UnsoundState> {
    let mut waiting: BTreeMap<Pseudonym, BTreeMap<AssetId, i64>> = BTreeMap::new();
    // What waits for the insurance fund is the venue's, and in no leaf.
    for (pseudonym, asset, amount) in engine.chain().unclaimed() {
        if Some(pseudonym) != engine.chain().insurance() && amount.0 != 0 {
            waiting.entry(pseudonym).or_default().insert(asset, amount.0);
        }
    }
    let mut trees = Vec::new();
    for (asset, _) in engine.ledger().assets() {
        let mut holdings = Vec::new();
        for (pseudonym, sums) in linked(engine, asset) {
            holdings.extend(holding(pseudonym, asset, sums)?);
        }
        for (&pseudonym, amounts) in &waiting {
            let sums = (amounts.get(&asset).copied().unwrap_or(0), 0);
            holdings.extend(holding(pseudonym, asset, sums)?);
        }
        holdings.sort_unstable_by_key(|holding| holding.account);
        if !holdings.is_empty() {
            trees.push(SumTree::build(asset_on_chain(asset), holdings).map_err(BodyError::from)?);
        }
    }
    let state = StateTree::build(trees).map_err(BodyError::from)?;
    Ok(Body::new(state, market_totals(engine)?)?)
}

/// What the leaves of an asset add up to, settled and claimable, without building them.
pub fn owed(engine: &Engine, asset: AssetId) -> (i128, i128) {
    let strangers = engine
        .chain()
        .unclaimed()
        .filter(|&(pseudonym, of, _)| of == asset && Some(pseudonym) != engine.chain().insurance());
    let waiting: i128 = strangers.map(|(.., amount)| i128::from(amount.0)).sum();
    linked(engine, asset).fold((waiting, 0), |(settled, claimable), (_, (has, moved))| {
        let has = if asset == AssetId::USD { has.max(0) } else { has };
        (settled + i128::from(has), claimable + i128::from(moved))
    })
}

/// What each linked account has of an asset, and all that it ever moved out of it.
fn linked(engine: &Engine, asset: AssetId) -> impl Iterator<Item = (Pseudonym, (i64, i64))> + '_ {
    engine.chain().links().map(move |(pseudonym, account)| {
        let posted = engine.ledger().balance(LedgerAccount::Customer(account), asset).posted;
        (pseudonym, (posted.0, engine.chain().claimable(account, asset).0))
    })
}

/// A leaf, if there is one: in US dollars always, in other assets if anything is above zero.
fn holding(
    pseudonym: Pseudonym,
    asset: AssetId,
    (settled, claimable): (i64, i64),
) -> Result<Option<Holding>, UnsoundState> {
    let settled = if asset == AssetId::USD { settled.max(0) } else { settled };
    if asset != AssetId::USD && settled == 0 && claimable == 0 {
        return Ok(None);
    }
    let amount = |amount: i64| {
        let whole = u128::try_from(amount).map(Amount);
        whole.map_err(|_| UnsoundState::Negative { pseudonym, asset, amount })
    };
    let sums = Sums { settled: amount(settled)?, claimable: amount(claimable)? };
    Ok(Some(Holding { account: AccountId(pseudonym.0), sums }))
}

/// All long and all short positions of each market that has any, added up from the accounts: that both are the same is found, not
/// assumed.
fn market_totals(engine: &Engine) -> Result<Vec<MarketTotals>, BodyError> {
    let mut totals: BTreeMap<InstrumentId, (u128, u128)> = BTreeMap::new();
    for (instrument, _, exposure) in engine.exposures() {
        let is_contract = || engine.market(instrument).is_some_and(|market| market.terms.series().is_some());
        if exposure.position != Position::FLAT && is_contract() {
            let (long, short) = totals.entry(instrument).or_default();
            let side = if exposure.position > Position::FLAT { long } else { short };
            *side += u128::from(exposure.position.0.unsigned_abs());
        }
    }
    let symbol_of = |instrument| engine.market(instrument).map(|market| market.terms.symbol.to_string());
    let mut markets = totals
        .into_iter()
        .filter_map(|(instrument, (long, short))| Some((symbol_of(instrument)?, long, short)))
        .map(|(symbol, long, short)| MarketTotals::new(&symbol, long, short))
        .collect::<Result<Vec<_>, _>>()?;
    markets.sort_unstable_by(|one, other| one.symbol().as_bytes().cmp(other.symbol().as_bytes()));
    Ok(markets)
}
