//! Reads published bytes, which anybody may have written.

use super::{Body, FORM, LEAF_BYTES, MarketTotals};
use crate::amount::{Amount, Sums};
use crate::bytes::{AccountId, Asset};
use crate::error::{BodyError, TreeError};
use crate::limits::{ASSETS_MAX, LEAVES_MAX, MARKETS_MAX, SYMBOL_BYTES_MAX};
use crate::state_tree::StateTree;
use crate::sum_tree::{Holding, SumTree};

pub(super) fn body(bytes: &[u8]) -> Result<Body, BodyError> {
    let mut reader = Reader { bytes, at: 0 };
    let form = reader.array()?;
    if form != FORM {
        return Err(BodyError::UnknownForm { form });
    }
    let count = reader.count(ASSETS_MAX, |count| TreeError::TooManyAssets { count }.into())?;
    let mut trees: Vec<SumTree> = Vec::new();
    for _ in 0..count {
        let tree = asset(&mut reader)?;
        // Built trees are large: what cannot become a state is refused before the next one.
        if let Some(before) = trees.last().map(SumTree::asset).filter(|before| *before >= tree.asset()) {
            return Err(TreeError::AssetOrder { before, asset: tree.asset() }.into());
        }
        trees.push(tree);
    }
    let count = reader.count(MARKETS_MAX, |count| BodyError::TooManyMarkets { count })?;
    let mut markets = Vec::new();
    for _ in 0..count {
        markets.push(market(&mut reader)?);
    }
    match reader.left() {
        0 => Body::new(StateTree::build(trees)?, markets),
        bytes => Err(BodyError::TrailingBytes { bytes }),
    }
}

fn asset(reader: &mut Reader<'_>) -> Result<SumTree, BodyError> {
    let asset = Asset(reader.array()?);
    let count = reader.count(LEAVES_MAX, |count| TreeError::TooManyLeaves { asset, count }.into())?;
    let leaves = reader.take(count * LEAF_BYTES)?;
    Ok(SumTree::build(asset, leaves.as_chunks().0.iter().map(holding).collect())?)
}

fn holding(bytes: &[u8; LEAF_BYTES]) -> Holding {
    let mut account = [0; 32];
    account.copy_from_slice(&bytes[..32]);
    let amount = |at: usize| {
        let mut amount = [0; 16];
        amount.copy_from_slice(&bytes[at..at + 16]);
        Amount(u128::from_be_bytes(amount))
    };
    Holding { account: AccountId(account), sums: Sums { settled: amount(32), claimable: amount(48) } }
}

fn market(reader: &mut Reader<'_>) -> Result<MarketTotals, BodyError> {
    let [length] = reader.array()?;
    if usize::from(length) > SYMBOL_BYTES_MAX {
        return Err(BodyError::MarketSymbol { symbol: format!("of {length} bytes") });
    }
    let symbol = String::from_utf8_lossy(reader.take(length.into())?).into_owned();
    let (long, short) = (u128::from_be_bytes(reader.array()?), u128::from_be_bytes(reader.array()?));
    MarketTotals::new(&symbol, long, short)
}

/// Bytes, and how many of them were read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, wanted: usize) -> Result<&'a [u8], BodyError> {
        let taken = self.bytes[self.at..].get(..wanted);
        let taken = taken.ok_or(BodyError::Truncated { at: self.at, wanted, left: self.left() })?;
        self.at += wanted;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], BodyError> {
        let mut array = [0; LENGTH];
        array.copy_from_slice(self.take(LENGTH)?);
        Ok(array)
    }

    /// A number of things, which is refused before anything is read or kept for them.
    fn count(&mut self, max: usize, refusal: impl FnOnce(usize) -> BodyError) -> Result<usize, BodyError> {
        let count = u32::from_be_bytes(self.array()?) as usize;
        if count > max { Err(refusal(count)) } else { Ok(count) }
    }
}
