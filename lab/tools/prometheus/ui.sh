#!/usr/bin/env bash
# Prometheus's sources with its web UI built, as the module proxy serves only the sources. Network-bound and without Go
# compilation, so it may run beside other builds.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
# Its Node builds the UI; it may be on its way already.
../../packages.sh npm
go mod download github.com/prometheus/prometheus
module=$(go list -m -f '{{.Dir}}' github.com/prometheus/prometheus)
cp -r --no-preserve=mode "$module/." "$out"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
npm install --prefix "$scratch" --ignore-scripts --no-save --loglevel=error pnpm@10
export PATH="$scratch/node_modules/.bin:$PATH" CI=true

cd "$out/web/ui"
pnpm install --frozen-lockfile --store-dir "$scratch/store"
bash build_ui.sh --mantine-ui
cd "$out"
bash scripts/compress_assets.sh
find web/ui -depth -type d -name node_modules -exec rm -rf {} +
