#!/usr/bin/env bash
# Cuts the VM's power: what its disk held at that moment is what start.sh boots.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/network.sh"
source "$LAB/machine/machine.sh"

machine vm
if ! vm_running; then
    echo "the VM is off already" >&2
    exit 1
fi
vm_cut
