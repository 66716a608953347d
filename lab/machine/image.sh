#!/usr/bin/env bash
# Prints the path of a tar of a blank Debian machine, as a provider would hand it out; makes it when it is not cached.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"
source "$LAB/machine/sources.sh"

packages=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,curl,ca-certificates,iproute2,iputils-ping,procps,less

hash=$(sha256sum <"${BASH_SOURCE[0]}")
tar=$CACHE/vm-${hash:0:16}.tar
if [[ ! -e $tar ]]; then
    mkdir -p "$CACHE"
    draft=$(mktemp "$CACHE/.vm.XXXXXX.tar")
    trap 'rm -f "$draft"' EXIT
    # mmdebstrap expands $1, the new root, itself. Keys and identity must not be
    # those of every machine made from the image.
    # shellcheck disable=SC2016
    debian_lines | mmdebstrap --variant=minbase --include="$packages" \
        --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*; : >"$1/etc/machine-id"; : >"$1/etc/resolv.conf"' \
        --customize-hook='systemctl --root="$1" --quiet enable systemd-networkd ssh' \
        bookworm "$draft" - >&2
    mv "$draft" "$tar"
    trap - EXIT
fi
echo "$tar"
