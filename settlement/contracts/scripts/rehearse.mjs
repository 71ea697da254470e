// Deploys the committed wiring on a chain of its own, makes a deposit, and checks what is there: the script works outside tests.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../bin/foundry.mjs";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const port = process.env.REHEARSAL_PORT ?? "18545";
const rpc = `http://127.0.0.1:${port}`;
const run = (tool, ...options) => execFileSync(binary(tool), options, { cwd: root, encoding: "utf8", env: process.env, stdio: ["ignore", "pipe", "pipe"] }).trim();
// The command takes the address of the chain from the environment; `--create` allows no option behind it.
process.env.ETH_RPC_URL = rpc;
const cast = (...options) => run("cast", ...options);
const send = (...options) => JSON.parse(cast("send", "--json", "--unlocked", "--from", deployer, ...options));

function expect(what, found, expected) {
  if (found.toLowerCase() !== expected.toLowerCase()) throw new Error(`${what}: found ${found}, expected ${expected}`);
  console.log(`${what}: ${found}`);
}

async function waitForChain() {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return cast("chain-id");
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  throw new Error(`no chain answers at ${rpc}`);
}

run("forge", "build");
const anvil = spawn(binary("anvil"), ["--host", "127.0.0.1", "--port", port, "--silent"], { cwd: root, stdio: "ignore" });
let deployer;
try {
  await waitForChain();
  const accounts = JSON.parse(cast("rpc", "eth_accounts"));
  [deployer] = accounts;
  const [admin, guardian, governor, registrar] = accounts.slice(1, 5);
  const stablecoin = JSON.parse(fs.readFileSync(path.join(root, "out/Tokens.sol/Stablecoin.json"), "utf8"));
  const decimals = run("cast", "abi-encode", "f(uint8)", "6").slice(2);
  const token = send("--create", stablecoin.bytecode.object + decimals).contractAddress;
  const attesters = accounts.slice(5, 8).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  Object.assign(process.env, {
    TOKEN: token, ATTESTERS: attesters.join(","), THRESHOLD: "2", INSURANCE_ACCOUNT: `0x${"11".repeat(32)}`,
    CLAIM_DELAY: "172800", SILENCE: "129600", EXIT_WINDOW: "86400", OUTFLOW_PERIOD: "86400",
    OUTFLOW_CAP: "1000000000000", OUTFLOW_CAP_MIN: "1000000000", EXIT_BOND: "100000000",
    ADMIN: admin, GUARDIAN: guardian, GOVERNOR: governor, REGISTRAR: registrar,
  });
  const options = ["--broadcast", "--unlocked", "--sender", deployer, "--rpc-url", rpc, "--json"];
  const output = run("forge", "script", "script/Deploy.s.sol:Deploy", ...options);
  const chain = cast("chain-id");
  const record = JSON.parse(fs.readFileSync(path.join(root, `broadcast/Deploy.s.sol/${chain}/run-latest.json`), "utf8"));
  const created = Object.fromEntries(record.transactions.filter((t) => t.transactionType === "CREATE").map((t) => [t.contractName, t.contractAddress]));
  if (!created.SettlementVault) throw new Error(`no vault was deployed:\n${output}`);
  const vault = created.SettlementVault;
  expect("token of the vault", cast("call", vault, "token()(address)"), token);
  expect("vault of the exports", cast("call", created.ExportToken, "vault()(address)"), vault);
  expect("the deployer is admin", cast("call", created.AccessManager, "hasRole(uint64,address)(bool,uint32)", "0", deployer).split("\n")[0], "false");
  expect("the guardian may pause", cast("call", created.AccessManager, "canCall(address,address,bytes4)(bool,uint32)", guardian, vault, run("cast", "sig", "pause()")).split("\n")[0], "true");
  send(token, "mint(address,uint256)", deployer, "5000000");
  send(token, "approve(address,uint256)", vault, "5000000");
  const receipt = send(vault, "deposit(bytes32,uint128)", `0x${"22".repeat(32)}`, "5000000");
  expect("the deposit's status", receipt.status, "0x1");
  expect("deposits", cast("call", vault, "depositsCount()(uint64)"), "1");
} finally {
  anvil.kill();
}
