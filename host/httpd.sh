# shellcheck shell=bash disable=SC2034,SC2154
# Where httpd is, by the family of the distribution, and how the front goes.

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

httpd_active() { systemctl --quiet is-active "$httpd"; }

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
