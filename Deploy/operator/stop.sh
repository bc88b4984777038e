#!/bin/sh
# Stops the two servers that start.sh started in DIR, by their own process ids; --clean also removes mail, queue and logs.
#   Deploy/operator/stop.sh DIR [--clean]
set -u
PATH=$PATH:/usr/sbin:/sbin  # a user who is not root has them not
[ $# -ge 1 ] || { echo "usage: stop.sh DIR [--clean]" >&2; exit 1; }
dir=$(cd "$1" 2>/dev/null && pwd) || exit 0
[ -f "$dir/postfix/queue/pid/master.pid" ] && postfix -c "$dir/postfix/etc" stop >/dev/null 2>&1
[ -f "$dir/dovecot/run/master.pid" ] && kill "$(cat "$dir/dovecot/run/master.pid")" 2>/dev/null
tries=0
while [ -e "$dir/dovecot/run/master.pid" ] && [ $tries -lt 300 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
rm -f "$dir/env"
[ "${2:-}" = --clean ] && rm -rf "$dir/mail" "$dir/postfix" "$dir/dovecot" "$dir/log" "$dir/tls"
exit 0
