#!/bin/bash
# Keeps what Prometheus itself does not: which nodes each cluster has, for the time in which no API server tells, and a bound on
# the log of failed scrapes. A program of its own on the VM, started by a timer as Prometheus's user.
# Reads: root (a folder that stands for `/`; empty but in tests), address (where Prometheus listens), log_limit (bytes).
set -euo pipefail
: "${root=}" "${address=127.0.0.1:9090}" "${log_limit=16777216}"
export LC_ALL=C
umask 027
lists=/usr/local/var/lib/prometheus/nodes # as the configuration names it
configuration=$root/usr/local/etc/prometheus/current
log=$root/usr/local/var/lib/prometheus/scrape-failures.log

# Prometheus goes on writing to the same file, at its end.
if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt "$log_limit" ]; then
    cp "$log" "$log.1"
    truncate -s 0 "$log"
fi

mkdir -p "$root$lists"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# nodes POOL: address and name of each node that the job has discovered, those that its rules leave to another VM among them. What
# is neither is left out. Not every version says of which job a dropped one is, but for the label `job`, as it is at first.
nodes() {
    curl -q -sS -f --noproxy '*' --max-time 10 --get --data-urlencode "scrapePool=$1" --data state=any \
        "http://$address/api/v1/targets" 2>/dev/null |
        sed 's/{"discoveredLabels":/\n&/g' | grep -F "\"job\":\"$1\"" |
        sed -nE 's/.*"__address__":"([A-Za-z0-9.:-]+|\[[0-9a-fA-F:]+\]:[0-9]+)".*"__meta_kubernetes_node_name":"([a-z0-9.-]+)".*/\1 \2/p' |
        sort -u
}

# render: such lines as Prometheus reads targets of a file.
render() {
    awk 'BEGIN { printf "[" }
        { printf "%s\n  {\"targets\": [\"%s\"], \"labels\": {\"__meta_kubernetes_node_name\": \"%s\"}}", (NR > 1 ? "," : ""), $1, $2 }
        END { print "\n]" }'
}

{ grep -rhoE "$lists/[a-z0-9-]+\.json" "$configuration/" || true; } | sort -u >"$work/named"
while IFS= read -r list; do
    cluster=$(basename "$list" .json)
    for job in kubernetes-nodes kubernetes-nodes-cadvisor; do
        nodes "$cluster/$job" >"$work/nodes" || true
        [ ! -s "$work/nodes" ] || break
    done
    # None at all is what a Prometheus knows that was started while the API server was away.
    [ -s "$work/nodes" ] || continue
    render <"$work/nodes" >"$work/list"
    cmp -s "$work/list" "$root$list" || {
        cp "$work/list" "$root$list.next"
        sync "$root$list.next"
        mv -T "$root$list.next" "$root$list"
    }
done <"$work/named"
find "$root$lists" -type f | sed "s|^$root||" | sort | comm -23 - "$work/named" | while IFS= read -r list; do rm -f "$root$list"; done
