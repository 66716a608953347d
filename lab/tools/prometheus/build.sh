#!/usr/bin/env bash
# prometheus with its web UI and promtool, with only the service discoveries that the project writes into documents.
set -euo pipefail
out=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sources=$("$here/../build.sh" --path prometheus-ui)
cd "$sources"
# Static, since the in-cluster image holds nothing else.
export CGO_ENABLED=0 GOWORK=off
go build -buildvcs=false -trimpath -tags builtinassets,remove_all_sd,enable_kubernetes_sd,enable_dns_sd \
    -ldflags "-s -w -X github.com/prometheus/common/version.Version=$(<VERSION)" \
    -o "$out/" ./cmd/prometheus ./cmd/promtool
cp LICENSE NOTICE documentation/examples/prometheus.yml "$out/"
