# shellcheck shell=bash disable=SC2154
# Why a Prometheus is not restarted: each refuses before anything is changed.
key=external-prometheus:prometheus

at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

# Prometheus 3 writes a database that 2.55 is the oldest to read, says
# https://prometheus.io/docs/prometheus/latest/migration/#tsdb-format-and-downgrade. The newest version that has
# written here is noted beside the data, since both outlive the installation.
check_database() {
    [ -d "$data/wal" ] || rm -f "$data.version"
    if [ ! -f "$data.version" ] || at_least "$version" 2.55.0; then return 0; fi
    local newest
    newest=$(cat "$data.version")
    ! at_least "$newest" 3.0.0 ||
        fail "Prometheus $version cannot read the database in $data: Prometheus $newest has written it, and only" \
            "2.55.0 or newer can read that. Set $key.version to such a one; or, to begin without what was recorded," \
            "stop $service on the VM and empty $data. Nothing was changed"
}

# note_database VERSION
note_database() {
    if [ -f "$data.version" ] && at_least "$(cat "$data.version")" "$1"; then return 0; fi
    printf '%s\n' "$1" >"$work/version"
    put "$work/version" "$data.version" 0644 root:root
}

# A Prometheus that would not start with what it has to load would take the one that runs down with it.
check_loadable() {
    local words reader=as_service remedy="Take out what it does not know, 'pulumi up', then set $key.version"
    if adopting; then
        remedy="Take out there what it does not know"
        # What root alone can read, our user can when its folder is ours.
        [ "$(awk '$1 == "Uid:" { print $3 }' "$root/proc/$(property MainPID)/status")" != 0 ] || reader='env'
    fi
    words=$("$reader" "$release/promtool" check config --syntax-only "$etc/prometheus.yml" 2>&1) ||
        fail "Prometheus $version cannot load the configuration that runs now:" \
            "$(printf '%s' "$words" | grep -v SUCCESS | tail -n 5). $remedy. Nothing was changed"
}

# Each API server at which the loaded configuration discovers targets, behind the name of its file.
api_servers() {
    local shown=$work/prometheus.yml files pattern
    if [ -e "$etc/current" ] && [ "$(readlink "$etc/current")" != versions/adopted ]; then
        mapfile -t files < <(find "$etc/current/"{clusters,scrape} -type f 2>/dev/null || true)
    else
        # What was adopted may be written in any way, and name any files. Prometheus shows how it has read it.
        api /api/v1/status/config | sed 's/^.*"yaml":"//; s/\\n/\n/g; s/\\"/"/g' >"$shown" || return 1
        mapfile -t files < <(
            awk '/^[^- ]/ { named = /^scrape_config_files:/ } named && sub(/^ *- /, "")' "$shown" |
                while IFS= read -r pattern; do compgen -G "$root$pattern" || true; done
        )
        files+=("$shown")
    fi
    awk -v url="api_server[\"']?: *[\"']?https?://[^]\"',} ]+" '
        FNR == 1 { name = FILENAME; sub(/.*\//, "", name); sub(/\.ya?ml$/, "", name) }
        { sub(/(^|[ \t])#.*/, "") }
        { while (match($0, url)) {
            found = substr($0, RSTART, RLENGTH)
            $0 = substr($0, RSTART + RLENGTH)
            print name, substr(found, index(found, "http"))
        } }' "${files[@]}" /dev/null | sort -u
}

# A load balancer before a dead API server answers 502 or 503; a living one may well answer 401 or 403.
api_answers() {
    local code
    code=$(request -k --max-time 5 -o /dev/null -w '%{http_code}' "$1/readyz" 2>/dev/null) || return 1
    case $code in 5*) return 1 ;; esac
}

# All are asked at once, and nothing is sent that would be worth something to whoever answers.
silent_api_servers() {
    local cluster server servers
    servers=$(api_servers) || return 1
    while read -r cluster server; do
        [ -z "$server" ] || api_answers "$server" || printf '%s (%s)\n' "$cluster" "$server" &
    done <<<"$servers"
    wait
}

hold_back() {
    local silent
    [ "$restart_during_outage" != true ] || return 0
    silent=$(silent_api_servers | sort | paste -sd , | sed 's/,/, /g')
    [ -z "$silent" ] ||
        fail "Prometheus was not restarted, because the API does not answer of: $silent. A restart would lose all" \
            "targets that were discovered there until it answers again. Try again then, or set" \
            "$key.restartDuringOutage to true. Nothing was changed"
}
