# shellcheck shell=bash
# A new VM's disk and keys. Sourced after machine.sh, never run.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
source "$LAB/machine/sources.sh"

PACKAGE_PROXY_PORT=3142

# The lab makes the host key, so that its pin is known before the first connection.
vm_keys() {
    local key type text
    for key in id_ed25519 host_key; do
        [[ -e $STATE/vm/$key.pub ]] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$STATE/vm/$key" <<<y
        read -r type text _ <"$STATE/vm/$key.pub"
        echo "$type $text" >"$STATE/vm/$key.pub"
    done
    echo "$VM_ADDRESS $type $text" >"$STATE/vm/known_hosts"
}

# vm_configure: what a provider's first boot would set: name, address, keys, package sources.
vm_configure() {
    echo monitor >"$ROOT/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 monitor\n' >"$ROOT/etc/hosts"
    cat >"$ROOT/etc/systemd/network/10-host0.network" <<NETWORK
[Match]
Name=host0

[Network]
Address=$VM_ADDRESS/24
LinkLocalAddressing=no
NETWORK
    install -D -m 0600 "$STATE/vm/id_ed25519.pub" "$ROOT/root/.ssh/authorized_keys"
    chmod 0700 "$ROOT/root/.ssh"
    install -m 0600 "$STATE/vm/host_key" "$ROOT/etc/ssh/ssh_host_ed25519_key"
    install -m 0644 "$STATE/vm/host_key.pub" "$ROOT/etc/ssh/ssh_host_ed25519_key.pub"
    # The same places as this machine's, each reached as /HOST/PATH of the lab's package proxy.
    rm -f "$ROOT"/etc/apt/sources.list.d/*
    debian_lines | sed -E "s#https?://#http://$HOST_ADDRESS:$PACKAGE_PROXY_PORT/#" >"$ROOT/etc/apt/sources.list"
}

vm_install() {
    local tar draft=$IMAGE.new
    mkdir -p "$STATE/vm"
    chmod 0700 "$STATE/vm"
    vm_keys
    tar=$("$LAB/machine/image.sh")
    rm -f "$draft"
    truncate --size 4G "$draft"
    mkfs.ext4 -q "$draft"
    vm_attach "$draft"
    tar --extract --file "$tar" --directory "$ROOT" --numeric-owner --xattrs --xattrs-include='*'
    vm_configure
    vm_detach
    mv "$draft" "$IMAGE"
}
