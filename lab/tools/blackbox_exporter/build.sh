#!/usr/bin/env bash
# Debian's blackbox_exporter, whose module cannot be had, in a directory <name>-<version> with the files of its release.
set -euo pipefail
out=$1
package=prometheus-blackbox-exporter
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download "$package" || { apt-get update && apt-get download "$package"; }
dpkg-deb --extract "$package"_*.deb extracted
cd extracted
program=usr/bin/$package
version=$("$program" --version 2>&1 | sed -n '1s/^blackbox_exporter, version \([^ ]*\).*/\1/p')
mkdir "$out/blackbox_exporter-$version"
install "$program" "$out/blackbox_exporter-$version/blackbox_exporter"
install -m 0644 etc/prometheus/blackbox.yml "usr/share/doc/$package/copyright" "$out/blackbox_exporter-$version/"
