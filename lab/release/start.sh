#!/usr/bin/env bash
# Starts what stands beside cluster and VM on the switch: the release server, and a node_exporter as "other server".
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/release/pack.sh"

tarball=$("$LAB/release/tarball.sh")
offer "$tarball"
start release-server --netns "$SWITCH" -- node --import tsx "$LAB/release/server.ts" "$SWITCH_ADDRESS" 8080 \
    "$STATE/releases"
start node-exporter --netns "$SWITCH" -- prometheus-node-exporter --web.listen-address="$SWITCH_ADDRESS:9100"
wait_until 120 "the release server" curl --silent --fail --head --output /dev/null \
    "http://$SWITCH_ADDRESS:8080/$(basename "$tarball")"
wait_until 120 "the node_exporter" curl --silent --fail --output /dev/null "http://$SWITCH_ADDRESS:9100/metrics"
