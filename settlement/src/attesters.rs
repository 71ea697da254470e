//! Who vouches for a batch: signatures of its digest, N of M, as the vault checks them.

use std::fmt;

use k256::ecdsa::{RecoveryId, Signature as Scalars, SigningKey, VerifyingKey};

use crate::bytes::{Address, Digest, read_hex};
use crate::error::{AttesterError, HexError, SignatureError};
use crate::keccak::hash_bytes;
use crate::limits::ATTESTERS_MAX;

/// A signature as contracts take it: `r`, `s`, and 27 or 28 for the parity of the curve point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 65]);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Signature(0x")?;
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))?;
        formatter.write_str(")")
    }
}

impl std::str::FromStr for Signature {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        read_hex(text).map(Self)
    }
}

impl Signature {
    /// Who signed `digest` with this: some address for nearly every signature, so that only the comparison with an address
    /// that is known means anything.
    ///
    /// # Errors
    /// [`SignatureError::Parity`], [`SignatureError::HighS`], since the twin of a signature with the other `s` is refused
    /// (EIP-2, 2015), or [`SignatureError::NoSigner`] if no key could have made it.
    pub fn signer(&self, digest: &Digest) -> Result<Address, SignatureError> {
        let parity = self.0[64];
        let id = parity.checked_sub(27).filter(|odd| *odd <= 1).and_then(RecoveryId::from_byte);
        let id = id.ok_or(SignatureError::Parity { parity })?;
        let scalars = Scalars::from_slice(&self.0[..64]).map_err(|_| SignatureError::NoSigner)?;
        if scalars.normalize_s() != scalars {
            return Err(SignatureError::HighS);
        }
        let key = VerifyingKey::recover_from_prehash(&digest.0, &scalars, id).map_err(|_| SignatureError::NoSigner)?;
        Ok(address_of(&key))
    }
}

/// The key of an attester. Zeroed when dropped, and never shown.
pub struct AttesterKey(SigningKey);

impl fmt::Debug for AttesterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AttesterKey({})", self.address())
    }
}

impl AttesterKey {
    /// The key with this secret.
    ///
    /// # Errors
    /// [`AttesterError::Secret`] if it is zero or not below the order of secp256k1.
    pub fn new(secret: &[u8; 32]) -> Result<Self, AttesterError> {
        SigningKey::from_slice(secret).map(Self).map_err(|_| AttesterError::Secret)
    }

    /// The address that contracts know the key by.
    pub fn address(&self) -> Address {
        address_of(self.0.verifying_key())
    }

    /// Signs a digest. The same key and digest always give the same signature (RFC 6979, 2013).
    pub fn sign(&self, digest: &Digest) -> Signature {
        let (scalars, id) = self.0.sign_prehash_recoverable(&digest.0);
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&scalars.to_bytes());
        bytes[64] = 27 + id.to_byte();
        Signature(bytes)
    }
}

/// The attesters of a vault, and how many of them a batch needs.
///
/// ```
/// use settlement::{AttesterKey, Attesters, Digest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut keys = [AttesterKey::new(&[1; 32])?, AttesterKey::new(&[2; 32])?, AttesterKey::new(&[3; 32])?];
/// keys.sort_by_key(AttesterKey::address);
/// let attesters = Attesters::new(keys.iter().map(AttesterKey::address).collect(), 2)?;
///
/// let digest = Digest([9; 32]);
/// let signatures = [keys[0].sign(&digest), keys[2].sign(&digest)];
/// attesters.verify(&digest, &signatures)?;
/// assert!(attesters.verify(&Digest([8; 32]), &signatures).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attesters {
    signers: Vec<Address>,
    threshold: usize,
}

impl Attesters {
    /// `threshold` of these signers, which are in rising order.
    ///
    /// # Errors
    /// [`AttesterError::TooMany`], [`AttesterError::Order`] if one is not above the one before, be it out of order or there
    /// twice, [`AttesterError::Threshold`] unless it is 1 to the number of signers.
    pub fn new(signers: Vec<Address>, threshold: usize) -> Result<Self, AttesterError> {
        if signers.len() > ATTESTERS_MAX {
            return Err(AttesterError::TooMany { count: signers.len() });
        }
        if let Some(pair) = signers.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(AttesterError::Order { before: pair[0], signer: pair[1] });
        }
        if threshold == 0 || threshold > signers.len() {
            return Err(AttesterError::Threshold { threshold, signers: signers.len() });
        }
        Ok(Self { signers, threshold })
    }

    /// Whether enough attesters signed this digest. Signatures are in rising order of their signers, so that none counts
    /// twice; more than needed are welcome, one by anybody else is not.
    ///
    /// # Errors
    /// The first that applies to the number of signatures, then to each of them in turn.
    pub fn verify(&self, digest: &Digest, signatures: &[Signature]) -> Result<(), SignatureError> {
        if signatures.len() < self.threshold || signatures.len() > self.signers.len() {
            let (given, threshold, signers) = (signatures.len(), self.threshold, self.signers.len());
            return Err(SignatureError::Count { given, threshold, signers });
        }
        let mut before = None;
        for signature in signatures {
            let signer = signature.signer(digest)?;
            if let Some(before) = before.filter(|before| *before >= signer) {
                return Err(SignatureError::Order { before, signer });
            }
            if self.signers.binary_search(&signer).is_err() {
                return Err(SignatureError::Stranger { signer });
            }
            before = Some(signer);
        }
        Ok(())
    }
}

/// The last 20 bytes of the hash of the public key's two coordinates.
fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_sec1_point(false);
    let hash = hash_bytes(&point.as_bytes()[1..]);
    let mut address = [0; 20];
    address.copy_from_slice(&hash.0[12..]);
    Address(address)
}
