//! Batches out of a journal: replays it, and at each cut makes the body and the batch that the venue has to publish.
//!
//! The venue's follower runs this beside the thread that trades, and whoever attests batches runs it on a copy of the journal. It
//! believes nothing that it can check: every event hash, the rolling hash of the deposits, and each holder's signature.

use std::sync::Arc;

use engine::command::{Command, Credential, Stamp};
use engine::event::Event;
use engine::ids::{KeyId, Seq};
use engine::journal::batch as journal;
use engine::units::{Amount, Timestamp};
use settlement::{
    AccountId, Batch, BatchError, Body, Cut, Deposit, DepositChain, DepositError, Digest, Domain, FollowError, Hash,
};

use crate::batches::body::{UnsoundState, body_of};
use crate::batches::consent::Consent;
use crate::batches::domain_of;
use crate::venue::machines::{Core, Happening};
use crate::venue::replay::{ReplayError, actions_of, apply_actions};

/// A batch that was made, with all that is published of it.
#[derive(Clone, Debug)]
pub struct Made {
    /// What attesters sign.
    pub batch: Batch,
    /// For which vault.
    pub domain: Domain,
    /// Its digest.
    pub digest: Digest,
    /// What is published with it.
    pub body: Arc<Body>,
    /// When it was cut.
    pub time: Timestamp,
}

/// Why no batch can be made of a journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are in the messages")]
pub enum RecomputeError {
    /// The journal does not lead to what was acknowledged.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A row of another journal, or not the next one.
    #[error("the row from command {first_seq} does not follow the row that ended with {last_seq}")]
    OutOfOrder { first_seq: u64, last_seq: u64 },
    /// No holder has agreed to what was done.
    #[error("command {seq} of key {key} is not signed by the key's holder: do not attest this journal")]
    NotSigned { seq: Seq, key: KeyId },
    /// The vault never had such a deposit.
    #[error(
        "deposit {index} was credited with the hash {given}, the deposits up to it make {found}: do not attest this journal"
    )]
    DepositHash { index: u64, given: Hash, found: Hash },
    /// The limit of the format.
    #[error(transparent)]
    Deposits(#[from] DepositError),
    /// Whatever is behind the cut in its row would be in its hash.
    #[error("batch {number} was cut by command {seq}, inside a row that ends with {last_seq}")]
    CutInside { number: u64, seq: Seq, last_seq: Seq },
    /// The ledger contradicts itself.
    #[error("batch {number} has no body: {error}")]
    Unsound { number: u64, error: UnsoundState },
    /// The batch does not follow the one before.
    #[error("batch {number} does not follow: {error}")]
    Order { number: u64, error: BatchError },
    /// The body does not follow the one before.
    #[error("the body of batch {number} does not follow: {error}")]
    Follow { number: u64, error: FollowError },
    /// A recomputation that begins in the middle needs the last batch before.
    #[error("{cuts} batches are cut in the state to begin with, the batch given is number {given}; give the last one")]
    WrongBeginning { cuts: u64, given: u64 },
}

/// Replays a journal, row by row.
///
/// It begins with the first command, or in a state that was restored from a snapshot. Then what lies before is believed: the state,
/// the deposits up to there, and the batch that was cut last.
#[derive(Debug, Default)]
pub struct Recomputation {
    core: Core,
    /// The last row: its last command and its hash, which is zero before the first.
    row: (Seq, journal::Hash),
    deposits: DepositChain,
    previous: Option<(Batch, Digest)>,
    previous_body: Option<Arc<Body>>,
}

impl Recomputation {
    /// A recomputation that goes on in a state behind a row that ended with command `seq` and had the hash `head`. The last batch
    /// that was cut before goes with it, and its body if claims are to be compared with that.
    ///
    /// # Errors
    /// [`RecomputeError::WrongBeginning`] if the batch is not the last one of the state.
    pub fn resume(
        core: Core,
        (seq, head): (Seq, journal::Hash),
        previous: Option<(Batch, Option<Arc<Body>>)>,
    ) -> Result<Recomputation, RecomputeError> {
        let chain = core.engine().chain();
        let (cuts, given) = (chain.cuts(), previous.as_ref().map_or(0, |(batch, _)| batch.number));
        if cuts != given {
            return Err(RecomputeError::WrongBeginning { cuts, given });
        }
        let (done, hash) = chain.deposits();
        let deposits = DepositChain::resume(done, Hash(hash.0));
        let domain = chain.domain().map(domain_of);
        let (previous, previous_body) = match (previous, domain) {
            (Some((batch, body)), Some(domain)) => (Some((batch, batch.digest(&domain))), body),
            _ => (None, None),
        };
        Ok(Recomputation { core, row: (seq, head), deposits, previous, previous_body })
    }

