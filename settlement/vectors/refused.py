"""What every verifier and decoder must refuse, and by which rule: forged proofs, and bodies that are not canonical."""

import copy

from plain import (
    MARKETS,
    USD,
    WRAP,
    State,
    account,
    body_bytes,
    hexed,
    integer,
    leaf_json,
    leaves,
    only_totals,
    sums_json,
)
from primitives import encode, keccak


def sums_behind_hashes(left, right):
    return keccak(encode(left[0], right[0], left[1], left[2], right[1], right[2]))


def hashes_only(left, right):
    return keccak(encode(left[0], right[0]))


FLAWS = {
    # G. Maxwell's tree hashed the total of both sums (Y. Hu, Z. Zhang, Y. Guo, "Breaking the binding", 2019).
    "a node hashed with the total only": only_totals,
    "a node hashed with the sums behind the hashes": sums_behind_hashes,
    "a node hashed with hashes only": hashes_only,
}


def changed(row, name, error, change):
    """`row` after `change`, which is given a copy of it."""
    row = copy.deepcopy(row)
    change(row)
    return {"name": name, "error": error, "stateRoot": row["stateRoot"], "leaf": row["leaf"], "proof": row["proof"]}


def refused_proofs(states):
    rows = list(forged_from(states["five_assets"].shown("", 2, 1), states["thousand_accounts"].shown("", 0, 511)))
    rows += [
        changed(state.shown("", 0, 0), name, "wrong_root", lambda row: None)
        for name, state in ((name, State([(USD, leaves(3))], rule)) for name, rule in FLAWS.items())
    ]
    return rows + understated() + overflowing() + other_leaves(states)


def forged_from(small, large):
    """Single changes of good proofs."""

    def put(*keys_and_value):
        *keys, last, value = keys_and_value

        def change(row):
            for key in keys:
                row = row[key]
            row[last] = value(row[last]) if callable(value) else value

        return change

    more = lambda number: str(int(number) + 1)
    flipped = lambda digest: digest[:-1] + format(int(digest[-1], 16) ^ 1, "x")
    yield changed(small, "settled one more than hashed", "wrong_root", put("leaf", "settled", more))
    yield changed(small, "claimable one more than hashed", "wrong_root", put("leaf", "claimable", more))
    yield changed(small, "another account", "wrong_root", put("leaf", "account", flipped))
    yield changed(small, "a leaf of another asset", "wrong_root", put("leaf", "asset", "3"))
    yield changed(small, "another state root", "wrong_root", put("stateRoot", flipped))
    yield changed(small, "an empty state root", "wrong_root", put("stateRoot", hexed(bytes(32))))
    yield changed(small, "a sibling with another hash", "wrong_root", put("proof", "path", 0, "hash", flipped))
    yield changed(small, "a sibling with another sum", "wrong_root", put("proof", "path", 1, "settled", more))
    yield changed(small, "a sibling with other claims", "wrong_root", put("proof", "path", 1, "claimable", more))
    yield changed(small, "another sibling of the asset", "wrong_root", put("proof", "assetPath", 2, flipped))
    yield changed(small, "the index of another leaf", "wrong_root", put("proof", "index", "2"))
    yield changed(small, "the place of another asset", "wrong_root", put("proof", "assetIndex", "3"))
    yield changed(large, "two siblings swapped", "wrong_root", lambda row: swap(row["proof"]["path"]))
    swapped = lambda row: swap(row["proof"]["assetPath"])
    yield changed(small, "two siblings of the asset swapped", "wrong_root", swapped)
    yield changed(large, "one level too few", "wrong_root", lambda row: row["proof"]["path"].pop())
    nothing = sums_json((bytes(32), 0, 0))
    yield changed(small, "one level too many", "wrong_root", lambda row: row["proof"]["path"].append(nothing))
    yield changed(small, "one level of assets too few", "asset_index_out_of_range", deeper_asset(-1))
    yield changed(small, "one level of assets too many", "wrong_root", deeper_asset(1))
    yield changed(small, "an index beyond the depth", "index_out_of_range", put("proof", "index", "4"))
    yield changed(small, "an index that wraps in 64 bits", "index_out_of_range", put("proof", "index", str(2**64 + 1)))
    yield changed(small, "an asset beyond the depth", "asset_index_out_of_range", put("proof", "assetIndex", "10"))
    yield changed(small, "33 levels", "path_too_long", put("proof", "path", [nothing] * 33))
    too_long = put("proof", "assetPath", [hexed(bytes(32))] * 17)
    yield changed(small, "17 levels of assets", "asset_path_too_long", too_long)


def deeper_asset(by):
    def change(row):
        path = row["proof"]["assetPath"]
        if by > 0:
            path.append(hexed(bytes(32)))
        else:
            # The proof is of the asset at place 2, which two bits hold and one does not.
            del path[1:]

    return change


