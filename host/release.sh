# shellcheck shell=bash source-path=SCRIPTDIR
# Brings one release of a program to the VM, beside those that are there; nothing is switched over to it. Then removes
# those that nothing needs any more.
# Reads: binaries (what must be in the tarball), key (where the stack's configuration chooses the release), version;
# url_amd64, sha256_amd64, url_arm64, sha256_arm64 (empty where none is known).
. lib.sh
. foreign.sh
. account.sh
: "${binaries:?}" "${key:?}" "${version:?}" "${url_amd64?}" "${sha256_amd64?}" "${url_arm64?}" "${sha256_arm64?}"

begin
read -ra binaries <<<"$binaries"
key=external-prometheus:$key
case $(uname -m) in
x86_64) arch=amd64 other=arm64 url=$url_amd64 sha256=$sha256_amd64 ;;
aarch64) arch=arm64 other=amd64 url=$url_arm64 sha256=$sha256_arm64 ;;
*) fail "no release for architecture '$(uname -m)', only for x86_64 and aarch64" ;;
esac
[ -n "$sha256" ] || fail "no sha256 is known of $program $version for $arch; set $key.sha256"
name=$program-$version.linux-$arch
release=$base/$name
records=$state/releases
record=$records/$name
# Seconds between two tries, at less than 20 kB/s, and for all tries together; KiB that no release comes near.
pause=${pause-2} slow=${slow-60} longest=${longest-900} largest=${largest-256000}

recorded() { if [ -f "$record" ]; then head -n 1 "$record"; fi; }

# With a record that fits, the release was verified when it came, and its programs are still the same.
complete() {
    [ "$(recorded)" = "$sha256" ] && (cd "$release" && tail -n +2 "$record" | sha256sum --check --status) 2>/dev/null
}

# fetch SECONDS. Plain HTTP and other hosts will do: what counts is the pinned sum. What is far too large must not fill
# the disk; with the signal ignored, curl ends by itself.
fetch() {
    (
        trap '' XFSZ
        ulimit -f "$largest"
        exec curl -fsSL --globoff --proto '=https,http,file' --proto-redir '=https,http' --connect-timeout 10 \
            --max-time "$1" --speed-limit 20000 --speed-time "$slow" --dump-header "$work/headers" \
            --output "$tarball" --write-out '%{http_code}' "$url"
    ) >"$work/answer" 2>"$work/words"
}

download() {
    local end=$((SECONDS + longest)) left try code=1 room=250
    [ "$program" != prometheus ] || room=600
    need_free "$room" "$base"
    for try in 1 2 3 4; do
        [ "$try" = 1 ] || sleep "$pause"
        left=$((end - SECONDS))
        [ "$left" -gt 0 ] || break
        began=$(date +%s)
        code=0
        fetch "$left" || code=$?
        # No second try where it worked, nor for what is not there or too large.
        case "$code $(cat "$work/answer")" in
        '22 408' | '22 429') ;;
        '0 '* | '22 4'* | '23 '* | '37 '*) break ;;
        esac
    done
    [ "$code" = 0 ] ||
        fail "could not download $url: $(tail -n 1 "$work/words"); nothing was installed." \
            "$key.url may name another place, also a file:/// on the VM"
    compare_clocks "$work/headers" "$began" "$url"
    verify
}

verify() {
    local sum
    sum=$(sha256sum "$tarball" | cut -d ' ' -f 1)
    [ "$sum" != "$sha256" ] || return 0
    # A file of the VM's own may be anything, and what it says is for nobody to see.
    case $url in file:*) false ;; *) ! tar -tzf "$tarball" >/dev/null 2>&1 ;; esac &&
        say "what came is no tarball but begins with: $(head -c 60 "$tarball" | tr -cd '[:print:]')"
    fail "wrong sha256 of $url: expected $sha256, got $sum ($key.sha256); nothing was installed"
}

# Only plain files and folders below the release's own folder, as upstream packs them.
inspect() {
    local binary
    tar -tPzf "$tarball" >"$work/members" || fail "$url is no gzipped tar file"
    tar -tvPzf "$tarball" >"$work/listing"
    [ "$(head -n 1 "$work/members" | cut -d / -f 1)" != "$program-$version.linux-$other" ] ||
        fail "$url is for $other, but this VM is $arch ($(uname -m)); set $key.url and .sha256 to those for $arch"
    awk -v top="$name/" 'index($0, top) != 1 || ("/" $0 "/") ~ "/\\.\\./" { print; exit 1 }' \
        "$work/members" >"$work/refused" ||
        fail "$url holds a file outside $name/: $(cat "$work/refused")"
    awk '$1 !~ /^[-d][rwx-]+$/ { print; exit 1 }' "$work/listing" >"$work/refused" ||
        fail "$url holds something else than plain files and folders: $(cat "$work/refused")"
    for binary in "${binaries[@]}"; do
        grep -qxF "$name/$binary" "$work/members" || fail "$url holds no $name/$binary"
    done
}

