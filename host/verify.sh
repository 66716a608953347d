# shellcheck shell=bash source-path=SCRIPTDIR
# Asks the running Prometheus what it has. Fails only for what the VM controls; targets that are down are warnings,
# since a dead cluster must not turn a deployment red. Reads: first_scrapes (seconds to wait for them). What ran
# before is among its variables too, only so that it runs again after that.
. lib.sh
: "${first_scrapes:?}"

begin
systemctl --quiet is-active prometheus.service || fail "prometheus.service does not run"
ready || fail "Prometheus does not answer at http://$address/-/ready"
[ "$(metric prometheus_config_last_reload_successful)" = 1 ] ||
    fail "Prometheus runs with an older configuration than the last it was given"
jobs=$(job_names "$etc/current")
without_pool=$(comm -23 <(printf '%s\n' "$jobs") <(pools) | tr '\n' ' ')
[ -z "$without_pool" ] || fail "these jobs have no scrape pool: $without_pool"

# One target a line.
targets() { api '/api/v1/targets?state=active' | sed 's/{"discoveredLabels"/\n&/g' | grep '"scrapePool"' || true; }
field() { sed -nE "s/.*\"$1\":\"(([^\"\\\\]|\\\\.)*)\".*/\1/p" | sed 's/\\"/"/g'; }
all_scraped() {
    targets >"$work/targets"
    ! grep -q '"health":"unknown"' "$work/targets" && [ -z "$(without_target)" ]
}
without_target() { comm -23 <(printf '%s\n' "$jobs") <(field scrapePool <"$work/targets" | sort -u); }

wait_for "$first_scrapes" all_scraped || true
while IFS= read -r job; do
    [ -z "$job" ] || say "warning: $job has no target (nothing discovered; does its cluster's API answer?)"
done < <(without_target)
grep -v '"health":"up"' "$work/targets" >"$work/down" || true
head -n 20 "$work/down" | while IFS= read -r target; do
    say "warning: $(field scrapePool <<<"$target") $(field scrapeUrl <<<"$target")" \
        "is $(field health <<<"$target"): $(field lastError <<<"$target")"
done
empty=$(curl -fsS --max-time 30 -G --data-urlencode 'query=scrape_samples_scraped == 0 and up == 1' \
    "http://$address/api/v1/query" |
    grep -o '"instance":"[^"]*"\|"job":"[^"]*"' | tr -d '"' | paste -sd ' ' || true)
[ -z "$empty" ] || say "warning: targets that answer, but with no sample (does match[] fit?): $empty"

printf 'verified=%s\n' "$(printf '%s\n' "$jobs" | wc -l)"
