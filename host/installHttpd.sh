# shellcheck shell=bash disable=SC2034,SC2154
# How httpd comes to a machine, and what there may be of it before.

# other_sites: files by which this httpd serves something else than what it comes with, and than Prometheus: a site, or a
# port. What is only available is not read by it.
other_sites() {
    local file
    {
        grep -RlsiE '^[[:space:]]*<VirtualHost' "$httpd_etc" --include='*.conf' --exclude-dir='*-available' || true
        grep -RsiE '^[[:space:]]*Listen[[:space:]]' "$httpd_etc" --include='*.conf' --exclude-dir='*-available' |
            grep -viE ':[[:space:]]*Listen[[:space:]]+([^[:space:]]*:)?(80|443)([[:space:]]+https?)?[[:space:]]*$' | cut -d : -f 1 || true
    } | sort -u | while IFS= read -r file; do
        [ "$file" = "$httpd_site" ] || as_it_came "$file" || printf '%s\n' "$file"
    done | paste -sd ' '
}

# as_it_came FILE: whether it is one of the sites that httpd comes with, and nobody has changed it.
as_it_came() {
    local file
    case " $httpd_own_sites " in *" $1 "*) ;; *) return 1 ;; esac
    file=$(readlink -f "$1")
    if [ "$httpd_program" = apache2ctl ]; then
        dpkg-query --show --showformat '${Conffiles}' apache2 | grep -qxF " ${file#"$root"} $(md5sum <"$file" | cut -d ' ' -f 1)"
    else
        ! rpm -V --nomtime --noowner --nogroup httpd mod_ssl 2>/dev/null | grep -qE "^..5.* ${file#"$root"}\$"
    fi
}

# Sites that were there before, from before they give way to the front until that was seen to answer.
sites_before=$front/before.tar

# adopted_sites: those that lead to a Prometheus that was adopted, or have the name of the front.
adopted_sites() {
    local site port
    adopted || return 0
    port=$(sed -nE '1s|^[^/]*:([0-9]+).*|\1|p' "$state/adopted/foreign")
    for site in $(other_sites); do
        if grep -qE "(127\.0\.0\.1|localhost|\[::1\]):$port([^0-9]|\$)" "$site" || grep -qwF "$name" "$site"; then
            printf '%s\n' "${site#"$root/"}"
        fi
    done
}

set_aside_adopted_sites() {
    local site sites copy
    mapfile -t sites < <(adopted_sites)
    if [ ! -e "$sites_before" ]; then
        [ "${#sites[@]}" -gt 0 ] || return 0
        tar -C "$root/" -cf "$sites_before.partial" "${sites[@]}"
        sync "$sites_before.partial"
        mv -T "$sites_before.partial" "$sites_before"
    fi
    undo=bring_back_adopted_sites
    for site in "${sites[@]}"; do
        copy=$state/set-aside/$site
        mkdir -p "$(dirname "$copy")"
        # It may be a link to one that is only available, and stays that.
        [ ! -e "$root/$site" ] || put "$root/$site" "$copy" 0600 root:root
        rm -f "$root/$site"
        say "httpd no longer serves $root/$site, which led to Prometheus; it is kept as $copy"
    done
}

bring_back_adopted_sites() {
    undo=:
    tar -C "$root/" -xpf "$sites_before"
    rm -f "$sites_before"
    if [ ! -e "$front/current" ]; then
        rm -f "$httpd_site" "$httpd_drop_in"
        systemctl daemon-reload
        systemctl --quiet enable --now "$httpd" || say "error: httpd does not start again"
    fi
    say "the sites that led to Prometheus before are back"
}

forget_adopted_sites() {
    undo=:
    rm -f "$sites_before"
}

# install_httpd: from the distribution, and without a start: it would serve the page that it comes with.
install_httpd() {
    # A run that was cut may have left it so.
    systemctl --quiet unmask --runtime "$httpd" 2>/dev/null || true
    if httpd_installed; then return 0; fi
    say "installing httpd from the distribution's packages"
    if [ "$httpd_program" = apache2ctl ]; then
        local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3
            -o Acquire::http::Timeout=30)
        install_apache2() { "${apt[@]}" install -y --no-install-recommends apache2 >"$work/packages" 2>&1; }
        # Lists may be missing or out of date, and dpkg may have been cut at its work.
        refresh() { dpkg --configure -a >"$work/packages" 2>&1 && "${apt[@]}" update >"$work/packages" 2>&1; }
        systemctl --quiet mask --runtime "$httpd" 2>/dev/null
        install_apache2 || { refresh && install_apache2; } || package_failure
        systemctl --quiet unmask --runtime "$httpd"
    else
        dnf -q -y install httpd mod_ssl >"$work/packages" 2>&1 || package_failure
    fi
    # SELinux lets it speak to no other program.
    if selinuxenabled 2>/dev/null; then setsebool -P httpd_can_network_connect on; fi
}

httpd_installed() {
    if [ "$httpd_program" = apache2ctl ]; then
        dpkg-query --show --showformat '${db:Status-Status}' apache2 2>/dev/null | grep -qx installed
    else
        rpm --quiet -q httpd mod_ssl
    fi
}

package_failure() {
    systemctl --quiet unmask --runtime "$httpd" 2>/dev/null || true
    tail -n 10 "$work/packages" >&2
    fail "httpd cannot be installed from the distribution's packages (above is what the package manager says)." \
        "Prometheus goes on without its front"
}
