# shellcheck shell=bash
# Tells what this machine holds and runs of what a stack has put there: facts for operate/driftFacts.ts, one a record that
# ends in NUL, since a path may hold any other character. Changes nothing, and waits for a deployment to finish.
# Reads: root (a folder that stands for `/`; empty but in tests), programs (one a line: name, address, path that answers
# when it is well, version), front_url (of Prometheus behind httpd, or empty), lock_seconds (how long it waits).
: "${root=}" "${programs:?}" "${front_url=}" "${lock_seconds:?}"
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "root is needed on the VM: vm.user must be root, or a user with passwordless sudo"
cd "$root/" || exit 1

lock=run/external-prometheus.lock
if [ -e "$lock" ]; then
    exec 9<"$lock"
    flock --shared --wait "$lock_seconds" 9 ||
        fail "a deployment has been working on this VM for $lock_seconds s (/$lock); look again when it has finished"
fi

fact() { printf '%s\0' "$*"; }
# facts KIND: one for each line on stdin.
facts() { while IFS= read -r line; do fact "$1" "$line"; done; }

# entries PATH OPTION…: what is there, with the targets of links, by find. What vanishes meanwhile is none of ours.
entries() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    find "$@" -printf 'entry %y %m %u:%g %T@ %C@ %p\0' -type l -printf 'target %l\0' 2>/dev/null || true
}
sums() {
    [ -e "$1" ] || return 0
    find "$@" -type f -print0 | xargs -0 -r sha256sum -z | sed -z 's/^/sum /'
}

machine() {
    fact machine-id "$(cat etc/machine-id)"
    fact architecture "$(uname -m)"
    if [ -f usr/local/lib/external-prometheus/owner ]; then
        facts mark <usr/local/lib/external-prometheus/owner
    fi
    entries usr/local/lib/external-prometheus
}

files() {
    local release record
    entries "usr/local/$1" -maxdepth 0
    entries "usr/local/etc/$1"
    sums "usr/local/etc/$1"
    entries "usr/local/var/lib/$1" -maxdepth 0
    if [ -d "usr/local/var/lib/$1" ] && getent passwd "$1" >/dev/null; then
        find "usr/local/var/lib/$1" ! -user "$1" -printf "foreign $1 %u:%g %p\0" -quit
    fi
    entries "etc/systemd/system/$1.service"
    sums "etc/systemd/system/$1.service"
    for release in "usr/local/$1-$2".linux-*; do
        record=usr/local/lib/external-prometheus/releases/${release##*/}
        if [ ! -d "$release" ] || [ ! -f "$record" ]; then continue; fi
        entries "$release" -maxdepth 1
        sums "$release" -maxdepth 1
        facts "record /$release" <"$record"
    done
}

user() {
    local password
    if getent passwd "$1" >/dev/null; then fact passwd "$1" "$(getent passwd "$1")"; fi
    if getent group "$1" >/dev/null; then fact group "$1" "$(getent group "$1")"; fi
    # Whoever shares its number or its group can read what it can read.
    getent passwd | awk -F : -v name="$1" -v uid="$(id -u "$1" 2>/dev/null)" -v gid="$(id -g "$1" 2>/dev/null)" '
        $1 != name && uid != "" && ($3 == uid || $4 == gid) { print $1 }' | facts "sharer $1" || true
    fact groups "$1" "$(id -Gn "$1" 2>/dev/null || true)"
    password=$(getent shadow "$1" | cut -d : -f 2 || true)
    case $password in '' | '!'* | '*'*) ;; *) fact password "$1" set ;; esac
}

unit() {
    systemctl show "$1.service" -p LoadState -p ActiveState -p SubState -p UnitFileState -p FragmentPath -p DropInPaths \
        -p NeedDaemonReload -p MainPID | facts "unit $1"
}

process() {
    local pid
    pid=$(systemctl show --value -p MainPID "$1.service")
    [ "$pid" != 0 ] || return 0
    fact executable "$1" "$(readlink "/proc/$pid/exe")"
    fact uid "$1" "$(awk '$1 == "Uid:" { print $3 }' "/proc/$pid/status")"
    fact sandbox "$1" "$(awk '/^(CapEff|NoNewPrivs|Seccomp):/ { printf "%s%s%s", n++ ? " " : "", $1, $2 }' "/proc/$pid/status")"
    sed -z "s/^/argument $1 /" "/proc/$pid/cmdline"
    # Of the sockets that listen, its own.
    find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -cd '0-9\n' |
        awk 'FILENAME == "-" { own[$1]; next } $4 == "0A" && $10 in own { print $2 }' \
            - "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null | facts "listens $1"
}

# What works on this machine by a timer: FOLDER SERVICE.
timed() {
    sums "usr/local/lib/external-prometheus/$1"
    for unit in "$2.service" "$2.timer"; do
        entries "etc/systemd/system/$unit"
        sums "etc/systemd/system/$unit"
    done
    systemctl show "$2.timer" -p LoadState -p ActiveState -p UnitFileState | facts "unit $2.timer"
}

# httpd before Prometheus. There may be one of two names.
front() {
    local service site
    [ -e usr/local/etc/httpd ] || return 0
    if [ -e etc/debian_version ]; then
        service=apache2.service site=etc/apache2/sites-enabled/000-external-prometheus.conf
    else
        service=httpd.service site=etc/httpd/conf.d/00-external-prometheus.conf
    fi
    entries usr/local/etc/httpd
    sums usr/local/etc/httpd
    entries "$site"
    sums "$site"
    entries "etc/systemd/system/$service.d"
    fact front-service "$service"
    fact front-site "/$site"
    systemctl show "$service" -p LoadState -p ActiveState -p SubState -p UnitFileState -p DropInPaths -p NeedDaemonReload |
        facts front-unit
    # By the address, whatever its name is; only the VM itself is told the version.
    curl -q --silent --insecure --noproxy '*' --max-time 20 --connect-to ::127.0.0.1:443 --output /dev/null \
        --dump-header - "${front_url:-https://localhost/}" | tr -d '\r' | sed -n 's/^X-Front-Version: //Ip' | facts front-version
}

# What the program says of itself: NAME ADDRESS HEALTH.
says() {
    local api="http://$2"
    ask() { curl -q --silent --fail --noproxy '*' --max-time 20 "$api$1"; }
    ask "$3" >/dev/null || return 0
    fact answers "$1" yes
    ask /metrics | grep -E '^[a-z]+_config_last_reload_success' | facts "metric $1" || true
    [ "$1" = prometheus ] || return 0
    fact pools "$1" "$(ask /api/v1/scrape_pools)"
    ask '/api/v1/rules?exclude_alerts=true' | { grep -oE '"name":"([^"\]|\\.)*","file":"([^"\]|\\.)*"' || true; } |
        facts "rules $1"
}

# A login shell may have printed something of its own.
printf '\0begin\0'
machine
# What is in the tokens that it gets changes all the time.
entries usr/local/var/lib/external-prometheus
timed renewal external-prometheus-tokens
timed keeper external-prometheus-keeper
front || true
while read -r name address health version; do
    files "$name" "$version"
    user "$name"
    unit "$name"
    process "$name" || true # it may end at any moment
    says "$name" "$address" "$health" </dev/null
done <<<"$programs"
# The last of all: what was cut before it is not taken for the whole.
fact end
