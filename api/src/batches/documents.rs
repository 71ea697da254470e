//! Batches and proofs as JSON, for whoever does not trust the venue: the API writes these, the command line and the verifier in
//! JavaScript read them.
//!
//! What belongs to the format (`docs/settlement-batches.md`) has the format's names, which are those of the contracts' calldata.
//! Amounts, assets and places are decimal text, because a number of JSON is rounded above 2^53.

use engine::ids::AssetId;
use serde::{Deserialize, Serialize};
use settlement::{AccountLeaf, Address, Amount, Asset, Batch, Digest, Domain, Hash, Node, Proof, ProofError, Sums};
use utoipa::ToSchema;

/// The vault that digests are good for, as EIP-712 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementDomain)]
pub struct DomainDocument {
    /// `Terahour Settlement`.
    pub name: String,
    /// `1`.
    pub version: String,
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// The vault.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{40}$")]
    pub verifying_contract: Address,
}

/// A batch: the fields of what attesters sign, as EIP-712 has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementBatch)]
pub struct BatchDocument {
    /// From 1, without gaps.
    pub number: u64,
    /// The digest of the batch before; zero for the first.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub prev_digest: Digest,
    /// The first command that the batch covers.
    pub first_seq: u64,
    /// The last one: the cut.
    pub last_seq: u64,
    /// The journal's epoch at the cut.
    pub epoch: u64,
    /// The hash of the journal's row that ends with the cut.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub journal_head: Hash,
    /// How many deposits the ledger has credited.
    pub deposits_done: u64,
    /// The vault's rolling hash of these.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub deposits_hash: Hash,
    /// The root over all assets.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub state_root: Hash,
    /// The hash of the published body.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub data_hash: Hash,
    /// What all accounts have settled in USD, in micro-USD.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub equity: u128,
    /// All withdrawals in USD that were ever made irrevocable, in micro-USD.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub withdrawn: u128,
}

/// A batch with its digest: what is signed, and for which vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SignableBatch)]
pub struct Signable {
    /// The vault.
    pub domain: DomainDocument,
    /// The batch.
    pub batch: BatchDocument,
    /// The EIP-712 digest of the batch in the domain.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub digest: Digest,
}

/// What one account has of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SettlementLeaf)]
pub struct LeafDocument {
    /// The pseudonym.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub account: settlement::AccountId,
    /// The asset's number; 1 is USD.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub asset: u128,
    /// What it has, in the asset's smallest units.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub settled: u128,
    /// All that it ever moved out.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub claimable: u128,
}

/// What lies beside the way up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SettlementSibling)]
pub struct SiblingDocument {
    /// Its hash.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub hash: Hash,
    /// What the leaves below it have.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub settled: u128,
    /// All that they ever moved out.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub claimable: u128,
}

/// The way from a leaf to the state root: the `Proof` of the contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementProof)]
pub struct PathDocument {
    /// The place of the leaf; bit 0 is 1 if it is a right child, and so on.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub index: u128,
    /// Siblings, lowest first.
    pub path: Vec<SiblingDocument>,
    /// The place of the asset.
    #[serde(with = "whole")]
    #[schema(value_type = String, pattern = "^[0-9]+$")]
    pub asset_index: u128,
    /// Siblings in the tree of assets, lowest first.
    #[schema(value_type = Vec<String>)]
    pub asset_path: Vec<HashText>,
}

/// A hash in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashText(#[serde(with = "text")] pub Hash);

/// That an account is counted in a batch: leaf, proof and state root as the verifiers take them, and the batch that binds the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountProof)]
pub struct ProofDocument {
    /// What the account has.
    pub leaf: LeafDocument,
    /// The way to the state root.
    pub proof: PathDocument,
    /// The state root; that of the batch.
    #[serde(with = "text")]
    #[schema(value_type = String, pattern = "^0x[0-9a-f]{64}$")]
    pub state_root: Hash,
    /// The batch with its digest.
    #[serde(flatten)]
    pub signable: Signable,
}

/// Why a document shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum DocumentError {
    /// Another vault's format, or another version.
    #[error("the domain is {name:?} version {version:?}; this program knows \"Terahour Settlement\" version \"1\"")]
    Domain { name: String, version: String },
    /// The digest is not that of the fields.
    #[error("the digest is {given}, the batch makes {found}: trust neither")]
    Digest { given: Digest, found: Digest },
    /// The root is not that of the batch.
    #[error("the proof is for state {given}, the batch binds {found}: ask for the proof in this batch")]
    StateRoot { given: Hash, found: Hash },
    /// No way has so many places.
    #[error("place {place} lies in no tree: a path has at most 32 siblings")]
    Place { place: u128 },
    /// The way does not lead to the root.
    #[error("the proof shows nothing: {0}")]
    Proof(#[from] ProofError),
    /// In USD the sums of the root are those of the batch.
    #[error(
        "the proof's accounts have {settled} settled and {claimable} claimable, the batch says {equity} and {withdrawn}: do not trust it"
    )]
    Totals { settled: Amount, claimable: Amount, equity: Amount, withdrawn: Amount },
}

impl DomainDocument {
    /// The domain of a vault.
    pub fn of(domain: &Domain) -> DomainDocument {
        DomainDocument {
            name: settlement::DOMAIN_NAME.to_owned(),
            version: settlement::DOMAIN_VERSION.to_owned(),
            chain_id: domain.chain_id,
            verifying_contract: domain.verifying_contract,
        }
    }

