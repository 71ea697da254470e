// Runs the verifier over the shared vectors: every good proof, every forged one by its rule, and every altered digit.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ProofError, verify } from "./verify.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));

const codeOf = (row) => {
  try {
    verify(row.leaf, row.proof, row.stateRoot);
    return "accepted";
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
};

test("every proof of the vectors shows the leaf and the totals", () => {
  const rows = read("proofs.json");
  assert.ok(rows.length >= 40);
  for (const row of rows) {
    const totals = verify(row.leaf, row.proof, row.stateRoot);
    const shown = { settled: String(totals.settled), claimable: String(totals.claimable) };
    assert.deepEqual(shown, row.totals, row.name);
  }
});

test("every forged proof is refused by its rule", () => {
  const rows = read("refused_proofs.json");
  assert.ok(rows.length >= 30);
  for (const row of rows) assert.equal(codeOf(row), row.error, row.name);
});

test("no altered digit is accepted", () => {
  const rows = read("proofs.json").filter((row) => row.name.startsWith("five_assets"));
  let altered = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    for (const place of text.matchAll(/(?<=[0-9a-fx"])[0-9](?=[0-9a-f"])/g)) {
      // The totals are what a proof shows, and a name is a name: neither is given to the verifier.
      const digit = text[place.index] === "1" ? "2" : "1";
      const other = JSON.parse(text.slice(0, place.index) + digit + text.slice(place.index + 1));
      if (JSON.stringify([other.leaf, other.proof, other.stateRoot]) === JSON.stringify([row.leaf, row.proof, row.stateRoot])) {
        continue;
      }
      assert.notEqual(codeOf(other), "accepted", `${row.name}, character ${place.index}`);
      altered += 1;
    }
  }
  assert.ok(altered > 1000, `${altered} alterations`);
});

test("what is no number or no hash is refused, not guessed", () => {
  const [row] = read("proofs.json");
  const malformed = [
    { settled: -1n },
    { settled: "-1" },
    { settled: 5 },
    { settled: "1e3" },
    { settled: "" },
    { settled: String(2n ** 128n) },
    { asset: String(2n ** 256n) },
    { account: row.leaf.account.slice(0, -1) },
    { account: row.leaf.account.slice(2) },
    { account: undefined },
  ];
  for (const change of malformed) {
    assert.equal(codeOf({ ...row, leaf: { ...row.leaf, ...change } }), "malformed", Object.keys(change)[0]);
  }
});
