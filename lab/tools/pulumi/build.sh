#!/usr/bin/env bash
# The engine, and beside it the language host: there the engine finds it without a warning.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
export CGO_ENABLED=0
version=$(go list -m -f '{{.Version}}' github.com/pulumi/pulumi/pkg/v3)
go build -trimpath -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" \
    -o "$out/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
go build -trimpath -ldflags "-s -w" -o "$out/pulumi-language-nodejs" ./pulumi-language-nodejs
