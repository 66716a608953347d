# shellcheck shell=bash disable=SC2154
# The account of a service, and the folders that it may write to or read.

# Nobody logs in as the service, and nobody else shares its group and can read its credentials.
lock_account() {
    local home shell members
    IFS=: read -r _ _ _ _ _ home shell < <(getent passwd "$program") || true
    IFS=: read -r _ _ _ members < <(getent group "$program") || true
    if [ "$shell" != /usr/sbin/nologin ] || [ "$(id -Gn "$program")" != "$program" ]; then
        usermod --gid "$program" --groups '' --shell /usr/sbin/nologin "$program"
    fi
    case $(getent shadow "$program" | cut -d : -f 2) in '' | '!'* | '*'*) ;; *) usermod --lock "$program" ;; esac
    [ -z "$members" ] || gpasswd --members '' "$program"
    refuse_shared_account
    [ "$home" = /nonexistent ] || usermod --home /nonexistent "$program" ||
        say "warning: the home of the user $program can only be changed while $service does not run"
}

refuse_shared_account() {
    local others
    others=$({ getent passwd || true; } | awk -F : -v name="$program" -v uid="$(id -u "$program")" -v gid="$(id -g "$program")" '
        $1 != name && ($3 == uid || $4 == gid) { print $1 }' | paste -sd ' ')
    [ -z "$others" ] || fail "these accounts share the uid or the group of $program, and with it what it can read: $others"
}

own_folders() {
    [ "$program" = node_exporter ] || own "$etc" "root:$program"
    if [ "$program" = prometheus ]; then
        make_dir "$etc/credentials" 0750 "root:$program"
        # The service must be able to start with what is in there.
        find "$etc" -mindepth 1 -type d ! -perm 0750 -exec chmod 0750 {} +
        # Beside what is ours there may be scripts.
        find "$etc" -mindepth 2 -type f ! -perm 0640 \
            \( ! -perm /111 -o -path "$etc/credentials/*" -o -path "$etc/versions/*" \) -exec chmod 0640 {} +
    fi
    case $program in prometheus | alertmanager) own "$data" "$program:$program" ;; esac
}

# own FOLDER OWNER:GROUP: with all that is in it that belongs to others, as when the account was made anew. What vanishes
# meanwhile needs no owner.
own() {
    mkdir -p "$(dirname "$1")"
    make_dir "$1" 0750 "$2"
    # From within each folder: whoever may write there could put a link in the place of a folder on the way.
    find "$1" \( ! -user "${2%:*}" -o ! -group "${2#*:}" \) -execdir chown -h "$2" {} + || true
}
