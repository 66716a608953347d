# shellcheck shell=bash disable=SC2154
# What a Prometheus that is federated offers instead, where nothing there is what it is asked for. Reads: endpoints, for each
# replica a line of cluster, replica, URL, CA, certificate, key, user name, password file, token file, and the name in its
# certificate, with tabs between them and '-' for what there is not.

# curl_option NAME VALUE: a line of curl's configuration, in which no secret comes onto a command line. What follows the end of
# a line would be an option of its own, which writes files and reads them.
curl_option() {
    local value=${2//\\/\\\\}
    if [[ $value == *[$'\n\r']* ]]; then
        echo "nothing is asked: its $1 would be more than one line" >&2
        exit 1
    fi
    printf '%s = "%s"\n' "$1" "${value//\"/\\\"}"
}

# curl_client URL CA CERTIFICATE KEY USER_NAME PASSWORD_FILE TOKEN_FILE NAME: how curl is to ask a server, as lines of its
# configuration. NAME is the one in the server's certificate. The URL comes last, so that without all the others nobody is asked.
curl_client() {
    local url=$1 name=$8 authority
    if [ "$name" != - ]; then
        authority=$(sed -E 's|^https?://([^/?]*).*|\1|' <<<"$url")
        url=${url/"$authority"/$name:${authority##*:}}
    fi
    [ "$name" = - ] || curl_option connect-to "::$authority"
    [ "$2" = - ] || curl_option cacert "$2"
    [ "$3" = - ] || { curl_option cert "$3" && curl_option key "$4"; }
    [ "$6" = - ] || curl_option user "$5:$(cat "$6")"
    [ "$7" = - ] || curl_option header "Authorization: Bearer $(cat "$7")"
    curl_option url "$url"
}

# offered CLUSTER REPLICA: the jobs there, each with the number of its targets, by the `up` that every target has.
offered() {
    local cluster replica client
    while IFS=$'\t' read -r cluster replica client; do
        [ "$cluster/$replica" = "$1/$2" ] || continue
        IFS=$'\t' read -ra client <<<"$client"
        curl_client "${client[@]}" |
            curl -q -sSf --noproxy '*' --max-time 20 --max-filesize 10000000 --get \
                --data-urlencode 'match[]={__name__="up"}' --config - |
            sed -nE 's/^up\{(.*,)?job="([^"]*)".*/\2/p' | sort | uniq -c | sort -k 1,1nr -k 2 | head -n 12 |
            awk '{ printf "%s%s (%s)", (NR > 1 ? ", " : ""), $2, $1 } END { if (!NR) printf "none" }'
        return
    done <<<"$endpoints"
}

# federations <JSON: cluster, job, replica and instance of each federation among targets or series, one of them a line.
federations() {
    sed -nE 's/.*"cluster":"([^"]*)".*"instance":"([^"]*)".*"job":"federate\/([^"]*)".*"replica":"([^"]*)".*/\1\t\3\t\4\t\2/p' |
        sort
}

# without_series URL: of each federation that brings nothing, cluster, job, replica and instance, as the Prometheus at that URL
# knows them. That no alert fires is as it should be. What it does not ask any more is among its answers for up to five minutes.
without_series() {
    local got=(curl -q -sSf --noproxy '*' --max-time 20 --get) found
    found=$("${got[@]}" "$1/api/v1/query" \
        --data-urlencode 'query=scrape_samples_scraped{job=~"federate/.+",job!="federate/alerts"} == 0 and up == 1' |
        sed 's/{"metric"/\n&/g' | federations)
    [ -n "$found" ] || return 0
    "${got[@]}" "$1/api/v1/targets" --data-urlencode state=active | sed 's/{"discoveredLabels"/\n&/g' | federations |
        comm -12 - <(echo "$found")
}

# unmatched URL: a line of words for each of them.
unmatched() {
    local cluster job replica
    while IFS=$'\t' read -r cluster job replica _; do
        printf '%s/%s finds no series at %s; its jobs there: %s\n' "$cluster" "$job" "$replica" \
            "$(offered "$cluster" "$replica" 2>&1)"
    done < <(without_series "$1")
}
