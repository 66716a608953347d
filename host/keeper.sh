# shellcheck shell=bash disable=SC2154
# What keeps lists of nodes and bounds the log of failed scrapes on this VM: how it comes and goes. As in host/keeper.ts.
keeper=$state/keeper
keeper_service=external-prometheus-keeper
keeper_units=$root/etc/systemd/system/$keeper_service

# set_up_keeper DIR: DIR holds the program and its units. Waits a moment for the lists that the configuration names.
set_up_keeper() {
    local unit
    make_dir "$keeper" 0755 root:root
    put "$1/keep" "$keeper/keep" 0755 root:root
    for unit in service timer; do
        put "$1/$keeper_service.$unit" "$keeper_units.$unit" 0644 root:root
    done
    systemctl daemon-reload
    systemctl --quiet enable "$keeper_service.timer"
    systemctl restart "$keeper_service.timer"
    wait_for "$patience" lists_kept || true
}

lists_kept() {
    local list
    systemctl start "$keeper_service.service"
    for list in $({ grep -rhoE '/usr/local/var/lib/prometheus/nodes/[a-z0-9-]+\.json' "$etc/current/" || true; } | sort -u); do
        [ -s "$root$list" ] || return 1
    done
}

remove_keeper() {
    [ -e "$keeper" ] || [ -e "$keeper_units.timer" ] || return 0
    systemctl --quiet disable --now "$keeper_service.timer" 2>/dev/null || true
    systemctl stop "$keeper_service.service" 2>/dev/null || true
    rm -f "$keeper_units.timer" "$keeper_units.service"
    systemctl daemon-reload
    rm -rf "$keeper"
}
