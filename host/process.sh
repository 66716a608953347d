# shellcheck shell=bash disable=SC2154
# The process of a service: from what it was started, and what becomes of it.

# Seconds: until a new start must answer at all, until it must be ready, and that it must stay so.
answer_within=${answer_within-15} ready_within=${ready_within-600} settle=${settle-6}

property() { systemctl show --value -p "$1" "$service"; }
active() { systemctl --quiet is-active "$service"; }

# Whether the program that runs is that of RELEASE, as the user that the service has now; a file that was replaced under it
# shows as deleted.
runs() {
    local process
    process=$root/proc/$(property MainPID)
    active && [ "$(readlink "$process/exe")" = "$1/$program" ] &&
        [ "$(awk '$1 == "Uid:" { print $3 }' "$process/status")" = "$(id -u "$program")" ]
}

# started_from UNIT: whether what runs was started from a unit with this content. The start that was seen healthy is
# known; any other (a crash, a reboot) took the unit that lies there, if that is older and nothing overrides it.
started_from() {
    if [ -f "$healthy/start" ] && [ "$(cat "$healthy/start")" = "$(property InvocationID)" ]; then
        cmp -s "$1" "$healthy/$service"
        return
    fi
    # systemd makes this link anew at every start (since version 236).
    local start=$root/run/systemd/units/invocation:$service
    cmp -s "$1" "$unit" && [ -z "$(overrides)" ] && [ "$(property NeedDaemonReload)" = no ] && [ -L "$start" ] &&
        stat -c %.6Y "$unit" "$start" | sort -n --check=quiet && [ "$(words_of_process)" = "$(words_of_unit)" ]
}

# The command line of what runs, and that of the unit as systemd has loaded it: what once overrode it may be gone.
words_of_process() { tr '\0' ' ' <"$root/proc/$(property MainPID)/cmdline"; }
words_of_unit() { property ExecStart | sed -E 's/^.* argv\[\]=(.*) ; ignore_errors=.*$/\1 /; s/\$\$/$/g'; }

# Files by which somebody has changed the unit without touching it, where systemd looks for them.
overrides() {
    local place
    for place in etc/systemd/system run/systemd/system etc/systemd/system.control run/systemd/system.control; do
        if [ -e "$root/$place/$service.d" ]; then printf '%s\n' "$root/$place/$service.d"; fi
    done
}

running_version() { api /metrics | sed -nE "s/^${program}_build_info\{(.*,)?version=\"([^\"]*)\".*/\2/p"; }

# A program that works answers at once, if only to say that it still has to read its data; one that hangs does not.
pid=0
alive() { active && [ "$(property MainPID)" = "$pid" ]; }
answers() { request --max-time 3 -o /dev/null "http://$address$health" 2>/dev/null; }
begun() { ! alive || answers; }
settled() { ! alive || ready; }
replaying() {
    [ "$program" = prometheus ] && alive && answers &&
        api /api/v1/status/walreplay | sed -E 's/.*"max":([0-9]+),"current":([0-9]+).*/\1 \2/' |
        awk '{ exit !($1 > $2) }'
}

# watch_start SECONDS: whether the program is ready in time, and stays so that long.
watch_start() {
    pid=$(property MainPID)
    wait_for "$answer_within" begun && wait_for "$ready_within" settled || return 1
    ready || return 1
    sleep "$1"
    alive && ready
}

start() {
    systemctl reset-failed "$service" || true
    systemctl restart "$service" || return 1
    watch_start "$settle"
}
