#!/bin/sh
# Stands on the VM in place of each command by which a step changes something. Counts their calls, and at the call that
# is armed does what it was armed for. Lives in /usr/local/sbin, which sshd puts first into PATH; /run/faults holds what
# it counts and what is armed, so that a boot disarms it.
name=${0##*/}
real=/usr/bin/$name
[ -x "$real" ] || real=/usr/sbin/$name
# A step's own programs are root's; apt has some of its own that are not.
[ -w /run/faults ] || exec "$real" "$@"

# Every step runs under `timeout`, which leads its process group; nothing else on the VM does.
read -r _ _ _ _ group _ <"/proc/$$/stat"
{ read -r leader <"/proc/$group/comm"; } 2>/dev/null
[ "$leader" = timeout ] || exec "$real" "$@"

# What only looks, and may do so any number of times.
case $name in
systemctl) case " $* " in *' is-active '* | *' show '* | *' is-enabled '* | *' cat '*) exec "$real" "$@" ;; esac ;;
curl) case " $* " in *' --output '*) ;; *) exec "$real" "$@" ;; esac ;;
find) case " $* " in *' -delete '* | *' -exec '*) ;; *) exec "$real" "$@" ;; esac ;;
sed) case " $* " in *' -i '*) ;; *) exec "$real" "$@" ;; esac ;;
esac

exec 8>/run/faults/lock
/usr/bin/flock 8
read -r count </run/faults/count
count=$((count + 1))
echo "$count" >/run/faults/count
if [ ! -e "/run/faults/step.$group" ]; then
    # The last line of the script tells which step it is.
    /usr/bin/tr '\0' '\n' <"/proc/$group/cmdline" | /usr/bin/tail -n 1 >"/run/faults/step.$group"
fi
echo "$group $name" "$@" | /usr/bin/tr '\n' ' ' >>/run/faults/calls
echo >>/run/faults/calls
read -r at action </run/faults/armed
exec 8>&-

[ "$count" = "$at" ] || exec "$real" "$@"
: >/run/faults/reached
case $action in
before) kill -KILL "-$group" ;;
during)
    "$real" "$@" <&0 &
    /usr/bin/sleep 0.02
    kill -KILL "-$group"
    ;;
halt) exec /usr/bin/sleep 600 ;;
fill)
    # All that the file system has, root's reserve included; from now on nothing more can be written.
    /usr/bin/dd if=/dev/zero of=/var/filling bs=1M 2>/dev/null
    /usr/bin/dd if=/dev/zero of=/var/filling.rest bs=4k 2>/dev/null
    exec "$real" "$@"
    ;;
esac
