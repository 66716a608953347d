#!/usr/bin/env bash
# Traefik, a controller of Ingresses and of the Gateway API, with the replacements that its own go.mod has. Its pages are not
# in its module: an empty folder takes their place. Beside it the kinds of the Gateway API that it knows.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
go build -trimpath -o "$out/" github.com/traefik/traefik/v3/cmd/traefik
kinds=$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd/standard
for kind in gatewayclasses gateways httproutes grpcroutes referencegrants backendtlspolicies; do
    install -m 0644 "$kinds/gateway.networking.k8s.io_$kind.yaml" "$out/$kind.yaml"
done
