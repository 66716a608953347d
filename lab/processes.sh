# shellcheck shell=bash
# Long-running processes by name: start, stop, ask, wait. Sourced after env.sh, never run.
# A pid alone names nothing once the process is gone, so its start time is recorded and compared before every signal.

# process_stat PID: prints "STATE STARTTIME" (fields 3 and 22 of /proc/PID/stat), or fails when there is no such process.
process_stat() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field, the command in parentheses, may itself hold spaces and parentheses.
    read -ra fields <<<"${stat##*) }"
    echo "${fields[0]} ${fields[19]}"
}

# alive PID STARTTIME: that very process exists and is no zombie.
alive() {
    local state started
    read -r state started < <(process_stat "$1") || return 1
    [[ $started == "$2" && $state != [ZX] ]]
}

is_running() {
    local pid started
    { read -r pid started <"$RUN/$1.pid"; } 2>/dev/null || return 1
    alive "$pid" "$started"
}

# start NAME [--netns NS] -- CMD ARGS…: in a session of its own, output appended to $LOGS/NAME.log. Running already is success.
start() {
    local name=$1 enter=()
    shift
    if [[ $1 == --netns ]]; then
        enter=(nsenter "--net=/run/netns/$2")
        shift 2
    fi
    [[ $1 == -- ]] && shift
    last_log=$LOGS/$name.log
    is_running "$name" && return 0
    mkdir -p "$RUN" "$LOGS"
    rm -f "$RUN/$name.pid"
    # The pid stays the same through every exec, so the file names the program itself. Open files of the caller (a lock,
    # make's job server) are closed: a process that outlives the caller must not hold them.
    # shellcheck disable=SC2016
    setsid bash -c '
        for fd in /proc/$$/fd/*; do
            fd=${fd##*/}
            ((fd > 2 && fd != 255)) && eval "exec $fd>&-"
        done
        read -r stat </proc/$$/stat
        read -ra fields <<<"${stat##*) }"
        echo "$$ ${fields[19]}" >"$1.new"
        mv "$1.new" "$1"
        shift
        unset EXTERNAL_PROMETHEUS_LAB_RUN BESIDE
        exec "$@"
    ' start "$RUN/$name.pid" "${enter[@]}" "$@" </dev/null >>"$last_log" 2>&1 &
    disown # else the shell reports on its end
    wait_until 10 "the start of $name" test -s "$RUN/$name.pid"
}

# stop NAME [SIGNAL] [SECONDS]: signals, waits, then kills the whole session's process group. Not running is success.
stop() {
    local name=$1 signal=${2:-TERM} seconds=${3:-10} pid started
    if { read -r pid started <"$RUN/$name.pid"; } 2>/dev/null && alive "$pid" "$started"; then
        kill -s "$signal" "$pid" 2>/dev/null || true
        # A stopped process acts on no signal but SIGKILL.
        kill -s CONT "$pid" 2>/dev/null || true
        if ! gone_within "$seconds" "$pid" "$started"; then
            kill -s KILL -- "-$pid" 2>/dev/null || kill -s KILL "$pid" 2>/dev/null || true
            gone_within 10 "$pid" "$started" || {
                echo "$name (pid $pid) does not end, even by SIGKILL" >&2
                return 1
            }
        fi
    fi
    rm -f "$RUN/$name.pid"
}

gone_within() {
    local end=$((SECONDS + $1))
    while alive "$2" "$3"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# wait_until SECONDS "what" CMD…: polls until CMD succeeds.
wait_until() {
    local end=$((SECONDS + $1)) what=$2 seconds=$1
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= end)); then
            echo "waited $seconds s in vain for $what; see ${last_log:-$LOGS}" >&2
            return 1
        fi
        sleep 0.2
    done
}

# step "text" CMD…: one line with the elapsed time; output goes to a log, the end of which is shown on failure.
# With BESIDE=1, for steps that run side by side, the line is printed only when it is complete. In a condition (`if step`,
# `step ||`) bash switches errexit off inside CMD, so call it plainly.
step() {
    local text=$1 log status=0 begin=${EPOCHREALTIME/./} elapsed errexit=+e
    shift
    log=$LOGS/$(tr -cs '[:alnum:]' - <<<"${text,,}" | sed 's/^-*//; s/-*$//').log
    mkdir -p "$LOGS"
    [[ ${BESIDE:-} ]] || printf '%s … ' "$text"
    [[ $- == *e* ]] && errexit=-e
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set "$errexit"
    elapsed=$(((${EPOCHREALTIME/./} - begin) / 100000))
    [[ ${BESIDE:-} ]] && printf '%s … ' "$text"
    if ((status)); then
        printf 'failed after %d.%ds\n' $((elapsed / 10)) $((elapsed % 10))
        tail -n 20 "$log" >&2
        echo "the whole log: $log" >&2
        return "$status"
    fi
    printf '%d.%ds\n' $((elapsed / 10)) $((elapsed % 10))
}
