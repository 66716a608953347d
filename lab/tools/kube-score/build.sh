#!/usr/bin/env bash
# kube-score, which judges what is made in a cluster.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
go build -trimpath -o "$out/" github.com/zegl/kube-score/cmd/kube-score
