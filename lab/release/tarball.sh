#!/usr/bin/env bash
# Makes the release tarball in upstream's layout, with its sha256 file, once for each build of Prometheus: the same binaries
# give the same bytes. Prints the tarball's path.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"

binaries=$("$LAB/tools/build.sh" --path prometheus)
hash=$(sha256sum "${BASH_SOURCE[0]}" | cut -c 1-8)
directory=$CACHE/release-${binaries##*-}-$hash

if [[ ! -d $directory ]]; then
    version=$("$binaries/promtool" --version | sed -n 's/^promtool, version \([^ ]*\).*/\1/p')
    name=prometheus-$version.linux-amd64
    draft=$(mktemp -d "$CACHE/.release.XXXXXX")
    trap 'rm -rf "$draft"' EXIT
    tar --create --directory "$binaries" --sort=name --mtime=@0 --owner=root:0 --group=root:0 --mode=u=rwX,go=rX \
        --transform "s|^|$name/|" LICENSE NOTICE prometheus prometheus.yml promtool | gzip -n -1 >"$draft/$name.tar.gz"
    (cd "$draft" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
    chmod 0755 "$draft"
    mv -T "$draft" "$directory"
    trap - EXIT
fi
echo "$directory"/*.tar.gz
