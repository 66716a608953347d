# shellcheck shell=bash source-path=SCRIPTDIR
# The configuration as one transaction: prometheus.yml, clusters/ and rules/ (a bundle on stdin) change together or not
# at all.
#
# A version of the configuration is a folder below versions/; `current` is a link to one. prometheus.yml, clusters and
# rules in $etc are links that go through `current`, so one rename swaps all of them. Paths resolve the same way
# before and after the swap: Prometheus and promtool take relative ones from the folder of the prometheus.yml that they
# are given, and credentials are named by absolute ones. `previous` exists only from the swap until the new version was
# seen to be loaded: a run that was cut in between finds by it what last worked.
. lib.sh
begin
mkdir -p "$etc/versions"
staged=$(mktemp -d "$etc/versions/XXXXXXXX")
scratch+=("$staged")
unbundle "$staged"
chown -R root:prometheus "$staged"
find "$staged" -type d -exec chmod 0750 {} +
find "$staged" -type f -exec chmod 0640 {} +
[ -s "$staged/prometheus.yml" ] || fail "the data on stdin holds no prometheus.yml"

# Every file that the scrape jobs name, once.
named_files() {
    scrape_files "$staged" | xargs -d '\n' \
        sed -nE "s/^[ -]*(ca|cert|key|credentials|password|bearer_token)_file: *['\"]?([^'\"]*)['\"]?\$/\2/p" | sort -u
}

# promtool lets a missing ca_file, an unreadable credential and a bad match[] pass; Prometheus would then run without
# that job or its targets.
check_files() {
    local file
    while IFS= read -r file; do
        as_service test -r "$root$file" ||
            fail "$file is named by the configuration, but the user prometheus cannot read it"
        [ -s "$root$file" ] || fail "$file is named by the configuration, but it is empty"
    done < <(named_files)
}

# Each tls_config, once, in a file of its own in DIR.
# shellcheck disable=SC2016 # an awk program
tls_blocks() {
    scrape_files "$staged" | xargs -d '\n' awk -v dir="$1" '
        { indent = match($0, /[^ -]/) }
        open && indent <= depth { open = 0; blocks[block] }
        open { sub(/^ +/, "  "); block = block "\n" $0 }
        /^[ -]*tls_config:$/ { open = 1; depth = indent; block = "tls_config:" }
        END { if (open) blocks[block]; for (b in blocks) print b > (dir "/" ++n) }'
}

