#!/usr/bin/env bash
# Builds the tools that are not in the cache yet and links all of them into $BIN.
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/..
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../env.sh"

# The oldest engine with resource hooks that retry, which the program uses.
oldest=3.218.0

# The user's own pulumi, if it is new enough. It brings its language host along.
official_pulumi() {
    local candidate version
    while read -r candidate; do
        [[ $candidate == "$BIN"/* || $candidate == "$LAB"/* ]] && continue
        version=$("$candidate" version 2>/dev/null) || continue
        if printf '%s\n' "$oldest" "${version#v}" | sort --check=quiet --version-sort; then
            realpath "$candidate"
            return
        fi
        echo "not using $candidate: it is $version, the lab needs $oldest or later" >&2
    done < <(type -aP pulumi)
}

mkdir -p "$BIN"
sets=(kubernetes prometheus)
official=$(official_pulumi)
if [[ $official ]]; then
    rm -f "$BIN/pulumi-language-nodejs"
    ln -sf "$official" "$BIN/pulumi"
    echo "using $official"
else
    sets=(kubernetes pulumi prometheus)
fi
"$LAB/tools/build.sh" "${sets[@]}"
for set in "${sets[@]}"; do
    directory=$("$LAB/tools/build.sh" --path "$set")
    find "$directory" -mindepth 1 -maxdepth 1 -executable ! -name kubernetes -exec ln -sft "$BIN" {} +
done
