#!/usr/bin/env bash
# Cuts the VM's power: what its disk held at that moment is what start.sh boots; what the kernel had not written yet is lost.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/machine/machine.sh"

if ! vm_running; then
    echo "the VM is off already" >&2
    exit 1
fi
device=$(losetup --noheadings --output NAME --associated "$IMAGE")
disk=/sys/class/block/${device#/dev/}/stat

# writes: how many the disk has been given (field 5 of its stat).
writes() { awk '{ print $5 }' "$disk"; }

vm_kill
# Nobody makes a page dirty any more, but the kernel goes on writing old ones: a copy counts only if nothing was written
# meanwhile, else it would hold later blocks beside earlier ones, which no disk does.
stable=
for _ in 1 2 3 4 5; do
    before=$(writes)
    cp --sparse=always "$IMAGE" "$IMAGE.cut"
    [[ $(writes) == "$before" ]] && stable=1 && break
done
if [[ ! $stable ]]; then
    rm -f "$IMAGE.cut"
    echo "the VM's disk was written during every copy: no moment to cut the power at; the VM is off, lab/heal boots it" >&2
    exit 1
fi
# Unmounting writes the rest into the old disk, which is then thrown away.
vm_detach
mv "$IMAGE.cut" "$IMAGE"
