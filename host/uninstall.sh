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

# The releases' records go last: by them a removal that was cut is known, and repeated.
uninstall() {
    local name
    stop
    rm -rf "$etc"
    if [ -L "$base/$program" ]; then rm -f "$base/$program"; fi
    if [ "${purge:?}" = true ]; then
        rm -rf "$data" "$data.version"
        if getent passwd "$program" >/dev/null; then userdel "$program"; fi
        if getent group "$program" >/dev/null; then groupdel "$program"; fi
    fi
    for name in $(releases); do
        rm -rf "${base:?}/$name"
        rm -f "$state/releases/$name"
    done
    rm -rf "$state/healthy/$program"
}
