# shellcheck shell=bash
# The node: containerd, kubelet and kube-proxy with their configuration files. Sourced by start.sh, never run.

# The kubelet sets these to values of its own; stop.sh puts the machine's back.
KERNEL_TUNABLES=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops)

prepare_node() {
    local hierarchy controller tunables=$HOME_OF_CLUSTER/kernel-tunables
    # With cgroup v2 the kubelet wants these in its group; a group has what is enabled for the children of its parent.
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        for controller in cpu cpuset memory pids hugetlb; do
            ! grep --quiet --word-regexp "$controller" /sys/fs/cgroup/cgroup.controllers ||
                echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
        done
    fi
    while read -r hierarchy; do
        mkdir -p "$hierarchy/$CGROUP/components"
    done < <(cgroup_hierarchies)
    mkdir -p "$HOME_OF_CLUSTER"/{containerd,kubelet,cni/net.d}
    [[ -s $tunables ]] || sysctl "${KERNEL_TUNABLES[@]}" >"$tunables"
    nsenter "--net=/run/netns/$CLUSTER" sysctl --quiet net.ipv4.ip_forward=1
}

start_containerd() {
    local home=$HOME_OF_CLUSTER/containerd
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE runc dies of "can't get final child's PID from pipe: EOF".
    cat >"$home/config.toml" <<TOML
version = 2
root = "$home/root"
state = "$home/state"
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.internal.v1.opt"]
  path = "$home/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/lab/pause:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$HOME_OF_CLUSTER/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "$home/runc"
TOML
    # ptp routes between pods, so that traffic by way of a Service passes the node's NAT without br_netfilter.
    cat >"$HOME_OF_CLUSTER/cni/net.d/10-lab.conflist" <<JSON
{
    "cniVersion": "1.0.0",
    "name": "$CGROUP",
    "plugins": [
        {
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "dataDir": "$HOME_OF_CLUSTER/cni/networks",
                "ranges": [[{ "subnet": "$POD_CIDR" }]],
                "routes": [{ "dst": "0.0.0.0/0" }]
            }
        }
    ]
}
JSON
    component containerd --config "$home/config.toml"
}

start_kubelet() {
    local home=$HOME_OF_CLUSTER/kubelet certificate="tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key"
    [[ ! -e $KUBELET_OWN_CERTIFICATE ]] || certificate=
    # Eviction looks at this machine's disk, which a person may well keep at 90 %: it starts at 1 % free, image removal never.
    cat >"$home/config.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: $PKI/ca.crt } }
authorization: { mode: Webhook }
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
enforceNodeAllocatable: []
evictionHard: { memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1% }
failCgroupV1: false
failSwapOn: false
imageGCHighThresholdPercent: 100
podLogsDir: $LOGS/pods
resolvConf: ""
staticPodPath: ""
$certificate
volumePluginDir: $home/volume-plugins
YAML
    component kubelet --config "$home/config.yaml" --kubeconfig "$PKI/kubelet.kubeconfig" --root-dir "$home" \
        --cert-dir "$home/pki" --hostname-override "$NODE" --node-ip "$CLUSTER_ADDRESS"
}

start_node_exporter() { component prometheus-node-exporter --web.listen-address "$CLUSTER_ADDRESS:9100"; }

# A kube-proxy that runs ends itself when its file is written, be it with the same words.
start_kube_proxy() {
    is_running kube-proxy || cat >"$HOME_OF_CLUSTER/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: { kubeconfig: $PKI/kube-proxy.kubeconfig }
clusterCIDR: $POD_CIDR
conntrack: { maxPerCore: 0, min: 0 }
hostnameOverride: $NODE
mode: nftables
YAML
    component kube-proxy --config "$HOME_OF_CLUSTER/kube-proxy.yaml"
}

containerd_ready() { ctr_lab version; }

node_ready() {
    kubectl_lab wait --for condition=Ready --timeout 0s "node/$NODE"
}
