// Breaks the contracts on purpose, one rule at a time, and says which breaks no test notices.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../bin/foundry.mjs";

const VAULT = "src/SettlementVault.sol";
const CLOCK = "src/ActiveClock.sol";
const SIGNERS = "src/Attesters.sol";
const TREE = "src/SumTree.sol";
const EXPORTS = "src/ExportToken.sol";
const DEEDS = "src/GpuDeeds.sol";

/** File, what stands there exactly once, what takes its place, and the tests that are asked first. */
const mutants = [
  [VAULT, "batch.firstSeq != first || ", "", "Batches"],
  [VAULT, " || batch.lastSeq < first", "", "Batches"],
  [VAULT, "_batches[number].postedAt + _claimDelay <= activeTime()", "_batches[number].postedAt <= activeTime()", "Claims"],
  [VAULT, "_claimDelay <= activeTime()", "_claimDelay < activeTime()", "Claims"],
  [VAULT, "_claimDelay <= activeTime()", "_claimDelay <= block.timestamp", "Claims"],
  [VAULT, "if (posted != digest) revert", "if (false) revert", "Batches"],
  [VAULT, "if (_isPosted(batch.number, digest)) return;", "_isPosted(batch.number, digest);", "Batches"],
  [VAULT, "if (batch.prevDigest != previous.digest)", "if (false)", "Batches"],
  [VAULT, "if (batch.epoch < previous.epoch)", "if (batch.epoch <= previous.epoch && previous.epoch != 0)", "Batches"],
  [VAULT, "if (batch.withdrawn < previous.withdrawn)", "if (false)", "Batches"],
  [VAULT, "if (done < least || done > depositsCount)", "if (done > depositsCount)", "Batches"],
  [VAULT, "if (batch.depositsHash != hash)", "if (false)", "Batches"],
  [VAULT, "+ _silence + _exitWindow)", "+ _silence)", "Batches"],
  [VAULT, "if (proved != batch.stateRoot) revert", "if (false) revert", "Batches"],
  [VAULT, "batch.stateRoot == 0 && batch.equity == 0 && batch.withdrawn == 0", "batch.stateRoot == 0 && batch.equity == 0", "Batches"],
  [VAULT, "        _checkSignatures(digest, signatures);\n", "", "Batches"],
  [VAULT, "if (owed > balance) revert", "if (false) revert", "Batches"],
  [VAULT, " + pending + bondsHeld;", " + bondsHeld;", "Batches"],
  [VAULT, " + pending + bondsHeld;", " + pending;", "Batches"],
  [VAULT, "(batch.withdrawn - paidTotal)", "batch.withdrawn", "Claims"],
  [VAULT, "if (received != amount) revert", "if (received < amount) revert", "Batches"],
  [VAULT, "if (amount < DEPOSIT_MIN)", "if (amount <= DEPOSIT_MIN)", "Batches"],
  [VAULT, "        paidTo[account] += amount;\n", "", "Claims"],
  [VAULT, "        paidTotal += amount;\n", "", "Claims"],
  [VAULT, "if (total > withdrawn)", "if (false)", "Claims"],
  [VAULT, "        _outflowSpent += amount;\n", "        _outflowSpent = amount;\n", "Claims"],
  [VAULT, "            _outflowSpent = 0;\n", "", "Claims"],
  [VAULT, "return spent < _outflowCap ? _outflowCap - spent : 0;", "return _outflowCap - spent;", "Claims"],
  [VAULT, "if (_exits[account].owner != address(0)) revert ExitOpen(account);", "", "Exits"],
  [VAULT, "amount > leaf.settled) revert", "amount > leaf.settled + 1) revert", "Exits"],
  [VAULT, "if (leaf.batch <= exit.afterBatch)", "if (leaf.batch < exit.afterBatch)", "Exits"],
  [VAULT, "if (!isCovered && leaf.settled != 0) revert", "if (!isCovered) revert", "Exits"],
  [VAULT, "if (!exit.isServed && !isFrozen) revert", "if (!exit.isServed) revert", "Exits"],
  [VAULT, "|| exit.isServed) revert NoExit", ") revert NoExit", "Exits"],
  [VAULT, "time <= since + _silence", "time < since + _silence", "Freeze"],
  [VAULT, "since == 0 || time", "time", "Freeze"],
  [VAULT, "if (time <= deadline)", "if (time < deadline)", "Exits"],
  [VAULT, "if (leaf.batch != _pinned) revert", "if (false) revert", "Freeze"],
  [VAULT, "index <= _batches[_pinned].depositsDone ||", "index < _batches[_pinned].depositsDone ||", "Freeze"],
  [VAULT, "        _deposits[index].from = address(0);\n", "", "Freeze"],
  [VAULT, "if (isFrozen) return _pinned;", "", "Freeze"],
  [VAULT, "isFrozen ? number > _pinned : !_hasMatured(number)", "!_hasMatured(number)", "Freeze|ExportToken"],
  [VAULT, "if (!isFrozen) _checkRunning();", "", "Freeze|ExportToken"],
  [VAULT, "if (proof.assetIndex != 0) revert", "if (false) revert", "Claims"],
  [VAULT, "if (proved != stateRoot) revert", "if (false) revert", "Claims"],
  [VAULT, "if (to != owner && msg.sender != owner) revert", "if (to != owner) revert", "Claims"],
  [VAULT, "given.silence + FREEZE_MARGIN", "given.silence", "Batches"],
  [VAULT, "external nonReentrant {\n        bytes32 digest", "external {\n        bytes32 digest", "Claims"],
  [VAULT, "        nonReentrant\n        whenOpen\n        whenRunning\n", "        whenOpen\n        whenRunning\n", "Claims"],
  [CLOCK, "if (time < earliest)", "if (time <= earliest)", "Freeze"],
  [CLOCK, "        _pausedBefore += _pausedUntil - _pausedFrom;\n", "", "Freeze"],
  [CLOCK, "time < _pausedUntil ? time : _pausedUntil;", "_pausedUntil;", "Freeze"],
  [SIGNERS, "if (signer <= previous) revert", "if (signer < previous) revert", "Batches"],
  [SIGNERS, "if (_setOf[signer] != _setNumber) revert", "if (_setOf[signer] == 0) revert", "Attesters"],
  [SIGNERS, "if (block.timestamp < from) revert", "if (false) revert", "Attesters"],
  [SIGNERS, "2 * threshold <= count", "2 * threshold < count", "Attesters"],
  [TREE, "settled > type(uint128).max || ", "", "Claims"],
  [TREE, "abi.encode(leftSettled, leftClaimable, rightSettled, rightClaimable, leftHash, rightHash)", "abi.encode(leftSettled + rightSettled, leftClaimable + rightClaimable, leftHash, rightHash)", "Claims"],
  [TREE, "if (index >> depth != 0) revert", "if (false) revert", "Claims"],
  [TREE, "if (depth > limit) revert", "if (false) revert", "Claims"],
  [EXPORTS, "if (leaf.asset == SumTree.USD) revert UsdIsNotExported();", "", "ExportToken"],
  [EXPORTS, "        mintedFor[account][leaf.asset] = leaf.claimable;\n", "", "ExportToken"],
  [EXPORTS, "        _burn(msg.sender, asset, amount);\n", "", "ExportToken"],
  [DEEDS, "if (owner != address(0)) revert SerialTaken(serialHash, owner);", "", "GpuDeeds"],
];

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mutants-"));
for (const name of ["src", "bin", "foundry.toml"]) fs.cpSync(path.join(root, name), path.join(scratch, name), { recursive: true });
fs.mkdirSync(path.join(scratch, "test"));
for (const name of ["Base.sol", "TreeBuilder.sol", "SumTree.t.sol"]) fs.cpSync(path.join(root, "test", name), path.join(scratch, "test", name));
fs.symlinkSync(path.join(root, "node_modules"), path.join(scratch, "node_modules"));
// Forge reads artifacts only inside the project.
const artifacts = path.join(root, "out", "mutant");
fs.mkdirSync(artifacts, { recursive: true });

