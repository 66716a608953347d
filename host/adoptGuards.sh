# shellcheck shell=bash disable=SC2154
# Why a Prometheus that is to be adopted is not stopped, besides what stands against any restart. Reads: retention (how much
# ours keeps, as Prometheus tells it).
: "${retention:=15d}"

# What ours keeps less of, it would remove at once.
check_retention() {
    local theirs
    theirs=$(address=$foreign_address api /api/v1/status/runtimeinfo | sed -nE 's/.*"storageRetention":"([^"]*)".*/\1/p')
    ! keeps_less "$retention" "$theirs" ||
        fail "the Prometheus that is to be adopted keeps ${theirs:-all}, ours would keep $retention and remove what is older:" \
            "set external-prometheus:prometheus.retention to what it keeps now, and to less when it is adopted. Nothing was" \
            "changed"
}

# keeps_less OURS THEIRS: each such as `90d or 80GiB`. What is absent is not limited; a part of the disk counts as absent, since
# nothing can be compared with it.
# shellcheck disable=SC2016 # an awk program
keeps_less() {
    awk -v ours="$1" -v theirs="$2" '
        function limits(text, limit, unit, number) {
            while (match(text, /[0-9]+[A-Za-z]+/)) {
                unit = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                number = unit + 0
                sub(/^[0-9]+/, "", unit)
                if (unit ~ /B$/) limit["size"] += number * 1024 ^ (index("BKMGTPE", substr(unit, 1, 1)) - 1)
                else limit["time"] += number * seconds[unit]
            }
        }
        function less(kind) { return a[kind] && (!b[kind] || a[kind] < b[kind]) }
        BEGIN {
            n = split("ms 0.001 s 1 m 60 h 3600 d 86400 w 604800 y 31536000", word)
            for (i = 1; i < n; i += 2) seconds[word[i]] = word[i + 1]
            limits(ours, a)
            limits(theirs, b)
            exit !(less("time") || less("size"))
        }'
}

# What is moved is moved with all that it has by links.
check_links() {
    local path
    path=$(find -L "$etc"/{clusters,rules,scrape} -type l -print -quit 2>/dev/null || true)
    [ -z "$path" ] || not_adoptable "has a link that leads nowhere, $path; remove it"
}
