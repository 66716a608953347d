# shellcheck shell=bash
# The control plane's command lines. Sourced by start.sh, never run.

# component NAME ARGS…: in the cluster's network namespace and cgroup.
component() {
    # shellcheck disable=SC2016
    start "$1" --netns "$CLUSTER" -- bash -c 'echo $$ >"$0" && exec "$@"' "$(cgroup_of_record)/components/cgroup.procs" "$@"
}

# Nothing of the lab needs to survive a crash of this machine, so etcd need not wait for the disk.
start_etcd() {
    component etcd --name "$NODE" --data-dir "$HOME_OF_CLUSTER/etcd" --unsafe-no-fsync \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --listen-metrics-urls "http://$CLUSTER_ADDRESS:2381"
}

start_apiserver() {
    component kube-apiserver \
        --advertise-address "$CLUSTER_ADDRESS" --secure-port 6443 \
        --etcd-servers http://127.0.0.1:2379 --endpoint-reconciler-type lease \
        --service-cluster-ip-range "$SERVICE_CIDR" --allow-privileged=true \
        --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
        --client-ca-file "$PKI/ca.crt" \
        --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" \
        --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
        --kubelet-client-certificate "$PKI/kube-apiserver-kubelet-client.crt" \
        --kubelet-client-key "$PKI/kube-apiserver-kubelet-client.key" \
        --service-account-issuer https://kubernetes.default.svc.cluster.local \
        --service-account-key-file "$PKI/service-account.pub" \
        --service-account-signing-key-file "$PKI/service-account.key"
}

start_controller_manager() {
    local kubeconfig=$PKI/kube-controller-manager.kubeconfig
    component kube-controller-manager --kubeconfig "$kubeconfig" \
        --authentication-kubeconfig "$kubeconfig" --authorization-kubeconfig "$kubeconfig" \
        --bind-address "$CLUSTER_ADDRESS" --cert-dir "$HOME_OF_CLUSTER/kube-controller-manager" --leader-elect=false \
        --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/service-account.key" \
        --use-service-account-credentials=true
}

start_scheduler() {
    local kubeconfig=$PKI/kube-scheduler.kubeconfig
    component kube-scheduler --kubeconfig "$kubeconfig" \
        --authentication-kubeconfig "$kubeconfig" --authorization-kubeconfig "$kubeconfig" \
        --bind-address "$CLUSTER_ADDRESS" --cert-dir "$HOME_OF_CLUSTER/kube-scheduler" --leader-elect=false
}

apiserver_ready() { kubectl_lab get --raw /readyz --request-timeout 3s; }
