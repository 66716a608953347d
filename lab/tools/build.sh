#!/usr/bin/env bash
# Builds the lab's tools, once for each content of their recipes, into $CACHE/tools/<set>-<hash>.
#   lab/tools/build.sh SET…         builds the sets that are not in the cache
#   lab/tools/build.sh --path SET   the same for one, and prints its directory
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/processes.sh"
TOOLS=$LAB/tools
SETS="actionlint, ansible, blackbox_exporter, debian-prometheus, kube-score, kubernetes, pulumi, prometheus, prometheus-ui, releases, traefik"

# recipe SET: the script that builds it, called with the directory to fill; ingredients SET: all that decides what comes out.
recipe() {
    case $1 in
        actionlint | ansible | blackbox_exporter | debian-prometheus | kube-score | kubernetes | pulumi | prometheus | releases | traefik)
            echo "$TOOLS/$1/build.sh"
            ;;
        prometheus-ui) echo "$TOOLS/prometheus/ui.sh" ;;
        *)
            echo "lab/tools/build.sh: no tool set '$1'; there are $SETS" >&2
            return 2
            ;;
    esac
}

ingredients() {
    case $1 in
        prometheus-ui) printf '%s\n' "$TOOLS/prometheus/go.mod" "$TOOLS/prometheus/ui.sh" ;;
        *) find "$TOOLS/$1" -type f | LC_ALL=C sort ;;
    esac
}

directory() {
    local hash
    hash=$(ingredients "$1" | xargs -d '\n' sha256sum | cut -d ' ' -f 1 | sha256sum)
    echo "$CACHE/tools/$1-${hash:0:16}"
}

build() {
    local set=$1 target=$2 draft
    draft=$(mktemp -d "$CACHE/tools/.$set.XXXXXX")
    # shellcheck disable=SC2064
    trap "chmod -R u+w '$draft'; rm -rf '$draft'" EXIT
    chmod 0755 "$draft"
    bash "$(recipe "$set")" "$draft"
    mv -T "$draft" "$target"
    trap - EXIT
}

ensure() {
    local set=$1 target
    recipe "$set" >/dev/null
    target=$(directory "$set")
    [[ -d $target ]] && return 0
    mkdir -p "$CACHE/tools"
    # Two that want the same set at the same time build it once.
    (
        flock 8
        [[ -d $target ]] || BESIDE=1 step "tools: building $set" build "$set" "$target"
    ) 8>"$CACHE/tools/.$set.lock"
}

if [[ ${1:-} == --path ]]; then
    ensure "$2" >&2
    directory "$2"
else
    for set in "$@"; do
        ensure "$set"
    done
fi