const CONTRACTS = { VAULT_ARTIFACT: "SettlementVault", EXPORTS_ARTIFACT: "ExportToken", DEEDS_ARTIFACT: "GpuDeeds" };
// Few runs are enough to notice a missing rule, and make a mutant a matter of seconds.
const env = { ...process.env, FOUNDRY_FUZZ_RUNS: "16", FOUNDRY_INVARIANT_RUNS: "16" };

function forge(cwd, ...options) {
  const { status, stdout, stderr } = spawnSync(binary("forge"), options, { cwd, encoding: "utf8", env });
  return { passes: status === 0, output: stdout + stderr };
}

function tests(cwd, ...options) {
  const { passes, output } = forge(cwd, "test", "--fail-fast", ...options);
  if (!/Suite result/.test(output)) throw new Error(`no test ran:\n${output}`);
  return passes;
}

/** Builds what is in the scratch folder and lets the tests of the project deploy it. */
function build() {
  const { passes, output } = forge(scratch, "build", "--skip", "test/**");
  if (!passes) throw new Error(`the mutant does not compile:\n${output}`);
  let all = "";
  for (const [variable, name] of Object.entries(CONTRACTS)) {
    const text = fs.readFileSync(path.join(scratch, "out", `${name}.sol`, `${name}.json`), "utf8");
    fs.writeFileSync(path.join(artifacts, `${name}.json`), text);
    env[variable] = `out/mutant/${name}.json`;
    all += JSON.parse(text).bytecode.object;
  }
  return all;
}

function killer(file, first) {
  if (file === TREE && !tests(scratch)) return "SumTree";
  if (!tests(root, "--match-contract", `^(${first})Test$`)) return first;
  if (!tests(root, "--no-match-contract", "GasTest|Invariants|SumTree|Vectors")) return "tests";
  return tests(root, "--match-contract", "Invariants") ? null : "invariants";
}

const chosen = process.argv.length > 2 ? process.argv.slice(2).map(Number) : mutants.keys();
const survivors = [];
let count = 0;
try {
  const original = build();
  if (!tests(root, "--no-match-contract", "GasTest|Invariants|Vectors|SumTree")) throw new Error("the tests fail without any mutant");
  for (const index of chosen) {
    const [file, from, to, first] = mutants[index];
    const source = fs.readFileSync(path.join(root, file), "utf8");
    if (source.split(from).length !== 2) throw new Error(`mutant ${index}: ${from} stands not exactly once in ${file}`);
    fs.writeFileSync(path.join(scratch, file), source.replace(from, () => to));
    if (build() === original) throw new Error(`mutant ${index} is the same code`);
    const found = killer(file, first);
    fs.writeFileSync(path.join(scratch, file), source);
    count += 1;
    if (found === null) survivors.push(index);
    console.log(`${index} ${found ?? "SURVIVES"}: ${file}: ${from.trim()} -> ${to.trim() || "nothing"}`);
  }
} finally {
  fs.rmSync(scratch, { recursive: true });
  fs.rmSync(artifacts, { recursive: true });
}
console.log(`${count} mutants, ${count - survivors.length} killed, survivors: ${survivors.join(", ") || "none"}`);
process.exitCode = survivors.length === 0 ? 0 : 1;
