# shellcheck shell=bash disable=SC2154
# Takes a program off the VM that this stack has brought. Reads: purge (true: its data and its account go too).

# releases: those of the program at hand that were brought by this stack, by their folders' names.
releases() { find "$state/releases" -name "$program-[0-9]*" -printf '%f\n' 2>/dev/null || true; }

# stop: also a service whose unit somebody has deleted.
stop() {
    if [ -e "$unit" ]; then systemctl --quiet disable "$service"; fi
    if systemctl --quiet is-active "$service"; then systemctl stop "$service"; fi
    rm -f "$unit"
    systemctl daemon-reload
    systemctl reset-failed "$service" 2>/dev/null || true
}

# erase: data and account. Until the stack is destroyed, `left` names the programs that went before and have theirs still.
erase() {
    # The folder may be where another disk is mounted, and somebody may still be at work as the user.
    if [ -d "$data" ]; then find -H "$data" -xdev -mindepth 1 -delete; fi
    rm -rf "$data" || say "warning: $data is empty now but cannot be removed"
    rm -f "$data.version"
    if getent passwd "$program" >/dev/null; then userdel "$program" || say "warning: the user $program stays"; fi
    if getent group "$program" >/dev/null; then groupdel "$program" || say "warning: the group $program stays"; fi
}

# The releases' records go last: by them a removal that was cut is known, and repeated.
uninstall() {
    local name
    stop
    # What somebody else has put beside them stays.
    rm -rf "$etc"/{current,previous,versions,clusters,rules,scrape,credentials,prometheus.yml,"$program.yml"} \
        "$etc"/*.next "$etc/.$program.yml.draft"
    if [ -d "$etc" ]; then rmdir --ignore-fail-on-non-empty "$etc"; fi
    if [ -L "$base/$program" ]; then rm -f "$base/$program"; fi
    if [ "${purge:?}" = true ]; then
        erase
    else
        mkdir -p "$state/left"
        : >"$state/left/$program"
    fi
    for name in $(releases); do
        rm -rf "${base:?}/$name"
        rm -f "$state/releases/$name"
    done
    rm -rf "$state/healthy/$program"
}
