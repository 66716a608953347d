# shellcheck shell=bash source-path=SCRIPTDIR
# Brings one release of Prometheus to the VM, beside those that are there; nothing is switched over to it.
# Reads: version; url_amd64, sha256_amd64, url_arm64, sha256_arm64 (empty where none is known).
. lib.sh
: "${version:?}" "${url_amd64?}" "${sha256_amd64?}" "${url_arm64?}" "${sha256_arm64?}"

begin
case $(uname -m) in
x86_64) arch=amd64 url=$url_amd64 sha256=$sha256_amd64 ;;
aarch64) arch=arm64 url=$url_arm64 sha256=$sha256_arm64 ;;
*) fail "no release for architecture '$(uname -m)'" ;;
esac
[ -n "$sha256" ] ||
    fail "no sha256 is known of Prometheus $version for $arch; set external-prometheus:prometheus.url and .sha256"
name=prometheus-$version.linux-$arch
release=$base/$name
record=$state/releases/$name

# The record is written last: with it, the release was verified when it came, and its programs are still the same.
complete() {
    [ -f "$record" ] && [ "$(head -n 1 "$record")" = "$sha256" ] &&
        (cd "$release" && tail -n +2 "$record" | sha256sum --check --status)
}

download() {
    need_free 600 "$base"
    # Plain HTTP will do: what counts is the pinned sum.
    curl -fsSL --globoff --proto '=https,http,file' --proto-redir '=https,http' --connect-timeout 10 --max-time 600 \
        --speed-limit 1000 --speed-time 30 --retry 3 --retry-delay 2 --retry-connrefused --retry-max-time 600 \
        --dump-header "$work/headers" --output "$tarball" "$url" || fail "could not download $url"
    compare_clocks
    local sum
    sum=$(sha256sum "$tarball" | cut -d ' ' -f 1)
    [ "$sum" = "$sha256" ] ||
        fail "wrong sha256 of $url: expected $sha256, got $sum" \
            "(external-prometheus:prometheus.sha256); nothing was installed"
}

compare_clocks() {
    local theirs off
    [ -f "$work/headers" ] || return 0
    theirs=$(sed -nE 's/^[Dd]ate: ([^\r]*)\r?$/\1/p' "$work/headers" | tail -n 1)
    [ -n "$theirs" ] || return 0
    off=$(($(date +%s) - $(date -d "$theirs" +%s)))
    [ "${off#-}" -le 60 ] || say "warning: the VM's clock and that of the release's server differ by $off s"
}

# Only plain files and folders below the release's own folder, as upstream packs them.
inspect() {
    tar -tPzf "$tarball" >"$work/members" || fail "$url is no gzipped tar file"
    tar -tvPzf "$tarball" >"$work/listing"
    awk -v top="$name/" 'index($0, top) != 1 || ("/" $0 "/") ~ "/\\.\\./" { print; exit 1 }' \
        "$work/members" >"$work/refused" ||
        fail "$url holds a file outside $name/: $(cat "$work/refused")"
    awk '$1 !~ /^[-d][rwx-]+$/ { print; exit 1 }' "$work/listing" >"$work/refused" ||
        fail "$url holds something else than plain files and folders: $(cat "$work/refused")"
    for program in prometheus promtool; do
        grep -qx "$name/$program" "$work/members" || fail "$url holds no $name/$program"
    done
}

unpack() {
    local partial=$release.partial words
    rm -rf "$partial"
    mkdir "$partial"
    tar -xzf "$tarball" -C "$partial" --strip-components=1
    chown -R root:root "$partial"
    chmod -R u=rwX,go=rX "$partial"
    words=$(as_service "$partial/prometheus" --version 2>&1 | head -n 1) || true
    case $words in
    "prometheus, version $version "*) ;;
    *) fail "the program in $url does not say that it is Prometheus $version, but: $words" ;;
    esac
    (cd "$partial" && printf '%s\n' "$sha256" && sha256sum prometheus promtool) >"$work/record"
    sync -f "$partial"
    # Another build of the same version is moved aside, so that a running one keeps its files until it is restarted.
    rm -rf "$release.replaced"
    [ ! -e "$release" ] || mv -T "$release" "$release.replaced"
    mv -T "$partial" "$release"
    sync "$base"
    rm -rf "$release.replaced"
    put "$work/record" "$record" 0644 root:root
}

# The service's user and its directories; made only for a release that was verified.
prepare() {
    getent group prometheus >/dev/null || groupadd --system prometheus
    getent passwd prometheus >/dev/null ||
        useradd --system --gid prometheus --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin prometheus

    make_dir "$etc" 0750 root:prometheus
    make_dir "$etc/credentials" 0750 root:prometheus
    mkdir -p "$(dirname "$data")" "$state/releases"
    make_dir "$data" 0750 prometheus:prometheus
}

if ! complete; then
    tarball=$base/.$name.tar.gz.partial
    scratch+=("$tarball" "$release.partial")
    download
    inspect
    prepare
    unpack
else
    prepare
fi
printf 'release=%s\n' "$name"