def swap(path):
    path[0], path[1] = path[1], path[0]


def understated():
    """Two accounts have 10 each, the tree claims 10 in all: each is shown a sibling that has nothing. The flawed rule,
    which hashes the total only, accepts both."""
    rows = []
    accounts = sorted((account(i), 10, 0) for i in (1, 2))
    flawed = lambda a, b: only_totals((a[0], 10, 0), (b[0], 0, 0))
    state = State([(USD, accounts)], flawed)
    digest = state.trees[0][1][-1][0][0]
    root = keccak(keccak(encode(USD, digest, 10, 0, 1)))
    for index in (0, 1):
        row = state.shown("", 0, index)
        row["stateRoot"] = hexed(root)
        row["proof"]["path"][0]["settled"] = "0"
        rows.append(changed(row, f"half of what is owed, as account {index} sees it", "wrong_root", lambda row: None))
    return rows


def overflowing():
    """Somebody owes 5, written as 2^128 - 5, so that sums which wrap would hide it."""
    rows = []
    for column, name in ((1, "settled"), (2, "claimable")):
        accounts = [[account(i), 10, 10] for i in range(3)]
        accounts[0][column] = WRAP - 5
        accounts = sorted(tuple(row) for row in accounts)
        state = State([(USD, accounts)])
        row = state.shown("", 0, next(i for i, leaf in enumerate(accounts) if leaf[0] == account(1)))
        rows.append(changed(row, f"a negative {name} wraps the sum", "sum_overflow", lambda row: None))
    return rows


def other_leaves(states):
    """A proof of a leaf that is not there, and of a node that passes for a leaf."""
    state = states["three_accounts"]
    empty = leaf_json(USD, (bytes(32), 0, 0))
    padded = state.shown("", 0, 2) | {"leaf": empty, "proof": state.proof(0, 3)}
    node = state.trees[0][1][1][0]
    passing = state.shown("", 0, 0) | {"leaf": leaf_json(USD, node)}
    passing["proof"] = state.proof(0, 0) | {"path": state.proof(0, 0)["path"][1:]}
    unchanged = lambda row: None
    return [
        changed(padded, "the empty leaf beside the last", "wrong_root", unchanged),
        changed(passing, "a node that passes for a leaf", "wrong_root", unchanged),
    ]


def refused_bodies():
    """Bytes that mean no body, or that are not the one way to write it."""
    good = [(USD, leaves(3)), (2, leaves(2))]
    whole = body_bytes(good, MARKETS)
    ordered = leaves(2)
    largest = lambda *sums: body_bytes([(USD, [(leaf[0], *sums) for leaf in ordered])], [])
    rows = [
        ("nothing at all", b"", "truncated"),
        ("another magic", b"THB2" + whole[4:], "unknown_form"),
        ("the last byte missing", whole[:-1], "truncated"),
        ("a byte too many", whole + b"\x00", "trailing_bytes"),
        ("more assets than bytes", b"THB1" + integer(4096, 4), "truncated"),
        ("too many assets", b"THB1" + integer(65_537, 4) + bytes(40), "too_many_assets"),
        ("more leaves than bytes", b"THB1" + integer(1, 4) + integer(1, 32) + integer(9, 4), "truncated"),
        ("too many leaves", b"THB1" + integer(1, 4) + integer(1, 32) + b"\xff" * 4, "too_many_leaves"),
        ("too many markets", b"THB1" + integer(0, 4) + b"\xff" * 4, "too_many_markets"),
        ("one account twice", body_bytes([(USD, [ordered[0]] * 2)], []), "account_order"),
        ("accounts out of order", body_bytes([(USD, ordered[::-1])], []), "account_order"),
        ("one asset twice", body_bytes([good[0]] * 2, []), "asset_order"),
        ("assets out of order", body_bytes(good[::-1], []), "asset_order"),
        ("an asset that nobody has", body_bytes([(USD, [])], []), "no_leaves"),
        ("settled too large in sum", largest(WRAP - 1, 0), "sum_overflow"),
        ("claimable too large in sum", largest(0, WRAP - 1), "sum_overflow"),
        ("one market twice", body_bytes([], [MARKETS[0]] * 2), "market_order"),
        ("markets out of order", body_bytes([], MARKETS[::-1]), "market_order"),
        ("a market without a name", body_bytes([], [(b"", 1, 1)]), "market_symbol"),
        ("a market with a blank", body_bytes([], [(b"A B", 1, 1)]), "market_symbol"),
        ("a market of 65 characters", body_bytes([], [(b"A" * 65, 1, 1)]), "market_symbol"),
        ("longs that are not shorts", body_bytes([], [(b"A", 2, 1)]), "unbalanced"),
    ]
    return [{"name": name, "body": hexed(body), "error": error} for name, body, error in rows]
