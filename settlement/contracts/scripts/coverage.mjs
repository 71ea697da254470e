// Measures what the tests reach in the contracts alone, and fails below the threshold.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { binary } from "../bin/foundry.mjs";

const BRANCHES_MIN = 0.95;
const options = ["coverage", "--report", "lcov", "--report", "summary", "--no-match-contract", "GasTest", "--no-match-coverage", "^(test|script)/"];
const run = spawnSync(binary("forge"), options, { stdio: "inherit" });
if (run.status !== 0) process.exit(run.status ?? 1);

const sums = { LF: 0, LH: 0, BRF: 0, BRH: 0 };
for (const line of fs.readFileSync("lcov.info", "utf8").split("\n")) {
  const [key, value] = line.split(":");
  if (key in sums) sums[key] += Number(value);
}
const [lines, branches] = [sums.LH / sums.LF, sums.BRH / sums.BRF];
console.log(`lines ${sums.LH}/${sums.LF} (${(100 * lines).toFixed(1)} %), branches ${sums.BRH}/${sums.BRF} (${(100 * branches).toFixed(1)} %)`);
if (!(branches >= BRANCHES_MIN)) {
  console.error(`branch coverage is below ${100 * BRANCHES_MIN} %`);
  process.exitCode = 1;
}
