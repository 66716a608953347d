# shellcheck shell=bash
# Asks the Prometheus on this machine; prints its answers, one JSON document a line: the active targets, then by job the
# series, the newest samples that it scraped, and the newest that it federated, then the probes that fail; then a line of words
# for each federation that finds nothing. Comes behind host/offers.sh. Reads: url, series, scraped, federated, failing,
# endpoints.
: "${url:?}" "${series:?}" "${scraped:?}" "${federated:?}" "${failing:?}"

ask() {
    curl --silent --show-error --fail --max-time 20 --get "$url/api/v1/$1" --data-urlencode "$2"
    echo
}
ask targets state=active
ask query "query=$series"
ask query "query=$scraped"
ask query "query=$federated"
ask query "query=$failing"
unmatched "$url" || true
