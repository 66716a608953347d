# shellcheck shell=bash disable=SC2154
# What asks for tokens on this VM itself: where it is, how it comes and goes. As in host/renewal.ts.
renewal=$state/renewal
renewal_home=$base/var/lib/external-prometheus
renewal_service=external-prometheus-tokens

# set_up_renewal DIR: DIR holds the program, its units and a folder for each cluster that gives such tokens.
set_up_renewal() {
    local from=$1 file cluster unit purpose
    make_dir "$renewal" 0700 root:root
    make_dir "$renewal/clusters" 0700 root:root
    make_dir "$renewal_home" 0755 root:root
    make_dir "$renewal_home/metrics" 0755 root:root
    make_dir "$renewal_home/tokens" 0750 root:prometheus
    for cluster in "$from"/clusters/*; do
        make_dir "$renewal/clusters/$(basename "$cluster")" 0700 root:root
        make_dir "$renewal_home/tokens/$(basename "$cluster")" 0750 root:prometheus
        for file in "$cluster"/*; do put "$file" "$renewal/clusters/$(basename "$cluster")/$(basename "$file")" 0600 root:root; done
    done
    for cluster in "$renewal"/clusters/*; do
        [ -e "$from/clusters/$(basename "$cluster")" ] || rm -rf "$cluster"
    done
    put "$from/renew-tokens" "$renewal/renew-tokens" 0755 root:root
    for unit in "$renewal_service.service" "$renewal_service.timer"; do
        put "$from/$unit" "$root/etc/systemd/system/$unit" 0644 root:root
    done
    # A cluster that does not answer keeps no change from the others.
    TMPDIR=$work patience=${renewal_patience-10} root=$root bash "$renewal/renew-tokens" ||
        say "warning: tokens could not be renewed; the VM goes on trying: journalctl -u $renewal_service"
    for cluster in "$renewal"/clusters/*; do
        while read -r purpose _; do
            file=$renewal_home/tokens/$(basename "$cluster")/$purpose.token
            [ -s "$file" ] || {
                # Prometheus can name it, and is refused until it is renewed.
                echo none >"$work/none"
                put "$work/none" "$file" 0640 root:prometheus
            }
        done <"$cluster/accounts"
    done
    systemctl daemon-reload
    systemctl --quiet enable "$renewal_service.timer"
    systemctl restart "$renewal_service.timer"
}

# remove_renewal: the tokens that were got stay until no job names them.
remove_renewal() {
    [ -e "$renewal" ] || [ -e "$root/etc/systemd/system/$renewal_service.timer" ] || return 0
    if [ -e "$root/etc/systemd/system/$renewal_service.timer" ]; then
        systemctl --quiet disable --now "$renewal_service.timer"
        systemctl stop "$renewal_service.service"
    fi
    rm -f "$root/etc/systemd/system/$renewal_service".{service,timer}
    systemctl daemon-reload
    systemctl reset-failed "$renewal_service.service" 2>/dev/null || true
    rm -rf "$renewal"
    say "removed $renewal_service: no cluster gives tokens that expire"
}

# forget_tokens NAMED: those that no line of that file names.
forget_tokens() {
    local file
    [ -d "$renewal_home" ] || return 0
    find "$renewal_home/tokens" -name '*.token' | sort | comm -23 - "$1" | while IFS= read -r file; do
        rm -f "$file"
    done
    find "$renewal_home/tokens" -mindepth 1 -type d | while IFS= read -r folder; do
        if [ -z "$(find "$folder" -name '*.token' -print -quit)" ]; then rm -rf "$folder"; fi
    done
    if [ ! -e "$renewal" ] && [ -z "$(ls -A "$renewal_home/tokens")" ]; then rm -rf "$renewal_home"; fi
}
