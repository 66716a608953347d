#!/usr/bin/env bash
# Offers more releases on the lab's release server. They are built when they are asked for first. Prints a line for each:
# its URL and its sha256.
#   lab/release/more.sh                     a second version of Prometheus, node_exporter, alertmanager, blackbox_exporter
#   lab/release/more.sh blackbox_exporter   that one alone, which takes seconds
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/release/pack.sh"

# packed SET: the directory of the tarballs of a set of tools.
packed() (
    built=$("$LAB/tools/build.sh" --path "$1")
    hash=$(sha256sum "$LAB/release/pack.sh" | cut -c 1-8)
    directory=$CACHE/releases-${built##*-}-$hash
    if [[ ! -d $directory ]]; then
        draft=$(mktemp -d "$CACHE/.release.XXXXXX")
        trap 'rm -rf "$draft"' EXIT
        for files in "$built"/*; do
            pack "$files" "${files##*/}.linux-amd64" "$draft"
        done
        chmod 0755 "$draft"
        # Another one may have been faster; the bytes are the same.
        mv -T "$draft" "$directory" || [[ -d $directory ]]
    fi
    echo "$directory"
)

(($#)) || set -- blackbox_exporter releases
for set in "$@"; do
    directory=$(packed "$set")
    for tarball in "$directory"/*.tar.gz; do
        offer "$tarball"
        read -r sha256 _ <"$tarball.sha256"
        echo "http://$SWITCH_ADDRESS:8080/${tarball##*/} $sha256"
    done
done
