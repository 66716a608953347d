# shellcheck shell=bash source-path=SCRIPTDIR
# httpd before Prometheus, as one transaction: what it is told (front.conf, site.conf for its own directory and unit.conf for
# its unit; on stdin) and what the step before has brought are tried in a sandbox, swapped in, loaded and asked; else what
# ran before is back. Reads: url (of Prometheus, from outside); credentials (what the step before has left) only so that it
# runs again after that.
#
# A version is a folder below $front/versions; `current` is a link to one. httpd's own directory holds a file that includes
# what is current, so one rename swaps it. `previous` exists only from the swap until the new version
# was seen to answer.
. lib.sh
. httpd.sh
. installHttpd.sh
: "${url:?}"
name=${url#https://}
name=${name%%/*}

begin
[ -d "$front/credentials" ] || fail "$front/credentials is not there; the step before makes it: run this again"

# port_foreign PORT: whether something else than httpd listens there.
port_foreign() {
    address=0.0.0.0:$1 port_taken || return 1
    if ! httpd_active; then return 0; fi
    command -v ss >/dev/null && ! ss -Hltnp "sport = :$1" | grep -qF "\"${httpd%.service}\""
}
for port in 80 443; do
    if port_foreign "$port"; then
        fail "something else than httpd listens on port $port of this VM already ('ss -ltnp' tells what); stop it first." \
            "Prometheus goes on without its front"
    fi
done
install_httpd
set_aside_adopted_sites
others=$(other_sites)
[ -z "$others" ] ||
    fail "httpd on this VM has other sites or ports ($others); move them away." "Prometheus goes on without this change"

make_dir "$front/versions" 0755 root:root
staged=$(mktemp -d "$front/versions/XXXXXXXX")
scratch+=("$staged")
unbundle "$staged"
cp -p "$front"/credentials/* "$staged"
version=$(basename "$staged")
printf 'Define FRONT_VERSION %s\n' "$version" >"$staged/version.conf"
chmod 0644 "$staged/version.conf"
# httpd reads it at each login, when it no longer is root.
chown "root:$httpd_group" "$staged/users"
chmod 0755 "$staged"

# named DIRECTIVE VERSION: the file that the document of a version names by it.
named() { sed -n "s|\${FRONT}|$2|; s/^ *$1 //p" "$2/front.conf" | head -n 1; }

key=$(named SSLCertificateKeyFile "$staged")
[ -z "$(find -L "$key" -perm /o=rw 2>/dev/null)" ] ||
    fail "everybody on this VM can read the key $key; run 'chmod o= $key' there, and replace it. What ran before was not touched"

# try_version: whether httpd takes it, by its syntax and by a start, within the sandbox of its unit and with a network of its own,
# where nobody else listens. Only a start reads certificates and keys, and httpd ends where a reload cannot read them.
try_version() {
    words=$httpd_run/external-prometheus-trial.log
    mkdir -p "$httpd_run"
    scratch+=("$words" "$words.pid")
    local arguments=(-C "Define FRONT $staged") property properties=() trial=external-prometheus-front-trial.service
    [ -e "$httpd_site" ] || arguments+=(-c "Include $staged/site.conf")
    "$httpd_program" -t "${arguments[@]}" >"$words" 2>&1 || return 1
    while IFS= read -r property; do properties+=(-p "$property"); done < <(grep '=' "$staged/unit.conf")
    : >"$words"
    systemctl stop "$trial" 2>/dev/null || true
    systemd-run --quiet --collect --unit="$trial" "${properties[@]}" -p Restart=no -p PrivateNetwork=yes -p RuntimeMaxSec=60 \
        "$(command -v "$httpd_program")" -DFOREGROUND -E "$words" "${arguments[@]}" \
        -c "PidFile $words.pid" -c "ErrorLog $words" -c 'LogLevel notice' || return 1
    started() { grep -q 'resuming normal operations' "$words"; }
    decided() { started || ! systemctl --quiet is-active "$trial"; }
    wait_for 30 decided || true
    systemctl stop "$trial" 2>/dev/null || true
    started
}

# asked VERSION [OPTION…]: whether it is that version which answers to the name, whatever Prometheus says behind it. Where
# the CA is not given, it is one that this VM trusts, or it is known to nobody here, which is remembered in `mistrust`: then
# the certificate has only to be the one that is to be served, for this name and at this time.
asked() {
    local trust=()
    if [ -e "$front/current/ca.pem" ]; then
        trust=(--cacert "$front/current/ca.pem")
    elif [ -s "$work/mistrust" ]; then
        trust=(--cacert "$(named SSLCertificateFile "$front/current")")
    fi
    if request "${trust[@]}" "${@:2}" --max-time 10 --connect-to ::127.0.0.1:443 -o /dev/null -D "$work/answer" "${url}-/ready" \
        2>"$work/refused"; then
        tr -d '\r' <"$work/answer" | grep -qix "x-front-version: $1"
    else
        [ "${#trust[@]}" = 0 ] && grep 'curl: (60)' "$work/refused" >"$work/mistrust" && asked "$@"
    fi
}

# What systemd reads is a file that changes only with its content: a process that is younger runs by it.
place_unit() {
    put "$front/current/unit.conf" "$front/unit.conf" 0644 root:root
    mkdir -p "$(dirname "$httpd_drop_in")"
    point "$httpd_drop_in" "$front/unit.conf"
    systemctl daemon-reload
}
runs_by_unit() {
    httpd_active && cmp -s "$front/current/unit.conf" "$front/unit.conf" &&
        [ "$(date -d "$(systemctl show --value -p InactiveExitTimestamp "$httpd")" +%s)" -ge "$(stat -c %Y "$front/unit.conf")" ]
}

version_of() { basename "$(readlink "$front/current")"; }

load() {
    local act=restart
    ! runs_by_unit || act=reload
    place_unit
    systemctl "$act" "$httpd" || return 1
    wait_for "${answer_within-15}" asked "$(version_of)"
}

restore() {
    say "error: httpd does not serve its new configuration; curl says: $(head -qn 1 "$work/refused" 2>/dev/null || true);" \
        "the last lines of httpd's log ($httpd_log):"
    tail -n 8 "$root$httpd_log" >&2 || true
    if [ ! -e "$front/previous" ]; then
        systemctl --quiet disable --now "$httpd" || true
        rm -f "$httpd_site" "$front/current"
        fail "there is no earlier one to go back to, so httpd is stopped"
    fi
    point "$front/current" "$(readlink "$front/previous")"
    load || fail "and the previous configuration was not loaded again either"
    keep_current
    fail "the previous configuration is back and runs"
}

keep_current() {
    rm -f "$front/previous"
    find "$front/versions" -mindepth 1 -maxdepth 1 ! -name "$(version_of)" -exec rm -rf {} +
    # A power cut would bring them back, with the hashes and the key of before.
    sync -f "$front"
}

# What httpd comes with, of which one opens the port that the front opens itself. An empty file is left in the place of one
# that an update of the package would bring back.
set_aside_own_sites() {
    local own
    for own in $httpd_own_sites; do
        if [ -L "$own" ]; then
            mv "$own" "$work/"
        elif [ -s "$own" ]; then
            cp -p "$own" "$work/" && : >"$own"
        fi
    done
}
bring_back_own_sites() {
    local own
    for own in $httpd_own_sites; do
        if [ -L "$work/${own##*/}" ]; then
            mv "$work/${own##*/}" "$own"
        elif [ -e "$work/${own##*/}" ]; then
            cat "$work/${own##*/}" >"$own"
        fi
    done
}

