# shellcheck shell=bash
# The lab's network: a switch (a bridge in a namespace of its own) and cables to the cluster and to this machine. The VM
# brings its own cable. Sourced after env.sh, never run.

on_switch() { nsenter "--net=/run/netns/$SWITCH" "$@"; }
in_cluster() { nsenter "--net=/run/netns/$CLUSTER" "$@"; }

# A file under /run/netns alone is no namespace: after a killed `ip netns add` it may be a plain empty file.
namespace_up() {
    if ! nsenter "--net=/run/netns/$1" true 2>/dev/null; then
        ip netns delete "$1" 2>/dev/null || rm -f "/run/netns/$1"
        ip netns add "$1"
    fi
    nsenter "--net=/run/netns/$1" ip link set lo up
}

network_up() {
    namespace_up "$SWITCH"
    namespace_up "$CLUSTER"
    on_switch ip link show br0 >/dev/null 2>&1 || on_switch ip link add br0 type bridge
    on_switch ip address replace "$SWITCH_ADDRESS/24" dev br0
    on_switch ip link set br0 up

    if ! in_cluster ip link show eth0 >/dev/null 2>&1; then
        on_switch ip link add cluster type veth peer name eth0 netns "$CLUSTER"
    fi
    on_switch ip link set cluster master br0 up
    in_cluster ip address replace "$CLUSTER_ADDRESS/24" dev eth0
    in_cluster ip link set eth0 up

    if ! ip link show "$HOST_LINK" >/dev/null 2>&1; then
        ip link add "$HOST_LINK" type veth peer name host netns "$SWITCH"
    fi
    on_switch ip link set host master br0 up
    ip address replace "$HOST_ADDRESS/24" dev "$HOST_LINK"
    ip link set "$HOST_LINK" up
}

# Both ends of a cable go with either; a namespace takes its bridge and addresses along once no process is left in it.
network_down() {
    ip link delete "$HOST_LINK" 2>/dev/null || true
    local namespace
    for namespace in "$CLUSTER" "$SWITCH"; do
        ip netns delete "$namespace" 2>/dev/null || rm -f "/run/netns/$namespace"
    done
}
