# shellcheck shell=bash
# shellcheck disable=SC2034
# What the lab's VMs have in common: places, processes, disk, power, SSH. Sourced after env.sh, processes.sh and network.sh,
# never run.

# machine vm, or machine spare-N: every function below means that VM.
machine() {
    MACHINE=$1
    case $MACHINE in
        vm) NAME=monitor ADDRESS=$VM_ADDRESS ;;
        spare-[1-9] | spare-1[0-5]) NAME=$MACHINE ADDRESS=$SPARE_ADDRESSES${MACHINE#spare-} ;;
    esac
    PLACE=$STATE/$MACHINE
    IMAGE=$PLACE/disk.ext4
    ROOT=$PLACE/root
}

# One that was killed together with its nspawn leaves its init behind for a moment; both are recorded.
vm_kill() {
    # A process that waits for a frozen disk would not even be killed.
    fsfreeze --unfreeze "$ROOT" 2>/dev/null || true
    stop "$MACHINE-init" KILL
    stop "$MACHINE" KILL
}

vm_running() { is_running "$MACHINE" && is_running "$MACHINE-init"; }

# vm_attach FILE: that disk is mounted at $ROOT. Direct I/O where the file system can, as a real disk would.
vm_attach() {
    local device
    # Unmounted here it may still be mounted in a namespace that somebody else has made meanwhile, and be written once more at
    # its end: never two file systems on one file.
    if [[ $(losetup --associated "$1") ]]; then
        cp --sparse=always "$1" "$1.new"
        mv "$1.new" "$1"
    fi
    device=$(losetup --find --show --direct-io=on "$1" || losetup --find --show "$1")
    mkdir -p "$ROOT"
    mount -t ext4 "$device" "$ROOT"
}

# vm_detach: no mount and no loop device of the VM is left, whichever file was its disk.
vm_detach() {
    local device file
    if mountpoint --quiet "$ROOT"; then
        sync --file-system "$ROOT"
        wait_until 10 "the root of $MACHINE to be unused" umount "$ROOT"
    fi
    while read -r device file; do
        [[ $file == "$PLACE/"* ]] && losetup --detach "$device"
    done < <(losetup --list --noheadings --output NAME,BACK-FILE)
    return 0
}

vm_off() {
    vm_kill
    vm_detach
    vm_groups_removed
}

# vm_groups: its cgroup in each hierarchy that systemd keeps. Two VMs in one group would share the groups of their services.
vm_groups() {
    local hierarchy
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        [[ ! -e $hierarchy/cgroup.procs ]] || echo "$hierarchy/external-prometheus-lab-$MACHINE"
    done
}

vm_groups_removed() {
    local group
    while read -r group; do
        [[ ! -d $group ]] || wait_until 10 "$group to be empty" find "$group" -depth -type d -exec rmdir {} +
    done < <(vm_groups)
}

# The pid of the program that nspawn started first in the VM.
# Its helpers are in the namespace of this machine, and end soon.
vm_init() {
    local nspawn pid
    read -r nspawn _ <"$RUN/$MACHINE.pid"
    for pid in $(pgrep --parent "$nspawn"); do
        if [[ $(awk '/^NSpid:/ { print NF, $NF }' "/proc/$pid/status") == '3 1' ]]; then
            echo "$pid"
            return
        fi
    done
    return 1
}

ssh_answers() (
    exec 2>/dev/null 3<>"/dev/tcp/$ADDRESS/22" || exit 1
    read -r -t 2 banner <&3
    [[ $banner == SSH-* ]]
)

# vm_boot: its attached disk is booted, until sshd answers.
vm_boot() {
    local groups pid
    mapfile -t groups < <(vm_groups)
    mkdir -p "${groups[@]}"
    # The cable of one that was killed goes only when the kernel comes to it.
    on_switch ip link delete "vb-$NAME" 2>/dev/null || true
    start "$MACHINE" --netns "$SWITCH" -- unshare --mount bash "$LAB/machine/nspawn.sh" "$ROOT" "$NAME" "${groups[@]}"
    wait_until 120 "the init of $MACHINE" vm_init
    pid=$(vm_init)
    echo "$pid $(process_stat "$pid" | cut -d ' ' -f 2)" >"$RUN/$MACHINE-init.pid"
    wait_until 120 "the network of $MACHINE" on_switch ip link set "vb-$NAME" up
    wait_until 300 "sshd on $ADDRESS" ssh_answers
}

# vm_cut: its power is cut. What its disk held at that moment is what boots next; what the kernel had not written yet is lost.
vm_cut() {
    local device disk before stable=
    device=$(losetup --noheadings --output NAME --associated "$IMAGE")
    disk=/sys/class/block/${device#/dev/}/stat
    vm_kill
    # Nobody makes a page dirty any more, but the kernel goes on writing old ones: a copy counts only if nothing was written
    # meanwhile, else it would hold later blocks beside earlier ones, which no disk does.
    for _ in 1 2 3 4 5; do
        before=$(disk_writes "$disk")
        cp --sparse=always "$IMAGE" "$IMAGE.cut"
        [[ $(disk_writes "$disk") == "$before" ]] && stable=1 && break
    done
    if [[ ! $stable ]]; then
        rm -f "$IMAGE.cut"
        echo "the disk of $MACHINE was written during every copy: no moment to cut the power at; the VM is off" >&2
        return 1
    fi
    # Unmounting writes the rest into the old disk, which is then thrown away.
    vm_detach
    vm_groups_removed
    mv "$IMAGE.cut" "$IMAGE"
}

# disk_writes FILE: how many the disk has been given (field 5 of its stat).
disk_writes() { awk '{ print $5 }' "$1"; }

# vm_ssh 'SHELL TEXT': by the shell of root on the VM, in place of the calling script, so that who kills that ends both. Nothing
# of the user's own SSH configuration, agent or known hosts takes part.
vm_ssh() {
    exec ssh -F /dev/null -i "$PLACE/id_ed25519" -o IdentitiesOnly=yes -o IdentityAgent=none \
        -o UserKnownHostsFile="$PLACE/known_hosts" -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes \
        -o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR "root@$ADDRESS" -- "$*"
}
