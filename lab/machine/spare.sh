#!/usr/bin/env bash
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
source "$LAB/network.sh"
source "$LAB/machine/machine.sh"
source "$LAB/machine/install.sh"

usage() {
    cat <<'TEXT'
usage: lab/machine/spare.sh NUMBER ACTION

A VM beside the lab's own one, for tests that break or fill theirs: NUMBER is 1 to 15, its address 10.98.0.2NUMBER, its state
in /var/lib/external-prometheus-lab/spare-NUMBER. Different numbers may be driven at the same time. The lab must run;
'make lab' starts no spare VM, 'make lab-down' removes all.
    blank               a fresh blank machine is booted, whatever was there
    start               boots it if it is off; blank if it was never made
    off                 ends it, without shutting it down; its disk keeps what it held and the kernel was about to write
    cut                 cuts its power: what its disk held at that moment is what boots next
    save NAME           keeps a copy of its disk, while it goes on running
    load NAME           boots from such a copy
    gone                nothing of it is left
    run 'SHELL TEXT'    as root over SSH; stdin, output and exit code pass through (255: SSH itself failed)
TEXT
}

wrong_usage() {
    usage >&2
    exit 2
}

blank() {
    vm_off
    step "$MACHINE: a blank disk" vm_install
    step "$MACHINE: booting" vm_boot
}

power_on() {
    vm_running && ssh_answers && return 0
    vm_off
    if [[ ! -e $IMAGE ]]; then
        blank
        return
    fi
    vm_attach "$IMAGE"
    step "$MACHINE: booting" vm_boot
}

cut_power() {
    if ! vm_running; then
        echo "$MACHINE is off already" >&2
        return 1
    fi
    vm_cut
}

# The file system stands still for the moment of the copy, so that the copy is whole.
save() {
    [[ -e $IMAGE ]] || {
        echo "$MACHINE was never made; make it with: lab/machine/spare.sh ${MACHINE#spare-} blank" >&2
        return 1
    }
    if mountpoint --quiet "$ROOT"; then
        trap 'fsfreeze --unfreeze "$ROOT" 2>/dev/null || true' EXIT
        fsfreeze --freeze "$ROOT"
    fi
    cp --sparse=always "$IMAGE" "$PLACE/saved-$1.new"
    mv "$PLACE/saved-$1.new" "$PLACE/saved-$1"
}

load() {
    [[ -e $PLACE/saved-$1 ]] || {
        echo "$MACHINE has no saved disk '$1'; save it with: lab/machine/spare.sh ${MACHINE#spare-} save $1" >&2
        return 1
    }
    vm_off
    cp --sparse=always "$PLACE/saved-$1" "$IMAGE.new"
    mv "$IMAGE.new" "$IMAGE"
    power_on
}

gone() {
    vm_off
    rm -rf --one-file-system "$PLACE"
    rm -f "$LOGS/$MACHINE"*.log
}

case ${1:-} in
    -h | --help)
        usage
        exit 0
        ;;
    [1-9] | 1[0-5]) machine "spare-$1" ;;
    *) wrong_usage ;;
esac
case $#:${2:-} in
    3:run) vm_ssh "$3" ;;
    2:blank | 2:start | 2:off | 2:cut | 2:gone) ;;
    3:save | 3:load) [[ $3 =~ ^[A-Za-z0-9_-]+$ ]] || wrong_usage ;;
    *) wrong_usage ;;
esac
if ! on_switch true 2>/dev/null; then
    echo "lab/machine/spare.sh: the lab is not running; start it with: make lab" >&2
    exit 1
fi
# One after the other where two want the same VM. What is started closes the lock.
exec {lock}>"$RUN/$MACHINE.lock"
flock "$lock"
case $2 in
    blank) blank ;;
    start) power_on ;;
    off) vm_off ;;
    cut) cut_power ;;
    save) save "$3" ;;
    load) load "$3" ;;
    gone) gone ;;
esac
