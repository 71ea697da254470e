//! What the holder of a key signs before an account gets its owner on the chain or money leaves for it, so that a venue alone
//! can do neither. The edge, whoever recomputes a batch, and every client use these same lines.
//!
//! The bytes are those of `docs/chain.md`: a text that says what they are, then numbers with the highest byte first.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use engine::ids::{AccountId, AssetId};
use engine::units::Amount;
use settlement::Domain;

const LINK: &[u8] = b"terahour chain link v1";
const WITHDRAW: &[u8] = b"terahour chain withdraw v1";

/// What is signed, and for which vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent(Vec<u8>);

impl Consent {
    /// To give an account its pseudonym.
    ///
    /// ```
    /// use api::batches::Consent;
    /// use ed25519_dalek::SigningKey;
    /// use engine::ids::AccountId;
    ///
    /// let key = SigningKey::from_bytes(&[7; 32]);
    /// let vault = "0x5fbdb2315678afecb367f032d93f642f64180aa3".parse().unwrap();
    /// let domain = settlement::Domain { chain_id: 31_337, verifying_contract: vault };
    /// let consent = Consent::to_link(&domain, AccountId(7), &[0x11; 32]);
    /// let signature = consent.sign(&key);
    /// assert!(consent.is_signed(&key.verifying_key().to_bytes(), &signature));
    /// assert!(!Consent::to_link(&domain, AccountId(8), &[0x11; 32]).is_signed(&key.verifying_key().to_bytes(), &signature));
    /// ```
    pub fn to_link(domain: &Domain, account: AccountId, pseudonym: &[u8; 32]) -> Consent {
        let mut bytes = begun(LINK, domain, account);
        bytes.extend_from_slice(pseudonym);
        Consent(bytes)
    }

    /// To move an amount out to the chain, as one payment of the account.
    pub fn to_withdraw(domain: &Domain, account: AccountId, asset: AssetId, amount: Amount, reference: u64) -> Consent {
        let mut bytes = begun(WITHDRAW, domain, account);
        bytes.extend_from_slice(&u64::from(asset.0).to_be_bytes());
        bytes.extend_from_slice(&amount.0.to_be_bytes());
        bytes.extend_from_slice(&reference.to_be_bytes());
        Consent(bytes)
    }

    /// The bytes that are signed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Signs it.
    pub fn sign(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(&self.0).to_bytes()
    }

    /// Whether this key has signed it. Strict, as for requests: weak keys and malleable signatures are refused, so that all who
    /// recompute a batch agree.
    pub fn is_signed(&self, public_key: &[u8; 32], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(public_key)
            .is_ok_and(|key| key.verify_strict(&self.0, &Signature::from_bytes(signature)).is_ok())
    }
}

fn begun(what: &[u8], domain: &Domain, account: AccountId) -> Vec<u8> {
    let mut bytes = what.to_vec();
    bytes.extend_from_slice(&domain.chain_id.to_be_bytes());
    bytes.extend_from_slice(&domain.verifying_contract.0);
    bytes.extend_from_slice(&u64::from(account.0).to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::hex;

    fn domain() -> Domain {
        let vault = "0x5fbdb2315678afecb367f032d93f642f64180aa3".parse().expect("an address");
        Domain { chain_id: 31_337, verifying_contract: vault }
    }

    /// Put together by hand from the page: `0x7a69` is 31 337, `0xee6b280` is 250 000 000.
    #[test]
    fn the_bytes_are_those_of_the_page() {
        let vault = "5fbdb2315678afecb367f032d93f642f64180aa3";
        let link = Consent::to_link(&domain(), AccountId(7), &[0x11; 32]);
        let said =
            format!("{}0000000000007a69{vault}0000000000000007{}", hex(b"terahour chain link v1"), "11".repeat(32));
        assert_eq!(hex(link.bytes()), said);
        let withdrawal = Consent::to_withdraw(&domain(), AccountId(7), AssetId(1), Amount(250_000_000), 3);
        let numbers = "0000000000000007000000000000000100000000".to_owned() + "0ee6b2800000000000000003";
        let said = format!("{}0000000000007a69{vault}{numbers}", hex(b"terahour chain withdraw v1"));
        assert_eq!(hex(withdrawal.bytes()), said);
    }

    #[test]
    fn a_signature_is_good_for_one_thing_at_one_vault() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public_key = key.verifying_key().to_bytes();
        let (account, asset, amount) = (AccountId(7), AssetId(1), Amount(250));
        let signed = Consent::to_withdraw(&domain(), account, asset, amount, 3);
        let signature = signed.sign(&key);
        let elsewhere = Domain { chain_id: 1, ..domain() };
        let rows = [
            ("as signed", signed, true),
            ("another chain", Consent::to_withdraw(&elsewhere, account, asset, amount, 3), false),
            ("another account", Consent::to_withdraw(&domain(), AccountId(8), asset, amount, 3), false),
            ("another asset", Consent::to_withdraw(&domain(), account, AssetId(2), amount, 3), false),
            ("another amount", Consent::to_withdraw(&domain(), account, asset, Amount(251), 3), false),
            ("another payment", Consent::to_withdraw(&domain(), account, asset, amount, 4), false),
        ];
        for (name, consent, is_good) in rows {
            assert_eq!(consent.is_signed(&public_key, &signature), is_good, "{name}");
        }
        assert!(
            !Consent::to_link(&domain(), account, &[0; 32]).is_signed(&[0; 32], &[0; 64]),
            "the key of small order"
        );
    }
}
