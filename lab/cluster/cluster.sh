# shellcheck shell=bash
# shellcheck disable=SC2034 # read by the scripts that source this
# What the cluster's scripts agree on: places, the cgroup that holds every process of it, ctr. Sourced, never run.

# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
# shellcheck source-path=SCRIPTDIR/..
source "$LAB/processes.sh"

HOME_OF_CLUSTER=$STATE/cluster
PKI=$HOME_OF_CLUSTER/pki
ADMIN_KUBECONFIG=$HOME_OF_CLUSTER/admin.kubeconfig
API_SERVER=https://$CLUSTER_ADDRESS:6443
NODE=node-1
# Where it is, the kubelet is given no certificate, and makes one.
KUBELET_OWN_CERTIFICATE=$HOME_OF_CLUSTER/kubelet/own-certificate
CONTAINERD_SOCKET=$HOME_OF_CLUSTER/containerd/containerd.sock

# In the order in which they are started.
COMPONENTS=(etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy
    prometheus-node-exporter)

# The components run in CGROUP/components, the pods in CGROUP/kubepods, the shims in the group of the containerd that
# started them: so the cluster's processes are the members of one subtree, whatever their parents.
CGROUP=external-prometheus-lab

# The mounted cgroup hierarchies: one with cgroup v2, one a controller with v1 (and then a hybrid v2 one without controllers).
cgroup_hierarchies() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo /sys/fs/cgroup
    else
        dirname /sys/fs/cgroup/*/cgroup.procs
    fi
}

# The hierarchy whose membership names the cluster's processes.
cgroup_of_record() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo "/sys/fs/cgroup/$CGROUP"
    else
        echo "/sys/fs/cgroup/pids/$CGROUP"
    fi
}

cluster_processes() {
    find "$(cgroup_of_record)" -name cgroup.procs -exec cat {} + 2>/dev/null
}

# SIGKILL to every process of the cluster, again until none is left: one of them may fork while the list is read. The
# sockets of the shims lie outside the state directory and are known only as long as their containers are.
kill_cluster() {
    local pids address socket deadline=$((SECONDS + 30))
    while mapfile -t pids < <(cluster_processes) && ((${#pids[@]})); do
        kill -s KILL "${pids[@]}" 2>/dev/null || true
        ((SECONDS < deadline)) || {
            echo "processes of the cluster that do not end, even by SIGKILL: ${pids[*]}" >&2
            return 1
        }
        sleep 0.1
    done
    for address in "$HOME_OF_CLUSTER"/containerd/state/io.containerd.runtime.v2.task/k8s.io/*/address; do
        [[ -e $address ]] || continue
        socket=$(<"$address")
        rm -f "${socket#unix://}"
    done
}

ctr_lab() { ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io "$@"; }

kubectl_lab() { kubectl --kubeconfig "$ADMIN_KUBECONFIG" "$@"; }
