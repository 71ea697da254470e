//! Which signatures vouch for a batch, and which do not.

use settlement::{Address, AttesterError, AttesterKey, Attesters, Digest, Signature, SignatureError};

const DIGEST: Digest = Digest([0x42; 32]);

fn keys() -> Vec<AttesterKey> {
    let mut keys: Vec<AttesterKey> = (1..=4).map(|id| AttesterKey::new(&[id; 32]).unwrap()).collect();
    keys.sort_by_key(AttesterKey::address);
    keys
}

fn altered(Signature(mut bytes): Signature, change: impl FnOnce(&mut [u8; 65])) -> Signature {
    change(&mut bytes);
    Signature(bytes)
}

#[test]
fn enough_attesters_in_order_vouch_and_others_do_not() {
    let keys = keys();
    let addresses: Vec<Address> = keys.iter().map(AttesterKey::address).collect();
    let attesters = Attesters::new(addresses[..3].to_vec(), 2).unwrap();
    let [a, b, c, stranger] = [0, 1, 2, 3].map(|at: usize| keys[at].sign(&DIGEST));
    let count = |given| SignatureError::Count { given, threshold: 2, signers: 3 };
    let order =
        |before: usize, signer: usize| SignatureError::Order { before: addresses[before], signer: addresses[signer] };
    let rows: &[(&str, &[Signature], Result<(), SignatureError>)] = &[
        ("two of three", &[a, b], Ok(())),
        ("another two", &[a, c], Ok(())),
        ("all", &[a, b, c], Ok(())),
        ("none", &[], Err(count(0))),
        ("too few", &[b], Err(count(1))),
        ("more than there are", &[a, a, b, c], Err(count(4))),
        ("one twice", &[a, a], Err(order(0, 0))),
        ("out of order", &[b, a], Err(order(1, 0))),
        ("a stranger behind", &[a, stranger], Err(SignatureError::Stranger { signer: addresses[3] })),
        ("parity as on the wire", &[a, altered(b, |bytes| bytes[64] -= 27)], Err(parity(b.0[64] - 27))),
        ("parity of a chain", &[a, altered(b, |bytes| bytes[64] += 2)], Err(parity(b.0[64] + 2))),
        ("upper s", &[a, twin(b)], Err(SignatureError::HighS)),
        ("r is zero", &[a, altered(b, |bytes| bytes[..32].fill(0))], Err(SignatureError::NoSigner)),
        ("s is zero", &[a, altered(b, |bytes| bytes[32..64].fill(0))], Err(SignatureError::NoSigner)),
        ("r beyond the order", &[a, altered(b, |bytes| bytes[..32].fill(0xff))], Err(SignatureError::NoSigner)),
    ];
    for (name, signatures, wanted) in rows {
        assert_eq!(attesters.verify(&DIGEST, signatures), *wanted, "{name}");
    }
    assert!(matches!(attesters.verify(&Digest([0x43; 32]), &[a, b]), Err(SignatureError::Stranger { .. })));
}

fn parity(parity: u8) -> SignatureError {
    SignatureError::Parity { parity }
}

/// The other signature of the same key and digest: the order less `s`, and the other parity.
fn twin(signature: Signature) -> Signature {
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    altered(signature, |bytes| {
        let mut borrow = 0i16;
        for (at, byte) in bytes[32..64].iter_mut().enumerate().rev() {
            let of_order = i16::from(u8::from_str_radix(&order[2 * at..2 * at + 2], 16).unwrap());
            let difference = of_order - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            *byte = u8::try_from(difference.rem_euclid(256)).unwrap();
        }
        bytes[64] = 55 - bytes[64];
    })
}

#[test]
fn attesters_are_rising_and_enough() {
    let addresses: Vec<Address> = (1..=17).map(|id| Address([id; 20])).collect();
    let (one, two) = (addresses[0], addresses[1]);
    let rows = [
        (addresses.clone(), 2, AttesterError::TooMany { count: 17 }),
        (vec![one, one], 1, AttesterError::Order { before: one, signer: one }),
        (vec![two, one], 1, AttesterError::Order { before: two, signer: one }),
        (vec![one, two], 0, AttesterError::Threshold { threshold: 0, signers: 2 }),
        (vec![one, two], 3, AttesterError::Threshold { threshold: 3, signers: 2 }),
        (vec![], 1, AttesterError::Threshold { threshold: 1, signers: 0 }),
    ];
    for (signers, threshold, wanted) in rows {
        assert_eq!(Attesters::new(signers, threshold), Err(wanted));
    }
    assert!(Attesters::new(addresses[..16].to_vec(), 16).is_ok());
    for secret in [[0; 32], [0xff; 32]] {
        assert_eq!(AttesterKey::new(&secret).unwrap_err(), AttesterError::Secret);
    }
}

#[test]
fn a_key_shows_its_address_only() {
    let key = AttesterKey::new(&[7; 32]).unwrap();
    assert_eq!(format!("{key:?}"), format!("AttesterKey({})", key.address()));
}
