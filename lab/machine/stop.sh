#!/usr/bin/env bash
# Ends the VM and what serves it alone; its disk stays. What a killed start left behind goes too.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/machine/machine.sh"

vm_kill
vm_detach
stop package-proxy
