# shellcheck shell=bash disable=SC2154
# What a configuration in $staged names and promtool lets pass: Prometheus would run without that job or its targets, and
# not start with it. Everything that is wrong is said, then the step fails.

# Another user, in the file system as the service has it: its unit hides folders, and lets it write to few.
as_seen_by_service() { nsenter --mount --target "$(running_pid)" -- runuser -u prometheus -- "$@"; }
running_pid() { systemctl show --value -p MainPID prometheus.service; }

check() {
    wrong=$work/wrong
    : >"$wrong"
    [ -n "$(job_names "$staged")" ] || fail "the configuration holds no job at all"
    check_patterns
    check_schemes
    check_files
    refuse
    promtool_config
    check_tls
    check_selectors
    refuse
}

refuse() {
    [ -s "$wrong" ] || return 0
    head -n 30 "$wrong" | sed 's/^/error: /' >&2
    fail "the configuration is refused; the one that runs was not touched"
}

# Every pattern matches something, and every document is matched.
check_patterns() {
    local pattern
    while IFS= read -r pattern; do
        (cd "$staged" && compgen -G "$pattern") >>"$work/matched" ||
            echo "'$pattern' in prometheus.yml matches no file" >>"$wrong"
    done < <(items rule_files <"$staged/prometheus.yml" && items scrape_config_files <"$staged/prometheus.yml")
    (cd "$staged" && find . -type f ! -path ./prometheus.yml -printf '%P\n') | sort >"$work/documents"
    touch "$work/matched"
    sort -u "$work/matched" | comm -13 - "$work/documents" | sed 's/$/ is named by nothing in prometheus.yml/' >>"$wrong"
}

check_schemes() {
    scrape_text "$staged" | fields scheme | awk -F '\t' '
        $3 != "http" && $3 != "https" { print "job \047" $1 "\047: scheme \047" $3 "\047 is neither http nor https" }' \
        >>"$wrong"
}

# Each file that a job names, and each pattern of files; as the service sees them. Lists of nodes come when this has run.
check_files() {
    scrape_text "$staged" | fields '[a-z_]*_file' | sort -u -t $'\t' -k 2,3 >"$work/named"
    { scrape_text "$staged" | items files | grep -v '^/usr/local/var/lib/prometheus/nodes/' || true; } |
        sed 's/^/\tfiles\t/' >>"$work/named"
    # shellcheck disable=SC2016 # for the other shell
    as_seen_by_service bash -c '
        while IFS= read -r job && IFS= read -r name && IFS= read -r path; do
            what="${job:+job \"$job\": }$name $path" where=$1$path
            if [ "$name" = scrape_failure_log_file ]; then
                [ -w "$where" ] || { [ ! -e "$where" ] && [ -w "${where%/*}" ]; } ||
                    echo "$what: the service cannot write it"
            elif [ "$name" = files ]; then
                compgen -G "$where" >/dev/null || echo "$what: no such file that the service can see"
                compgen -G "$where" | while IFS= read -r file; do
                    [ -r "$file" ] || echo "$what: the service cannot read $file"
                done
            elif [ ! -e "$where" ]; then echo "$what: no such file that the service can see"
            elif [ ! -f "$where" ]; then echo "$what: is no file"
            elif [ ! -r "$where" ]; then echo "$what: the service cannot read it"
            elif [ ! -s "$where" ]; then echo "$what: is empty"
            fi
        done' check "$root" < <(tr '\t' '\n' <"$work/named") >"$work/unusable"
    [ ! -s "$work/unusable" ] || {
        cat "$work/unusable"
        echo "(the user prometheus must be able to read them, and its service sees nothing of /home, /root and /tmp)"
    } >>"$wrong"
}

promtool_config() {
    as_seen_by_service "$base/prometheus/promtool" check config "$staged/prometheus.yml" >"$work/promtool" 2>&1 ||
        fail "promtool refuses the configuration:" \
            "$(sed "s|$staged/||g" "$work/promtool" | grep -v -e SUCCESS -e '^$' | tail -n 12)"
    rule_counts <"$work/promtool" >"$work/rules"
}

# Each tls_config of the scrape jobs, once, as one more way to discover targets: promtool makes an HTTP client of each, by
# the code that Prometheus itself uses, before it asks any.
# shellcheck disable=SC2016 # an awk program
tls_document() {
    printf 'scrape_configs:\n  - job_name: certificates\n    http_sd_configs:\n'
    scrape_text "$staged" | awk -v url="http://$address/" "$yaml"'
        open && column <= depth { open = 0; blocks[block] }
        open { block = block "\n          " said }
        said == "tls_config:" { open = 1; depth = column; block = "" }
        END {
            if (open) blocks[block]
            for (b in blocks) print "      - url: " url "\n        tls_config:" b
        }'
}

check_tls() {
    local file words
    tls_document >"$work/certificates.yml"
    grep -q tls_config "$work/certificates.yml" || return 0
    file=$(mktemp "$etc/versions/XXXXXXXX")
    scratch+=("$file")
    cat "$work/certificates.yml" >"$file"
    chown root:prometheus "$file"
    chmod 0640 "$file"
    words=$(as_seen_by_service "$base/prometheus/promtool" check service-discovery --timeout=1ms "$file" \
        certificates 2>&1) ||
        sed -n '$s/^Could not create new discoverer/unusable certificates:/p' <<<"$words" >>"$wrong"
}

# The Prometheus that runs parses each selector of a federation; the time span is empty, so it looks nothing up.
check_selectors() {
    local selector words
    while IFS= read -r selector; do
        words=$(request --max-time 10 -G --data-urlencode "match[]=$selector" -d start=0 -d end=0 -d limit=1 \
            "http://$address/api/v1/series")
        case $words in
        *'"status":"success"'*) ;;
        *) echo "bad match[] $selector: $(sed -E 's/.*"error":"(.*)"}?/\1/' <<<"$words")" >>"$wrong" ;;
        esac
    done < <(scrape_text "$staged" | items 'match[]')
}
