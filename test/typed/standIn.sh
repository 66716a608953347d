#!/usr/bin/env bash
# Takes the place of every program that a page calls: runs what needs neither a cluster nor a VM, and writes down the rest.
set -euo pipefail

name=${0##*/}
[[ $0 != *lab/* ]] || name=lab/${0##*lab/}
command=$name${1:+ $1}

case $command in
"pulumi cancel" | "pulumi config" | "pulumi login" | "pulumi stack" | "pulumi state")
    echo "run: $name $*" >>"$TYPED_LOG"
    # These ask before they go on.
    [[ $1 != cancel && $1 != state ]] || set -- "$@" --yes
    exec "$TYPED_PULUMI" "$@" --non-interactive
    ;;
"htpasswd "*)
    # A person types the password.
    exec "$TYPED_HTPASSWD" -i "$@" <<<"a password"
    ;;
"sleep "*) exit ;;
esac

# shellcheck disable=SC2153 # names that begin so
for variable in "${!FAULT_@}" "${!PULUMI_K8S_@}" "${!SOAK_@}"; do
    name="$variable=${!variable} $name"
done
{
    printf 'later: %s' "$name"
    (($# == 0)) || printf ' %q' "$@"
    echo
} >>"$TYPED_LOG"
# What would be deployed is looked at, also where a later command changes it.
if [[ $command == "pulumi up" || $command == "pulumi preview" ]]; then
    for file in Pulumi.*.yaml; do
        [[ ! $file -nt $TYPED_DEPLOYED/since ]] || cp "$file" "$TYPED_DEPLOYED/$(cksum <"$file" | cut -d ' ' -f 1).$file"
    done
fi
if [[ $command == "pulumi up" && -e deployed.json ]]; then
    "$TYPED_PULUMI" stack import --file deployed.json >&2
fi
