# shellcheck shell=bash source-path=SCRIPTDIR
# What the front keeps secret: certificate, key, hashes of passwords, CAs; a bundle on stdin. They lie beside the versions
# until the next step takes them into one, together with the configuration that names them.
. lib.sh
. httpd.sh
begin
make_dir "$front" 0755 root:root
rm -rf "$front/credentials.next"
mkdir -m 0700 "$front/credentials.next"
scratch+=("$front/credentials.next")
unbundle "$front/credentials.next"
if ! diff -r "$front/credentials.next" "$front/credentials" >/dev/null 2>&1; then
    sync -f "$front/credentials.next"
    rm -rf "$front/credentials"
    mv -T "$front/credentials.next" "$front/credentials"
    sync "$front"
fi
# Of a key or a hash it tells nothing: there is a key of 256 bits or a hash with a salt in what it sums.
printf 'credentials=%s\n' "$(sum_of "$front/credentials")"
