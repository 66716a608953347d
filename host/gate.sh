# shellcheck shell=bash source-path=SCRIPTDIR
# Lets a run pass to this VM, or says why not, and marks the VM as the stack's own. Changes nothing but the mark.
# Prints by what the later steps know the VM. Reads: take_over (the stack that may lose the VM to this one, or empty), adopt
# (true or false: whether a Prometheus of somebody else may be adopted).
. lib.sh
. process.sh
. account.sh
. foreign.sh
: "${take_over=}" "${adopt:=false}"

[ "$(id -u)" = 0 ] || fail "root is needed: let external-prometheus:vm.user be root, or a user with passwordless sudo"
[ -d "$root/run/systemd/system" ] ||
    fail "systemd does not run this machine (no /run/systemd/system); it must be process 1"
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || fail "bash is too old ($BASH_VERSION); 4.4 is needed"

[ -r "$root/etc/os-release" ] || fail "unknown operating system: there is no /etc/os-release"
# shellcheck disable=SC1091
family=$(. "$root/etc/os-release" && printf ' %s %s ' "${ID-}" "${ID_LIKE-}")
case $family in
*' debian '* | *' ubuntu '*) packager='apt-get install' accounts=passwd ;;
*' rhel '* | *' fedora '* | *' centos '*) packager='dnf install' accounts=shadow-utils ;;
*) fail "unsupported operating system '$family' (/etc/os-release); supported are the families of Debian and RHEL" ;;
esac
case $(uname -m) in
x86_64 | aarch64) ;;
*) fail "unsupported architecture '$(uname -m)'; supported are x86_64 (amd64) and aarch64 (arm64)" ;;
esac

package_of() {
    case $1 in
    cmp | diff) echo diffutils ;;
    find | xargs) echo findutils ;;
    awk) echo gawk ;;
    runuser | flock | nsenter) echo util-linux ;;
    sha256sum | df) echo coreutils ;;
    useradd | groupadd) echo "$accounts" ;;
    *) echo "$1" ;;
    esac
}

missing=() packages=()
tools='curl tar gzip sha256sum df runuser flock nsenter systemctl journalctl useradd groupadd getent awk sed find xargs'
for tool in $tools cmp diff; do
    command -v "$tool" >/dev/null || missing+=("$tool") packages+=("$(package_of "$tool")")
done
[ ${#missing[@]} = 0 ] ||
    fail "these tools are missing on the VM: ${missing[*]}; install them there: $packager ${packages[*]}"

[[ $(cat "$root/etc/machine-id") =~ ^[0-9a-f]{32}$ ]] ||
    fail "/etc/machine-id holds no machine id; run systemd-machine-id-setup on the VM"

refuse_links
take_lock
word=$(mark 3)
adopts=false
case $(mark 1) in
"$owner")
    "$adopt" || ! adopting ||
        fail "the Prometheus that was here before is not adopted yet: set external-prometheus:vm.adopt to true again, or" \
            "leave it as it is by 'pulumi destroy'. Nothing was changed"
    ! "$adopt" || brought || [ -z "$(foreign_path)" ] || adopts=true
    ;;
'')
    if "$adopt" && [ -n "$(foreign_path)" ]; then adopts=true; else refuse_foreign; fi
    ;;
"$take_over")
    say "this VM is taken over from stack '$take_over'"
    # Should it take the VM back, its steps must not believe that all is as they left it.
    word=
    ;;
*) refuse_owner ;;
esac
if "$adopts"; then
    inspect_foreign
    [ ! -e "$etc/credentials" ] || adopting || not_adoptable "has $etc/credentials, where ours keeps its own; move it away"
fi
check_room
check_clock
mkdir -p "$state"
if "$adopts"; then
    remember_foreign
    say "the Prometheus $foreign_version that is here will be adopted; it goes on until ours takes its place"
fi
printf '%s\n' "$owner" "$component" "${word:-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')}" >"$work/owner"
put "$work/owner" "$state/owner" 0644 root:root

identity
