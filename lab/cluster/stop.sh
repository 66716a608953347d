#!/usr/bin/env bash
# Ends the cluster and everything that it left on this machine, also what a SIGKILL left. Its state directories stay.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

# The kubelet first, for it would start again what is ended; etcd gets the time to close its files.
end_processes() {
    local name
    stop kubelet TERM 5
    stop etcd TERM 5
    kill_cluster
    for name in "${COMPONENTS[@]}"; do stop "$name"; done
}

unmount_all() {
    local mounts
    # Deepest and latest first; a mount point's blanks are written as \040.
    while mapfile -t mounts < <(awk -v home="$HOME_OF_CLUSTER/" 'index($5, home) == 1 { print $5 }' /proc/self/mountinfo | tac) &&
        ((${#mounts[@]})); do
        umount --lazy -- "${mounts[@]//\\040/ }"
    done
}

# Children before parents. A v1 group may still be busy for a moment after its last process has ended.
remove_cgroups() {
    local hierarchy
    while read -r hierarchy; do
        [[ ! -d $hierarchy/$CGROUP ]] ||
            wait_until 10 "$hierarchy/$CGROUP to be empty" find "$hierarchy/$CGROUP" -depth -type d -exec rmdir {} +
    done < <(cgroup_hierarchies)
}

# Where the programs have fixed places outside the state directory, what is ours is known by what it names.
remove_traces() {
    local result id
    for result in /var/lib/cni/results/"$CGROUP"-*; do
        [[ -e $result ]] || continue
        id=${result%-*}
        rm -f "$result" "/var/lib/cni/results/cni-loopback-${id##*-}-lo"
    done
    rm -rf --one-file-system "$HOME_OF_CLUSTER/containerd/state" "$HOME_OF_CLUSTER/containerd/runc" "$HOME_OF_CLUSTER/cni/networks"
    find /var/log/containers -lname "$LOGS/pods/*" -delete 2>/dev/null || true
    rm -f /var/lib/kubelet/device-plugins/kubelet.sock
    rmdir --ignore-fail-on-non-empty /var/lib/kubelet/device-plugins /var/lib/kubelet /var/log/containers /var/lib/cni/results /var/lib/cni \
        /run/containerd/s /run/containerd 2>/dev/null || true
}

restore_kernel_tunables() {
    [[ -s $HOME_OF_CLUSTER/kernel-tunables ]] || return 0
    sysctl --quiet --load "$HOME_OF_CLUSTER/kernel-tunables"
    rm "$HOME_OF_CLUSTER/kernel-tunables"
}

end_processes
unmount_all
remove_cgroups
remove_traces
restore_kernel_tunables
rm -f "$STATE/broken/api" "$STATE/broken/cluster" "$STATE/broken/kubelet" "$KUBELET_OWN_CERTIFICATE"
