# shellcheck shell=bash source-path=SCRIPTDIR
# A program as a service: a bundle on stdin holds its unit and, if it has no step of its own for that, its configuration
# file <program>.yml. Restarts the program only when its release or its unit is another one than what runs, and goes
# back to what was last seen healthy when the new one is not.
# Reads: version, health (a path that answers 200 when the program does its work), restart_during_outage (true: also
# while clusters are silent).
. lib.sh
: "${version:?}" "${health:=/-/ready}" "${restart_during_outage:=false}"

begin
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; esac
release=$base/$program-$version.linux-${arch:?}
[ -x "$release/$program" ] || fail "$release is not there; the release step makes it"
mkdir "$work/wanted"
unbundle "$work/wanted"
wanted=$work/wanted/$service
file=$program.yml
# Seconds: until a new start must answer at all, until it must be ready, and that it must stay so.
answer_within=${answer_within-15} ready_within=${ready_within-600} settle=${settle-6}
key=external-prometheus:prometheus

# What was last seen to work: release, unit, file and systemd's id of that start. So the way back survives a cut.
healthy=$state/healthy/$program

property() { systemctl show --value -p "$1" "$service"; }
active() { systemctl --quiet is-active "$service"; }
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

# Whether the program that runs is that of RELEASE; a file that was replaced under it shows as deleted.
runs() { active && [ "$(readlink "$root/proc/$(property MainPID)/exe")" = "$1/$program" ]; }

# started_from UNIT: whether what runs was started from a unit with this content. The start that was seen healthy is
# known; any other (a crash, a reboot) took the unit that lies there, if that is older and nothing overrides it.
started_from() {
    if [ -f "$healthy/start" ] && [ "$(cat "$healthy/start")" = "$(property InvocationID)" ]; then
        cmp -s "$1" "$healthy/$service"
        return
    fi
    # systemd makes this link anew at every start (since version 236).
    local start=$root/run/systemd/units/invocation:$service
    cmp -s "$1" "$unit" && [ -z "$(overrides)" ] && [ "$(property NeedDaemonReload)" = no ] && [ -L "$start" ] &&
        stat -c %.6Y "$unit" "$start" | sort -n --check=quiet
}

# Files by which somebody has changed the unit without touching it, where systemd looks for them.
overrides() {
    local place
    for place in etc/systemd/system run/systemd/system etc/systemd/system.control run/systemd/system.control; do
        if [ -e "$root/$place/$service.d" ]; then printf '%s\n' "$root/$place/$service.d"; fi
    done
}

running_version() { api /metrics | sed -nE "s/^${program}_build_info\{(.*,)?version=\"([^\"]*)\".*/\2/p"; }

remember() {
    mkdir -p "$healthy"
    put "$1" "$healthy/$service" 0644 root:root
    if [ -f "$etc/$file" ] && [ "$program" != prometheus ]; then
        put "$etc/$file" "$healthy/$file" 0640 "root:$program"
    fi
    printf '%s\n' "$2" >"$work/release"
    put "$work/release" "$healthy/release" 0644 root:root
    property InvocationID >"$work/start"
    put "$work/start" "$healthy/start" 0644 root:root
}

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
    local words
    words=$(as_service "$release/promtool" check config --syntax-only "$etc/prometheus.yml" 2>&1) ||
        fail "Prometheus $version cannot load the configuration that runs now:" \
            "$(printf '%s' "$words" | grep -v SUCCESS | tail -n 5)." \
            "Take out what it does not know, 'pulumi up', then set $key.version. Nothing was changed"
}

# Each API server at which the loaded configuration discovers targets, behind the name of its file.
api_servers() {
    { grep -rE '^[ -]*api_server: ' "$etc/current/" || true; } |
        sed -E "s|^$etc/current/([^:]*/)?([^:/]*)\.ya?ml:[ -]*api_server: *['\"]?([^'\"]*)['\"]?\$|\2 \3|" | sort -u
}

# All are asked at once, and nothing is sent that would be worth something to whoever answers.
silent_api_servers() {
    local cluster server
    while read -r cluster server; do
        curl -sk --noproxy '*' --max-time 5 -o /dev/null "$server/readyz" ||
            printf '%s (%s)\n' "$cluster" "$server" &
    done < <(api_servers)
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

# The file is checked where the service's user can read it, before anything is changed.
check_file() {
    local draft=$etc/.$file.draft words
    if [ ! -f "$work/wanted/$file" ] || cmp -s "$work/wanted/$file" "$healthy/$file"; then return 0; fi
    make_dir "$etc" 0750 "root:$program"
    scratch+=("$draft")
    install -m 0640 "$work/wanted/$file" "$draft"
    chown "root:$program" "$draft"
    case $program in
    alertmanager) words=$(as_service "$release/amtool" check-config "$draft" 2>&1) ;;
    *) words=$(as_service "$release/$program" --config.check --config.file="$draft" 2>&1) ;;
    esac || fail "$program refuses its configuration: $(printf '%s' "$words" | tail -n 5 | sed "s|$draft|$file|g")." \
        "Nothing was changed"
}

