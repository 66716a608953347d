# shellcheck shell=bash disable=SC2034,SC2154
# Where httpd is, by the family of the distribution, and how it comes and goes.

# What httpd is told, version by version; `current` is the one that runs.
front=$base/etc/httpd
if [ -e "$root/etc/debian_version" ]; then
    httpd=apache2.service
    httpd_program=apache2ctl
    httpd_group=www-data
    httpd_etc=$root/etc/apache2
    httpd_site=$httpd_etc/sites-enabled/000-external-prometheus.conf
    httpd_run=$root/run/apache2
    httpd_log=/var/log/apache2/error.log
    # Links to the page that it comes with, and to its sibling.
    httpd_own_sites="$httpd_etc/sites-enabled/000-default.conf $httpd_etc/sites-enabled/default-ssl.conf"
else
    httpd=httpd.service
    httpd_program=httpd
    httpd_group=apache
    httpd_etc=$root/etc/httpd
    httpd_site=$httpd_etc/conf.d/00-external-prometheus.conf
    # SELinux lets it write here.
    httpd_run=$root/run/httpd
    httpd_log=/var/log/httpd/error_log
    httpd_own_sites="$httpd_etc/conf.d/ssl.conf $httpd_etc/conf.d/welcome.conf"
fi
httpd_drop_in=$root/etc/systemd/system/$httpd.d/external-prometheus.conf

# other_sites: files by which this httpd serves something else than what it comes with, and than Prometheus.
other_sites() {
    grep -rlsiE '^[[:space:]]*<VirtualHost' "$httpd_etc/sites-enabled" "$httpd_etc/conf.d" --include='*.conf' |
        grep -vxF -e "$httpd_site" -e "${httpd_own_sites% *}" -e "${httpd_own_sites#* }"
}

httpd_active() { systemctl --quiet is-active "$httpd"; }

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
        "Prometheus itself was not touched"
}

# remove_front: what this program has told httpd; the package stays, and does not run.
remove_front() {
    [ -e "$front" ] || [ -e "$httpd_drop_in" ] || [ -L "$httpd_drop_in" ] || return 0
    if httpd_active || [ -e "$httpd_site" ]; then systemctl --quiet disable --now "$httpd"; fi
    rm -f "$httpd_site" "$httpd_site.next" "$httpd_drop_in" "$httpd_drop_in.next"
    rmdir --ignore-fail-on-non-empty "$(dirname "$httpd_drop_in")" 2>/dev/null || true
    systemctl daemon-reload
    rm -rf "$front"
    sync -f "$base"
}
