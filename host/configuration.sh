# shellcheck shell=bash source-path=SCRIPTDIR
# The configuration as one transaction: prometheus.yml, clusters/, scrape/ and rules/ (a bundle on stdin) change together
# or not at all; below .keeper/ what keeps lists of nodes. Reads: programs (all that the stack has on the VM).
#
# A version of the configuration is a folder below versions/; `current` is a link to one. prometheus.yml, clusters, scrape
# and rules in $etc are links that go through `current`, so one rename swaps all of them. Paths resolve the same way
# before and after the swap: Prometheus and promtool take relative ones from the folder of the prometheus.yml that they
# are given, and credentials are named by absolute ones. `previous` exists only from the swap until the new version was
# seen to be loaded: a run that was cut in between finds by it what last worked.
. lib.sh
. documents.sh
. differences.sh
. checks.sh
. uninstall.sh
. httpd.sh
. renewal.sh
. keeper.sh
: "${programs:?}"
begin
make_dir "$etc/versions" 0750 root:prometheus
staged=$(mktemp -d "$etc/versions/XXXXXXXX")
scratch+=("$staged")
unbundle "$staged"
if [ -d "$staged/.keeper" ]; then
    mv "$staged/.keeper" "$work/keeper"
    # Prometheus watches a folder from the reload on only if it is there then.
    make_dir "$data/nodes" 0750 prometheus:prometheus
fi
chown -R root:prometheus "$staged"
find "$staged" -type d -exec chmod 0750 {} +
find "$staged" -type f -exec chmod 0640 {} +
[ -s "$staged/prometheus.yml" ] || fail "the data on stdin holds no prometheus.yml"

last_reload() { metric prometheus_config_last_reload_success_timestamp_seconds; }
reloaded() { [ "$(metric prometheus_config_last_reload_successful)" = 1 ]; }
failed_pools() { metric prometheus_target_scrape_pools_failed_total; }

# reload: asks for it, and returns whether all of it is what runs. `systemctl reload` says yes to everything; stopping old
# scrape pools can take as long as a scrape, and new pools are made up to 5 s later.
reload() {
    local before good failed
    before=$(last_reload)
    good=$(metric prometheus_config_last_reload_successful)
    failed=$(failed_pools)
    systemctl reload prometheus.service || return 1
    # A refusal shows only where the reload before it was a success.
    answered() { [ "$(last_reload)" != "$before" ] || { [ "$good" = 1 ] && ! reloaded; }; }
    wait_for 120 answered && reloaded && wait_for "$patience" as_declared && [ "$(failed_pools)" = "$failed" ]
}

restore() {
    say "error: Prometheus did not take the new configuration"
    journal --since "@$swapped" | grep -E 'level"?[=:]"?(ERROR|WARN)' | tail -n 5 >&2 || true
    as_declared || cat "$work/differences" >&2
    [ -e "$etc/previous" ] || fail "there is no earlier configuration to go back to"
    point "$etc/current" "$(readlink "$etc/previous")"
    rm -f "$work/rules" # they are those of the new one
    reload || {
        cat "$work/differences" >&2
        fail "and the previous configuration was not loaded again either"
    }
    keep_current
    fail "the previous configuration is back and runs"
}

# What is current was seen to run: every other version goes, what a check has left beside them, and links into nothing.
keep_current() {
    rm -f "$etc/previous"
    find "$etc" -maxdepth 1 -xtype l -lname 'current/*' -delete
    keep_only "$etc/current"
    remember_current
}

# keep_only LINK: of the versions beside it the one that it leads to.
keep_only() {
    local path
    for path in "$(dirname "$1")"/versions/*; do
        [ "versions/$(basename "$path")" = "$(readlink "$1")" ] || rm -rf "$path"
    done
}

# For the service step, which cannot start Prometheus with what somebody has broken. A link, so that a power cut leaves
# either the former or the new one.
remember_current() {
    local healthy=$state/healthy/prometheus version
    local known=$healthy/configuration
    if ! diff -r "$known/" "$etc/current/" >/dev/null 2>&1; then
        mkdir -p "$healthy/versions"
        version=$(mktemp -d "$healthy/versions/XXXXXXXX")
        cp -a "$etc/current/." "$version"
        sync -f "$version"
        [ -L "$known" ] || rm -rf "$known"
        point "$known" "versions/$(basename "$version")"
    fi
    keep_only "$known"
}

# Links in $etc for what the new version holds, before it is `current`: so they never lack after a cut.
link_parts() {
    local path link
    for path in "$staged"/*; do
        link=$etc/$(basename "$path")
        # What somebody has put there would not be swapped with the rest.
        [ -L "$link" ] || [ ! -d "$link" ] || rm -rf "$link"
        point "$link" "current/$(basename "$path")"
    done
}

# Credentials that no document of the loaded configuration names. Until now the configuration before may have used them.
forget_credentials() {
    local file
    { grep -rhoE "/credentials/[^'\"]+" "$etc/current/" || true; } | sed "s|^|$etc|" | sort -u >"$work/named"
    find "$etc/credentials" ! -type d | sort | comm -23 - "$work/named" | while IFS= read -r file; do
        rm -f "$file"
        say "removed $file, which no job names"
    done
    find "$etc/credentials" -mindepth 1 -type d -empty -delete
}

# Programs that the stack no longer has, now that nothing scrapes them. Their data stays.
forget_programs() (
    while IFS= read -r installed; do
        case " $programs " in *" $installed "*) continue ;; esac
        about "$installed"
        purge=false uninstall
        say "removed $installed, which is no longer configured"
    done < <(find "$state/releases" -type f -printf '%f\n' | sed -E 's/-[0-9].*//' | sort -u)
)

# listing DIR: all but the content of what is in it.
listing() { find "$1/" -printf '%P %y %m %u:%g\n' | sort; }
same() { diff -r "$staged" "$etc/current/" && diff <(listing "$staged") <(listing "$etc/current"); }

systemctl --quiet is-active prometheus.service || fail "prometheus.service does not run; the service step starts it"
check
swapped=$(date +%s)
link_parts
# Where something else runs than what its files say, the same files are put in place once more, and loaded.
if same >/dev/null 2>&1 && wait_for "$patience" as_declared; then
    rm -rf "$staged"
else
    sync -f "$staged"
    scratch=("$work") # from here on it is no longer a draft
    [ -e "$etc/previous" ] || point "$etc/previous" "$(readlink "$etc/current")"
    point "$etc/current" "versions/$(basename "$staged")"
    reload || restore
fi
keep_current
forget_credentials
{ grep -rhoE "/usr/local/var/lib/external-prometheus/tokens/[^'\"]+" "$etc/current/" || true; } |
    sed "s|^|$root|" | sort -u >"$work/named"
forget_renewal "$work/named"
if [ -d "$work/keeper" ]; then set_up_keeper "$work/keeper"; else remove_keeper; fi
forget_programs
case " $programs " in *" httpd "*) ;; *) remove_front ;; esac
# What was removed may not come back with a power cut: nothing looks for it before the next change.
sync -f "$etc" "$state"
printf 'configuration=%s\n' "$(sum_of "$etc/current")"
