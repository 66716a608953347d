#!/usr/bin/env bash
# Becomes the systemd-nspawn of a VM; machine.sh starts it in a mount namespace of its own. Arguments: the VM's root, its name,
# its cgroups.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"

root=$1 name=$2
for group in "${@:3}"; do
    echo $$ >"$group/cgroup.procs"
done
# nspawn keeps a copy of every mount that it finds, out of sight; those of the other VMs and of pods must be able to end.
awk -v state="$STATE/" -v root="$root" 'index($5, state) == 1 && $5 != root { print $5 }' /proc/self/mountinfo | tac |
    xargs --no-run-if-empty umount --lazy
exec systemd-nspawn --quiet --register=no --keep-unit --machine="$name" --network-bridge=br0 --directory="$root" --boot
