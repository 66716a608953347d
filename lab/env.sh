# shellcheck shell=bash
# shellcheck disable=SC2034
# What every script of the lab agrees on: places, names, addresses. Sourced, never run.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROJECT=$(dirname "$LAB")

# One lab a machine: everything that runs lives under STATE; what is expensive to build lives under CACHE and outlives it.
STATE=/var/lib/external-prometheus-lab
CACHE=${EXTERNAL_PROMETHEUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/external-prometheus}
RUN=$STATE/run   # <name>.pid: one file a process that the lab started
LOGS=$STATE/logs # <name>.log
BIN=$STATE/bin   # links to the tools in the cache

# The switch is a bridge in a network namespace of its own; the cluster, the VM and this machine each have a cable to it.
SWITCH=eplab-switch
CLUSTER=eplab-cluster
HOST_LINK=eplab0
SUBNET=10.98.0
SWITCH_ADDRESS=$SUBNET.1  # the release server, a node_exporter as "other server"
HOST_ADDRESS=$SUBNET.2    # this machine: package proxy, the engine's end of SSH
CLUSTER_ADDRESS=$SUBNET.10 # the one node: API server :6443, kubelet :10250, NodePorts
VM_ADDRESS=$SUBNET.20
SPARE_ADDRESSES=$SUBNET.2  # and the number of a spare VM, 1 to 15
POD_CIDR=10.244.0.0/24
SERVICE_CIDR=10.96.0.0/16

# Files are made for the lab's services to read, whatever the user's own habit is.
umask 022
# A checkout may belong to another user than root; git then refuses to be asked, and Go would fail with it.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"
export PATH="$BIN:$LAB/node_modules/.bin:$PATH"
# Node spends a good part of each short program on compiling the same large packages anew.
export NODE_COMPILE_CACHE=$CACHE/node-compile-cache
# Marks the environment as the lab's: the stand-ins and the small language host refuse to start without it.
export EXTERNAL_PROMETHEUS_LAB=$STATE
