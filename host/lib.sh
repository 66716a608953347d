# shellcheck shell=bash
# What every script on the VM begins with. Reads: root (a folder that stands for `/`; empty but in tests), limit
# (seconds that the whole may take), owner (the stack), component (the resource in it that owns what is installed),
# program (what the step is about), address (where that listens), clock_source (URL of a server whose clock is right, or
# empty); all but the gate and the removal also vm (what the gate printed).
: "${root=}" "${limit:?}" "${owner:?}" "${component:?}" "${program:=prometheus}" "${address:?}" "${clock_source=}"

cd /
umask 022
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"

base=$root/usr/local
state=$base/lib/external-prometheus
lock=$root/run/external-prometheus.lock

# about PROGRAM: where all that belongs to it is.
# shellcheck disable=SC2034 # read by the scripts that begin with this file
about() {
    program=$1
    etc=$base/etc/$program
    data=$base/var/lib/$program
    service=$program.service
    unit=$root/etc/systemd/system/$service
}
about "$program"

# The provider hangs on a line of more than 64 KiB, so only the end of what is said reaches it. The pipeline outlives
# the SIGTERM of `timeout`, which goes to the whole process group.
exec 3>&2 2> >(
    trap '' TERM
    tail -n 40 | cut -c 1-400 >&3
)
bounded=$!
scratch=() # removed however the script ends
undo=:     # what gives back, where the script ends too early, what it has begun to take away

finish() {
    local code=$?
    [ "$code" = 0 ] || "$undo"
    rm -rf "${scratch[@]}"
    # A power cut would bring back what lay on the disk, for a step that does not run again.
    if [ "${#scratch[@]}" -gt 1 ]; then sync -f "$base" || true; fi
    exec 2>&3
    wait "$bounded" || true
    exit "$code"
}
trap finish EXIT
set -o errtrace
trap 'say "error: this command failed: $BASH_COMMAND"' ERR
trap 'fail "not finished within $limit s; run it again: it goes on from where it was cut"' TERM

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "error: $*"
    exit 1
}

# One run at a time, whichever stack or computer it comes from: a run whose SSH connection was cut may still be going
# on.
take_lock() {
    # Whoever could read it could hold it.
    (umask 077 && : >>"$lock")
    exec 9<>"$lock"
    flock -w "${lock_patience-120}" 9 ||
        fail "another run is at work on this VM (process $(tail -n 1 "$lock") there), and has been for 2 minutes;" \
            "nothing was changed. Try again when it has finished"
    echo $$ >"$lock"
    # In memory, and without what a killed run has left there: credentials pass through it.
    work=$root/run/external-prometheus
    rm -rf "$work"
    mkdir -m 0700 "$work"
    scratch+=("$work")
}

# There since a Prometheus of somebody else was adopted: its account and the sites of httpd that lead to it are of before.
adopted() { [ -d "$state/adopted" ]; }

# The mark has three lines: owner, component, and a random word by which one installation is told from the next.
mark() { if [ -f "$state/owner" ]; then sed -n "$1p" "$state/owner"; fi; }
identity() { printf 'machine-id=%s mark=%s\n' "$(cat "$root/etc/machine-id")" "$(mark 3)"; }

refuse_owner() {
    fail "this VM belongs to stack '$(mark 1)' ($state/owner), not to '$owner'; nothing was changed." \
        "Destroy that stack first, or take the VM over: pulumi config set --path vm.takeOver '$(mark 1)'"
}

