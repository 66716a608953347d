# shellcheck shell=bash source-path=SCRIPTDIR
# Takes away what this stack installed, and nothing else: the mark must name this stack and this component. So a
# resource that was renamed removes nothing. Reads: programs (all that may have been installed), purge_data (true or
# false: whether the data and the accounts of the services go too).
. lib.sh
. process.sh
. account.sh
. foreign.sh
. adopt.sh
. uninstall.sh
. httpd.sh
. renewal.sh
. keeper.sh
: "${programs:?}" "${purge_data:?}"

take_lock
if [ "$(mark 1)" != "$owner" ] || [ "$(mark 2)" != "$component" ]; then
    say "this VM does not carry the mark of '$owner' ($component): nothing removed"
    exit 0
fi

remove_front
forget_renewal /dev/null
remove_keeper
for program in $programs; do
    about "$program"
    # Drafts are ours by their names, also where no release has come yet; so are folders that nothing was put in.
    rm -rf "$base/.$program"-*.linux-*.tar.gz.partial "$base/$program"-*.linux-*.partial
    if adopting; then
        give_up
    elif [ -n "$(releases)" ]; then
        purge=$purge_data uninstall
    elif [ "$purge_data" = true ] && [ -e "$state/left/$program" ] && [ ! -e "$unit" ]; then
        erase
    else
        rmdir --ignore-fail-on-non-empty "$etc/credentials" "$etc" "$data" 2>/dev/null || true
    fi
done
rmdir --ignore-fail-on-non-empty "$base/var/lib" "$base/var" 2>/dev/null || true
# The mark goes last: until then a removal that was cut can be repeated.
sync -f "$base"
rm -rf "$state/releases" "$state/healthy" "$state/left"
# What somebody had changed a unit with is not ours, nor is what was adopted with an account that stays.
if [ "$purge_data" = true ]; then rm -rf "$state/adopted"; fi
find "$state" -mindepth 1 -maxdepth 1 ! -name set-aside ! -name adopted -exec rm -rf {} +
rmdir --ignore-fail-on-non-empty "$state"
printf 'removed\n'
