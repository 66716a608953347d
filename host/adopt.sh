# shellcheck shell=bash disable=SC2034,SC2154
# The switch from a Prometheus that somebody else has installed to ours, and back. Ours begins with the configuration and the
# data of the other. `before.tar` is there from before the other is stopped until ours was seen to work, or the other was put
# back: a run that was cut in between finds by it what there was.
: "${health:=/-/ready}"
before=$adoption/before.tar
kept=$data/.before-adoption

is_switched() { [ -e "$before" ]; }
recall_foreign() { { read -r foreign_address && read -r foreign_version; } <"$adoption/foreign"; }

# adopt: ours runs in the place of the other, or the other as before.
adopt() {
    if is_switched && runs "$release" && started_from "$wanted"; then
        # A run that was cut has started it, and not seen how that ended.
        recall_foreign
        undo=give_back
        watch_start "$settle" || go_back
        return
    fi
    if is_switched; then
        say "a run was cut at this; what there was before is put back first"
        recall_foreign
        if ! put_back || ! start_foreign; then fail "it could not be put back, or did not start"; fi
    fi
    inspect_foreign
    remember_foreign
    note_database "$foreign_version"
    check_database
    check_loadable
    check_retention
    check_links
    address=$foreign_address hold_back

    keep_before
    undo=give_back
    say "stopping the Prometheus $foreign_version that is adopted"
    systemctl stop "$service"
    keep_data
    take_configuration
    # Of an account that nobody works as, all can be changed.
    lock_account
    own_folders
    say "starting $release/$program"
    activate "$wanted" "$release"
    start || go_back
}

keep_before() {
    local path paths=()
    { getent passwd "$program" && getent group "$program" && id -Gn "$program"; } >"$work/account"
    put "$work/account" "$adoption/account" 0600 root:root
    systemctl is-enabled "$service" >"$work/enabled" 2>/dev/null || true
    put "$work/enabled" "$adoption/enabled" 0600 root:root
    for path in "$unit" "$base/$program" "$etc" $(overrides); do
        if [ -e "$path" ] || [ -L "$path" ]; then paths+=("${path#"$root/"}"); fi
    done
    # There may be tokens in it.
    (umask 077 && tar -C "$root/" -cf "$before.partial" --numeric-owner --no-recursion "${data#"$root/"}" --recursion "${paths[@]}")
    sync "$before.partial"
    mv -T "$before.partial" "$before"
    sync "$adoption"
}

# The data as it is at the stop, by links, which take no room: Prometheus replaces or removes its files, and changes none that
# it has not made since its start. An older version could not read what ours adds.
keep_data() {
    rm -rf "$kept" "$kept.partial"
    mkdir -m 0700 "$kept.partial"
    find "$data" -mindepth 1 -maxdepth 1 ! -name "${kept##*/}*" ! -name lost+found -exec cp -al -t "$kept.partial" {} +
    sync -f "$data"
    mv -T "$kept.partial" "$kept"
}

data_back() {
    rm -rf "$kept.partial"
    if [ -d "$kept" ]; then
        find "$data" -mindepth 1 -maxdepth 1 ! -name "${kept##*/}" ! -name lost+found -exec rm -rf {} + &&
            sync -f "$data" && mv -T "$kept" "$kept.back" || return 1
    fi
    # From here on nothing is removed, however often this is cut.
    [ ! -d "$kept.back" ] ||
        { find "$kept.back" -mindepth 1 -maxdepth 1 -exec mv -t "$data" {} + && rmdir "$kept.back" && sync -f "$data"; }
}

# What the other has loaded is the first version of the configuration, so that its targets are watched until the next step
# replaces it, and are again if that fails.
take_configuration() {
    local part version=$etc/versions/adopted
    make_dir "$etc/versions" 0750 root:prometheus
    make_dir "$version" 0750 root:prometheus
    put "$etc/prometheus.yml" "$version/prometheus.yml" 0640 root:prometheus
    for part in clusters rules scrape; do
        [ -e "$etc/$part" ] || continue
        # From another folder a link would lead elsewhere.
        cp -aLT "$etc/$part" "$version/$part"
        rm -rf "${etc:?}/$part"
    done
    point "$etc/current" versions/adopted
    for part in "$version"/*; do point "$etc/${part##*/}" "current/${part##*/}"; done
}

# put_back: all as before.tar has it, stopped.
put_back() {
    # Whoever does not become healthy may not end when asked to either.
    systemctl kill --signal=KILL "$service" 2>/dev/null || true
    systemctl stop "$service" || true
    rm -rf "$etc"/{current,versions,prometheus.yml,clusters,rules,scrape} "${base:?}/$program" &&
        tar -C "$root/" -xpf "$before" --numeric-owner && data_back || return 1
    account_back || say "warning: the account $program is not as it was"
    systemctl daemon-reload
    [ "$(cat "$adoption/enabled")" != disabled ] || systemctl --quiet disable "$service"
    sync -f "$base"
    rm -f "$before"
}

account_back() {
    local gid home shell members groups
    {
        IFS=: read -r _ _ _ gid _ home shell
        IFS=: read -r _ _ _ members
        read -r _ groups || true
    } <"$adoption/account"
    usermod --gid "$gid" --groups "${groups// /,}" --home "$home" --shell "$shell" "$program" &&
        { [ -z "$members" ] || gpasswd --members "$members" "$program"; }
}

start_foreign() {
    systemctl reset-failed "$service" || true
    systemctl restart "$service" && address=$foreign_address watch_start "$settle"
}

give_back() {
    undo=:
    if ! put_back; then
        say "error: what there was before could not be put back; run it again: it goes on from there"
    elif start_foreign; then
        say "Prometheus $foreign_version, which was to be adopted, runs again, with its unit, its configuration and its data"
    else
        say "error: Prometheus $foreign_version, which was to be adopted, does not run; its unit, its configuration and its data" \
            "are as they were"
    fi
}

# finish_adoption: ours was seen to work. What it has replaced is kept where only root can read it.
finish_adoption() {
    local aside=$state/set-aside old
    undo=:
    old=$aside${unit#"$root"}
    mkdir -p "$(dirname "$old")" "$aside${etc#"$root"}"
    tar -xOf "$before" "${unit#"$root/"}" >"$work/unit"
    put "$work/unit" "$old" 0600 root:root
    cp -aT "$etc/versions/adopted" "$aside${etc#"$root"}"
    chown -R root:root "$aside"
    chmod -R go= "$aside"
    rm -rf "$state/adopted"
    sync -f "$aside"
    mv -T "$adoption" "$state/adopted"
    say "the Prometheus $foreign_version that was here is adopted; what was replaced of it is kept in $aside"
}

# Also of a run that was cut.
forget_before() { rm -rf "$state/adopted"/{before.tar,account,enabled} "$kept" "$kept.partial"; }

# give_up: what was to be adopted goes on, without what was brought to take its place.
give_up() {
    local name runs_from
    if is_switched; then
        recall_foreign
        if ! put_back || ! start_foreign; then
            fail "the Prometheus that was to be adopted could not be put back, or did not start"
        fi
    fi
    rm -rf "$etc/credentials" "$data.version"
    runs_from=$(readlink "$root/proc/$(property MainPID)/exe" || true)
    for name in $(releases); do
        # It may be of the same version.
        [ "$base/$program" -ef "$base/$name" ] || [ "${runs_from%/*}" = "$base/$name" ] || rm -rf "${base:?}/$name"
        rm -f "$state/releases/$name"
    done
    say "the Prometheus that was to be adopted goes on as it was"
}
