# shellcheck shell=bash
# Reads the documents of a configuration line by line: they are YAML as our renderer writes it, each field and each item on
# a line of its own, the name of a job first.

# scrape_text DIR: the documents of a configuration that hold scrape jobs, one after the other.
scrape_text() {
    local dir=${1%/}
    find "$dir/" -type f \( -path "$dir/prometheus.yml" -o -path "$dir/clusters/*" -o -path "$dir/scrape/*" \) -print0 |
        sort -z | xargs -0 cat
}

# shellcheck disable=SC2016 # an awk program
yaml='
    function unquoted(text) {
        if (text ~ /^\047.*\047$/) { text = substr(text, 2, length(text) - 2); gsub(/\047\047/, "\047", text) }
        else if (text ~ /^".*"$/) text = substr(text, 2, length(text) - 2)
        return text
    }
    # Of the line: the column of what it says, and that without the column.
    { column = match($0, /[^ -]/); said = substr($0, column) }'

# fields NAME <TEXT: the values of the fields whose names match, each behind the job that it is in.
# shellcheck disable=SC2016 # an awk program
fields() {
    awk -v name="^($1): " "$yaml"'
        /^[^ ]/ { job = "" }
        said ~ /^job_name: / { job = unquoted(substr(said, 11)) }
        match(said, name) { print job "\t" substr(said, 1, RLENGTH - 2) "\t" unquoted(substr(said, RLENGTH + 1)) }'
}

# items NAME <TEXT: the items of the lists of that name, each once.
# shellcheck disable=SC2016 # an awk program
items() {
    awk -v name="$1" "$yaml"'
        { dash = match($0, /[^ ]/) }
        open && !(dash >= depth && substr($0, dash, 2) == "- ") { open = 0 }
        open { print unquoted(substr($0, dash + 2)) }
        said == name ":" || said == "\047" name "\047:" { open = 1; depth = column }' | sort -u
}

job_names() { scrape_text "$1" | fields job_name | cut -f 3 | sort; }

# shared_jobs DIR: those of the clusters' jobs whose rules leave some of what is discovered to other VMs (config/prometheus/shard.ts).
shared_jobs() { find "$1/" -type f -path "$1/clusters/*" -exec cat {} + | fields modulus | cut -f 1 | sort -u; }

# Milliseconds of a duration such as 1m30s.
# shellcheck disable=SC2016 # an awk program
durations='
    function milliseconds(text, total, number, unit) {
        while (match(text, /^[0-9]+/)) {
            number = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            match(text, /^[a-z]*/)
            unit = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            total += number * (unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60000 : unit == "h" ? 3600000 : \
                unit == "d" ? 86400000 : unit == "w" ? 604800000 : 31536000000)
        }
        return total
    }'

# job_times DIR: each job with its interval and its timeout in milliseconds. Those whose targets may bring times of their
# own are not among them.
# shellcheck disable=SC2016 # an awk program
job_times() {
    scrape_text "$1" | awk "$yaml$durations"'
        BEGIN { interval = 60000; timeout = 10000 }
        /^[^ ]/ { section = $1; job = "" }
        section == "global:" && $1 == "scrape_interval:" { interval = milliseconds($2) }
        section == "global:" && $1 == "scrape_timeout:" { timeout = milliseconds($2) }
        said ~ /^job_name: / { job = unquoted(substr(said, 11)); depth = column; jobs[++n] = job }
        job != "" && column == depth && said ~ /^scrape_interval: / { intervals[job] = milliseconds($NF) }
        job != "" && column == depth && said ~ /^scrape_timeout: / { timeouts[job] = milliseconds($NF) }
        said ~ /__scrape_/ || (said ~ /_sd_configs:$/ && said !~ /^kubernetes/) { loose[job] = 1 }
        END {
            for (i = 1; i <= n; i++) {
                job = jobs[i]
                if (job in loose) continue
                every = job in intervals ? intervals[job] : interval
                within = job in timeouts ? timeouts[job] : timeout < every ? timeout : every
                print job "\t" every "\t" within
            }
        }'
}