set_aside_own_sites
try_version || {
    bring_back_own_sites
    fail "httpd refuses its configuration: $(grep -v -e AH00558 -e ':notice\]' "$words" |
        sed -E "s|$staged/||g; s/^(\[[^]]*\] ){3}//" | tail -n 5 | paste -sd ';'); what ran before was not touched"
}

in_place() { cmp -s "$staged/site.conf" "$httpd_site" && [ "$(readlink "$httpd_drop_in" || true)" = "$front/unit.conf" ]; }
same() { diff -r --exclude version.conf "$staged" "$front/current/" >/dev/null 2>&1 && in_place; }

if [ ! -e "$front/previous" ] && same && runs_by_unit && asked "$(version_of)" -f; then
    rm -rf "$staged"
else
    sync -f "$staged"
    scratch=("$work" "$words" "$words.pid") # from here on it is no longer a draft
    [ -e "$front/previous" ] || [ ! -e "$front/current" ] || point "$front/previous" "$(readlink "$front/current")"
    point "$front/current" "versions/$version"
    put "$staged/site.conf" "$httpd_site" 0644 root:root
    { load && asked "$(version_of)" -f; } || restore
fi
systemctl --quiet enable "$httpd"
keep_current
forget_adopted_sites
[ ! -s "$work/mistrust" ] || say "warning: this VM does not trust the certificate: $(cat "$work/mistrust")"
printf 'front=%s\n' "$name"
