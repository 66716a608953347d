# shellcheck shell=bash disable=SC2154
# What Prometheus runs otherwise than its files say. Every answer is taken apart line by line: there is no jq here.

# The names of the scrape pools that Prometheus has, one a line. Job names hold neither commas nor quotes.
pools() { api /api/v1/scrape_pools | sed -E 's/.*\[(.*)\].*/\1/' | tr ',' '\n' | tr -d '"' | sort; }

# One active target a line.
targets() { api '/api/v1/targets?state=active' | sed 's/{"discoveredLabels"/\n&/g' | grep '"scrapePool"' || true; }

# unescaped <TEXT: what Prometheus writes in a string of JSON, as it was meant, ends of lines apart. A backslash comes last, or what
# follows it would be taken for an escape.
unescaped() { sed 's/\\\\/\\u005c/g; s/\\"/"/g; s/\\u0026/\&/g; s/\\u003c/</g; s/\\u003e/>/g; s/\\u005c/\\/g'; }

# field NAME <LINES: the text of the last field of that name in each line.
field() { sed -nE "s/.*\"$1\":\"(([^\"\\\\]|\\\\.)*)\".*/\1/p" | unescaped; }

# target_times <TARGETS: each job with an interval and a timeout of its targets, in milliseconds.
# shellcheck disable=SC2016 # an awk program
target_times() {
    sed -nE 's/.*"__scrape_interval__":"([^"]*)".*"__scrape_timeout__":"([^"]*)".*"scrapePool":"([^"]*)".*/\3\t\1\t\2/p' |
        sort -u | awk -F '\t' "$durations"'{ print $1 "\t" milliseconds($2) "\t" milliseconds($3) }'
}

# rule_counts <OUTPUT: each rule file that promtool has checked, below its directory, with the number of its rules.
# shellcheck disable=SC2016 # an awk program
rule_counts() {
    awk '/^Checking / { file = $2; sub(/.*\/rules\//, "rules/", file) }
        / rules? found$/ { print file "\t" $2 }' | sort
}

# The same for the rules that run.
# shellcheck disable=SC2016 # an awk program
running_rule_counts() {
    sed -nE 's/^prometheus_rule_group_rules\{rule_group="([^;]*);.*"\} ([0-9]+)$/\1\t\2/p' "$work/metrics" |
        awk -F '\t' '{ sub(/.*\/rules\//, "rules/", $1); n[$1] += $2 } END { for (f in n) print f "\t" n[f] }' | sort
}

# main_text <YAML: what tells one main document from another, in Prometheus's words as in ours.
main_text() {
    local text list
    text=$(cat)
    for list in targets rule_files scrape_config_files; do
        # Prometheus shows paths as it has resolved them.
        items "$list" <<<"$text" | sed "s|^${etc#"$root"}/||"
    done
    fields job_name <<<"$text" | cut -f 3 | sort
}

# When what Prometheus reads was last put in place or changed; unlike the time of modification, nobody can set it back.
# shellcheck disable=SC2016 # an awk program
placed_at() {
    { find "$etc/current" "$etc/current/" -printf '%C@\n' && find "$etc" -maxdepth 1 -lname 'current/*' -printf '%C@\n'; } |
        awk '$1 > last { last = $1 } END { printf "%.6f\n", last }'
}

# only_in FILE FILE: the lines of the first that the second lacks, on one line.
only_in() { comm -23 "$1" "$2" | head -n 20 | paste -sd ' '; }

# differences: a line for each; none when all is the same. Reads $work/rules, as rule_counts writes it, where it is there.
differences() {
    local seen=$work/seen
    mkdir -p "$seen"
    if ! api /metrics >"$work/metrics" || ! pools >"$seen/pools" || ! targets >"$work/targets"; then
        echo "Prometheus does not answer at http://$address"
        return
    fi
    [ "$(shown prometheus_config_last_reload_successful)" = 1 ] ||
        echo "it refused the last configuration that it was given, or a part of it"
    shown prometheus_config_last_reload_success_timestamp_seconds | awk -v placed="$(placed_at)" '{ exit !($1 >= placed) }' ||
        echo "it has not loaded what was last put in place"
    awk '/^prometheus_sd_failed_configs\{/ { n += $2 } END { if (n) print n " service discoveries could not be set up" }' \
        "$work/metrics"

    job_names "$etc/current" >"$seen/jobs"
    say_unless_empty "these jobs have no scrape pool: " "$(only_in "$seen/jobs" "$seen/pools")"
    say_unless_empty "these scrape pools belong to no job: " "$(only_in "$seen/pools" "$seen/jobs")"

    # Of jobs with a target, since nothing else shows the times. Prometheus shows new ones up to 5 s later.
    job_times "$etc/current" | sort >"$seen/wanted"
    target_times <"$work/targets" | sort >"$seen/times"
    comm -12 "$seen/wanted" "$seen/times" | cut -f 1 >"$seen/right"
    cut -f 1 "$seen/times" | sort -u | comm -12 - <(cut -f 1 "$seen/wanted") | comm -23 - "$seen/right" >"$seen/wrong"
    say_unless_empty "these jobs have another interval or timeout: " "$(head -n 20 "$seen/wrong" | paste -sd ' ')"

    if [ -f "$work/rules" ]; then
        running_rule_counts >"$seen/rules"
        say_unless_empty "these files of rules hold other numbers of rules: " "$(only_in "$work/rules" "$seen/rules")"
        say_unless_empty "these rules run, but are not in the files: " "$(only_in "$seen/rules" "$work/rules")"
    fi

    api /api/v1/status/config | sed -E 's/^.*"yaml":"(.*)".*$/\1/; s/\\\\/\\u005c/g; s/\\n/\n/g' | unescaped |
        main_text >"$seen/main"
    main_text <"$etc/current/prometheus.yml" | cmp -s - "$seen/main" ||
        echo "the main document that it shows at /api/v1/status/config is another one"
}

# shown NAME: as in metrics that were just asked for.
shown() { awk -v name="$1" '$1 == name { print $2 }' "$work/metrics"; }
say_unless_empty() { [ -z "$2" ] || printf '%s%s\n' "$1" "$2"; }

# Seconds until all that was loaded can be seen: scrape pools are made, and the times of targets renewed, every 5 s.
patience=${patience-20}

# as_declared: whether there is none; leaves them in $work/differences. What was adopted, nobody has declared, and it may be
# written in any way.
as_declared() {
    if [ "$(readlink "$etc/current")" = versions/adopted ]; then : >"$work/differences" && return; fi
    differences >"$work/differences"
    [ ! -s "$work/differences" ]
}
