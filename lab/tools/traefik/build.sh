#!/usr/bin/env bash
# Traefik, an Ingress controller, with the replacements that its own go.mod has. Its pages are not in its module: an empty
# folder takes their place.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
go build -trimpath -o "$out/" github.com/traefik/traefik/v3/cmd/traefik
