"""The settlement format written down in the slow and obvious way: trees, bodies, and how vectors show them."""

import json

from primitives import encode, keccak

WRAP = 1 << 128
USD = 1
NOTHING = bytes(32)


# --- Trees. A node is (hash, settled, claimable). `rule` is how two children make a parent: the vectors of what must be
# refused are built by rules that are wrong.


def leaf_hash(account, asset, settled, claimable):
    return keccak(keccak(encode(account, asset, settled, claimable)))


def both_sums(left, right):
    return keccak(encode(left[1], left[2], right[1], right[2], left[0], right[0]))


def only_totals(left, right):
    return keccak(encode((left[1] + right[1]) % WRAP, (left[2] + right[2]) % WRAP, left[0], right[0]))


def sum_levels(asset, leaves, rule=both_sums):
    level = [(leaf_hash(account, asset, s, c), s, c) for account, s, c in leaves]
    level += [(NOTHING, 0, 0)] * (power_of_two(len(level)) - len(level))
    levels = [level]
    while len(level) > 1:
        pairs = list(zip(level[::2], level[1::2]))
        level = [(rule(a, b), (a[1] + b[1]) % WRAP, (a[2] + b[2]) % WRAP) for a, b in pairs]
        levels.append(level)
    return levels


def power_of_two(count):
    return 1 << (count - 1).bit_length()


def path_of(levels, index):
    return [level[index >> height ^ 1] for height, level in enumerate(levels[:-1])]


def state_levels(trees):
    level = []
    for asset, levels in trees:
        digest, settled, claimable = levels[-1][0]
        level.append(keccak(keccak(encode(asset, digest, settled, claimable, len(levels) - 1))))
    level += [NOTHING] * (power_of_two(len(level)) - len(level))
    levels = [level]
    while len(level) > 1:
        level = [keccak(encode(a, b)) for a, b in zip(level[::2], level[1::2])]
        levels.append(level)
    return levels


class State:
    """Assets with their leaves, all sorted, and every hash above them."""

    def __init__(self, assets, rule=both_sums):
        self.assets = assets
        self.trees = [(asset, sum_levels(asset, leaves, rule)) for asset, leaves in assets]
        self.levels = state_levels(self.trees) if assets else [[NOTHING]]

    def root(self):
        return self.levels[-1][0]

    def usd(self):
        return next((levels[-1][0][1:] for asset, levels in self.trees if asset == USD), (0, 0))

    def proof(self, at, index):
        path = path_of(self.trees[at][1], index)
        siblings = [level[at >> height ^ 1] for height, level in enumerate(self.levels[:-1])]
        return {
            "index": str(index),
            "path": [sums_json(node) for node in path],
            "assetIndex": str(at),
            "assetPath": [hexed(sibling) for sibling in siblings],
        }

    def shown(self, name, at, index):
        """A leaf with its proof, and the root it belongs to."""
        asset, leaves = self.assets[at]
        leaf = leaf_json(asset, leaves[index])
        return {"name": name, "stateRoot": hexed(self.root()), "leaf": leaf, "proof": self.proof(at, index)}


# --- The published body.


def integer(value, size):
    return value.to_bytes(size, "big")


def body_bytes(assets, markets):
    out = b"THB1" + integer(len(assets), 4)
    for asset, leaves in assets:
        out += integer(asset, 32) + integer(len(leaves), 4)
        out += b"".join(account + integer(s, 16) + integer(c, 16) for account, s, c in leaves)
    out += integer(len(markets), 4)
    for symbol, long, short in markets:
        out += integer(len(symbol), 1) + symbol + integer(long, 16) + integer(short, 16)
    return out


# --- JSON: hashes and bytes as 0x…, whole numbers as decimal text, because other languages read numbers as floats.


def hexed(value):
    return "0x" + value.hex()


def sums_json(node):
    return {"hash": hexed(node[0]), "settled": str(node[1]), "claimable": str(node[2])}


def leaf_json(asset, leaf):
    account, settled, claimable = leaf
    return {"account": hexed(account), "asset": str(asset), "settled": str(settled), "claimable": str(claimable)}


def text(value, indent=""):
    """JSON with one line for each object that holds no other."""
    flat = json.dumps(value)
    is_row = isinstance(value, dict) and not any(isinstance(item, (dict, list)) for item in value.values())
    if not isinstance(value, (dict, list)) or len(flat) < 100 or is_row:
        return flat
    deeper = indent + " "
    if isinstance(value, list):
        return "[\n" + ",\n".join(deeper + text(item, deeper) for item in value) + "\n" + indent + "]"
    rows = [f"{deeper}{json.dumps(key)}: {text(item, deeper)}" for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + indent + "}"


# --- Accounts and markets that the vectors are about.


def account(number):
    return keccak(b"account" + word_of(number))


def word_of(number):
    return integer(number, 32)


def leaves(count, scale=1, start=0):
    amounts = ((scale * (i * i * 7919 % 1_000_003), scale * (i * 104_729 % 997)) for i in range(1, count + 1))
    return sorted((account(start + at), *pair) for at, pair in enumerate(amounts))


MARKETS = [
    (b"H100-SXM.GLOBAL.OD-2027-01", 1200, 1200),
    (b"H100-SXM.GLOBAL.OD-2027-Q1", 0, 0),
    (b"X~Y", WRAP - 1, WRAP - 1),
]
