#!/bin/bash
# Asks the API servers for new tokens of the accounts that scrape, as soon as half of the life of those that are there is
# over, and puts them where Prometheus reads them at its next request. A program of its own on the VM, started by a timer.
# Reads: root (a folder that stands for `/`; empty but in tests), patience (seconds that it goes on where it gets nothing).
# Ends with 1 where a token was not renewed, with 2 where an API server refuses one and there is none; says why.
set -euo pipefail
: "${root=}" "${patience=0}"
renewal=$root/usr/local/lib/external-prometheus/renewal
home=$root/usr/local/var/lib/external-prometheus
export LC_ALL=C
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '%s\n' "$*" >&2; }

# One at a time, whether the timer or a deployment has started it.
exec 9<"$renewal"
flock -w 60 9 || {
    say "another run has not ended for a minute; tokens were not looked at"
    exit 1
}
SECONDS=0

# claim NAME FILE: a number in the token that the file holds, or nothing where it holds none.
claim() {
    local payload
    grep -qxE '[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+' "$2" 2>/dev/null || return 0
    payload=$(cut -d . -f 2 "$2" | tr -- '-_' '+/')
    while ((${#payload} % 4)); do payload+='='; done
    base64 -d <<<"$payload" 2>/dev/null | grep -oE "\"$1\": *[0-9]{1,12}\b" | grep -oE '[0-9]+$' | head -n 1 || true
}
expiry() { claim exp "$1"; }

# life FILE: seconds for which the token was given, whatever was asked for; 0 where there is none.
life() {
    local from to
    from=$(claim iat "$1") to=$(expiry "$1")
    echo $((${to:-0} - ${from:-${to:-0}}))
}

# due FILE CLUSTER: half of its life is over since it came, by this machine's clock alone; or it was asked for with something
# that was changed since; or the API server knows it no longer.
due() {
    local file
    [ -n "$(expiry "$1")" ] && [ ! -e "$1.unknown" ] || return 0
    (($(date +%s) - $(stat -c %Y "$1") < $(life "$1") / 2)) || return 0
    for file in authorization request.json accounts; do
        [ ! "$renewal/clusters/$2/$file" -nt "$1" ] || return 0
    done
    return 1
}

# api_request CLUSTER URL OPTION…: prints the status of the answer, 000 where there is none; says nothing else. An answer has
# a few kilobytes; more is cut off.
api_request() {
    local from=$renewal/clusters/$1 url=$2
    shift 2
    (ulimit -f 128 && exec curl -q -sS -g --noproxy '*' --connect-timeout 5 --max-time 10 --cacert "$from/ca.crt" \
        -w '%{http_code}' "$@" --url "$url" </dev/null) || true
}

# look FILE CLUSTER URL: marks a token that the API server knows no longer although its life is not over, since the account
# or the Secret was made anew. Asks once a minute.
look() {
    local header=$work/$2.header checked=$1.checked
    [ -z "$(find "$checked" -newermt '-60 seconds' ! -newermt now 2>/dev/null)" ] || return 0
    : >"$checked"
    printf 'Authorization: Bearer %s\n' "$(cat "$1")" >"$header"
    # What everybody may read whom it knows.
    [ "$(api_request "$2" "${3%/api/v1/*}/version" -o /dev/null -H "@$header" 2>/dev/null)" != 401 ] || : >"$1.unknown"
}

# renew FILE CLUSTER PURPOSE URL
renew() {
    local from=$renewal/clusters/$2 answer=$work/$2.$3 code
    rm -f "$answer"
    : >"$answer.stamp"
    code=$(api_request "$2" "$4" -H "@$from/authorization" -H 'Content-Type: application/json' \
        --data-binary "@$from/request.json" -o "$answer" 2>"$answer.words")
    code=$(grep -xE '[0-9]{3}' <<<"$code" || echo 000)
    printf '%s\n' "$code" >"$work/$2.code"
    if [ "$code" != 201 ]; then
        { sed 's/^curl: //' "$answer.words" && grep -oE '"message": *"([^"\]|\\.)*"' "$answer"; } 2>/dev/null |
            tr -cd '[:print:]' | sed -E 's/[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_.-]{20,}/(a token)/g' | cut -c 1-400 >"$answer.why" || true
        say "$2: no $3 token (HTTP status $code): $(cat "$answer.why")"
        if [ -z "$(expiry "$1")" ] && [[ $code == 4?? ]]; then : >"$work/refused"; fi
        return 1
    fi
    { grep -oE '"token": *"[A-Za-z0-9._-]+"' "$answer" || true; } | cut -d '"' -f 4 >"$1.next"
    if [ -z "$(expiry "$1.next")" ]; then
        say "$2: what was given as $3 token is none, or there is no room for it"
        return 1
    fi
    # When it was asked for: what it was asked for with may change until the answer is there.
    chown root:prometheus "$1.next" && chmod 0640 "$1.next" && touch -r "$answer.stamp" "$1.next" && sync "$1.next" &&
        mv -T "$1.next" "$1" && rm -f "$1.unknown"
}

# cluster NAME: returns whether all of its tokens are as they should be.
cluster() {
    local name=$1 purpose url file good=true
    # Made here, Prometheus could not read it.
    [ -d "$home/tokens/$name" ] || {
        say "$name: there is no folder $home/tokens/$name for its tokens: a repair makes it"
        return 1
    }
    while read -r purpose url; do
        file=$home/tokens/$name/$purpose.token
        if due "$file" "$name" || { look "$file" "$name" "$url" && due "$file" "$name"; }; then
            renew "$file" "$name" "$purpose" "$url" && continue
            good=false
            # Who does not answer is not asked once more at once.
            [ "$(cat "$work/$name.code")" != 000 ] || break
        fi
    done <"$renewal/clusters/$name/accounts"
    "$good"
}

# For as long as there is patience; a cluster that does not answer keeps no other waiting.
go_on() {
    until cluster "$1"; do
        ((SECONDS < patience)) || return 1
        sleep 5
    done
    rm -f "$work/$1.code"
}

# metrics: what node_exporter shows of each token; of one that is none, that it has expired.
metrics() {
    local name purpose file labels
    for name in "${names[@]}"; do
        while read -r purpose _; do
            file=$home/tokens/$name/$purpose.token
            labels="{cluster=\"$name\",account=\"$purpose\"}"
            printf 'external_prometheus_token_expiry_timestamp_seconds%s %s\n' "$labels" "$(expiry "$file" | grep . || echo 0)"
            printf 'external_prometheus_token_lifetime_seconds%s %s\n' "$labels" "$(life "$file")"
        done <"$renewal/clusters/$name/accounts"
        # Of a request that was in vain; 0 where none was.
        printf 'external_prometheus_token_renewal_http_status{cluster="%s"} %s\n' \
            "$name" "$(cat "$work/$name.code" 2>/dev/null || echo 0)"
    done | sort
}

names=()
for folder in "$renewal"/clusters/*/; do
    [ -f "$folder/accounts" ] || continue
    names+=("$(basename "$folder")")
done
[ "${#names[@]}" -gt 0 ] || exit 0
processes=()
for name in "${names[@]}"; do
    go_on "$name" &
    processes+=($!)
done
code=0
for process in "${processes[@]}"; do wait "$process" || code=1; done
metrics >"$home/metrics/tokens.prom.next"
chmod 0644 "$home/metrics/tokens.prom.next"
mv -T "$home/metrics/tokens.prom.next" "$home/metrics/tokens.prom"
[ ! -e "$work/refused" ] || code=2
exit "$code"
