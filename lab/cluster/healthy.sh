#!/usr/bin/env bash
# Waits until the cluster is really healthy: lab/cluster/healthy.sh [SINCE], the Unix time that a scrape must have
# happened after (default 20 s ago). What the API says of pods is stale while the kubelet has not reported, so containers
# are counted where they run, and the scrapes of the in-cluster Prometheus are looked at by their time.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

since=${1:-$(($(date +%s) - 20))}
fresh="up{job=~\"kubernetes-.*\"} == 1 and timestamp(up) >= $since"

api_ready() { kubectl_lab get --raw /readyz --request-timeout 3s; }

# As every function here, it is called in a condition, where errexit does not hold.
node_reports() {
    local renewed
    kubectl_lab wait --for condition=Ready --timeout 0s "node/$NODE" || return 1
    renewed=$(kubectl_lab --namespace kube-node-lease get lease "$NODE" --output 'jsonpath={.spec.renewTime}') &&
        (($(date --date "$renewed" +%s) >= since))
}

# NAMESPACE/NAME|Ready|reasons for which containers wait|container ids, a line for each pod that should run.
pods='{range .items[*]}{.metadata.namespace}/{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}'
pods+='|{.status.containerStatuses[*].state.waiting.reason}|{.status.containerStatuses[*].containerID}{"\n"}{end}'

# Every pod is Ready, and each of its containers is one that containerd runs. A pod without its image is passed over:
# waiting does not bring it.
pods_running() {
    local tasks list pod ready reasons containers container
    tasks=$(ctr_lab tasks ls | awk '$3 == "RUNNING" { print $1 }') || return 1
    list=$(kubectl_lab get pods --all-namespaces --output "jsonpath=$pods" \
        --field-selector status.phase!=Succeeded,status.phase!=Failed) || return 1
    while IFS='|' read -r pod ready reasons containers; do
        [[ ! $pod || $reasons == *Image* ]] && continue
        [[ $ready == True ]] || unhealthy "pod $pod is not Ready" || return 1
        for container in $containers; do
            grep --quiet --line-regexp --fixed-strings "${container#containerd://}" <<<"$tasks" ||
                unhealthy "a container of pod $pod does not run" || return 1
        done
    done <<<"$list"
}

# The pause keeps the processor for those that are waited for.
unhealthy() {
    echo "$1"
    sleep 0.5
    return 1
}

# in_cluster_query POD EXPRESSION: the answer of that replica's Prometheus, as JSON.
in_cluster_query() {
    kubectl_lab get --request-timeout 5s --raw \
        "/api/v1/namespaces/monitoring/pods/$1:9090/proxy/api/v1/query?query=$(encode "$2")"
}

# jobs_up POD: each of the five jobs has a target that was scraped with success since then. A sample that is older may be
# of the time before a break: after a restart, Prometheus answers with it for five minutes.
jobs_up() {
    [[ $(in_cluster_query "$1" "count(count by (job) ($fresh))") == *',"5"]'* ]] ||
        unhealthy "the jobs are not up"
}

encode() {
    local text=$1 character i
    for ((i = 0; i < ${#text}; i++)); do
        character=${text:i:1}
        case $character in
            [a-zA-Z0-9]) printf %s "$character" ;;
            *) printf '%%%02X' "'$character" ;;
        esac
    done
}

last_log=$LOGS/kube-apiserver.log
wait_until 300 "the API server's /readyz" api_ready
last_log=$LOGS/kubelet.log
# Where the API server was away so long that the node was given up, its kubelet takes up to 2 minutes to look again.
wait_until 300 "node $NODE to report and be Ready" node_reports
wait_until 300 "all pods to be Ready and to run" pods_running || { pods_running >&2; exit 1; }
if kubectl_lab --namespace monitoring get statefulset prometheus >/dev/null 2>&1; then
    for pod in prometheus-0 prometheus-1; do
        wait_until 300 "the five jobs to be up in $pod" jobs_up "$pod" || {
            echo "up in $pod: $(in_cluster_query "$pod" "count by (job) ($fresh)")" >&2
            exit 1
        }
    done
fi
