#!/usr/bin/env bash
# Debian's Prometheus, an old one that needs no compilation, in a directory <name>-<version> with the files of a release. It
# knows no discovery of Kubernetes.
set -euo pipefail
out=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download prometheus || { apt-get update && apt-get download prometheus; }
dpkg-deb --extract prometheus_*.deb extracted
cd extracted
version=$(usr/bin/prometheus --version 2>&1 | sed -n '1s/^prometheus, version \([0-9.]*\).*/\1/p')
mkdir "$out/prometheus-$version"
install usr/bin/prometheus usr/bin/promtool "$out/prometheus-$version/"
install -m 0644 etc/prometheus/prometheus.yml usr/share/doc/prometheus/copyright "$out/prometheus-$version/"
