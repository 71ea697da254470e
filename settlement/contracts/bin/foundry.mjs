#!/usr/bin/env node
// Runs the Foundry binary that npm installed and passes its exit code on: the wrapper that comes with it always exits with 0.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** Where the binary of `forge`, `cast` or `anvil` is, for this machine. */
export function binary(tool) {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch] ?? process.arch;
  const suffix = process.platform === "win32" ? ".exe" : "";
  const name = `@foundry-rs/${tool}-${process.platform}-${arch}/bin/${tool}${suffix}`;
  return createRequire(import.meta.url).resolve(name);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [tool, ...options] = process.argv.slice(2);
  const { status, error } = spawnSync(binary(tool), options, { stdio: "inherit" });
  if (error) console.error(`cannot run ${tool}: ${error.message}`);
  process.exit(status ?? 1);
}
