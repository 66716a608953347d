# shellcheck shell=bash source-path=SCRIPTDIR
# Takes away what this stack installed, and nothing else: the mark must name this stack and this component. So a
# resource that was renamed removes nothing. Reads: purge_data (true or false).
. lib.sh
: "${purge_data:?}"

take_lock
if [ "$(mark 1)" != "$owner" ] || [ "$(mark 2)" != "$component" ]; then
    say "this VM does not carry the mark of '$owner' ($component): nothing removed"
    exit 0
fi

if [ -e "$unit" ]; then
    systemctl --quiet disable --now prometheus.service
    rm -f "$unit"
fi
systemctl daemon-reload
systemctl reset-failed prometheus.service 2>/dev/null || true
rm -rf "$etc" "$base/prometheus"
for record in "$state"/releases/*; do
    [ ! -e "$record" ] || rm -rf "${base:?}/$(basename "$record")"
done
rm -rf "$base"/.prometheus-*.tar.gz.partial "$base"/prometheus-*.linux-*.partial "$base"/prometheus-*.linux-*.replaced
if [ "$purge_data" = true ]; then
    rm -rf "$data"
    if getent passwd prometheus >/dev/null; then userdel prometheus; fi
    if getent group prometheus >/dev/null; then groupdel prometheus; fi
fi
# The mark goes last: until then a removal that was cut can be repeated.
rm -rf "$state/releases" "$state/healthy"
rm -rf "$state"
printf 'removed\n'
