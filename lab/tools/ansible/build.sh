#!/usr/bin/env bash
# ansible-playbook, with the packages that requirements.txt pins, for Debian's Python.
set -euo pipefail
out=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
# A folder of packages may be moved, a virtual environment not. What has no wheel would be compiled.
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --target "$out/packages" --requirement "$here/requirements.txt"
cat >"$out/ansible-playbook" <<'PROGRAM'
#!/bin/sh
PYTHONPATH=$(dirname "$(realpath "$0")")/packages exec /usr/bin/python3 -m ansible playbook "$@"
PROGRAM
chmod 0755 "$out/ansible-playbook"
