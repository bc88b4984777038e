#!/usr/bin/env bash
# A backup of a journal's server, while the gateways work: all of it, with the log that makes it consistent.
#
#   Deploy/postgres/backup.sh DIR [psql options: -h HOST -p PORT -U passerelle_backup]
#
# DIR is new. What was acknowledged before this command began is in it. Keep it as closely as the database: it holds patient data. For a restore to the
# last acknowledged message, archive the log as well (archive_command), or keep the synchronous standby.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: backup.sh DIR [-h HOST -p PORT -U USER]" >&2; exit 1; }
dir=$1
shift
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
umask 077
"$bin/pg_basebackup" "$@" -D "$dir" -X stream -c fast
"$bin/pg_verifybackup" "$dir"
