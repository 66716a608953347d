# shellcheck shell=bash disable=SC2034,SC2154
# A program that somebody else has installed where ours would be: it is refused, since they would lose it, or, if it is a
# Prometheus and the stack says so, adopted.

# There from the gate that lets it be adopted until ours does its work in its place: what is known of it, and what is needed
# to give it back.
adoption=$state/adoption
adopting() { [ "$program" = prometheus ] && [ -d "$adoption" ]; }

# Whether a release of the program was brought by this program before.
brought() { compgen -G "$state/releases/$program-[0-9]*" >/dev/null; }

# foreign_path: by what one can tell that somebody has installed the program at hand; nothing where nobody has.
foreign_path() {
    local path
    for path in "$unit" "$root/lib/systemd/system/$service" "$base/$program"; do
        [ ! -e "$path" ] || {
            printf '%s\n' "$path"
            return
        }
    done
}

refuse_foreign() {
    local path uid advice='remove it first'
    path=$(foreign_path)
    case $program-$path in
    prometheus-"$unit" | prometheus-"$base/$program")
        advice="set external-prometheus:vm.adopt to true, which keeps its data and replaces the rest (docs/adopt.md), or $advice"
        ;;
    esac
    [ -z "$path" ] ||
        fail "a $program that this program did not install is already here ($path); $advice. Nothing was changed"
    ! port_taken ||
        fail "something else listens at $address already; stop it first (Cockpit: systemctl disable --now cockpit.socket)." \
            "Nothing was changed"
    path=$(find "$etc" -type f -print -quit 2>/dev/null || true)
    [ -z "$path" ] ||
        fail "a configuration that this program did not write is already here ($path); move it away. Nothing was changed"
    IFS=: read -r _ _ uid _ < <(getent passwd "$program" || true) || true
    [ -z "${uid-}" ] || { [ "$uid" -gt 0 ] && [ "$uid" -lt 1000 ]; } || adopted ||
        fail "the user $program (uid $uid) is none of a service; rename or remove it. Nothing was changed"
}

# All that is compared later goes by these names, and so do the way back from an adoption and removal.
refuse_links() {
    local path
    for path in "$base"{,/etc,/var,/var/lib} "$base"/{etc,var/lib}/{prometheus,alertmanager} "$base/etc/blackbox_exporter"; do
        [ ! -L "$path" ] || fail "$path is a link to $(readlink "$path"); mount the other disk there instead (mount --bind)"
    done
}

# inspect_foreign: refuses a Prometheus of which the data would not be found again, or that could not be given back as it
# was; of any other it sets foreign_address (with the path in front of its API) and foreign_version.
inspect_foreign() {
    local process path primary socket
    refuse_links
    if [ ! -f "$unit" ] || [ -L "$unit" ]; then not_adoptable "is not started by a unit of its own, $unit"; fi
    [ ! -e "$base/$program" ] || [ -L "$base/$program" ] ||
        not_adoptable "lies in $base/$program, which is no link to the folder of a release"
    active || not_adoptable "does not run, so that nothing could be given back if ours did not either; start it," \
        "or remove its unit, its link and its configuration to begin anew with its data"
    process=$root/proc/$(property MainPID)
    has_file config.file "$etc/prometheus.yml" || not_adoptable "takes its configuration (--config.file) from" \
        "'$(flag config.file)', and only one at $etc/prometheus.yml can be replaced"
    has_file storage.tsdb.path "$data" || not_adoptable "has its data (--storage.tsdb.path) in" \
        "'$(flag storage.tsdb.path)', and only what lies in $data would be found again; stop it, move its data there," \
        "and start it with that"
    case $(awk '$1 == "Uid:" { print $3 }' "$process/status") in
    0 | "$(id -u "$program" 2>/dev/null)") ;;
    *) not_adoptable "runs as another user than $program and root" ;;
    esac
    if getent passwd "$program" >/dev/null; then
        [ "$(getent passwd "$program" | cut -d : -f 3)" != 0 ] || not_adoptable "has a user with the rights of root"
        # Another primary group than its own is changed with the rest.
        read -r primary _ < <(id -Gn "$program")
        [ "$primary" != "$program" ] || refuse_shared_account
    fi
    # What is kept of the data until ours works would be another name for the same.
    path=$(find "$data" -type l -print -quit 2>/dev/null || true)
    [ -z "$path" ] || not_adoptable "has a link among its data, $path, which would not be put back as it was; stop it," \
        "put in its place what it leads to, and start it again"
    for path in "$etc"/{current,previous,versions}; do
        [ ! -e "$path" ] || not_adoptable "has something in the way of ours, $path"
    done
    foreign_address=$(address_of_foreign)
    # By its sockets, since it may give its address another name.
    for socket in $(listening); do
        [ "${foreign_address%%/*}" = "$address" ] || [ -n "$(find "$process/fd" -lname "socket:\[$socket\]" -print -quit)" ] ||
            not_adoptable "listens at $foreign_address, and something else at $address"
    done
    foreign_version=$(address=$foreign_address running_version 2>/dev/null) || true
    if [ -z "$foreign_version" ] || ! address=$foreign_address ready; then
        not_adoptable "does not answer at http://$foreign_address/-/ready and /metrics by plain HTTP"
    fi
}
not_adoptable() { fail "the Prometheus that is to be adopted (external-prometheus:vm.adopt) $*. Nothing was changed"; }

# flag NAME: its value on the command line of the process; nothing where it is not given.
flag() {
    tr '\0' '\n' <"$process/cmdline" | awk -v name="--$1" '
        take { value = $0; take = 0 }
        $0 == name { take = 1 }
        index($0, name "=") == 1 { value = substr($0, length(name) + 2) }
        END { print value }'
}
has_file() {
    local value
    value=$(flag "$1")
    case $value in /*) [ "$root$value" -ef "$2" ] ;; *) false ;; esac
}

# Where its API is, by its flags: it may listen anywhere, behind a path of its own.
address_of_foreign() {
    local listen path
    listen=$(flag web.listen-address)
    listen=${listen:-0.0.0.0:9090}
    case ${listen%:*} in '' | 0.0.0.0 | '[::]') listen=127.0.0.1:${listen##*:} ;; esac
    path=$(flag web.route-prefix)
    [ -n "$path" ] || path=$(flag web.external-url | sed -E 's|^[A-Za-z]+://[^/]*||')
    path=$(sed -E 's|^/*|/|; s|/+$||' <<<"$path")
    printf '%s\n' "$listen$path"
}

# remember_foreign: what inspect_foreign has found.
remember_foreign() {
    mkdir -p "$adoption"
    chmod 0700 "$adoption"
    printf '%s\n' "$foreign_address" "$foreign_version" >"$work/foreign"
    put "$work/foreign" "$adoption/foreign" 0600 root:root
}
