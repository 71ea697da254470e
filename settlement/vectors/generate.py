"""Writes the vectors of the settlement format by the slow and obvious way; with `--check`, compares instead.

The crate `settlement`, the verifier in JavaScript and the contracts read the files; none of them had a part in making
them. The format is docs/settlement-batches.md.
"""

import pathlib
import sys

from plain import (
    MARKETS,
    NOTHING,
    USD,
    WRAP,
    State,
    account,
    body_bytes,
    hexed,
    integer,
    leaf_json,
    leaves,
    sums_json,
    text,
    word_of,
)
from primitives import address, domain_separator, encode, keccak, self_test, sign, struct_hash, typed_digest
from refused import refused_bodies, refused_proofs

FOLDER = pathlib.Path(__file__).parent
BATCH_TYPE = (
    "Batch(uint64 number,bytes32 prevDigest,uint64 firstSeq,uint64 lastSeq,uint64 epoch,bytes32 journalHead,"
    "uint64 depositsDone,bytes32 depositsHash,bytes32 stateRoot,bytes32 dataHash,uint128 equity,uint128 withdrawn)"
)


# --- What the vectors are about.


def states():
    few = [(integer(0x11 * i, 32), 1_000_000 * i, 250_000 * (i - 1)) for i in (1, 2, 3)]
    series = (0x48313030 << 64) | (7 << 32) | 202701
    return {
        "no_assets": State([]),
        "one_account": State([(USD, leaves(1, 5, 40))]),
        "two_accounts": State([(USD, leaves(2, 3, 7))]),
        "three_accounts": State([(USD, few)]),
        "five_accounts": State([(USD, leaves(5, 10**9, 90))]),
        "largest_sums": State([(USD, [(account(1), WRAP - 1, 0), (account(2), 0, WRAP - 1)])]),
        "three_assets": State([(USD, leaves(4, 11, 3)), (2, leaves(1, 1, 5)), (series, leaves(6, 1, 3))]),
        "five_assets": State([(asset, leaves(3, 7, 50 + asset % 9)) for asset in (USD, 3, 9, 2**128, 2**256 - 1)]),
        "thousand_accounts": State([(USD, leaves(1000, 1_000_000)), (2, leaves(37))]),
    }


def trees_file(states):
    rows = []
    for name, state in states.items():
        assets = []
        for (asset, accounts), (_, levels) in zip(state.assets, state.trees):
            root = sums_json(levels[-1][0]) | {"depth": len(levels) - 1}
            assets.append({"asset": str(asset), "root": root, "leaves": [leaf_json(asset, leaf) for leaf in accounts]})
        equity, withdrawn = state.usd()
        totals = {"equity": str(equity), "withdrawn": str(withdrawn)}
        rows.append({"name": name, "stateRoot": hexed(state.root()), **totals, "assets": assets})
    return rows


def proofs_file(states):
    rows = []
    for name, state in states.items():
        for at, (asset, accounts) in enumerate(state.assets):
            # Of many leaves the first, the last and some between them; of few all.
            shown = range(len(accounts)) if len(accounts) < 10 else [0, 1, 511, 512, len(accounts) - 1]
            for index in (index for index in shown if index < len(accounts)):
                digest, settled, claimable = state.trees[at][1][-1][0]
                row = state.shown(f"{name}, asset {at}, leaf {index}", at, index)
                rows.append(row | {"totals": {"settled": str(settled), "claimable": str(claimable)}})
    return rows


def deposits():
    rows, digest = [], NOTHING
    for index, received in enumerate((1, 250_000_000, 999_999, WRAP - 1, 42), start=1):
        digest = keccak(encode(digest, index, account(index), received))
        row = {"index": index, "account": hexed(account(index)), "received": str(received)}
        rows.append(row | {"hash": hexed(digest)})
    return rows


def bodies_file(states):
    chosen = [("no_assets", []), ("no_assets", MARKETS), ("three_accounts", MARKETS[:1]), ("five_assets", MARKETS)]
    rows = []
    for name, markets in chosen:
        state = states[name]
        body = body_bytes(state.assets, markets)
        row = {"name": f"{name}, {len(markets)} markets", "body": hexed(body), "dataHash": hexed(keccak(body))}
        equity, withdrawn = state.usd()
        rows.append(row | {"stateRoot": hexed(state.root()), "equity": str(equity), "withdrawn": str(withdrawn)})
    return rows


def batches_file(states):
    chain_id, contract = 31337, bytes.fromhex("5FbDB2315678afecb367f032d93F642f64180aa3")
    separator = domain_separator("Terahour Settlement", "1", chain_id, contract)
    keys = [int.from_bytes(keccak(b"attester" + word_of(i)), "big") for i in (1, 2, 3)]
    keys.sort(key=address)
    chain, rows, previous, first = deposits(), [], NOTHING, 1
    cut = [("five_assets", 1000, 2), ("three_accounts", 1000, 2), ("thousand_accounts", 2**64 - 1, 5)]
    for number, (name, last, done) in enumerate(cut, start=1):
        state = states[name]
        body = body_bytes(state.assets, MARKETS)
        last = max(last, first)
        deposits_hash = bytes.fromhex(chain[done - 1]["hash"][2:])
        head = keccak(b"journal head" + word_of(number))
        values = [number, previous, first, last, 7, head, done, deposits_hash, state.root(), keccak(body), *state.usd()]
        struct = struct_hash(BATCH_TYPE, *values)
        digest = typed_digest(separator, struct)
        names = [field.split()[1] for field in BATCH_TYPE[len("Batch(") : -1].split(",")]
        batch = {n: hexed(v) if isinstance(v, bytes) else str(v) for n, v in zip(names, values)}
        signatures = [hexed(sign(key, digest)) for key in keys]
        rows.append({"state": name, "batch": batch, "digest": hexed(digest), "signatures": signatures})
        previous, first = digest, last + 1 if last + 1 < 2**64 else None
    domain = {"chainId": str(chain_id), "verifyingContract": hexed(contract), "separator": hexed(separator)}
    attesters = [{"address": hexed(address(key)), "key": hexed(word_of(key))} for key in keys]
    types = {"batchType": BATCH_TYPE, "batchTypeHash": hexed(keccak(BATCH_TYPE.encode()))}
    return {"domain": domain, **types, "attesters": attesters, "batches": rows}


def files():
    made = states()
    return {
        "trees.json": trees_file(made),
        "proofs.json": proofs_file(made),
        "refused_proofs.json": refused_proofs(made),
        "bodies.json": bodies_file(made),
        "refused_bodies.json": refused_bodies(),
        "deposits.json": deposits(),
        "batches.json": batches_file(made),
    }


def main():
    self_test()
    stale = []
    for name, value in files().items():
        path, wanted = FOLDER / name, text(value) + "\n"
        if "--check" not in sys.argv:
            path.write_text(wanted)
        elif not path.exists() or path.read_text() != wanted:
            stale.append(name)
    if stale:
        raise SystemExit(f"the generator writes another {', '.join(stale)}: run it without --check, read the change")


if __name__ == "__main__":
    main()
