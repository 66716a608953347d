# shellcheck shell=bash source-path=SCRIPTDIR
# Tokens, CAs and client keys: a bundle on stdin of <cluster>/<file>. Only adds and replaces: what the running
# configuration may still name is removed by the configuration step, after its reload was verified.
# Prometheus reads these files at each request, so nothing is reloaded. What lies below .renewal/ is for the VM to get tokens
# itself.
. lib.sh
. renewal.sh
begin
mkdir -m 0700 "$work/incoming"
unbundle "$work/incoming"

make_dir "$etc/credentials" 0750 root:prometheus
# What a power cut has left of an earlier run.
find "$etc/credentials" -type f -name '*.next' -delete

count=0
while IFS= read -r -d '' path; do
    file=${path#"$work/incoming/"}
    make_dir "$etc/credentials/$(dirname "$file")" 0750 root:prometheus
    put "$path" "$etc/credentials/$file" 0640 root:prometheus
    count=$((count + 1))
done < <(find "$work/incoming" -path "$work/incoming/.renewal" -prune -o -type f -print0 | sort -z)
[ ! -d "$work/incoming/.renewal" ] || set_up_renewal "$work/incoming/.renewal"
printf 'credentials=%s\n' "$count"
