//! What is published beside a batch: every leaf and every market's totals, as the bytes that its `dataHash` is of.

mod decode;

use crate::amount::Sums;
use crate::bytes::Hash;
use crate::error::{BodyError, FollowError};
use crate::keccak::{Hasher, hash_bytes};
use crate::limits::{MARKETS_MAX, SYMBOL_BYTES_MAX};
use crate::state_tree::StateTree;
use crate::sum_tree::{Holding, SumTree};

/// The bytes that a body starts with: what it is, and its version.
const FORM: [u8; 4] = *b"THB1";

/// Bytes of one leaf: account, settled, claimable.
const LEAF_BYTES: usize = 64;

/// All positions of one market, in lots. Each is between two accounts, so both totals are the same; publishing both lets
/// anybody who adds up the long and the short ends of an extract compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarketTotals {
    symbol: String,
    long: u128,
    short: u128,
}

impl MarketTotals {
    /// The totals of the market with this symbol.
    ///
    /// # Errors
    /// [`BodyError::MarketSymbol`] unless the symbol is 1 to [`SYMBOL_BYTES_MAX`] visible ASCII characters,
    /// [`BodyError::Unbalanced`] unless long and short are equal.
    pub fn new(symbol: &str, long: u128, short: u128) -> Result<Self, BodyError> {
        let is_visible = symbol.bytes().all(|byte| byte.is_ascii_graphic());
        if symbol.is_empty() || symbol.len() > SYMBOL_BYTES_MAX || !is_visible {
            return Err(BodyError::MarketSymbol { symbol: symbol.chars().take(SYMBOL_BYTES_MAX).collect() });
        }
        if long != short {
            return Err(BodyError::Unbalanced { symbol: symbol.to_owned(), long, short });
        }
        Ok(Self { symbol: symbol.to_owned(), long, short })
    }

    /// The market, such as `H100-SXM.GLOBAL.OD-2027-01`.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Lots of all long positions.
    pub fn long(&self) -> u128 {
        self.long
    }

    /// Lots of all short positions.
    pub fn short(&self) -> u128 {
        self.short
    }
}

/// The published body of a batch. From its bytes alone anybody rebuilds every tree, root and proof.
///
/// ```
/// use settlement::{AccountId, Amount, Asset, Body, Holding, MarketTotals, StateTree, SumTree, Sums};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sums = Sums { settled: Amount(2_500_000), claimable: Amount(0) };
/// let dollars = SumTree::build(Asset::USD, vec![Holding { account: AccountId([1; 32]), sums }])?;
/// let market = MarketTotals::new("H100-SXM.GLOBAL.OD-2027-01", 12, 12)?;
/// let body = Body::new(StateTree::build(vec![dollars])?, vec![market])?;
///
/// let again = Body::decode(&body.encode())?;
/// assert_eq!(again.state().root(), body.state().root());
/// assert_eq!(again.data_hash(), body.data_hash());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    state: StateTree,
    markets: Vec<MarketTotals>,
}

impl Body {
    /// A body of this state and these markets, which are in rising order of their symbols' bytes.
    ///
    /// # Errors
    /// [`BodyError::TooManyMarkets`], or [`BodyError::MarketOrder`] if one is not above the one before, be it out of order
    /// or there twice.
    pub fn new(state: StateTree, markets: Vec<MarketTotals>) -> Result<Self, BodyError> {
        if markets.len() > MARKETS_MAX {
            return Err(BodyError::TooManyMarkets { count: markets.len() });
        }
        if let Some(pair) = markets.windows(2).find(|pair| pair[0].symbol >= pair[1].symbol) {
            let (before, symbol) = (pair[0].symbol.clone(), pair[1].symbol.clone());
            return Err(BodyError::MarketOrder { before, symbol });
        }
        Ok(Self { state, markets })
    }

    /// Reads what [`Body::encode`] wrote, and builds its trees.
    ///
    /// # Errors
    /// [`BodyError`], if the bytes are not exactly what `encode` writes of a body that can be built. Memory is taken for
    /// what the bytes hold, not for what they claim.
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        decode::body(bytes)
    }

    /// The state, with every tree.
    pub fn state(&self) -> &StateTree {
        &self.state
    }

    /// The markets, in rising order of their symbols.
    pub fn markets(&self) -> &[MarketTotals] {
        &self.markets
    }

    /// The canonical bytes: the same body has no others.
    pub fn encode(&self) -> Vec<u8> {
        let leaves: usize = self.state.trees().iter().map(|tree| tree.holdings().len()).sum();
        let mut bytes = Vec::with_capacity(leaves * LEAF_BYTES + (self.state.trees().len() + self.markets.len()) * 64);
        self.write(&mut |part| bytes.extend_from_slice(part));
        bytes
    }

    /// The hash of the canonical bytes, which are not all in memory for it.
    pub fn data_hash(&self) -> Hash {
        let mut hasher = Hasher::default();
        self.write(&mut |part| hasher.put(part));
        hasher.finish()
    }

    /// Whether this body may come after `previous`: what was once made irrevocable for an account is still there, because
    /// an exit in distress shows the account's leaf in the newest batch alone.
    ///
    /// # Errors
    /// [`FollowError`] for the first asset and account, in their order, whose claims fell or are missing.
    pub fn check_follows(&self, previous: &Self) -> Result<(), FollowError> {
        previous.state.trees().iter().try_for_each(|before| check_claims(before, self.state.tree(&before.asset())))
    }

    #[expect(clippy::cast_possible_truncation, reason = "limits.rs proves that each count fits its field")]
    fn write(&self, put: &mut dyn FnMut(&[u8])) {
        put(&FORM);
        put(&(self.state.trees().len() as u32).to_be_bytes());
        for tree in self.state.trees() {
            put(&tree.asset().0);
            put(&(tree.holdings().len() as u32).to_be_bytes());
            tree.holdings().iter().for_each(|holding| put(&leaf_bytes(holding)));
        }
        put(&(self.markets.len() as u32).to_be_bytes());
        for MarketTotals { symbol, long, short } in &self.markets {
            put(&[symbol.len() as u8]);
            put(symbol.as_bytes());
            put(&long.to_be_bytes());
            put(&short.to_be_bytes());
        }
    }
}

/// The hash that a batch binds of these published bytes, whether or not they are a body.
pub fn data_hash_of(bytes: &[u8]) -> Hash {
    hash_bytes(bytes)
}

fn leaf_bytes(Holding { account, sums }: &Holding) -> [u8; LEAF_BYTES] {
    let mut bytes = [0; LEAF_BYTES];
    bytes[..32].copy_from_slice(&account.0);
    bytes[32..48].copy_from_slice(&sums.settled.0.to_be_bytes());
    bytes[48..].copy_from_slice(&sums.claimable.0.to_be_bytes());
    bytes
}

/// Walks both trees in step, because both are in order of accounts.
fn check_claims(before: &SumTree, after: Option<&SumTree>) -> Result<(), FollowError> {
    let mut later = after.map_or(&[][..], SumTree::holdings).iter().peekable();
    for Holding { account, sums: Sums { claimable, .. } } in before.holdings() {
        while later.next_if(|holding| holding.account < *account).is_some() {}
        let now = later.next_if(|holding| holding.account == *account).map(|holding| holding.sums.claimable);
        let (asset, account, before) = (before.asset(), *account, *claimable);
        match now {
            Some(now) if now < before => return Err(FollowError::ClaimFell { asset, account, before, now }),
            None if before.0 > 0 => return Err(FollowError::ClaimMissing { asset, account, before }),
            _ => {}
        }
    }
    Ok(())
}
