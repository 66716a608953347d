# shellcheck shell=bash
# What the running Prometheus has: on one line its active targets; then, as its metric says it, how many each job has discovered; then
# behind the word `shared` each job that leaves some of these to other VMs. Comes behind host/documents.sh. Reads: url, etc (where
# the configuration is).
: "${url:?}" "${etc:?}"
ask() { curl -q -sSf --noproxy '*' --max-time 20 "$url/$1"; }
ask 'api/v1/targets?state=active'
echo
ask metrics | grep '^prometheus_sd_discovered_targets{' || true
{ shared_jobs "$etc/current" 2>/dev/null || true; } | sed 's/^/shared /'
