#!/usr/bin/env bash
# Gives the cluster its in-cluster Prometheus and the demo workloads, and waits until all run and are scraped.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

step "cluster: workloads applied" kubectl_lab apply --server-side --filename "$LAB/cluster/manifests"
# As kubeadm marks it; a kubelet may not do that itself.
kubectl_lab label --overwrite node "$NODE" node-role.kubernetes.io/control-plane= >/dev/null
step "cluster: pods Ready, five jobs up in both replicas" "$LAB/cluster/healthy.sh"
