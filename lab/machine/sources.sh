# shellcheck shell=bash
# Where this machine gets Debian from; the VM gets it from the same places. Sourced, never run.

# debian_sources: prints "URI RELEASE" for each release of Debian itself that this machine's apt is configured with.
debian_sources() {
    local found
    found=$(debian_targets)
    if [[ ! $found ]]; then
        apt-get update >&2
        found=$(debian_targets)
    fi
    if [[ ! $found ]]; then
        echo "this machine's apt has no source of Debian bookworm main; see /etc/apt/sources.list" >&2
        return 1
    fi
    echo "$found"
}

debian_targets() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
        sed -nE 's/^Debian bookworm[a-z-]* main (.*)$/\1/p' | sort -u
}

# debian_lines: the same as lines of a sources.list.
debian_lines() {
    debian_sources | sed 's|.*|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & main|'
}
