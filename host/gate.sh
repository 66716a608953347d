# shellcheck shell=bash source-path=SCRIPTDIR
# Lets a run pass to this VM, or says why not, and marks the VM as the stack's own. Changes nothing but the mark.
# Prints by what the later steps know the VM.
. lib.sh

[ "$(id -u)" = 0 ] || fail "root is needed: let external-prometheus:vm.user be root, or a user with passwordless sudo"
[ -d "$root/run/systemd/system" ] ||
    fail "systemd does not run this machine (no /run/systemd/system); it must be process 1"

# shellcheck disable=SC1091
family=$(. "$root/etc/os-release" && printf ' %s %s ' "$ID" "${ID_LIKE-}")
case $family in
*' debian '* | *' ubuntu '*) packager='apt-get install' ;;
*' rhel '* | *' fedora '* | *' centos '*) packager='dnf install' ;;
*) fail "unsupported operating system '$family' (/etc/os-release); supported are the families of Debian and RHEL" ;;
esac
case $(uname -m) in
x86_64 | aarch64) ;;
*) fail "unsupported architecture '$(uname -m)'; supported are x86_64 (amd64) and aarch64 (arm64)" ;;
esac

missing=()
tools='curl tar gzip sha256sum runuser flock systemctl journalctl useradd groupadd getent awk sed find cmp diff df'
for tool in $tools; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} = 0 ] || fail "these tools are missing on the VM: ${missing[*]}; install them there ($packager)"

[[ $(cat "$root/etc/machine-id") =~ ^[0-9a-f]{32}$ ]] ||
    fail "/etc/machine-id holds no machine id; run systemd-machine-id-setup on the VM"

take_lock
if [ -z "$(mark 1)" ]; then
    for path in "$unit" "$root/lib/systemd/system/prometheus.service" "$base/prometheus"; do
        [ ! -e "$path" ] ||
            fail "a Prometheus that this program did not install is already here ($path); remove it first"
    done
elif [ "$(mark 1)" != "$owner" ]; then
    fail "this VM belongs to stack '$(mark 1)' ($state/owner), not to '$owner';" \
        "destroy that stack first, or take another VM"
fi
word=$(mark 3)
mkdir -p "$state"
printf '%s\n' "$owner" "$component" "${word:-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')}" >"$work/owner"
put "$work/owner" "$state/owner" 0644 root:root

identity
