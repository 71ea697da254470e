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

/** File, what is there, what takes its place. Each of the first stands exactly once in its file. */
const mutants = [
  [VAULT, "batch.firstSeq != first || ", ""],
  [VAULT, " || batch.lastSeq < first", ""],
  [VAULT, "_batches[number].postedAt + _claimDelay <= activeTime()", "_batches[number].postedAt <= activeTime()"],
  [VAULT, "_claimDelay <= activeTime()", "_claimDelay < activeTime()"],
  [VAULT, "_claimDelay <= activeTime()", "_claimDelay <= block.timestamp"],
  [VAULT, "if (posted != digest) revert", "if (false) revert"],
  [VAULT, "if (_isPosted(batch.number, digest)) return;", "_isPosted(batch.number, digest);"],
  [VAULT, "if (batch.prevDigest != previous.digest)", "if (false)"],
  [VAULT, "if (batch.epoch < previous.epoch)", "if (batch.epoch <= previous.epoch && previous.epoch != 0)"],
  [VAULT, "if (batch.withdrawn < previous.withdrawn)", "if (false)"],
  [VAULT, "if (done < least || done > depositsCount)", "if (done > depositsCount)"],
  [VAULT, "if (batch.depositsHash != hash)", "if (false)"],
  [VAULT, "+ _silence + _exitWindow)", "+ _silence)"],
  [VAULT, "if (proved != batch.stateRoot) revert", "if (false) revert"],
  [VAULT, "batch.stateRoot == 0 && batch.equity == 0 && batch.withdrawn == 0", "batch.stateRoot == 0 && batch.equity == 0"],
  [VAULT, "        _checkSignatures(digest, signatures);\n", ""],
  [VAULT, "if (owed > balance) revert", "if (false) revert"],
  [VAULT, " + pending + bondsHeld;", " + bondsHeld;"],
  [VAULT, " + pending + bondsHeld;", " + pending;"],
  [VAULT, "(batch.withdrawn - paidTotal)", "batch.withdrawn"],
  [VAULT, "if (received != amount) revert", "if (received < amount) revert"],
  [VAULT, "if (amount < DEPOSIT_MIN)", "if (amount <= DEPOSIT_MIN)"],
  [VAULT, "        paidTo[account] += amount;\n", ""],
  [VAULT, "        paidTotal += amount;\n", ""],
  [VAULT, "if (total > withdrawn)", "if (false)"],
  [VAULT, "        _outflowSpent += amount;\n", "        _outflowSpent = amount;\n"],
  [VAULT, "            _outflowSpent = 0;\n", ""],
  [VAULT, "return spent < _outflowCap ? _outflowCap - spent : 0;", "return _outflowCap - spent;"],
  [VAULT, "if (_exits[account].owner != address(0)) revert ExitOpen(account);", ""],
  [VAULT, "amount > leaf.settled) revert", "amount > leaf.settled + 1) revert"],
  [VAULT, "if (leaf.batch <= exit.afterBatch)", "if (leaf.batch < exit.afterBatch)"],
  [VAULT, "if (!isCovered && leaf.settled != 0) revert", "if (!isCovered) revert"],
  [VAULT, "if (!exit.isServed && !isFrozen) revert", "if (!exit.isServed) revert"],
  [VAULT, "|| exit.isServed) revert NoExit", ") revert NoExit"],
  [VAULT, "time <= since + _silence", "time < since + _silence"],
  [VAULT, "since == 0 || time", "time"],
  [VAULT, "if (time <= deadline)", "if (time < deadline)"],
  [VAULT, "if (leaf.batch != _pinned) revert", "if (false) revert"],
  [VAULT, "index <= _batches[_pinned].depositsDone ||", "index < _batches[_pinned].depositsDone ||"],
  [VAULT, "        _deposits[index].from = address(0);\n", ""],
  [VAULT, "if (isFrozen) return _pinned;", ""],
  [VAULT, "isFrozen ? number > _pinned : !_hasMatured(number)", "!_hasMatured(number)"],
  [VAULT, "if (!isFrozen) _checkRunning();", ""],
  [VAULT, "if (proof.assetIndex != 0) revert", "if (false) revert"],
  [VAULT, "if (proved != stateRoot) revert", "if (false) revert"],
  [VAULT, "if (to != owner && msg.sender != owner) revert", "if (to != owner) revert"],
  [VAULT, "given.silence + FREEZE_MARGIN", "given.silence"],
  [VAULT, "external nonReentrant {\n        bytes32 digest", "external {\n        bytes32 digest"],
  [VAULT, "        nonReentrant\n        whenOpen\n        whenRunning\n", "        whenOpen\n        whenRunning\n"],
  [CLOCK, "if (time < earliest)", "if (time <= earliest)"],
  [CLOCK, "        _pausedBefore += _pausedUntil - _pausedFrom;\n", ""],
  [CLOCK, "time < _pausedUntil ? time : _pausedUntil;", "_pausedUntil;"],
  [SIGNERS, "if (signer <= previous) revert", "if (signer < previous) revert"],
  [SIGNERS, "if (_setOf[signer] != _setNumber) revert", "if (_setOf[signer] == 0) revert"],
  [SIGNERS, "if (block.timestamp < from) revert", "if (false) revert"],
  [SIGNERS, "2 * threshold <= count", "2 * threshold < count"],
  [TREE, "settled > type(uint128).max || ", ""],
  [TREE, "abi.encode(leftSettled, leftClaimable, rightSettled, rightClaimable, leftHash, rightHash)", "abi.encode(leftSettled + rightSettled, leftClaimable + rightClaimable, leftHash, rightHash)"],
  [TREE, "if (index >> depth != 0) revert", "if (false) revert"],
  [TREE, "if (depth > limit) revert", "if (false) revert"],
  [EXPORTS, "if (leaf.asset == SumTree.USD) revert UsdIsNotExported();", ""],
  [EXPORTS, "        mintedFor[account][leaf.asset] = leaf.claimable;\n", ""],
  [EXPORTS, "        _burn(msg.sender, asset, amount);\n", ""],
  [DEEDS, "if (owner != address(0)) revert SerialTaken(serialHash, owner);", ""],
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
  const { passes, output } = forge(scratch, "build", "--force", "--skip", "test/**");
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

function killer(file) {
  if (file === TREE && !tests(scratch)) return "the trees' tests";
  if (!tests(root, "--no-match-contract", "GasTest|Invariants|SumTree|Vectors")) return "tests";
  return tests(root, "--match-contract", "Invariants") ? null : "invariants";
}

const chosen = process.argv.length > 2 ? process.argv.slice(2).map(Number) : mutants.keys();
const survivors = [];
let count = 0;
try {
  const original = build();
  if (!tests(root, "--no-match-contract", "GasTest")) throw new Error("the tests fail without any mutant");
  for (const index of chosen) {
    const [file, from, to] = mutants[index];
    const source = fs.readFileSync(path.join(root, file), "utf8");
    if (source.split(from).length !== 2) throw new Error(`mutant ${index}: ${from} stands not exactly once in ${file}`);
    fs.writeFileSync(path.join(scratch, file), source.replace(from, () => to));
    if (build() === original) throw new Error(`mutant ${index} is the same code`);
    const found = killer(file);
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
