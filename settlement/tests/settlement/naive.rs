//! The twin: the format by the letter, recursively, with a textbook Keccak, sharing nothing with the crate but its types.

use settlement::{AccountId, Asset, Hash, Holding, Node, Sums};

/// Keccak-256 as FIPS 202 describes its permutation, on bits of lanes and without any table.
pub(crate) fn keccak(message: &[u8]) -> [u8; 32] {
    let mut padded = message.to_vec();
    padded.push(1);
    padded.resize(padded.len().next_multiple_of(136), 0);
    *padded.last_mut().unwrap() |= 0x80;
    let mut lanes = [[0u64; 5]; 5];
    for block in padded.chunks(136) {
        for (at, bytes) in block.chunks(8).enumerate() {
            lanes[at % 5][at / 5] ^= u64::from_le_bytes(bytes.try_into().unwrap());
        }
        permute(&mut lanes);
    }
    let mut hash = [0; 32];
    for (at, bytes) in hash.chunks_mut(8).enumerate() {
        bytes.copy_from_slice(&lanes[at % 5][at / 5].to_le_bytes());
    }
    hash
}

fn permute(a: &mut [[u64; 5]; 5]) {
    let mut register = 1u8;
    for _ in 0..24 {
        let parity = a.map(|column| column.iter().fold(0, |all, lane| all ^ lane));
        for (x, column) in a.iter_mut().enumerate() {
            column.iter_mut().for_each(|lane| *lane ^= parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1));
        }
        let (mut x, mut y, mut carried) = (1, 0, a[1][0]);
        for step in 0..24 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            std::mem::swap(&mut carried, &mut a[x][y]);
            a[x][y] = a[x][y].rotate_left((step + 1) * (step + 2) / 2 % 64);
        }
        let before = *a;
        for (x, column) in a.iter_mut().enumerate() {
            for (y, lane) in column.iter_mut().enumerate() {
                *lane ^= !before[(x + 1) % 5][y] & before[(x + 2) % 5][y];
            }
        }
        for j in 0..7 {
            a[0][0] ^= u64::from(register & 1) << ((1 << j) - 1);
            register = (register << 1) ^ if register & 0x80 == 0 { 0 } else { 0x71 };
        }
    }
}

/// One argument of `abi.encode`.
pub(crate) enum Word {
    Number(u128),
    Bytes([u8; 32]),
}

pub(crate) fn encode(words: &[Word]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| match word {
            Word::Number(number) => [vec![0; 16], number.to_be_bytes().to_vec()].concat(),
            Word::Bytes(bytes) => bytes.to_vec(),
        })
        .collect()
}

/// The root of these holdings, by halving.
pub(crate) fn sum_root(asset: Asset, holdings: &[Holding]) -> Node {
    subtree(asset, holdings, holdings.len().next_power_of_two())
}

fn subtree(asset: Asset, holdings: &[Holding], width: usize) -> Node {
    if width == 1 {
        return holdings.first().map_or_else(Node::default, |holding| leaf(asset, holding.account, holding.sums));
    }
    let middle = holdings.len().min(width / 2);
    let left = subtree(asset, &holdings[..middle], width / 2);
    let right = subtree(asset, &holdings[middle..], width / 2);
    let encoded = encode(&[
        Word::Number(left.sums.settled.0),
        Word::Number(left.sums.claimable.0),
        Word::Number(right.sums.settled.0),
        Word::Number(right.sums.claimable.0),
        Word::Bytes(left.hash.0),
        Word::Bytes(right.hash.0),
    ]);
    Node { hash: Hash(keccak(&encoded)), sums: left.sums.checked_add(right.sums).unwrap() }
}

fn leaf(asset: Asset, account: AccountId, sums: Sums) -> Node {
    let words =
        [Word::Bytes(account.0), Word::Bytes(asset.0), Word::Number(sums.settled.0), Word::Number(sums.claimable.0)];
    Node { hash: Hash(keccak(&keccak(&encode(&words)))), sums }
}

/// The state root over the roots and depths of all assets.
pub(crate) fn state_root(assets: &[(Asset, Node, u32)]) -> Hash {
    let mut level: Vec<[u8; 32]> = assets.iter().map(|(asset, node, depth)| asset_hash(*asset, node, *depth)).collect();
    level.resize(level.len().next_power_of_two(), [0; 32]);
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| keccak(&pair.concat())).collect();
    }
    Hash(level[0])
}

fn asset_hash(asset: Asset, Node { hash, sums }: &Node, depth: u32) -> [u8; 32] {
    let encoded = encode(&[
        Word::Bytes(asset.0),
        Word::Bytes(hash.0),
        Word::Number(sums.settled.0),
        Word::Number(sums.claimable.0),
        Word::Number(depth.into()),
    ]);
    keccak(&keccak(&encoded))
}

#[test]
fn the_textbook_keccak_is_the_published_one() {
    let rows: [(&[u8], &str); 2] = [
        (b"", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ];
    for (message, hash) in rows {
        assert_eq!(Hash(keccak(message)).to_string(), hash);
    }
}
