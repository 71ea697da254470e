#!/bin/sh
# Runs slither over the contracts and one that is wrong on purpose, so that "nothing found" cannot mean "nothing looked at".
set -eu
cd "$(dirname "$0")/.."
contracts=$(pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R src bin foundry.toml "$scratch"
cp scripts/Planted.sol "$scratch/src"
# Slither reads nothing through a link: the libraries must lie inside the project.
mkdir -p "$scratch/node_modules"
cp -R node_modules/@openzeppelin node_modules/solc node_modules/command-exists node_modules/commander \
    node_modules/follow-redirects node_modules/js-sha3 node_modules/memorystream node_modules/semver node_modules/tmp \
    "$scratch/node_modules"
cd "$scratch"
node "$contracts/bin/foundry.mjs" forge build --ast --build-info --force >forge.log
slither . --ignore-compile --filter-paths node_modules --exclude-informational --exclude-optimization \
    >findings.log 2>&1 || true
cat findings.log
if ! grep -q 'reentrancy-eth' findings.log || ! grep -q 'arbitrary-send-erc20' findings.log \
    || ! grep -q 'tx-origin' findings.log; then
    echo 'slither did not find what was planted' >&2
    exit 1
fi
