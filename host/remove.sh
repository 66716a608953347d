# shellcheck shell=bash source-path=SCRIPTDIR
# Takes away what this stack installed, and nothing else: the mark must name this stack and this component. So a
# resource that was renamed removes nothing. Reads: programs (all that may have been installed), purge_data (true or
# false: whether the data and the accounts of the services go too).
. lib.sh
: "${programs:?}" "${purge_data:?}"

take_lock
if [ "$(mark 1)" != "$owner" ] || [ "$(mark 2)" != "$component" ]; then
    say "this VM does not carry the mark of '$owner' ($component): nothing removed"
    exit 0
fi

# Releases of the running loop's program that were brought by this stack, by their folders' names.
releases() { find "$state/releases" -name "$program-[0-9]*" -printf '%f\n' 2>/dev/null || true; }

# stop: also a service whose unit somebody has deleted.
stop() {
    if [ -e "$unit" ]; then systemctl --quiet disable "$service"; fi
    if systemctl --quiet is-active "$service"; then systemctl stop "$service"; fi
    rm -f "$unit"
    systemctl daemon-reload
    systemctl reset-failed "$service" 2>/dev/null || true
}

remove() {
    local name
    stop
    rm -rf "$etc"
    if [ -L "$base/$program" ]; then rm -f "$base/$program"; fi
    for name in $(releases); do rm -rf "${base:?}/$name"; done
    if [ "$purge_data" = true ]; then
        rm -rf "$data" "$data.version"
        if getent passwd "$program" >/dev/null; then userdel "$program"; fi
        if getent group "$program" >/dev/null; then groupdel "$program"; fi
    fi
}

for program in $programs; do
    about "$program"
    # Drafts are ours by their names, also where no release has come yet; so are folders that nothing was put in.
    rm -rf "$base/.$program"-*.linux-*.tar.gz.partial "$base/$program"-*.linux-*.partial
    if [ -n "$(releases)" ]; then
        remove
    else
        rmdir --ignore-fail-on-non-empty "$etc/credentials" "$etc" "$data" 2>/dev/null || true
    fi
done
rmdir --ignore-fail-on-non-empty "$base/var/lib" "$base/var" 2>/dev/null || true
# The mark goes last: until then a removal that was cut can be repeated.
sync -f "$base"
rm -rf "$state/releases" "$state/healthy"
rm -rf "$state"
printf 'removed\n'
