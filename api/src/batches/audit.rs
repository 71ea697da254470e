//! Checks published batches in their order, from what was published alone: nobody's word is taken.
//!
//! It finds whatever the bytes can show: other bytes than were signed, sums that are not those of the leaves, positions that do not
//! cancel, a batch that is left out or changed, and claims that fell or vanished. That the leaves are what the ledger owes is
//! found by whoever has the journal ([`crate::batches::Recomputation`]) and by each account for itself.

use settlement::{Asset, Batch, BatchError, Body, BodyError, Digest, Domain, FollowError, data_hash_of};

use crate::batches::documents::{DocumentError, Signable};

/// A batch that is right, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// The batch.
    pub batch: Batch,
    /// Its digest.
    pub digest: Digest,
    /// Leaves of all assets.
    pub leaves: usize,
    /// Assets.
    pub assets: usize,
    /// Lots of all markets, long and short the same.
    pub lots: u128,
}

/// What is wrong with a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum Finding {
    /// What was signed is not what is shown.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// All batches are for one vault.
    #[error("it is for {found:?}, the batches before for {wanted:?}")]
    Domain { found: Domain, wanted: Domain },
    /// The order of batches, or their binding to the body.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The bytes are no body; markets whose sides differ are none.
    #[error("its body cannot be read: {0}")]
    Body(#[from] BodyError),
    /// Nobody could show a leaf in US dollars.
    #[error("its state has assets, but not US dollars: nobody could exit")]
    NoDollars,
    /// A promise was broken.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

/// An audit under way: give it every batch from the first.
#[derive(Debug, Default)]
pub struct Audit {
    domain: Option<Domain>,
    previous: Option<(Batch, Digest, Body)>,
}

impl Audit {
    /// Takes in the next batch with the bytes of its body.
    ///
    /// # Errors
    /// The first [`Finding`]. Whatever follows such a batch cannot be judged.
    pub fn take(&mut self, published: &Signable, bytes: &[u8]) -> Result<Audited, Finding> {
        let (batch, domain) = published.read()?;
        let wanted = *self.domain.get_or_insert(domain);
        if domain != wanted {
            return Err(Finding::Domain { found: domain, wanted });
        }
        let digest = published.digest;
        batch.check_follows(self.previous.as_ref().map(|(before, digest, _)| (before, *digest)))?;
        let found = data_hash_of(bytes);
        if found != batch.data_hash {
            return Err(BatchError::DataHash { given: batch.data_hash, found }.into());
        }
        let body = Body::decode(bytes)?;
        batch.check_body(&body)?;
        let trees = body.state().trees();
        if !trees.is_empty() && body.state().tree(&Asset::USD).is_none() {
            return Err(Finding::NoDollars);
        }
        if let Some((.., before)) = &self.previous {
            body.check_follows(before)?;
        }
        let leaves = trees.iter().map(|tree| tree.holdings().len()).sum();
        let (assets, lots) = (trees.len(), body.markets().iter().map(|market| market.long()).sum());
        self.previous = Some((batch, digest, body));
        Ok(Audited { batch, digest, leaves, assets, lots })
    }
}

#[cfg(test)]
mod tests {
    use settlement::{AccountId, Amount, Cut, DepositChain, Hash, Holding, MarketTotals, StateTree, SumTree, Sums};

    use super::*;
    use crate::batches::documents::BatchDocument;

    const ACCOUNT: AccountId = AccountId([1; 32]);

    fn domain() -> Domain {
        let vault = "0x5fbdb2315678afecb367f032d93f642f64180aa3".parse().expect("an address");
        Domain { chain_id: 31_337, verifying_contract: vault }
    }

    fn body(asset: Asset, rows: &[(AccountId, u128, u128)]) -> Body {
        let holding = |&(account, settled, claimable): &(AccountId, u128, u128)| Holding {
            account,
            sums: Sums { settled: Amount(settled), claimable: Amount(claimable) },
        };
        let tree = SumTree::build(asset, rows.iter().map(holding).collect()).expect("a tree");
        let market = MarketTotals::new("H100-2199-01", 3, 3).expect("a market");
        Body::new(StateTree::build(vec![tree]).expect("a state"), vec![market]).expect("a body")
    }

    fn batch(number: u64, before: Digest, body: &Body) -> Batch {
        let (first_seq, last_seq) = (1 + (number - 1) * 10, number * 10);
        let (epoch, journal_head, deposits) = (1, Hash([7; 32]), DepositChain::default());
        let cut = Cut { number, prev_digest: before, first_seq, last_seq, epoch, journal_head, deposits };
        Batch::new(&cut, body)
    }

    /// The first batch is right; what is wrong with the second?
    #[track_caller]
    fn check(second: &Body, change: impl FnOnce(&mut Signable, &mut Vec<u8>), wanted: impl FnOnce(&Finding) -> bool) {
        let mut audit = Audit::default();
        let first = body(Asset::USD, &[(ACCOUNT, 100, 5)]);
        let published = Signable::of(&batch(1, Digest::default(), &first), &domain());
        audit.take(&published, &first.encode()).expect("the first batch is right");
        let mut published = Signable::of(&batch(2, published.digest, second), &domain());
        let mut bytes = second.encode();
        change(&mut published, &mut bytes);
        let finding = audit.take(&published, &bytes).expect_err("something is wrong");
        assert!(wanted(&finding), "{finding}");
    }

    fn signed_anew(published: &mut Signable, change: impl FnOnce(&mut Batch)) {
        let mut batch = published.batch.read();
        change(&mut batch);
        *published = Signable::of(&batch, &domain());
    }

    #[test]
    fn what_is_wrong_is_found_by_its_rule() {
        let good = || body(Asset::USD, &[(ACCOUNT, 90, 15)]);
        let unchanged = |_: &mut Signable, _: &mut Vec<u8>| {};
        let gone = body(Asset::USD, &[(AccountId([2; 32]), 90, 15)]);
        check(&gone, unchanged, |finding| matches!(finding, Finding::Follow(FollowError::ClaimMissing { .. })));
        let fell = body(Asset::USD, &[(ACCOUNT, 101, 4), (AccountId([2; 32]), 0, 9)]);
        check(&fell, unchanged, |finding| matches!(finding, Finding::Follow(FollowError::ClaimFell { .. })));
        let elsewhere = body(Asset::numbered(2), &[(ACCOUNT, 90, 15)]);
        let keep_sums = |published: &mut Signable, _: &mut Vec<u8>| {
            signed_anew(published, |batch| batch.withdrawn = Amount(5));
        };
        check(&elsewhere, keep_sums, |finding| matches!(finding, Finding::Batch(BatchError::Withdrawn { .. })));
        let flip = |_: &mut Signable, bytes: &mut Vec<u8>| *bytes.last_mut().expect("bytes") ^= 1;
        check(&good(), flip, |finding| matches!(finding, Finding::Batch(BatchError::DataHash { .. })));
        let unbalanced = |published: &mut Signable, bytes: &mut Vec<u8>| {
            *bytes.last_mut().expect("bytes") ^= 1;
            let found = data_hash_of(bytes);
            signed_anew(published, |batch| batch.data_hash = found);
        };
        check(&good(), unbalanced, |finding| matches!(finding, Finding::Body(BodyError::Unbalanced { .. })));
        let more = |published: &mut Signable, _: &mut Vec<u8>| {
            signed_anew(published, |batch| batch.equity = Amount(91));
        };
        check(&good(), more, |finding| matches!(finding, Finding::Batch(BatchError::Equity { .. })));
        let root = |published: &mut Signable, _: &mut Vec<u8>| {
            signed_anew(published, |batch| batch.state_root = Hash([9; 32]));
        };
        check(&good(), root, |finding| matches!(finding, Finding::Batch(BatchError::StateRoot { .. })));
        let left_out = |published: &mut Signable, _: &mut Vec<u8>| signed_anew(published, |batch| batch.number = 3);
        check(&good(), left_out, |finding| matches!(finding, Finding::Batch(BatchError::Number { .. })));
        let another = |published: &mut Signable, _: &mut Vec<u8>| {
            signed_anew(published, |batch| batch.prev_digest = Digest([9; 32]));
        };
        check(&good(), another, |finding| matches!(finding, Finding::Batch(BatchError::PrevDigest { .. })));
        let not_its_digest = |published: &mut Signable, _: &mut Vec<u8>| published.batch.epoch += 1;
        check(&good(), not_its_digest, |finding| matches!(finding, Finding::Document(DocumentError::Digest { .. })));
        let other_vault = |published: &mut Signable, _: &mut Vec<u8>| {
            *published = Signable::of(&published.batch.read(), &Domain { chain_id: 1, ..domain() });
        };
        check(&good(), other_vault, |finding| matches!(finding, Finding::Domain { .. }));
    }

    #[test]
    fn a_document_is_the_batch_again() {
        let body = body(Asset::USD, &[(ACCOUNT, u128::from(u64::MAX) * 9, 5)]);
        let batch = batch(1, Digest::default(), &body);
        let text = serde_json::to_string(&BatchDocument::of(&batch)).expect("JSON");
        assert!(text.contains("\"equity\":\"166020696663385964535\""), "{text}");
        let again: BatchDocument = serde_json::from_str(&text).expect("a document");
        assert_eq!(again.read(), batch);
        for bad in [
            "\"equity\":\"+1\"",
            "\"equity\":1",
            "\"equity\":\"\"",
            "\"equity\":\"340282366920938463463374607431768211456\"",
        ] {
            let text = text.replace("\"equity\":\"166020696663385964535\"", bad);
            assert!(serde_json::from_str::<BatchDocument>(&text).is_err(), "{bad}");
        }
    }
}
