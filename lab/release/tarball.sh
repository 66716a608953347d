#!/usr/bin/env bash
# Makes the release tarball of the lab's Prometheus, once for each build of it. Prints the tarball's path.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/release/pack.sh"

binaries=$("$LAB/tools/build.sh" --path prometheus)
hash=$(cat "$LAB/release/tarball.sh" "$LAB/release/pack.sh" | sha256sum | cut -c 1-8)
directory=$CACHE/release-${binaries##*-}-$hash

if [[ ! -d $directory ]]; then
    version=$("$binaries/promtool" --version | sed -n 's/^promtool, version \([^ ]*\).*/\1/p')
    draft=$(mktemp -d "$CACHE/.release.XXXXXX")
    trap 'rm -rf "$draft"' EXIT
    pack "$binaries" "prometheus-$version.linux-amd64" "$draft"
    chmod 0755 "$draft"
    mv -T "$draft" "$directory"
    trap - EXIT
fi
echo "$directory"/*.tar.gz
