#!/usr/bin/env bash
# Starts the VM, made anew when there is none, and waits for its sshd. Needs lab/network.sh's network_up.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/network.sh"
source "$LAB/machine/machine.sh"
source "$LAB/machine/install.sh"

package_proxy() {
    local uris
    mapfile -t uris < <(debian_sources | cut -d ' ' -f 1 | sort -u)
    start package-proxy -- env NODE_USE_ENV_PROXY=1 node --import tsx "$LAB/machine/packageProxy.ts" \
        "$HOST_ADDRESS" "$PACKAGE_PROXY_PORT" "${uris[@]}"
}

machine vm
is_running package-proxy || package_proxy
vm_running && ssh_answers && exit 0
vm_off
if [[ -e $IMAGE ]]; then
    vm_attach "$IMAGE"
else
    step "VM: installing it" vm_install
fi
step "VM: booting" vm_boot
