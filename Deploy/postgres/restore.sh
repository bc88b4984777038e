#!/usr/bin/env bash
# Brings a backup back as a server of its own.
#
#   Deploy/postgres/restore.sh BACKUP DIR PORT
#
# BACKUP is copied, verified first. The server that comes up waits for no standby: give it one again before gateways with `failover: true` start. As the user
# that PostgreSQL runs as. What was delivered after the backup was made is sent again by a gateway that works on it: stop the old server for good first,
# and read Deploy/postgres/FAILOVER.md.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: restore.sh BACKUP DIR PORT" >&2; exit 1; }
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
umask 077
"$bin/pg_verifybackup" -q "$1"
cp -a "$1" "$2"
chmod 700 "$2"
rm -f "$2/standby.signal"
sed -i '/^synchronous_standby_names/d;/^primary_conninfo/d' "$2/postgresql.auto.conf"
printf "port = %s\nunix_socket_directories = '%s'\n" "$3" "$2" >>"$2/postgresql.conf"
"$bin/pg_ctl" -D "$2" -l "$2/restore.log" -w -t 60 start >/dev/null
