//! What a batch says, bound into one digest that attesters sign and the vault checks (EIP-712, 2017).

use crate::amount::Amount;
use crate::body::Body;
use crate::bytes::{Address, Asset, Digest, Hash, word};
use crate::deposits::DepositChain;
use crate::error::BatchError;
use crate::keccak::{hash_bytes, hash_words};

/// The struct of EIP-712, as wallets and the contracts spell it.
pub const BATCH_TYPE: &str = "Batch(uint64 number,bytes32 prevDigest,uint64 firstSeq,uint64 lastSeq,uint64 epoch,\
bytes32 journalHead,uint64 depositsDone,bytes32 depositsHash,bytes32 stateRoot,bytes32 dataHash,uint128 equity,\
uint128 withdrawn)";

const DOMAIN_TYPE: &str = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
/// The name of every vault in its domain (EIP-712).
pub const DOMAIN_NAME: &str = "Terahour Settlement";
/// The version of the format in a domain.
pub const DOMAIN_VERSION: &str = "1";

/// The one vault on the one chain that a signature is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Domain {
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// The vault.
    pub verifying_contract: Address,
}

impl Domain {
    /// The hash that keeps digests of different vaults and chains apart.
    pub fn separator(&self) -> Hash {
        let mut contract = [0; 32];
        contract[12..].copy_from_slice(&self.verifying_contract.0);
        let text = |text: &str| hash_bytes(text.as_bytes()).0;
        let chain_id = word(u128::from(self.chain_id));
        hash_words(&[text(DOMAIN_TYPE), text(DOMAIN_NAME), text(DOMAIN_VERSION), chain_id, contract])
    }
}

/// Where the journal was cut: all of a batch that does not follow from its body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// From 1, without gaps.
    pub number: u64,
    /// The digest of the batch before; zero for the first.
    pub prev_digest: Digest,
    /// The first command that the batch covers: the one behind the last of the batch before, 1 for the first.
    pub first_seq: u64,
    /// The last command that it covers: the cut itself.
    pub last_seq: u64,
    /// The journal's epoch at the cut.
    pub epoch: u64,
    /// The hash of the journal's last batch of commands.
    pub journal_head: Hash,
    /// The deposits that the ledger has credited.
    pub deposits: DepositChain,
}

/// One settlement batch.
///
/// ```
/// use settlement::{Batch, Body, Cut, DepositChain, Digest, Domain, Hash, StateTree};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let body = Body::new(StateTree::build(Vec::new())?, Vec::new())?;
/// let cut = Cut {
///     number: 1,
///     prev_digest: Digest::default(),
///     first_seq: 1,
///     last_seq: 41,
///     epoch: 1,
///     journal_head: Hash([7; 32]),
///     deposits: DepositChain::default(),
/// };
/// let batch = Batch::new(&cut, &body);
/// batch.check_follows(None)?;
/// batch.check_body(&body)?;
///
/// let domain = Domain { chain_id: 31_337, verifying_contract: "0x5fbdb2315678afecb367f032d93f642f64180aa3".parse()? };
/// let elsewhere = Domain { chain_id: 1, ..domain };
/// assert_ne!(batch.digest(&domain), batch.digest(&elsewhere));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch {
    /// From 1, without gaps.
    pub number: u64,
    /// The digest of the batch before; zero for the first.
    pub prev_digest: Digest,
    /// The first command that the batch covers.
    pub first_seq: u64,
    /// The last command that it covers.
    pub last_seq: u64,
    /// The journal's epoch at the cut.
    pub epoch: u64,
    /// The hash of the journal's last batch of commands.
    pub journal_head: Hash,
    /// How many deposits the ledger has credited.
    pub deposits_done: u64,
    /// The rolling hash of these deposits.
    pub deposits_hash: Hash,
    /// The root of [`crate::StateTree`].
    pub state_root: Hash,
    /// The hash of the published body.
    pub data_hash: Hash,
    /// What all accounts have settled in USD, in micro-USD.
    pub equity: Amount,
    /// All withdrawals in USD that were ever made irrevocable, in micro-USD.
    pub withdrawn: Amount,
}

