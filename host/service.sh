# shellcheck shell=bash source-path=SCRIPTDIR
# The unit (a bundle of prometheus.service on stdin) and the release that runs. Restarts Prometheus only when its
# release or its unit is another one than the last that was seen healthy, and goes back to that one when the new one
# is not. Reads: version.
. lib.sh
: "${version:?}"

begin
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; esac
release=$base/prometheus-$version.linux-${arch:?}
[ -x "$release/prometheus" ] || fail "$release is not there; the release step makes it"
mkdir "$work/unit"
unbundle "$work/unit"
wanted=$work/unit/prometheus.service

# healthy/ remembers the release and the unit that were last seen to work, so that the way back survives a cut at any
# point.
healthy=$state/healthy
mkdir -p "$healthy"

# The very first start gets a configuration that scrapes only Prometheus itself; all others come from the next step.
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

# activate UNIT RELEASE
activate() {
    put "$1" "$unit" 0644 root:root
    point "$base/prometheus" "$2"
    systemctl daemon-reload
    systemctl --quiet enable prometheus.service
}

running_pid() { systemctl show --value -p MainPID prometheus.service; }

# Whether the program that runs is that of RELEASE; a file that was replaced under it shows as deleted.
runs() {
    local pid
    pid=$(running_pid)
    systemctl --quiet is-active prometheus.service && [ "$(readlink "$root/proc/$pid/exe")" = "$1/prometheus" ]
}

settled() { ready || ! systemctl --quiet is-active prometheus.service; }

# start SECONDS: whether it becomes ready in that time (a long write-ahead log is read first) and stays: a program that
# dies soon after is not healthy either.
start() {
    systemctl reset-failed prometheus.service || true
    systemctl restart prometheus.service || return 1
    local pid
    pid=$(running_pid)
    wait_for "$1" settled || return 1
    ready || return 1
    sleep "$settle"
    [ "$(running_pid)" = "$pid" ] && ready
}
settle=${settle-6}

is_healthy() {
    [ -f "$healthy/release" ] && [ "$(cat "$healthy/release")" = "$1" ] && cmp -s "$healthy/prometheus.service" "$2"
}

remember() {
    put "$1" "$healthy/prometheus.service" 0644 root:root
    printf '%s\n' "$2" >"$work/release"
    put "$work/release" "$healthy/release" 0644 root:root
}

go_back() {
    say "error: Prometheus $version did not become healthy"
    complain
    if [ ! -f "$healthy/release" ] || is_healthy "$release" "$wanted"; then
        fail "there is no earlier release or unit to go back to; what was set up is left as it is"
    fi
    local before
    before=$(cat "$healthy/release")
    activate "$healthy/prometheus.service" "$before"
    start 300 || fail "and $before, which ran before, did not start again either"
    fail "$before, which ran before, runs again"
}

activate "$wanted" "$release"
if ! is_healthy "$release" "$wanted" || ! runs "$release"; then
    say "starting $release/prometheus"
    start 600 || go_back
    remember "$wanted" "$release"
fi
ready || wait_for 60 ready || fail "Prometheus runs, but does not answer at http://$address/-/ready"

running=$(api /api/v1/status/buildinfo | sed -E 's/.*"version":"([^"]*)".*/\1/')
[ "$running" = "$version" ] || fail "Prometheus $running runs, although $version was started"
printf 'version=%s\n' "$running"