    /// The state behind the last row.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The last batch that was made or given.
    pub fn last(&self) -> Option<&Batch> {
        self.previous.as_ref().map(|(batch, _)| batch)
    }

    /// Applies the next row of the journal; the batch, if the row ends with a cut.
    ///
    /// # Errors
    /// [`RecomputeError`]; the recomputation is then of no use any more.
    pub fn apply(&mut self, row: &journal::Batch) -> Result<Option<Made>, RecomputeError> {
        let (last_seq, head) = self.row;
        if row.first_seq.0 != last_seq.0 + 1 || row.previous != head {
            return Err(RecomputeError::OutOfOrder { first_seq: row.first_seq.0, last_seq: last_seq.0 });
        }
        let actions = actions_of(row)?;
        let committed = apply_actions(&mut self.core, row, &actions)?;
        self.row = (row.last_seq, row.hash());
        let mut made = None;
        for ((stamp, action), (_, happenings)) in actions.iter().zip(&committed.outcomes) {
            if let Some(command) = action.command().filter(|_| !is_refused(happenings)) {
                self.check(stamp, command)?;
            }
            for event in happenings.iter().filter_map(Happening::of_exchange) {
                if let Event::BatchCut { number, first_seq, last_seq, .. } = *event {
                    if last_seq != row.last_seq {
                        return Err(RecomputeError::CutInside { number, seq: last_seq, last_seq: row.last_seq });
                    }
                    made = Some(self.make(number, first_seq, stamp.time, row)?);
                }
            }
        }
        Ok(made)
    }

    /// Checks what the engine journals without looking. Keys are neither replaced nor forgotten, so the state behind the row tells
    /// what a key was at any command in it.
    fn check(&mut self, stamp: &Stamp, command: &Command) -> Result<(), RecomputeError> {
        let Some(domain) = self.domain() else { return Ok(()) };
        let (consent, signature) = match *command {
            Command::CreditDeposit { index, pseudonym, amount, hash } => {
                return self.follow_deposit(index, AccountId(pseudonym.0), amount, Hash(hash.0));
            }
            Command::LinkAccount { account, pseudonym, signature } => {
                (Consent::to_link(&domain, account, &pseudonym.0), signature)
            }
            Command::WithdrawToChain { account, asset, amount, reference, signature } => {
                (Consent::to_withdraw(&domain, account, asset, amount, reference), signature)
            }
            _ => return Ok(()),
        };
        let key = self.core.engine().key(stamp.key).map(|key| key.credential);
        match key {
            Some(Credential::Ed25519(public_key)) if consent.is_signed(&public_key, &signature.0) => Ok(()),
            _ => Err(RecomputeError::NotSigned { seq: stamp.seq, key: stamp.key }),
        }
    }

    fn follow_deposit(
        &mut self,
        index: u64,
        account: AccountId,
        amount: Amount,
        given: Hash,
    ) -> Result<(), RecomputeError> {
        // The ledger credits amounts above zero only.
        let received = settlement::Amount(amount.0.unsigned_abs().into());
        self.deposits.push(&Deposit { account, received })?;
        let found = self.deposits.hash();
        if self.deposits.done() == index && found == given {
            return Ok(());
        }
        Err(RecomputeError::DepositHash { index, given, found })
    }

    fn make(
        &mut self,
        number: u64,
        first_seq: Seq,
        time: Timestamp,
        row: &journal::Batch,
    ) -> Result<Made, RecomputeError> {
        let body = body_of(self.core.engine()).map_err(|error| RecomputeError::Unsound { number, error })?;
        let body = Arc::new(body);
        let previous = self.previous.as_ref().map(|(batch, digest)| (batch, *digest));
        let cut = Cut {
            number,
            prev_digest: previous.map(|(_, digest)| digest).unwrap_or_default(),
            first_seq: first_seq.0,
            last_seq: row.last_seq.0,
            epoch: row.epoch,
            journal_head: Hash(row.hash()),
            deposits: self.deposits,
        };
        let batch = Batch::new(&cut, &body);
        batch.check_follows(previous).map_err(|error| RecomputeError::Order { number, error })?;
        if let Some(before) = &self.previous_body {
            body.check_follows(before).map_err(|error| RecomputeError::Follow { number, error })?;
        }
        let domain = self.domain().expect("only a venue with a chain cuts batches");
        let digest = batch.digest(&domain);
        self.previous = Some((batch, digest));
        self.previous_body = Some(Arc::clone(&body));
        Ok(Made { batch, domain, digest, body, time })
    }

    fn domain(&self) -> Option<Domain> {
        self.core.engine().chain().domain().map(domain_of)
    }
}

fn is_refused(happenings: &[Happening]) -> bool {
    happenings
        .iter()
        .any(|happening| matches!(happening, Happening::Exchange(Event::Rejected(_)) | Happening::IndexRejected(_)))
}