# Loaded by the code that Prometheus itself uses, as the service user: promtool makes an HTTP client of each.
check_tls() {
    local dir block words
    dir=$(mktemp -d "$etc/versions/XXXXXXXX")
    scratch+=("$dir")
    tls_blocks "$dir"
    chown -R root:prometheus "$dir"
    chmod -R u=rwX,g=rX,o= "$dir"
    for block in "$dir"/*; do
        [ -e "$block" ] || return 0
        words=$(as_service "$base/prometheus/promtool" check ready --url "http://$address" \
            --http.config.file "$block" 2>&1) ||
            fail "unusable certificates: $(printf '%s' "$words" | tail -n 1)"
    done
}

# Each selector of match[], once, without the quotes of YAML.
# shellcheck disable=SC2016 # an awk program
selectors() {
    scrape_files "$staged" | xargs -d '\n' awk '
        { indent = match($0, /[^ ]/) }
        open && !(indent >= depth && $1 == "-") { open = 0 }
        open { sub(/^ *- /, ""); if (sub(/^\047/, "")) { sub(/\047$/, ""); gsub(/\047\047/, "\047") } print }
        /^ *\047?match\[\]\047?:$/ { open = 1; depth = indent }' | sort -u
}

# The Prometheus that runs parses each selector; the time span is empty, so it looks nothing up.
check_selectors() {
    local selector words
    while IFS= read -r selector; do
        words=$(curl -sS --max-time 10 -G --data-urlencode "match[]=$selector" -d start=0 -d end=0 -d limit=1 \
            "http://$address/api/v1/series")
        case $words in
        *'"status":"success"'*) ;;
        *) fail "bad match[] $selector: $(printf '%s' "$words" | sed -E 's/.*"error":"(.*)"}?/\1/')" ;;
        esac
    done < <(selectors)
}

check() {
    [ -n "$(job_names "$staged")" ] || fail "the configuration holds no job at all"
    check_files
    local words
    words=$(as_service "$base/prometheus/promtool" check config "$staged/prometheus.yml" 2>&1) ||
        fail "promtool refuses the configuration:" \
            "$(printf '%s' "$words" | sed "s|$staged/||g" | grep -v SUCCESS | tail -n 12)"
    check_tls
    check_selectors
}

last_reload() { metric prometheus_config_last_reload_success_timestamp_seconds; }
reloaded() { [ "$(metric prometheus_config_last_reload_successful)" = 1 ]; }
failed_discoveries() { metric 'prometheus_sd_failed_configs{name="scrape"}'; }
same_pools() { [ "$(pools)" = "$(job_names "$etc/current/")" ]; }

# Whether what runs is what `current` holds: loaded later than the link was set, whole, every job with its scrape pool.
loaded() {
    local set_at
    set_at=$(stat -c %.9Y "$etc/current")
    reloaded && last_reload | awk -v set_at="$set_at" '{ exit !($1 >= set_at) }' &&
        [ "$(failed_discoveries)" = 0 ] && same_pools
}

# reload: asks for it, and returns whether it was done. `systemctl reload` says yes to everything; stopping old scrape
# pools can take as long as a scrape, and new pools are made up to 5 s later.
reload() {
    local before good
    before=$(last_reload)
    good=$(metric prometheus_config_last_reload_successful)
    systemctl reload prometheus.service || return 1
    # A refusal shows only where the reload before it was a success.
    answered() { [ "$(last_reload)" != "$before" ] || { [ "$good" = 1 ] && ! reloaded; }; }
    wait_for 120 answered || return 1
    reloaded || return 1
    [ "$(failed_discoveries)" = 0 ] || return 1
    wait_for 15 same_pools
}

restore() {
    say "error: Prometheus did not take the new configuration"
    journal --since "@$swapped" | grep -E 'level=(ERROR|WARN)' | tail -n 5 >&2 || true
    local wanted has
    wanted=$(job_names "$etc/current/")
    has=$(pools)
    [ "$has" = "$wanted" ] ||
        say "jobs that differ: $(printf '%s\n%s\n' "$wanted" "$has" | sort | uniq -u | tr '\n' ' ')"
    [ -e "$etc/previous" ] || fail "there is no earlier configuration to go back to"
    point "$etc/current" "$(readlink "$etc/previous")"
    reload || fail "and the previous configuration was not loaded again either"
    rm -f "$etc/previous"
    prune
    fail "the previous configuration is back and runs"
}

# Removes every version that no link names.
prune() {
    local dir name
    for dir in "$etc"/versions/*/; do
        name=versions/$(basename "$dir")
        case $name in
        "$(readlink "$etc/current")" | "$(readlink "$etc/previous" || true)") ;;
        *) rm -rf "$dir" ;;
        esac
    done
}

# Links in $etc for what the new version holds, before it is `current`: so they never lack after a cut.
link_parts() {
    local path
    for path in "$staged"/*; do point "$etc/$(basename "$path")" "current/$(basename "$path")"; done
}

# Credentials of clusters that the loaded configuration no longer knows.
forget_clusters() {
    local dir name
    for dir in "$etc"/credentials/*/; do
        name=$(basename "$dir")
        if [ ! -d "$dir" ] || [ -e "$etc/current/clusters/$name.yml" ]; then continue; fi
        if grep -rqF "/credentials/$name/" "$etc/current/"; then continue; fi
        rm -rf "$dir"
        say "removed the credentials of cluster $name"
    done
}

systemctl --quiet is-active prometheus.service || fail "prometheus.service does not run; the service step starts it"
swapped=$(date +%s)
if diff -r "$staged" "$etc/current/" >/dev/null 2>&1; then
    link_parts
    loaded || reload || restore
else
    check
    sync -f "$staged"
    scratch=("$work") # from here on it is no longer a draft
    [ -e "$etc/previous" ] || point "$etc/previous" "$(readlink "$etc/current")"
    link_parts
    point "$etc/current" "versions/$(basename "$staged")"
    reload || restore
fi
rm -f "$etc/previous"
find "$etc" -maxdepth 1 -xtype l -lname 'current/*' -delete
prune
forget_clusters
printf 'configuration=%s\n' \
    "$(cd "$etc/current/" && find . -type f | sort | xargs -d '\n' sha256sum | sha256sum | cut -c 1-16)"
