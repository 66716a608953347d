# shellcheck shell=bash disable=SC2154
# What asks for tokens on this VM itself: where it is, how it comes and goes. As in host/renewal.ts.
renewal=$state/renewal
renewal_home=$base/var/lib/external-prometheus
renewal_service=external-prometheus-tokens
renewal_timer=$root/etc/systemd/system/$renewal_service.timer

# set_up_renewal DIR: DIR holds the program, its units and a folder for each cluster that gives such tokens. Only adds and
# replaces clusters, since what runs may still need the others.
set_up_renewal() {
    local from=$1 file folder name unit purpose code=0
    # A run with half of what is new would get tokens of which nobody knows with what.
    pause_renewal
    make_dir "$renewal" 0700 root:root
    make_dir "$renewal/clusters" 0700 root:root
    make_dir "$renewal_home" 0755 root:root
    make_dir "$renewal_home/metrics" 0755 root:root
    make_dir "$renewal_home/tokens" 0750 root:prometheus
    # What a power cut has left of an earlier run.
    find "$renewal" "$renewal_timer.next" "${renewal_timer%.timer}.service.next" -name '*.next' -delete 2>/dev/null || true
    for folder in "$from"/clusters/*; do
        name=$(basename "$folder")
        make_dir "$renewal/clusters/$name" 0700 root:root
        make_dir "$renewal_home/tokens/$name" 0750 root:prometheus
        for file in "$renewal/clusters/$name"/*; do
            [ -e "$folder/$(basename "$file")" ] || rm -rf "$file"
        done
        for file in "$folder"/*; do
            put "$file" "$renewal/clusters/$name/$(basename "$file")" 0600 root:root
        done
    done
    put "$from/renew-tokens" "$renewal/renew-tokens" 0755 root:root
    for unit in "$renewal_service.service" "$renewal_service.timer"; do
        put "$from/$unit" "$root/etc/systemd/system/$unit" 0644 root:root
    done
    TMPDIR=$work patience=${renewal_patience-10} root=$root bash "$renewal/renew-tokens" || code=$?
    for folder in "$from"/clusters/*; do
        name=$(basename "$folder")
        while read -r purpose _; do
            file=$renewal_home/tokens/$name/$purpose.token
            if [ ! -s "$file" ]; then
                # Prometheus can name it, and is refused until it is renewed.
                echo none >"$work/none"
                put "$work/none" "$file" 0640 root:prometheus
            fi
        done <"$folder/accounts"
    done
    systemctl daemon-reload
    systemctl --quiet enable "$renewal_service.timer"
    systemctl restart "$renewal_service.timer"
    case $code in
    0) ;;
    # What is there without such tokens must not give way to nothing.
    2) fail "a cluster refuses tokens of its accounts to the VM, and there are none; what runs was not touched" ;;
    # A cluster that does not answer keeps no change from the others.
    *) say "warning: tokens could not be renewed; the VM goes on trying: journalctl -u $renewal_service" ;;
    esac
}

pause_renewal() {
    [ -e "$renewal_timer" ] || return 0
    systemctl stop "$renewal_service.timer" 2>/dev/null || true
    systemctl stop "$renewal_service.service" 2>/dev/null || true
}

# remove_renewal: the tokens that were got stay.
remove_renewal() {
    [ -e "$renewal" ] || [ -e "$renewal_timer" ] || return 0
    pause_renewal
    systemctl --quiet disable "$renewal_service.timer" 2>/dev/null || true
    rm -f "$renewal_timer" "${renewal_timer%.timer}.service"
    systemctl daemon-reload
    systemctl reset-failed "$renewal_service.service" 2>/dev/null || true
    rm -rf "$renewal"
    say "removed $renewal_service: no cluster gives tokens that expire"
}

# forget_renewal NAMED: tokens that no line of that file names, and the clusters that none is named of any more.
forget_renewal() {
    local file folder left=false
    for folder in "$renewal"/clusters/*/; do
        [ -d "$folder" ] || continue
        if grep -qF "/tokens/$(basename "$folder")/" "$1"; then left=true; else rm -rf "$folder"; fi
    done
    "$left" || remove_renewal
    if [ -d "$renewal_home/tokens" ]; then
        find "$renewal_home/tokens" -name '*.token' | sort | comm -23 - "$1" | while IFS= read -r file; do
            rm -f "$file" "$file".*
        done
        find "$renewal_home/tokens" -mindepth 1 -maxdepth 1 -type d | while IFS= read -r folder; do
            if [ -z "$(find "$folder" -name '*.token' -print -quit)" ]; then rm -rf "$folder"; fi
        done
    fi
    "$left" || rm -rf "$renewal_home"
}
