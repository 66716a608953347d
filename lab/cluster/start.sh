#!/usr/bin/env bash
# Starts the cluster, or what of it is not running, and waits until its node is Ready. Needs lab/network.sh's network_up.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source-path=SCRIPTDIR/..
source "$LAB/cluster/control-plane.sh"
# shellcheck source-path=SCRIPTDIR/..
source "$LAB/cluster/node.sh"

control_plane() {
    start_etcd
    start_apiserver
    wait_until 300 "the API server's /readyz (log: $LOGS/kube-apiserver.log)" apiserver_ready
    start_controller_manager
    start_scheduler
}

runtime() {
    start_containerd
    wait_until 300 "containerd" containerd_ready
    "$LAB/cluster/images.sh" import
}

node() {
    start_kubelet
    start_kube_proxy
    start_node_exporter
    wait_until 300 "the node to be Ready (log: $LOGS/kubelet.log)" node_ready
}

umask 022
step "cluster: certificates" "$LAB/cluster/pki.sh"
step "cluster: images" "$LAB/cluster/images.sh" build
prepare_node
# etcd and the API server start while containerd reads the images.
start_etcd
start_apiserver
step "cluster: containerd, images imported" runtime
step "cluster: API server, controllers, scheduler" control_plane
step "cluster: node Ready" node
