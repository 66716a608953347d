#!/usr/bin/env bash
# More programs of the Prometheus project to install: a second version of Prometheus, node_exporter and alertmanager, from
# their Go modules, without web UI. Each in a directory <name>-<version> with the files of its release.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
export CGO_ENABLED=0 GOWORK=off
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
discoveries=remove_all_sd,enable_kubernetes_sd,enable_dns_sd # as in the lab's other Prometheus, which shares their compilation

# sources NAME: the current directory becomes a copy of the module's; the module cache is read-only.
sources() {
    local module
    go mod download "github.com/prometheus/$1"
    module=$(go list -m -f '{{.Dir}}' "github.com/prometheus/$1")
    cp -r --no-preserve=mode "$module" "$scratch/$1"
    cd "$scratch/$1"
}

# compile NAME TAGS PACKAGE…: prints where its files belong.
compile() {
    local version name=$1 tags=$2
    version=$(<VERSION)
    shift 2
    mkdir "$out/$name-$version"
    go build -buildvcs=false -trimpath -tags "$tags" \
        -ldflags "-s -w -X github.com/prometheus/common/version.Version=$version" -o "$out/$name-$version/" "$@"
    cp LICENSE NOTICE "$out/$name-$version/"
    echo "$out/$name-$version"
}

prometheus() (
    sources prometheus
    files=$(compile prometheus "$discoveries" ./cmd/prometheus ./cmd/promtool)
    cp documentation/examples/prometheus.yml "$files/"
)

node_exporter() (
    sources node_exporter
    compile node_exporter netgo .
)

alertmanager() (
    sources alertmanager
    # Its web UI is written in Elm, whose compiler no package registry has; something must be embedded.
    mkdir ui/app/dist
    echo '<!doctype html><title>Alertmanager</title><p>Built without its web UI.' >ui/app/dist/index.html
    files=$(compile alertmanager netgo ./cmd/alertmanager ./cmd/amtool)
    cp examples/ha/alertmanager.yml "$files/"
)

node_exporter
alertmanager
prometheus
