#!/usr/bin/env bash
# actionlint, which knows what a workflow may say; its scripts it has shellcheck judge.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
go build -trimpath -o "$out/" github.com/rhysd/actionlint/cmd/actionlint
