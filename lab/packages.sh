#!/usr/bin/env bash
# Installs what the lab needs from Debian and npm, and nothing when it is there already.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

debian=(
    ca-certificates curl git make procps xz-utils
    mmdebstrap debian-archive-keyring systemd-container e2fsprogs mount openssh-client openssh-server
    containerd runc containernetworking-plugins iptables nftables conntrack ethtool socat iproute2
    nginx-light prometheus-node-exporter shellcheck
    apache2-utils chromium libnss3-tools testssl.sh
    python3 python3-venv
)

missing_packages() {
    local installed
    # dpkg-query fails when it knows nothing of a package; it names the others all the same.
    installed=$({ dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${debian[@]}" 2>/dev/null || true; } |
        sed -n 's/^installed //p')
    comm -23 <(printf '%s\n' "${debian[@]}" | sort) <(sort <<<"$installed")
}

install_debian() {
    local missing refuse=
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    echo "installing ${missing[*]}"
    # Debian starts services on installation unless policy-rc.d says no. One that the machine already has is respected; one
    # that a killed run left is ours.
    local policy=/usr/sbin/policy-rc.d mark='# of external-prometheus, while it installs packages'
    if [[ ! -e $policy ]] || grep --quiet --line-regexp --fixed-strings "$mark" "$policy"; then
        refuse=1
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
        chmod 0755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    # Ends what a killed run had begun, without which apt-get refuses to work.
    dpkg --configure --pending
    apt-get update
    apt-get install --yes --no-install-recommends "${missing[@]}"
    # What was never started must not start at the next boot either.
    if [[ -d /run/systemd/system ]]; then
        local name
        for name in "${missing[@]}"; do
            case $name in
                containerd | prometheus-node-exporter) systemctl disable "$name.service" ;;
                nginx-light) systemctl disable nginx.service ;;
                openssh-server) systemctl disable ssh.service ;;
            esac
        done
    fi
    [[ $refuse ]] && rm -f /usr/sbin/policy-rc.d
    trap - EXIT
}

# install_npm DIRECTORY: as the lockfile says, once for each content of it.
install_npm() {
    local stamp=$1/node_modules/.lockfile-sha256 wanted
    wanted=$(sha256sum <"$1/package-lock.json")
    # Two that want it at the same time install it once.
    # shellcheck disable=SC2094
    (
        flock 8
        [[ -e $stamp && $(<"$stamp") == "$wanted" ]] && exit 0
        # No package's own scripts are run: nothing that the project needs has any.
        cd "$1"
        npm ci --ignore-scripts --no-progress
        echo "$wanted" >"$stamp"
    ) 8<"$1"
}

case ${1:-} in
    debian) install_debian ;;
    npm)
        # npm looks for the machine's settings (a mirror, a CA) beside the Node that runs it, which is the lab's own from here on.
        npm_config_globalconfig=$(PATH=${PATH//"$LAB/node_modules/.bin:"/} npm config get globalconfig)
        export npm_config_globalconfig
        install_npm "$LAB"
        install_npm "$PROJECT"
        ;;
    *)
        echo "usage: lab/packages.sh debian|npm" >&2
        exit 2
        ;;
esac
