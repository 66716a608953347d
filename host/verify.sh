# shellcheck shell=bash source-path=SCRIPTDIR
# Asks the running Prometheus what it has. Fails only for what the VM controls; targets that are down are warnings,
# since a dead cluster must not turn a deployment red. Reads: first_scrapes (seconds to wait for them), endpoints. What ran
# before is among its variables too, only so that it runs again after that.
. lib.sh
. documents.sh
. differences.sh
. offers.sh
: "${first_scrapes:?}"

begin
systemctl --quiet is-active prometheus.service || fail "prometheus.service does not run"
ready || fail "Prometheus does not answer at http://$address/-/ready"
wait_for "$patience" as_declared || {
    cat "$work/differences" >&2
    fail "Prometheus runs something else than its files in $etc say"
}
job_names "$etc/current" >"$work/jobs"

# How long Prometheus has had its configuration.
age() { metric prometheus_config_last_reload_success_timestamp_seconds | awk -v now="$(date +%s)" '{ print int(now - $1) }'; }
without_target() { comm -23 "$work/jobs" <(field scrapePool <"$work/targets" | sort -u); }

# expected <TARGETS: without the new ones that are scraped less often than anybody waits for it here.
# shellcheck disable=SC2016 # an awk program
expected() {
    awk "$durations"'
        /"health":"unknown"/ && match($0, /"scrapeInterval":"[0-9a-z]+/) {
            if (milliseconds(substr($0, RSTART + 18, RLENGTH - 18)) >= 120000) next
        }
        { print }'
}

# Discovery takes a few seconds; a job that has no target after that may get one next year, or never.
all_scraped() {
    targets >"$work/targets"
    expected <"$work/targets" >"$work/expected"
    ! grep -q '"health":"unknown"' "$work/expected" && { [ -z "$(without_target)" ] || [ "$(age)" -ge "$patience" ]; }
}
wait_for "$first_scrapes" all_scraped || true

# warn <LINES: not more of them than can be read.
warn() {
    sed 's/^/warning: /' >"$work/warnings"
    head -n 10 "$work/warnings" >&2
    local more=$(($(wc -l <"$work/warnings") - 10))
    [ "$more" -le 0 ] || say "warning: and $more more like these"
}

api /metrics >"$work/metrics" || true
discovered() { shown "prometheus_sd_discovered_targets{config=\"$1\",name=\"scrape\"}"; }
shared_jobs "$etc/current" >"$work/shared"
: >"$work/elsewhere"
without_target | while IFS= read -r job; do
    if ! [ "$(discovered "$job")" -gt 0 ] 2>/dev/null; then
        echo "$job has no target (nothing discovered; does its cluster's API answer?)"
    elif grep -qxF -e "$job" "$work/shared"; then
        echo "$job" >>"$work/elsewhere"
    else
        echo "$job has no target: its relabel_configs drop all that were discovered"
    fi
done | warn
[ ! -s "$work/elsewhere" ] || say "jobs whose targets are all on other VMs: $(wc -l <"$work/elsewhere")"

{ grep -v '"health":"up"' "$work/expected" || true; } | while IFS= read -r target; do
    # What a federation asks for would be longer than all the rest.
    echo "$(field scrapePool <<<"$target") $(field scrapeUrl <<<"$target" | sed 's/[?&]match%5B%5D=[^&]*//g')" \
        "is $(field health <<<"$target"): $(field lastError <<<"$target" | sed 's/^Get "[^"]*": //')"
done | warn

# named <TARGETS OR SERIES: the job and the instance of each.
named() { sed -nE 's/.*"instance":"([^"]*)".*"job":"([^"]*)".*/\2 \1/p' | sort -u; }
ask() {
    request -f --max-time 30 -G --data-urlencode "query=$1" "http://$address/api/v1/query" |
        sed 's/{"metric"/\n&/g' | grep '"metric"' || true
}
# What was a target before the change is among the answers for up to five minutes.
ask 'scrape_samples_post_metric_relabeling == 0 and up == 1 unless scrape_samples_scraped{job=~"federate/.+"} == 0' |
    named | comm -12 - <(named <"$work/targets") |
    sed 's/$/ answers, but brings no sample (do metric_relabel_configs drop all?)/' | warn
unmatched "http://$address" | sed 's/$/ (set endpoint.prometheus.flavour or .jobs)/' | warn

# One rule a line.
api /api/v1/rules | sed 's/{"\(state\|name\)":/\n&/g' | { grep '"health":"err"' || true; } | while IFS= read -r rule; do
    echo "rule $(field name <<<"$rule") cannot be evaluated: $(field lastError <<<"$rule")"
done | warn

printf 'verified=%s\n' "$(wc -l <"$work/jobs")"