unpack() {
    rm -rf "$partial"
    mkdir "$partial"
    tar -xzf "$tarball" -C "$partial" --strip-components=1 --no-same-owner
    tidy "$partial"
    local built words
    built=$(architecture_of "$partial/$program")
    [ "$built" = "$arch" ] || [ "$built" = script ] ||
        fail "the program in $url is built for $built, but this VM is $arch ($(uname -m));" \
            "set $key.url and .sha256 to those for $arch"
    words=$(as_service timeout 30 "$partial/$program" --version 2>&1 | head -n 1) || true
    case $words in
    "$program, version $version "*) ;;
    *) fail "the program in $url does not say that it is $program $version, but: $words" ;;
    esac
    (cd "$partial" && printf '%s\n' "$sha256" && sha256sum "${binaries[@]}") >"$work/record"
    sync -f "$partial"
}

# architecture_of FILE: what its ELF header says.
architecture_of() {
    case $(od -An -N 4 -tx1 "$1" | tr -d ' ')-$(od -An -j 18 -N 1 -tu1 "$1" | tr -d ' ') in
    7f454c46-62) echo amd64 ;;
    7f454c46-183) echo arm64 ;;
    7f454c46-*) echo 'another architecture' ;;
    *) echo script ;;
    esac
}

# tidy FOLDER: owners, modes and, where SELinux has a say, labels with which systemd may run the programs.
tidy() {
    local programs=("${binaries[@]/#/$1/}")
    chown -R root:root "$1"
    chmod -R a-s,u=rwX,go=rX "$1"
    chmod 0755 "${programs[@]}"
    if command -v selinuxenabled >/dev/null && selinuxenabled; then
        if command -v restorecon >/dev/null; then restorecon -R "$1"; fi
        chcon -t bin_t "${programs[@]}"
    fi
}

# Nothing that refers to the release may dangle, wherever this is cut: the record is first, and says what is to come.
replace() {
    local binary before
    before=$(recorded)
    # What is to be adopted may be of the same version, and run from that folder.
    if [ -d "$release" ] && [ -z "$before" ]; then
        (cd "$release" && tail -n +2 "$work/record" | sha256sum --check --status) 2>/dev/null ||
            fail "$release is there, and holds another build of $version than $url; set $key.version to another." \
                "Nothing was changed"
        before=$sha256
    fi
    [ ! -d "$release" ] || [ "$before" = "$sha256" ] || keep_build "$release.${before:0:8}"
    put "$work/record" "$record" 0644 root:root
    if [ -d "$release" ] && [ "$before" = "$sha256" ]; then
        for binary in "${binaries[@]}"; do mv -T "$partial/$binary" "$release/$binary"; done
        rm -rf "$partial"
    else
        rm -rf "$release"
        mv -T "$partial" "$release"
    fi
    sync -f "$base"
}

# keep_build FOLDER: another build of the same version is about to take its name. Whatever refers to it goes on with
# FOLDER, which then is the way back.
keep_build() {
    local file
    refers "$release" || return 0
    put "$record" "$records/$(basename "$1")" 0644 root:root
    cp -al "$release" "$1.partial"
    rm -rf "$1"
    mv -T "$1.partial" "$1"
    sync "$base"
    printf '%s\n' "$1" >"$work/healthy"
    while read -r file; do put "$work/healthy" "$file" 0644 root:root; done < <(healthy "$release")
    [ ! "$base/$program" -ef "$release" ] || point "$base/$program" "$1"
}

# healthy FOLDER: the files that remember it as what was last seen to work.
healthy() { if [ -d "$state/healthy" ]; then grep -rlxF -e "$1" "$state/healthy" || true; fi; }

# refers FOLDER: whether anything may still need it.
refers() {
    [ "$base/$program" -ef "$1" ] || [ -n "$(healthy "$1")" ] ||
        { readlink "$root"/proc/[0-9]*/exe 2>/dev/null || true; } | grep -F -e "$1/" >/dev/null
}

# The wanted release and the newest other one stay, and those that something refers to. What has no record is not ours.
prune() {
    local file folder others=0
    while read -r _ file; do
        folder=$base/$(basename "$file")
        [ "$folder" != "$release" ] || continue
        if [ -d "$folder" ]; then
            others=$((others + 1))
            if [ "$others" = 1 ] || refers "$folder"; then continue; fi
            rm -rf "$folder"
            say "removed $folder"
        fi
        rm -f "$file"
    done < <(stat -c '%.Y %n' "$records/$program"-[0-9]* | sort -rn)
}

# The service's user and its directories; made only for a release that was verified.
prepare() {
    getent group "$program" >/dev/null || groupadd --system "$program"
    getent passwd "$program" >/dev/null ||
        useradd --system --gid "$program" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$program"
    mkdir -p "$records"
    # Root acts on what is in there.
    find "$state" ! -type l \( ! -user root -o -perm /022 \) -exec chown root {} + -exec chmod go-w {} +
    # What is to be adopted goes on with all that it has, until the service step takes its place.
    if adopting; then return 0; fi
    lock_account
    own_folders
}

# Of a run that was cut, whatever it was to bring.
rm -rf "$base/.$program"-*.linux-*.tar.gz.partial "$base/$program"-*.linux-*.partial
if complete; then
    prepare
    tidy "$release"
else
    adopting || brought || refuse_foreign
    [ ! -e "$release" ] || [ -f "$record" ] || adopting ||
        fail "$release is there, but this program did not install it; move it away. Nothing was changed"
    tarball=$base/.$name.tar.gz.partial
    partial=$release.partial
    scratch+=("$tarball" "$partial")
    download
    inspect
    prepare
    unpack
    replace
fi
prune
printf 'release=%s\n' "$name"
