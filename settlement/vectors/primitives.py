"""Keccak-256, EIP-712 and ECDSA over secp256k1 in their textbook form, so that the vectors owe nothing to the crate.

Run it to check each of them against published values: `python3 -B settlement/vectors/primitives.py`.
"""

import hashlib
import hmac

# --- Keccak: G. Bertoni, J. Daemen, M. Peeters, G. Van Assche, "The Keccak reference", version 3.0, 2011, section 1.2.

LANE = (1 << 64) - 1
RATE = 136


def rotate(lane, by):
    by %= 64
    return ((lane << by) | (lane >> (64 - by))) & LANE


def round_constants():
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def permute(a, constants=tuple(round_constants())):
    for constant in constants:
        parity = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        a = [a[i] ^ parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1) for i in range(25)]
        x, y, lane = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, a[x + 5 * y] = a[x + 5 * y], rotate(lane, (t + 1) * (t + 2) // 2)
        a = [a[i] ^ (~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def sponge(message, suffix):
    padded = bytearray(message) + bytes([suffix]) + bytes(-(len(message) + 1) % RATE)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        state = permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def keccak(message):
    return sponge(message, 0x01)


# --- abi.encode of static values, and EIP-712 (2017).


def word(value):
    """One 32-byte word: a whole number big-endian, or 32 bytes as they are."""
    return value if isinstance(value, bytes) else value.to_bytes(32, "big")


def encode(*values):
    return b"".join(map(word, values))


def struct_hash(type_text, *values):
    return keccak(encode(keccak(type_text.encode()), *values))


DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def domain_separator(name, version, chain_id, contract):
    names = keccak(name.encode()), keccak(version.encode())
    return struct_hash(DOMAIN_TYPE, *names, chain_id, int.from_bytes(contract, "big"))


def typed_digest(separator, struct):
    return keccak(b"\x19\x01" + separator + struct)


# --- secp256k1 (SEC 2, version 2.0, 2010, section 2.4.1), ECDSA with nonces of RFC 6979, low s of EIP-2.

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = 3 * a[0] ** 2 * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(scalar, point):
    total = None
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def address(key):
    return keccak(encode(*times(key, G)))[12:]


def nonce(key, digest):
    seed = word(key) + word(int.from_bytes(digest, "big") % N)
    k, v = bytes(32), b"\x01" * 32
    for mark in (b"\x00", b"\x01"):
        k = hmac.digest(k, v + mark + seed, "sha256")
        v = hmac.digest(k, v, "sha256")
    return int.from_bytes(hmac.digest(k, v, "sha256"), "big")


def sign(key, digest):
    """`r || s || v` in 65 bytes."""
    k = nonce(key, digest)
    x, y = times(k, G)
    r, odd = x % N, y & 1
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * key) % N
    if s > N // 2:
        s, odd = N - s, odd ^ 1
    return word(r) + word(s) + bytes([27 + odd])


# --- Checks against what others published.


def check(what, got, wanted):
    if got.hex() != wanted:
        raise SystemExit(f"{what}: {got.hex()}, published is {wanted}")


def self_test():
    # The permutation and the sponge, at every length around a block, by the standard library's SHA-3.
    for length in list(range(0, 290)) + [1000]:
        message = bytes(i * 7 % 256 for i in range(length))
        check(f"SHA3-256 of {length} bytes", sponge(message, 0x06), hashlib.sha3_256(message).hexdigest())
    # The padding of Keccak-256: the empty code hash of Ethereum (Yellow Paper, appendix), and widely published ones.
    check("keccak of nothing", keccak(b""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    check("keccak of abc", keccak(b"abc"), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    # The example of EIP-712, "Ether Mail": its domain, its struct and its digest, and the address of its signer.
    cow = int.from_bytes(keccak(b"cow"), "big")
    check("address of cow", address(cow), "cd2a3d9f938e13cd947ec05abc7fe734df8dd826")
    person = "Person(string name,address wallet)"
    wallets = 0xCD2A3D9F938E13CD947EC05ABC7FE734DF8DD826, 0xBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB
    people = [struct_hash(person, keccak(n), w) for n, w in zip((b"Cow", b"Bob"), wallets)]
    mail = struct_hash("Mail(Person from,Person to,string contents)" + person, *people, keccak(b"Hello, Bob!"))
    separator = domain_separator("Ether Mail", "1", 1, bytes.fromhex("cc" * 20))
    check("EIP-712 domain", separator, "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f")
    check("EIP-712 struct", mail, "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e")
    digest = typed_digest(separator, mail)
    check("EIP-712 digest", digest, "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
    # The RFC 6979 signature by key 1 of "Satoshi Nakamoto" that wallets publish as their test.
    satoshi = sign(1, hashlib.sha256(b"Satoshi Nakamoto").digest())[:64]
    half = "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
    check("RFC 6979", satoshi, half + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5")


if __name__ == "__main__":
    self_test()
    print("keccak, EIP-712 and ECDSA agree with what is published")
