// Verifies, in a browser or in Node, that an account is counted in a settlement batch: the third implementation of
// docs/settlement-batches.md, beside the crate and the contracts.

import { keccak_256 } from "@noble/hashes/sha3";

const DEPTH_MAX = 32;
const ASSET_DEPTH_MAX = 16;
const AMOUNT_MAX = 2n ** 128n - 1n;
const NUMBER_MAX = 2n ** 256n - 1n;

/** A proof that shows nothing. `code` is the rule that it breaks, as in the vectors. */
export class ProofError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Whether `leaf` is counted under `stateRoot`; throws a ProofError by the first rule that is broken.
 *
 * Hashes and accounts are `0x` and 64 hexadecimal digits; amounts, assets and places are whole numbers as decimal text or
 * BigInt, never as Number, which rounds above 2^53.
 *
 * @param {{account: string, asset: string, settled: string, claimable: string}} leaf
 * @param {{index: string, path: {hash: string, settled: string, claimable: string}[], assetIndex: string,
 *   assetPath: string[]}} proof
 * @param {string} stateRoot
 * @returns {{settled: bigint, claimable: bigint}} what all accounts have of the asset, which is part of what was proved:
 *   in USD compare it with `equity` and `withdrawn` of the batch
 */
export function verify(leaf, proof, stateRoot) {
  const { index, assetIndex } = checkShape(proof);
  let node = {
    hash: hashLeaf(bytes(leaf.account), number(leaf.asset, NUMBER_MAX), amount(leaf.settled), amount(leaf.claimable)),
    settled: amount(leaf.settled),
    claimable: amount(leaf.claimable),
  };
  const asset = number(leaf.asset, NUMBER_MAX);
  proof.path.forEach((given, height) => {
    const sibling = { hash: bytes(given.hash), settled: amount(given.settled), claimable: amount(given.claimable) };
    node = isRight(index, height) ? parent(sibling, node, height) : parent(node, sibling, height);
  });
  let hash = hashLeaf(asset, node.hash, node.settled, node.claimable, BigInt(proof.path.length));
  proof.assetPath.map(bytes).forEach((sibling, height) => {
    hash = isRight(assetIndex, height) ? hashWords(sibling, hash) : hashWords(hash, sibling);
  });
  if (hex(hash) !== hex(bytes(stateRoot))) {
    throw new ProofError("wrong_root", `the proof leads to ${hex(hash)}, the state root is ${stateRoot}`);
  }
  return { settled: node.settled, claimable: node.claimable };
}

function checkShape({ index, path, assetIndex, assetPath }) {
  const places = { index: number(index, NUMBER_MAX), assetIndex: number(assetIndex, NUMBER_MAX) };
  const refuse = (code, message) => {
    throw new ProofError(code, message);
  };
  if (path.length > DEPTH_MAX) refuse("path_too_long", `${path.length} siblings, at most ${DEPTH_MAX}`);
  if (places.index >> BigInt(path.length)) refuse("index_out_of_range", `index ${index} in ${path.length} levels`);
  if (assetPath.length > ASSET_DEPTH_MAX) {
    refuse("asset_path_too_long", `${assetPath.length} levels of assets, at most ${ASSET_DEPTH_MAX}`);
  }
  if (places.assetIndex >> BigInt(assetPath.length)) {
    refuse("asset_index_out_of_range", `asset index ${assetIndex} in ${assetPath.length} levels`);
  }
  return places;
}

/** The node above two: both sums of each child are hashed, not their total, so that no child can be shown with less. */
function parent(left, right, height) {
  const settled = left.settled + right.settled;
  const claimable = left.claimable + right.claimable;
  if (settled > AMOUNT_MAX || claimable > AMOUNT_MAX) {
    throw new ProofError("sum_overflow", `sums pass 2^128 at height ${height}: somebody is counted below zero`);
  }
  const sums = [left.settled, left.claimable, right.settled, right.claimable];
  return { hash: hashWords(...sums, left.hash, right.hash), settled, claimable };
}

function hashLeaf(...words) {
  return keccak_256(hashWords(...words));
}

/** `keccak256(abi.encode(words…))`: BigInts and byte strings, 32 bytes each. */
function hashWords(...words) {
  const encoded = new Uint8Array(32 * words.length);
  words.forEach((word, at) => encoded.set(typeof word === "bigint" ? numberBytes(word) : word, 32 * at));
  return keccak_256(encoded);
}

function isRight(index, height) {
  return ((index >> BigInt(height)) & 1n) === 1n;
}

function amount(value) {
  return number(value, AMOUNT_MAX);
}

function number(value, max) {
  const isWhole = typeof value === "bigint" || (typeof value === "string" && /^[0-9]+$/.test(value));
  const whole = isWhole ? BigInt(value) : -1n;
  if (whole < 0n || whole > max) {
    throw new ProofError("malformed", `${value} is not a whole number from 0 to ${max}: give decimal text or a BigInt`);
  }
  return whole;
}

function bytes(text) {
  if (typeof text !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new ProofError("malformed", `${text} is not a hash: give 0x and 64 hexadecimal digits`);
  }
  return Uint8Array.from({ length: 32 }, (_, at) => parseInt(text.slice(2 + 2 * at, 4 + 2 * at), 16));
}

function numberBytes(value) {
  return bytes(`0x${value.toString(16).padStart(64, "0")}`);
}

function hex(hash) {
  return `0x${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