    /// The vault that it names.
    ///
    /// # Errors
    /// [`DocumentError::Domain`] if digests are made otherwise there.
    pub fn read(&self) -> Result<Domain, DocumentError> {
        if self.name != settlement::DOMAIN_NAME || self.version != settlement::DOMAIN_VERSION {
            return Err(DocumentError::Domain { name: self.name.clone(), version: self.version.clone() });
        }
        Ok(Domain { chain_id: self.chain_id, verifying_contract: self.verifying_contract })
    }
}

impl BatchDocument {
    /// The document of a batch.
    pub fn of(batch: &Batch) -> BatchDocument {
        BatchDocument {
            number: batch.number,
            prev_digest: batch.prev_digest,
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            epoch: batch.epoch,
            journal_head: batch.journal_head,
            deposits_done: batch.deposits_done,
            deposits_hash: batch.deposits_hash,
            state_root: batch.state_root,
            data_hash: batch.data_hash,
            equity: batch.equity.0,
            withdrawn: batch.withdrawn.0,
        }
    }

    /// The batch that it is.
    pub fn read(&self) -> Batch {
        Batch {
            number: self.number,
            prev_digest: self.prev_digest,
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            epoch: self.epoch,
            journal_head: self.journal_head,
            deposits_done: self.deposits_done,
            deposits_hash: self.deposits_hash,
            state_root: self.state_root,
            data_hash: self.data_hash,
            equity: Amount(self.equity),
            withdrawn: Amount(self.withdrawn),
        }
    }
}

impl Signable {
    /// The document of a batch in a domain.
    pub fn of(batch: &Batch, domain: &Domain) -> Signable {
        Signable { domain: DomainDocument::of(domain), batch: BatchDocument::of(batch), digest: batch.digest(domain) }
    }

    /// The batch and its domain, if the digest is theirs.
    ///
    /// # Errors
    /// [`DocumentError::Domain`] or [`DocumentError::Digest`].
    pub fn read(&self) -> Result<(Batch, Domain), DocumentError> {
        let (batch, domain) = (self.batch.read(), self.domain.read()?);
        let found = batch.digest(&domain);
        if found != self.digest {
            return Err(DocumentError::Digest { given: self.digest, found });
        }
        Ok((batch, domain))
    }
}

impl ProofDocument {
    /// The document of a leaf and its proof in a batch.
    pub fn of(leaf: &AccountLeaf, proof: &Proof, batch: &Batch, domain: &Domain) -> ProofDocument {
        let sibling = |node: &Node| SiblingDocument {
            hash: node.hash,
            settled: node.sums.settled.0,
            claimable: node.sums.claimable.0,
        };
        ProofDocument {
            leaf: LeafDocument {
                account: leaf.account,
                asset: number_of(leaf.asset),
                settled: leaf.sums.settled.0,
                claimable: leaf.sums.claimable.0,
            },
            proof: PathDocument {
                index: proof.index.into(),
                path: proof.path.iter().map(sibling).collect(),
                asset_index: proof.asset_index.into(),
                asset_path: proof.asset_path.iter().map(|hash| HashText(*hash)).collect(),
            },
            state_root: batch.state_root,
            signable: Signable::of(batch, domain),
        }
    }

    /// What the proof shows: that the leaf is counted in the batch of this digest. The sums of all accounts.
    ///
    /// # Errors
    /// The first that applies, in the order of [`DocumentError`].
    pub fn verify(&self) -> Result<Sums, DocumentError> {
        let (batch, _) = self.signable.read()?;
        if self.state_root != batch.state_root {
            return Err(DocumentError::StateRoot { given: self.state_root, found: batch.state_root });
        }
        let leaf = AccountLeaf {
            account: self.leaf.account,
            asset: Asset::numbered(self.leaf.asset),
            sums: Sums { settled: Amount(self.leaf.settled), claimable: Amount(self.leaf.claimable) },
        };
        let totals = self.proof.read()?.verify(&leaf, &batch.state_root)?;
        let stated = Sums { settled: batch.equity, claimable: batch.withdrawn };
        if leaf.asset == Asset::USD && totals != stated {
            let (Sums { settled, claimable }, equity, withdrawn) = (totals, batch.equity, batch.withdrawn);
            return Err(DocumentError::Totals { settled, claimable, equity, withdrawn });
        }
        Ok(totals)
    }
}

impl PathDocument {
    fn read(&self) -> Result<Proof, DocumentError> {
        let place = |place: u128| u64::try_from(place).map_err(|_| DocumentError::Place { place });
        let node = |sibling: &SiblingDocument| Node {
            hash: sibling.hash,
            sums: Sums { settled: Amount(sibling.settled), claimable: Amount(sibling.claimable) },
        };
        Ok(Proof {
            index: place(self.index)?,
            path: self.path.iter().map(node).collect(),
            asset_index: place(self.asset_index)?,
            asset_path: self.asset_path.iter().map(|hash| hash.0).collect(),
        })
    }
}

/// An asset of the ledger as batches number it.
pub fn asset_on_chain(asset: AssetId) -> Asset {
    Asset::numbered(asset.0.into())
}

/// The number of an asset that the ledger could have; assets of this format may have larger ones, which this program never writes.
fn number_of(asset: Asset) -> u128 {
    let mut low = [0; 16];
    low.copy_from_slice(&asset.0[16..]);
    u128::from_be_bytes(low)
}

/// Hexadecimal text of byte strings.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Whole numbers as decimal text: digits and nothing else.
pub(crate) mod whole {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_plain);
        number.ok_or_else(|| D::Error::custom(format!("{:?} is no whole number below 2^128", head(&text))))
    }

    fn head(text: &str) -> String {
        text.chars().take(44).collect()
    }
}