# The sockets that listen on the port of the program that the step is about.
listening() {
    { cat "$root/proc/net/tcp" "$root/proc/net/tcp6" 2>/dev/null || true; } |
        awk -v port="$(printf ':%04X' "${address##*:}")" '
            $4 == "0A" && substr($2, length($2) - 4) == port { print $10 }'
}
port_taken() { [ -n "$(listening)" ]; }

# What may have changed since the gate, which does not run when its inputs are unchanged.
begin() {
    take_lock
    [ "$(mark 1)" = "$owner" ] || [ -z "$(mark 1)" ] || refuse_owner
    [ "$(identity)" = "${vm:?}" ] ||
        fail "this is not the VM that the stack has set up (rebuilt?): it is $(identity), expected was $vm." \
            "Set it up anew: pulumi up --replace '**::$component'; where it carries the stack's mark, that first removes" \
            "what is installed, with external-prometheus:vm.purgeData the data too"
    check_room
    check_clock
}

# For all that is written besides releases, which ask for more.
check_room() {
    need_free 20 "$base"
    need_free 20 "$root/etc/systemd/system"
}

# need_free MEGABYTES PATH
need_free() {
    local free
    free=$(df -Pm "$2" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$1" ] || fail "only $free MB are free where $2 lies, $1 MB are needed; nothing was changed"
}

# A wrong clock makes samples and certificates worthless.
check_clock() {
    local now marked
    now=$(date +%s)
    marked=$(stat -c %Y "$state/owner" 2>/dev/null || echo 0)
    [ "$now" -ge $((marked - 60)) ] ||
        fail "the VM's clock is wrong: it says $(moment "$now"), but this VM was set up at $(moment "$marked");" \
            "set it right, or, if it was ahead then, run 'touch $state/owner' on the VM"
    # In a container it is the host's, and nothing in there tells.
    if [ "$(timeout 5 timedatectl show -p NTPSynchronized --value 2>/dev/null || true)" = no ] &&
        ! systemd-detect-virt --quiet --container; then
        say "warning: nothing keeps the VM's clock right; install chrony or systemd-timesyncd"
    fi
    # Only where it answers at once: on the worst day nobody waits for a server that has nothing else to say.
    if [ -n "$clock_source" ] && curl -sI --max-time 2 --output "$work/clock" "$clock_source" 2>/dev/null; then
        compare_clocks "$work/clock" "$now" "$clock_source"
    fi
}

moment() { date -u -d "@$1" +%FT%TZ; }

# compare_clocks HEADERS BEGAN URL: the answer's Date, and the time that a cache has kept it since, must lie between the
# moments around the request, which BEGAN at the first.
compare_clocks() {
    local age theirs now off=0
    [ -f "$1" ] || return 0
    read -r age theirs < <(tr -d '\r' <"$1" | awk '
        /^HTTP\// { date = ""; age = 0 }
        tolower($1) == "date:" { sub(/^[^:]*: */, ""); date = $0 }
        tolower($1) == "age:" { age = $2 }
        END { printf "%d %s\n", age, date }')
    theirs=$(date -d "${theirs:-none}" +%s 2>/dev/null) || return 0
    theirs=$((theirs + age))
    now=$(date +%s)
    [ "$theirs" -le "$now" ] || off=$((theirs - now))
    [ "$theirs" -ge "$2" ] || off=$(($2 - theirs))
    [ "$off" -le 60 ] ||
        fail "the VM's clock says $(moment "$now"), but the server of $3 says $(moment "$theirs"), $off s apart;" \
            "at most 60 are allowed. Set the VM's clock right ('timedatectl set-ntp true', or 'chronyc makestep'" \
            "where chrony runs) and run this again; nothing was changed"
}

# make_dir PATH MODE OWNER:GROUP
make_dir() {
    mkdir -p "$1"
    chown "$3" "$1"
    # Of five digits the first takes away the setgid bit that a folder inherits.
    chmod "0$2" "$1"
}

# put SOURCE DEST MODE OWNER:GROUP. DEST is the old file or the whole new one, after a power cut too: content is on disk
# before the name is. Returns 0 also where nothing had to be written; says what it wrote.
put() {
    local source=$1 dest=$2 mode=$3 ownership=$4
    if cmp -s "$source" "$dest" && [ "0$(stat -c %a "$dest")" = "$mode" ]; then
        chown "$ownership" "$dest"
        return
    fi
    cp "$source" "$dest.next"
    chown "$ownership" "$dest.next"
    chmod "$mode" "$dest.next"
    sync "$dest.next"
    mv -T "$dest.next" "$dest"
    sync "$(dirname "$dest")"
    say "wrote $dest"
}

# point LINK TARGET: one rename, so that LINK never dangles and never is absent.
point() {
    [ "$(readlink "$1" || true)" != "$2" ] || return 0
    rm -f "$1.next"
    ln -s "$2" "$1.next"
    mv -T "$1.next" "$1"
    sync "$(dirname "$1")"
    say "$1 -> $2"
}

# unbundle DIR: the files on stdin, in the framing of host/bundle.ts. A bundle without its last line was cut on its way.
unbundle() {
    local dir=$1 path mode frame='^==> ([A-Za-z0-9._/-]+ 0[0-7][0-7][0-7]|end) <==$'
    (umask 077 && cat >"$work/bundle")
    [ "$(tail -n 1 "$work/bundle")" = '==> end <==' ] || fail "the data on stdin is incomplete; nothing was changed"
    while read -r _ path mode _; do
        [ "$path" != end ] || continue
        case /$path/ in *//* | */../* | */./*) fail "refused path '$path' on stdin" ;; esac
        (umask 077 && mkdir -p "$dir/$(dirname "$path")" && : >"$dir/$path")
        chmod "$mode" "$dir/$path"
    done < <(grep -aE "$frame" "$work/bundle")
    awk -v dir="$dir" -v frame="$frame" '
        $0 ~ frame { if (path) close(path); path = dir "/" $2; next }
        { print > path }' "$work/bundle"
    rm -f "$work/bundle"
}

# sum_of DIR: by which one state of all that is in it is told from another.
sum_of() { (cd "$1/" && find . -type f | sort | xargs -r -d '\n' sha256sum | sha256sum | cut -c 1-16); }

as_service() { runuser -u "$program" -- "$@"; }

# request OPTION…: of a server that is near; neither root's .curlrc nor a proxy of the machine's has a say in it.
request() { curl -q -sS --noproxy '*' "$@"; }
api() { request -f --max-time 30 "http://$address$1"; }

# metric NAME: its value, or nothing; a name with labels is given as Prometheus prints it.
metric() { api /metrics | awk -v name="$1" '$1 == name { print $2 }'; }

# wait_for SECONDS CMD…: whether CMD succeeded in that time.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.5
    done
}

ready() { api "${health:-/-/ready}" >/dev/null 2>&1; }

# journal OPTION…: what the program and systemd said of it.
journal() { journalctl -u "$service" -o cat --no-pager "$@" || true; }

# The last words of the program, as the reason for a failure.
complain() {
    say "the last lines of its journal:"
    journal -n 10 >&2
}
