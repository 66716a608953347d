#!/usr/bin/env bash
# Starts the VM, made anew when there is none, and waits for its sshd. Needs lab/network.sh's network_up.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/network.sh"
source "$LAB/machine/machine.sh"
source "$LAB/machine/install.sh"

boot() {
    start vm --netns "$SWITCH" -- systemd-nspawn --quiet --register=no --keep-unit --machine=monitor \
        --network-bridge=br0 --directory="$ROOT" --boot
    wait_until 20 "the VM's init" vm_init
    local pid
    pid=$(vm_init)
    echo "$pid $(process_stat "$pid" | cut -d ' ' -f 2)" >"$RUN/vm-init.pid"
    wait_until 20 "the VM's network" on_switch ip link set vb-monitor up
    wait_until 60 "sshd on $VM_ADDRESS" ssh_answers
}

package_proxy() {
    local uris
    mapfile -t uris < <(debian_sources | cut -d ' ' -f 1 | sort -u)
    start package-proxy -- env NODE_USE_ENV_PROXY=1 node --import tsx "$LAB/machine/packageProxy.ts" \
        "$HOST_ADDRESS" "$PACKAGE_PROXY_PORT" "${uris[@]}"
}

is_running package-proxy || package_proxy
vm_running && ssh_answers && exit 0
vm_kill
vm_detach
[[ -e $IMAGE ]] || step "VM: installing it" vm_install
vm_attach "$IMAGE"
step "VM: booting" boot
