// Keeps the committed interface and bytecode of each contract, so that who runs them can see that they are these sources.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../bin/foundry.mjs";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const contracts = {
  AccessManager: "AccessManager.sol",
  ExportToken: "ExportToken.sol",
  GpuDeeds: "GpuDeeds.sol",
  SettlementVault: "SettlementVault.sol",
};

/** The most bytes of code that a chain takes (EIP-170). */
const SIZE_MAX = 24_576;

// Without the tests and apart from their cache: which other files are compiled may change the order of the code.
const options = ["--force", "--skip", "test/**", "--out", "out/release", "--cache-path", "cache/release"];
execFileSync(binary("forge"), ["build", ...options], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });

/** What forge has just built, in the form that is committed. */
function built(name, file) {
  const { abi, bytecode, deployedBytecode } = JSON.parse(
    fs.readFileSync(path.join(root, "out", "release", file, `${name}.json`), "utf8"),
  );
  const size = (deployedBytecode.object.length - 2) / 2;
  console.log(`${name}: ${size} bytes of at most ${SIZE_MAX}`);
  if (size > SIZE_MAX) throw new Error(`${name} is too large for a chain; move something out of it`);
  const record = { contractName: name, abi, bytecode: bytecode.object, deployedBytecode: deployedBytecode.object };
  return `${JSON.stringify(record, null, 1)}\n`;
}

const writes = process.argv.includes("--write");
let differing = 0;
for (const [name, file] of Object.entries(contracts)) {
  const target = path.join(root, "artifacts", `${name}.json`);
  const text = built(name, file);
  if (writes) {
    fs.writeFileSync(target, text);
    console.log(`wrote artifacts/${name}.json`);
  } else if (!fs.existsSync(target) || fs.readFileSync(target, "utf8") !== text) {
    differing += 1;
    console.error(`artifacts/${name}.json is not what the sources build to; look at the change, then: npm run artifacts`);
  } else {
    console.log(`artifacts/${name}.json is what the sources build to`);
  }
}
process.exitCode = differing === 0 ? 0 : 1;
