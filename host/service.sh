# shellcheck shell=bash source-path=SCRIPTDIR
# A program as a service: a bundle on stdin holds its unit and, if it has no step of its own for that, its configuration
# file <program>.yml. Restarts the program only when its release or its unit is another one than what runs, and goes
# back to what was last seen healthy when the new one is not.
# Reads: version, health (a path that answers 200 when the program does its work), restart_during_outage (true: also
# while clusters are silent).
. lib.sh
. process.sh
. account.sh
. foreign.sh
. adopt.sh
. adoptGuards.sh
. restartGuards.sh
: "${version:?}" "${health:=/-/ready}" "${restart_during_outage:=false}"

begin
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; esac
release=$base/$program-$version.linux-${arch:?}
[ -x "$release/$program" ] || fail "$release is not there; the release step makes it"
mkdir "$work/wanted"
unbundle "$work/wanted"
wanted=$work/wanted/$service
file=$program.yml
# What was last seen to work: release, unit, file and systemd's id of that start. So the way back survives a cut.
healthy=$state/healthy/$program

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

# What somebody has changed the unit with is kept, but counts no longer.
set_aside() {
    local override aside
    for override in $(overrides); do
        aside=$state/set-aside${override#"$root"}
        rm -rf "$aside"
        mkdir -p "$(dirname "$aside")"
        mv "$override" "$aside"
        say "moved $override, which changed the unit, to $aside"
    done
}

# activate UNIT RELEASE [FILE]
activate() {
    set_aside
    [ ! -f "${3-}" ] || put "$3" "$etc/$file" 0640 "root:$program"
    put "$1" "$unit" 0644 root:root
    point "$base/$program" "$2"
    systemctl daemon-reload
    systemctl --quiet enable "$service"
}

go_back() {
    if replaying; then
        undo=:
        fail "$program $version still reads its write-ahead log, after $ready_within s. It goes on; try again later"
    fi
    say "error: $program $version did not become healthy"
    complain
    ! adopting || fail "the Prometheus that was to be adopted takes its place again"
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

# What Prometheus starts with. The very first start gets a configuration that scrapes only Prometheus itself; all others
# come from the next step. Where somebody has broken what lies there, what was last seen to be loaded takes its place.
startable_configuration() {
    local known=$healthy/configuration version=
    if [ -e "$etc/current" ]; then point "$etc/prometheus.yml" current/prometheus.yml; fi
    if [ -d "$known" ]; then
        if loadable || diff -r "$known" "$etc/current/" >/dev/null 2>&1; then return 0; fi
        mkdir -p "$etc/versions"
        version=$(mktemp -d "$etc/versions/XXXXXXXX")
        cp -a "$known/." "$version"
        say "Prometheus cannot load the configuration that lies in $etc; the last that it had loaded is back"
    elif [ ! -e "$etc/current" ]; then
        make_dir "$etc/versions" 0750 root:prometheus
        version=$etc/versions/initial
        make_dir "$version" 0750 root:prometheus
        printf 'scrape_configs:\n  - job_name: prometheus\n    static_configs:\n      - targets:\n          - %s\n' \
            "$address" >"$work/initial.yml"
        put "$work/initial.yml" "$version/prometheus.yml" 0640 root:prometheus
    fi
    [ -z "$version" ] || point "$etc/current" "versions/$(basename "$version")"
    point "$etc/prometheus.yml" current/prometheus.yml
}
loadable() {
    [ -e "$etc/prometheus.yml" ] &&
        as_service "$release/promtool" check config --syntax-only "$etc/prometheus.yml" >/dev/null 2>&1
}

# bring_up: what is wanted runs, and is started only where it does not.
bring_up() {
    local serving=false
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
        return
    fi
    if [ "$program" = prometheus ]; then
        startable_configuration
        if "$serving"; then
            check_loadable
            hold_back
        fi
    fi
    say "starting $release/$program"
    activate "$wanted" "$release" "$work/wanted/$file"
    start || go_back
}

if adopting; then adopt; else bring_up; fi
running=$(running_version)
[ "$running" = "$version" ] || fail "$program ${running:-of no version} runs, although $version was started"
remember "$wanted" "$release"
[ "$program" != prometheus ] || note_database "$running"
if adopting; then finish_adoption; fi
if adopted; then forget_before; fi
printf 'version=%s\n' "$running"
