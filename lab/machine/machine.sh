# shellcheck shell=bash
# What starting, stopping and cutting the VM have in common. Sourced after env.sh and processes.sh, never run.

# shellcheck disable=SC2034
IMAGE=$STATE/vm/disk.ext4
ROOT=$STATE/vm/root

# One that was killed together with its nspawn leaves its init behind for a moment; both are recorded.
vm_kill() {
    stop vm-init KILL
    stop vm KILL
}

vm_running() { is_running vm && is_running vm-init; }

# vm_attach FILE: that disk is mounted at $ROOT. Direct I/O where the file system can, as a real disk would.
vm_attach() {
    local device
    device=$(losetup --find --show --direct-io=on "$1" || losetup --find --show "$1")
    mkdir -p "$ROOT"
    mount -t ext4 "$device" "$ROOT"
}

# vm_detach: no mount and no loop device of the VM is left, whichever file was its disk.
vm_detach() {
    local device file
    if mountpoint --quiet "$ROOT"; then
        wait_until 10 "the VM's root to be unused" umount "$ROOT"
    fi
    while read -r device file; do
        [[ $file == "$STATE/vm/"* ]] && losetup --detach "$device"
    done < <(losetup --list --noheadings --output NAME,BACK-FILE)
    return 0
}

vm_init() {
    local nspawn
    read -r nspawn _ <"$RUN/vm.pid"
    pgrep --parent "$nspawn" --oldest
}

ssh_answers() (
    exec 2>/dev/null 3<>"/dev/tcp/$VM_ADDRESS/22" || exit 1
    read -r -t 2 banner <&3
    [[ $banner == SSH-* ]]
)
