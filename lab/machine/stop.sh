#!/usr/bin/env bash
# Ends the VMs and what serves them alone; their disks stay. What a killed start left behind goes too.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/network.sh"
source "$LAB/machine/machine.sh"

for name in vm spare-{1..15}; do
    machine "$name"
    vm_off
done
stop package-proxy
