# shellcheck shell=bash disable=SC2154
# Asks each URL by the means that a job of Prometheus has for it, a few at a time; prints for each a line of its number, curl's exit
# code, the HTTP status, the number of samples, what curl says, and how the answer begins, with tabs between them. Nobody is asked
# with a file that Prometheus itself cannot read. Comes behind host/offers.sh. Reads: attempts, a line each of number, whether any certificate is taken, URL, CA, certificate, key, user name,
# password file, token file, and the name in the server's certificate, with tabs between them and '-' for what there is not.
: "${attempts:?}"
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# unreadable <FILES: those that Prometheus's user cannot read; whoever runs this can read more.
unreadable() {
    # shellcheck disable=SC2016 # by the inner shell
    runuser -u prometheus -- bash -c 'while IFS= read -r file; do [ -r "$file" ] || printf "%s\n" "$file"; done'
}
cut -f 4-6,8,9 <<<"$attempts" | tr '\t' '\n' | { grep -vx -e - || true; } | sort -u | unreadable >"$directory/unreadable"

# connection_error URL: why nobody is reached there, in the kernel's words, which not every curl repeats.
connection_error() {
    local host=${1#*://} port=80
    [[ $1 != https://* ]] || port=443
    host=${host%%[/?]*}
    if [[ $host =~ ^(.*):([0-9]+)$ ]]; then
        host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]}
    fi
    host=${host#\[}
    host=${host%\]}
    # shellcheck disable=SC2016 # by the inner shell
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port" 2>&1 | tail -n 1 || true
}

# attempt NUMBER INSECURE CLIENT…
attempt() {
    local error=$directory/$1.error end=$directory/$1.end samples file
    file=$(printf '%s\n' "${@:4}" | grep -m 1 -xFf "$directory/unreadable" || true)
    if [ -n "$file" ]; then
        # 26 is curl's own code for a file that it cannot read.
        printf '%s\t26\t\t0\t%s\t\n' "$1" "$([ -e "$file" ] && echo prometheus may not read || echo there is no) $file"
        return
    fi
    samples=$(
        {
            {
                curl_client "${@:3}"
                [ "$2" = - ] || echo insecure
            } | curl -q -sS --noproxy '*' --connect-timeout 5 --max-time 10 --dump-header "$end.headers" --config - 2>"$error" &&
                echo 0 >"$end" || echo $? >"$end"
        } | fold -b -w 65536 | awk 'NR <= 20 { gsub(/[\t\r]/, " "); head = substr(head " " $0, 1, 600) }
            NF && !/^#/ { n++ } END { printf "%d\t%s", n, head }'
    )
    [ "$(cat "$end")" != 7 ] || connection_error "$3" >>"$error"
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$(cat "$end")" \
        "$(sed -nE 's/^HTTP[^ ]* ([0-9]+).*/\1/p' "$end.headers" 2>/dev/null | tail -n 1)" "${samples%%$'\t'*}" \
        "$(tr -s '\t\n' ' ' <"$error")" "${samples#*$'\t'}"
}

running=0
while IFS=$'\t' read -ra line; do
    attempt "${line[@]}" >"$directory/${line[0]}.line" &
    if ((++running % 12 == 0)); then
        wait
    fi
done <<<"$attempts"
wait
cat "$directory"/*.line