# activate UNIT RELEASE [FILE]
activate() {
    local override
    for override in $(overrides); do
        rm -rf "$override"
        say "removed $override, which changed the unit"
    done
    [ ! -f "${3-}" ] || put "$3" "$etc/$file" 0640 "root:$program"
    put "$1" "$unit" 0644 root:root
    point "$base/$program" "$2"
    systemctl daemon-reload
    systemctl --quiet enable "$service"
}

# A program that works answers at once, if only to say that it still has to read its data; one that hangs does not.
pid=0
alive() { active && [ "$(property MainPID)" = "$pid" ]; }
answers() { curl -s --max-time 3 -o /dev/null "http://$address$health"; }
begun() { ! alive || answers; }
settled() { ! alive || ready; }
replaying() {
    [ "$program" = prometheus ] && alive && answers &&
        api /api/v1/status/walreplay | sed -E 's/.*"max":([0-9]+),"current":([0-9]+).*/\1 \2/' | awk '{ exit !($1 > $2) }'
}

# watch_start SECONDS: whether the program is ready in time, and stays so that long.
watch_start() {
    pid=$(property MainPID)
    wait_for "$answer_within" begun && wait_for "$ready_within" settled || return 1
    ready || return 1
    sleep "$1"
    alive && ready
}

start() {
    systemctl reset-failed "$service" || true
    systemctl restart "$service" || return 1
    watch_start "$settle"
}

go_back() {
    if replaying; then
        fail "$program $version still reads its write-ahead log, after $ready_within s. It goes on; try again later"
    fi
    say "error: $program $version did not become healthy"
    complain
    if [ ! -f "$healthy/release" ] || is_healthy; then
        fail "there is no earlier release or unit to go back to; what was set up is left as it is"
    fi
    local before
    before=$(cat "$healthy/release")
    # Whoever does not become healthy may not end when asked to either.
    systemctl kill --signal=KILL "$service" || true
    activate "$healthy/$service" "$before" "$healthy/$file"
    start || fail "and $before, which ran before, did not start again either"
    remember "$healthy/$service" "$before"
    fail "$before, which ran before, runs again"
}

# Whether what is wanted is what was last seen to work.
is_healthy() {
    [ -f "$healthy/release" ] && [ "$(cat "$healthy/release")" = "$release" ] && cmp -s "$wanted" "$healthy/$service"
}

# Whether the file that lies there is wanted, and loaded.
file_loaded() {
    local at
    at=$(metric "${program}_config_last_reload_success_timestamp_seconds")
    cmp -s "$work/wanted/$file" "$etc/$file" && [ "$(metric "${program}_config_last_reload_successful")" = 1 ] &&
        awk -v at="$at" -v written="$(stat -c %.6Y "$etc/$file")" 'BEGIN { exit !(at >= written) }'
}

load_file() {
    if [ ! -f "$work/wanted/$file" ] || file_loaded; then return 0; fi
    put "$work/wanted/$file" "$etc/$file" 0640 "root:$program"
    systemctl reload "$service"
    wait_for "$answer_within" file_loaded && return 0
    say "error: $program did not take its new configuration"
    complain
    [ -f "$healthy/$file" ] || fail "there is no earlier one to go back to"
    put "$healthy/$file" "$etc/$file" 0640 "root:$program"
    systemctl reload "$service"
    fail "the previous configuration is back"
}

# The very first start gets a configuration that scrapes only Prometheus itself; all others come from the next step.
first_configuration() {
    if [ ! -e "$etc/current" ]; then
        mkdir -p "$etc/versions"
        make_dir "$etc/versions" 0750 root:prometheus
        make_dir "$etc/versions/initial" 0750 root:prometheus
        printf 'scrape_configs:\n    - job_name: prometheus\n      static_configs:\n          - targets: ["%s"]\n' \
            "$address" >"$work/initial.yml"
        put "$work/initial.yml" "$etc/versions/initial/prometheus.yml" 0640 root:prometheus
        point "$etc/current" versions/initial
    fi
    point "$etc/prometheus.yml" current/prometheus.yml
}

serving=false
if active && ready; then serving=true; fi
# What serves without a record, because that was lost, is the way back all the same.
if "$serving" && [ ! -f "$healthy/release" ] && started_from "$unit"; then
    remember "$unit" "$(dirname "$(readlink "$root/proc/$(property MainPID)/exe")")"
fi
check_file
if [ "$program" = prometheus ]; then
    ! "$serving" || note_database "$(running_version)"
    check_database
fi
if runs "$release" && started_from "$wanted"; then
    activate "$wanted" "$release"
    # A run that was cut may have started it, and not have seen how that ended.
    is_healthy && ready || watch_start 0 || go_back
    load_file
else
    if [ "$program" = prometheus ]; then
        first_configuration
        if "$serving"; then
            check_loadable
            hold_back
        fi
    fi
    say "starting $release/$program"
    activate "$wanted" "$release" "$work/wanted/$file"
    start || go_back
fi
running=$(running_version)
[ "$running" = "$version" ] || fail "$program ${running:-of no version} runs, although $version was started"
remember "$wanted" "$release"
[ "$program" != prometheus ] || note_database "$running"
printf 'version=%s\n' "$running"
