# shellcheck shell=bash
# One run of lab/up or lab/down at a time, and nothing left of one that was killed. Sourced after processes.sh, never run.

# claim "$0" "$@": this run is the only one, and the lab is this checkout's. The command runs anew with a mark in its environment,
# which everything that it starts inherits, except what outlives it on purpose.
claim() {
    if [[ ! ${EXTERNAL_PROMETHEUS_LAB_RUN:-} ]]; then
        EXTERNAL_PROMETHEUS_LAB_RUN="$$ $(process_stat $$ | cut -d ' ' -f 2)" exec "$@"
    fi
    local lock pid started
    # The directory above STATE, which neither appears nor goes.
    exec {lock}<"$(dirname "$STATE")"
    flock "$lock"
    if read -r pid started 2>/dev/null <"$STATE/working"; then
        if alive "$pid" "$started"; then
            echo "$(basename "$1"): 'make lab' or 'make lab-down' is at work already (process $pid)" >&2
            exit 1
        fi
        end_marked "$pid $started"
    fi
    refuse_foreign
    mkdir -p "$STATE" "$RUN" "$LOGS" "$BIN"
    echo "$PROJECT" >"$STATE/checkout"
    echo "$EXTERNAL_PROMETHEUS_LAB_RUN" >"$STATE/working"
    exec {lock}<&-
    # What runs in the background ignores Ctrl-C.
    trap 'end_marked "$EXTERNAL_PROMETHEUS_LAB_RUN"; exit 130' INT TERM HUP
}

# A lab belongs to the checkout that started it, as long as anything of it runs and the checkout exists.
refuse_foreign() {
    local owner file
    { read -r owner <"$STATE/checkout"; } 2>/dev/null || return 0
    [[ $owner == "$PROJECT" || ! -x $owner/lab/down ]] && return 0
    for file in "$RUN"/*.pid; do
        [[ -e $file ]] || continue
        is_running "$(basename "$file" .pid)" || continue
        echo "a lab of the checkout $owner is running, and a machine has room for one; end it with: make -C $owner lab-down" >&2
        exit 1
    done
}

# end_marked RUN: kills every process that the run left, but not this one.
end_marked() {
    local file pid found=1
    while ((found)); do
        found=0
        for file in /proc/[0-9]*/environ; do
            pid=${file//[!0-9]/}
            ((pid == $$ || pid == BASHPID)) && continue
            if grep --quiet --null-data --line-regexp --fixed-strings "EXTERNAL_PROMETHEUS_LAB_RUN=$1" "$file" 2>/dev/null; then
                kill -s KILL "$pid" 2>/dev/null && found=1
            fi
        done
    done
}

# together CMD…: side by side; when one fails the others are ended, and it fails.
together() {
    local command pids=() failed=
    for command in "$@"; do
        "$command" &
        pids+=($!)
    done
    for command in "$@"; do
        wait -n && continue
        failed=1
        kill "${pids[@]}" 2>/dev/null || true
        end_marked "$EXTERNAL_PROMETHEUS_LAB_RUN" 2>/dev/null
        { wait; } 2>/dev/null # which would report each that was killed
        break
    done
    [[ ! $failed ]]
}
