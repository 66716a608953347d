#!/bin/bash
# Asks the API servers for new tokens of the accounts that scrape, as soon as half of the life of those that are there is
# over, and puts them where Prometheus reads them at its next request. A program of its own on the VM, started by a timer.
# Reads: root (a folder that stands for `/`; empty but in tests), patience (seconds that it goes on where it gets nothing).
# Ends with 1 where a token is missing or was not renewed in time; says why.
set -euo pipefail
: "${root=}" "${patience=0}"
renewal=$root/usr/local/lib/external-prometheus/renewal
home=$root/usr/local/var/lib/external-prometheus
export LC_ALL=C
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One at a time, whether the timer or a deployment has started it.
exec 9<"$renewal"
flock -w 60 9

say() { printf '%s\n' "$*" >&2; }

# expiry FILE: seconds since 1970, or nothing where it holds no token.
expiry() {
    local payload
    payload=$(cut -s -d . -f 2 "$1" 2>/dev/null | tr -- '-_' '+/') || return 0
    while ((${#payload} % 4)); do payload+='='; done
    base64 -d <<<"$payload" 2>/dev/null | grep -oE '"exp": *[0-9]+' | grep -oE '[0-9]+$' || true
}

# due FILE LIFETIME CLUSTER: half of its life is over, or it was asked for with something that was changed since.
due() {
    local exp file
    exp=$(expiry "$1")
    [ -n "$exp" ] || return 0
    ((exp - $(date +%s) > $2 / 2)) || return 0
    for file in authorization request.json accounts; do
        [ ! "$renewal/clusters/$3/$file" -nt "$1" ] || return 0
    done
    return 1
}

# api_request CLUSTER OPTION…: prints the status of the answer, 000 where there is none; says nothing else.
api_request() {
    local from=$renewal/clusters/$1
    shift
    curl -q -sS --noproxy '*' --connect-timeout 5 --max-time 10 --cacert "$from/ca.crt" -w '%{http_code}' "$@" || true
}

# unknown CLUSTER FILE URL: whether the API server knows a token no longer although its life is not over, since the account
# or the Secret was made anew. Asks once a minute.
unknown() {
    local header=$work/$1.header checked
    checked=$(dirname "$2")/.$(basename "$2" .token).checked
    [ -z "$(find "$checked" -newermt '-60 seconds' 2>/dev/null)" ] || return 1
    : >"$checked"
    printf 'Authorization: Bearer %s\n' "$(cat "$2")" >"$header"
    # What everybody may read whom it knows.
    [ "$(api_request "$1" -o /dev/null -H "@$header" "${3%/api/v1/*}/version" 2>/dev/null)" = 401 ]
}

# renew CLUSTER PURPOSE URL FILE
renew() {
    local from=$renewal/clusters/$1 answer=$work/$1.$2 code
    code=$(api_request "$1" -H "@$from/authorization" -H 'Content-Type: application/json' \
        --data-binary "@$from/request.json" -o "$answer" "$3" 2>"$answer.words")
    printf '%s\n' "$code" >"$work/$1.code"
    if [ "$code" != 201 ]; then
        # An answer of the API server's tells what it does not like, and holds no token.
        { sed 's/^curl: //' "$answer.words" && grep -oE '"message": *"([^"\]|\\.)*"' "$answer"; } 2>/dev/null |
            head -c 400 | tr '\n' ' ' >"$answer.why" || true
        say "$1: no $2 token (HTTP status $code): $(cat "$answer.why")"
        return 1
    fi
    grep -oE '"token": *"[A-Za-z0-9._-]+"' "$answer" | cut -d '"' -f 4 >"$4.next"
    [ -n "$(expiry "$4.next")" ] || {
        say "$1: what was given as $2 token is none"
        return 1
    }
    chown root:prometheus "$4.next"
    chmod 0640 "$4.next"
    sync "$4.next"
    mv -T "$4.next" "$4"
}

# cluster NAME: returns whether all of its tokens are as they should be.
cluster() {
    local name=$1 lifetime purpose url file good=true
    lifetime=$(cat "$renewal/clusters/$name/lifetime")
    while read -r purpose url; do
        file=$home/tokens/$name/$purpose.token
        if due "$file" "$lifetime" "$name" || unknown "$name" "$file" "$url"; then
            renew "$name" "$purpose" "$url" "$file" || good=false
        fi
        # Who does not answer is not asked once more at once.
        if [ "$(cat "$work/$name.code" 2>/dev/null)" = 000 ]; then break; fi
    done <"$renewal/clusters/$name/accounts"
    "$good"
}

# For as long as there is patience; a cluster that does not answer keeps no other waiting.
go_on() {
    until cluster "$1"; do
        ((SECONDS < patience)) || return 1
        sleep 5
    done
}

# metrics: what node_exporter shows of each token; of one that is none, that it has expired.
metrics() {
    local name purpose file
    for name in "${names[@]}"; do
        while read -r purpose _; do
            file=$home/tokens/$name/$purpose.token
            printf 'external_prometheus_token_expiry_timestamp_seconds{cluster="%s",account="%s"} %s\n' \
                "$name" "$purpose" "$(expiry "$file" | grep . || echo 0)"
            printf 'external_prometheus_token_lifetime_seconds{cluster="%s",account="%s"} %s\n' \
                "$name" "$purpose" "$(cat "$renewal/clusters/$name/lifetime")"
        done <"$renewal/clusters/$name/accounts"
        # Of the last request, which may be long ago.
        [ ! -f "$work/$name.code" ] || cp "$work/$name.code" "$home/tokens/$name/.status"
        printf 'external_prometheus_token_renewal_http_status{cluster="%s"} %s\n' \
            "$name" "$(cat "$home/tokens/$name/.status" 2>/dev/null || echo 0)"
    done | LC_ALL=C sort
}

names=()
for folder in "$renewal"/clusters/*/; do names+=("$(basename "$folder")"); done
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
exit "$code"
