#!/usr/bin/env bash
# The cluster's images: `build` makes the archives in the cache, keyed by what goes into them; `import` gives them to containerd.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=lab/machine/sources.sh
source "$LAB/machine/sources.sh"

IMAGES=(pause:1 demo:1 kube-state-metrics-stand-in:1 prometheus:3.13.2 nginx:1.22)
SOURCES=$LAB/cluster/images
ARCHIVES=$CACHE/images

# inputs NAME: the files that an image is made of, besides this script. Debian's nginx is taken once and kept.
inputs() {
    case $1 in
        pause | demo | kube-state-metrics-stand-in) printf '%s\n' "$SOURCES/go.mod" "$SOURCES/$1/main.go" ;;
        prometheus) echo "$BIN/prometheus" ;;
        nginx) ;;
    esac
}

# archive NAME:TAG: the path of its archive.
archive() {
    local files key
    mapfile -t files < <(inputs "${1%:*}")
    key=$(cat "${BASH_SOURCE[0]}" "${files[@]}" | sha256sum | cut -c 1-16)
    echo "$ARCHIVES/${1/:/-}-$key.tar"
}

# contents NAME ROOT: fills the image's root directory; prints the rest of its configuration (JSON members).
contents() {
    local root=$2
    case $1 in
        pause | demo | kube-state-metrics-stand-in)
            (cd "$SOURCES" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$root/$1" "./$1")
            echo "\"User\": \"65534\", \"Entrypoint\": [\"/$1\"]"
            ;;
        prometheus)
            # Path, user and working directory are the official image's.
            install -D "$BIN/prometheus" "$root/bin/prometheus"
            mkdir -p "$root/prometheus" "$root/etc/prometheus" "$root/tmp"
            echo '"User": "65534", "WorkingDir": "/prometheus", "Entrypoint": ["/bin/prometheus"]'
            ;;
        nginx)
            debian_lines | mmdebstrap --quiet --variant=extract --include=nginx bookworm "$root" - >&2
            rm -rf "$root"/var/cache/apt "$root"/var/lib/apt "$root"/usr/share/{doc,man,locale} "${root:?}/dev"
            mkdir -p "$root"/{dev,proc,sys,tmp}
            # As in the official image: the logs go to the container's own.
            ln -sf /dev/stdout "$root/var/log/nginx/access.log"
            ln -sf /dev/stderr "$root/var/log/nginx/error.log"
            echo '"Entrypoint": ["/usr/sbin/nginx"], "Cmd": ["-g", "daemon off;"]'
            ;;
    esac
}

# build NAME:TAG: a docker-archive of one layer: the layer, its configuration, and a manifest that names both.
build() {
    local file work configuration digest
    file=$(archive "$1")
    [[ -s $file ]] && return 0
    echo "building docker.io/lab/$1"
    mkdir -p "$ARCHIVES"
    work=$(mktemp -d "$ARCHIVES/work.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    mkdir -m 0755 "$work/root" "$work/image"
    configuration=$(contents "${1%:*}" "$work/root")
    tar --create --file "$work/image/layer.tar" --directory "$work/root" \
        --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 .
    digest=$(sha256sum "$work/image/layer.tar" | cut -d ' ' -f 1)
    cat >"$work/image/config.json" <<JSON
{
    "architecture": "$(go env GOARCH)",
    "os": "linux",
    "config": { "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], $configuration },
    "rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] }
}
JSON
    cat >"$work/image/manifest.json" <<JSON
[{ "Config": "config.json", "RepoTags": ["docker.io/lab/$1"], "Layers": ["layer.tar"] }]
JSON
    tar --create --file "$work/archive" --directory "$work/image" config.json layer.tar manifest.json
    rm -f "$ARCHIVES/${1/:/-}-"*.tar # made by an older recipe or of older inputs
    mv "$work/archive" "$file"
    rm -rf "$work"
    trap - EXIT
}

# import NAME:TAG: the marker lies in containerd's own directory, so that it goes when the images go.
import() {
    local file marker
    file=$(archive "$1")
    marker=$HOME_OF_CLUSTER/containerd/imported-$(basename "$file")
    [[ -e $marker ]] && return 0
    ctr_lab images import "$file"
    touch "$marker"
}

case ${1:-} in
    build | import)
        for image in "${IMAGES[@]}"; do "$1" "$image"; done
        ;;
    *)
        echo "usage: lab/cluster/images.sh build|import" >&2
        exit 2
        ;;
esac