impl Batch {
    /// The batch of a cut with this body. Hashes the whole body.
    pub fn new(cut: &Cut, body: &Body) -> Self {
        let dollars = body.state().totals(&Asset::USD);
        Self {
            number: cut.number,
            prev_digest: cut.prev_digest,
            first_seq: cut.first_seq,
            last_seq: cut.last_seq,
            epoch: cut.epoch,
            journal_head: cut.journal_head,
            deposits_done: cut.deposits.done(),
            deposits_hash: cut.deposits.hash(),
            state_root: body.state().root(),
            data_hash: body.data_hash(),
            equity: dollars.settled,
            withdrawn: dollars.claimable,
        }
    }

    /// What attesters sign: the EIP-712 digest in this domain.
    pub fn digest(&self, domain: &Domain) -> Digest {
        let number = |value: u64| word(u128::from(value));
        let fields = hash_words(&[
            hash_bytes(BATCH_TYPE.as_bytes()).0,
            number(self.number),
            self.prev_digest.0,
            number(self.first_seq),
            number(self.last_seq),
            number(self.epoch),
            self.journal_head.0,
            number(self.deposits_done),
            self.deposits_hash.0,
            self.state_root.0,
            self.data_hash.0,
            word(self.equity.0),
            word(self.withdrawn.0),
        ]);
        let mut signed = [0; 66];
        signed[..2].copy_from_slice(b"\x19\x01");
        signed[2..34].copy_from_slice(&domain.separator().0);
        signed[34..].copy_from_slice(&fields.0);
        Digest(hash_bytes(&signed).0)
    }

    /// Whether the batch may come after `previous`, which is given with its digest; `None` for the first.
    ///
    /// # Errors
    /// The first of [`BatchError`]'s rules on the order of batches that it breaks.
    pub fn check_follows(&self, previous: Option<(&Self, Digest)>) -> Result<(), BatchError> {
        // A number or a place in the journal that cannot be followed wants a zero, which nothing has.
        let after = |value: u64| value.checked_add(1).unwrap_or(0);
        let (number, prev_digest, first_seq) = match previous {
            Some((before, digest)) => (after(before.number), digest, after(before.last_seq)),
            None => (1, Digest::default(), 1),
        };
        if self.number != number || number == 0 {
            return Err(BatchError::Number { number: self.number, wanted: number });
        }
        if self.prev_digest != prev_digest {
            return Err(BatchError::PrevDigest { given: self.prev_digest, wanted: prev_digest });
        }
        if self.first_seq != first_seq || first_seq == 0 {
            return Err(BatchError::FirstSeq { first_seq: self.first_seq, wanted: first_seq });
        }
        if self.last_seq < self.first_seq {
            return Err(BatchError::LastSeq { last_seq: self.last_seq, first_seq: self.first_seq });
        }
        previous.map_or(Ok(()), |(before, _)| self.check_only_grows(before))
    }

    fn check_only_grows(&self, before: &Self) -> Result<(), BatchError> {
        if self.epoch < before.epoch {
            return Err(BatchError::EpochFell { epoch: self.epoch, before: before.epoch });
        }
        if self.deposits_done < before.deposits_done {
            return Err(BatchError::DepositsFell { done: self.deposits_done, before: before.deposits_done });
        }
        if self.deposits_done == before.deposits_done && self.deposits_hash != before.deposits_hash {
            let (given, wanted) = (self.deposits_hash, before.deposits_hash);
            return Err(BatchError::DepositsHash { done: self.deposits_done, given, wanted });
        }
        if self.withdrawn < before.withdrawn {
            return Err(BatchError::WithdrawnFell { withdrawn: self.withdrawn, before: before.withdrawn });
        }
        Ok(())
    }

    /// Whether this is the body that the batch was cut with.
    ///
    /// # Errors
    /// [`BatchError::DataHash`], [`BatchError::StateRoot`], [`BatchError::Equity`] or [`BatchError::Withdrawn`].
    pub fn check_body(&self, body: &Body) -> Result<(), BatchError> {
        let (data_hash, state_root) = (body.data_hash(), body.state().root());
        if self.data_hash != data_hash {
            return Err(BatchError::DataHash { given: self.data_hash, found: data_hash });
        }
        if self.state_root != state_root {
            return Err(BatchError::StateRoot { given: self.state_root, found: state_root });
        }
        let dollars = body.state().totals(&Asset::USD);
        if self.equity != dollars.settled {
            return Err(BatchError::Equity { given: self.equity, found: dollars.settled });
        }
        if self.withdrawn != dollars.claimable {
            return Err(BatchError::Withdrawn { given: self.withdrawn, found: dollars.claimable });
        }
        Ok(())
    }
}
