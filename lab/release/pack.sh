# shellcheck shell=bash
# Sourced after env.sh, never run.

# pack SOURCE NAME DIRECTORY: the files of a folder as a release tarball in upstream's layout, with its sha256 file. The same
# files give the same bytes.
pack() {
    local files
    mapfile -t files < <(find "$1" -mindepth 1 -maxdepth 1 -type f -printf '%f\n' | LC_ALL=C sort)
    tar --create --directory "$1" --sort=name --mtime=@0 --owner=root:0 --group=root:0 --mode=u=rwX,go=rX \
        --transform "s|^|$2/|" "${files[@]}" | gzip -n -1 >"$3/$2.tar.gz"
    (cd "$3" && sha256sum "$2.tar.gz" >"$2.tar.gz.sha256")
}

# offer TARBALL: the release server has it, and its sha256 file.
offer() {
    mkdir -p "$STATE/releases"
    ln -sft "$STATE/releases" "$1" "$1.sha256"
}
