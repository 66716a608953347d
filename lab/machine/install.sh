# shellcheck shell=bash
# A new VM's disk and keys. Sourced after machine.sh, never run.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
source "$LAB/machine/sources.sh"

PACKAGE_PROXY_PORT=3142

# The lab makes the host key, so that its pin is known before the first connection.
vm_keys() {
    local key type text
    mkdir -p "$PLACE"
    chmod 0700 "$PLACE"
    for key in id_ed25519 host_key; do
        [[ -e $PLACE/$key.pub ]] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$PLACE/$key" <<<y
        read -r type text _ <"$PLACE/$key.pub"
        echo "$type $text" >"$PLACE/$key.pub"
    done
    echo "$ADDRESS $type $text" >"$PLACE/known_hosts"
}

# blank_disk: prints the path of a disk with a blank Debian on it, which every VM starts as a copy of; makes it when this lab
# has none yet. What a provider's image would bring is on it, package sources included.
blank_disk() {
    local tar hash disk
    tar=$("$LAB/machine/image.sh")
    hash=$(sha256sum - "$LAB/machine/install.sh" <<<"$tar" | sha256sum)
    disk=$STATE/blank/${hash:0:16}.ext4
    mkdir -p "$STATE/blank/root"
    # Two that want it at the same time make it once.
    (
        flock 8
        [[ -e $disk ]] || make_blank_disk "$tar" "$disk"
    ) 8>"$STATE/blank/lock" >&2
    echo "$disk"
}

make_blank_disk() {
    local mount=$STATE/blank/root
    umount --quiet "$mount" || true
    rm -f "$STATE"/blank/*.ext4 "$2.new"
    truncate --size 4G "$2.new"
    # Made complete at once, so that the kernel does not go on writing to each copy.
    mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$2.new"
    mount -t ext4 -o loop "$2.new" "$mount"
    tar --extract --file "$1" --directory "$mount" --numeric-owner --xattrs --xattrs-include='*'
    # The same places as this machine's, each reached as /HOST/PATH of the lab's package proxy.
    rm -f "$mount"/etc/apt/sources.list.d/*
    debian_lines | sed -E "s#https?://#http://$HOST_ADDRESS:$PACKAGE_PROXY_PORT/#" >"$mount/etc/apt/sources.list"
    umount "$mount"
    mv "$2.new" "$2"
}

# vm_configure: what a provider's first boot would set: name, address, keys.
vm_configure() {
    echo "$NAME" >"$ROOT/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$NAME" >"$ROOT/etc/hosts"
    cat >"$ROOT/etc/systemd/network/10-host0.network" <<NETWORK
[Match]
Name=host0

[Network]
Address=$ADDRESS/24
LinkLocalAddressing=no
NETWORK
    install -D -m 0600 "$PLACE/id_ed25519.pub" "$ROOT/root/.ssh/authorized_keys"
    chmod 0700 "$ROOT/root/.ssh"
    install -m 0600 "$PLACE/host_key" "$ROOT/etc/ssh/ssh_host_ed25519_key"
    install -m 0644 "$PLACE/host_key.pub" "$ROOT/etc/ssh/ssh_host_ed25519_key.pub"
}

# vm_install: it has a blank disk, which is attached.
vm_install() {
    local blank
    vm_keys
    blank=$(blank_disk)
    rm -f "$IMAGE"
    cp --sparse=always "$blank" "$IMAGE.new"
    vm_attach "$IMAGE.new"
    vm_configure
    sync --file-system "$ROOT"
    # Until now a killed run would have left nothing that looks like a VM's disk.
    mv "$IMAGE.new" "$IMAGE"
}
