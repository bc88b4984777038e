#!/usr/bin/env bash
# Private PostgreSQL servers on loopback, for tests and trials: beside any that the system runs, and touching none of them.
#
#   Deploy/postgres/cluster.sh start DIR PORT [--standby PORT2]   a primary, and a synchronous standby that streams from it
#   Deploy/postgres/cluster.sh promote DIR                        the standby becomes a primary that waits for nobody
#   Deploy/postgres/cluster.sh kill DIR                           the primary dies (SIGQUIT to all of it, no checkpoint)
#   Deploy/postgres/cluster.sh stop DIR                           stops both and removes DIR
#
# All state lies under DIR. Root runs the servers as `postgres`, since PostgreSQL refuses root. Anybody on this machine may connect: nothing but
# invented data belongs here.
set -euo pipefail
die() { echo "postgres: $*" >&2; exit 1; }
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || die "PostgreSQL is missing: apt-get install postgresql"
[ $# -ge 2 ] || die "usage: cluster.sh start DIR PORT [--standby PORT2] | promote DIR | kill DIR | stop DIR"
word=$1 dir=$2

# server COMMAND…: as the servers' user, from a folder that it may enter.
server() {
    if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env -u LC_ALL LANG=C "$@"); else (cd / && env LANG=C "$@"); fi
}

case $word in
start)
    [ $# -ge 3 ] || die "start needs a port"
    port=$3 second=
    [ "${4:-}" = --standby ] && second=${5:?}
    [ ! -e "$dir/primary" ] || die "$dir is in use"
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ "$(id -u)" = 0 ] && chown postgres "$dir"
    server "$bin/initdb" -D "$dir/primary" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
    server tee -a "$dir/primary/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
max_connections = 100
wal_level = replica
max_wal_senders = 4
hot_standby = on
wal_receiver_timeout = 5s
shared_buffers = 128MB
log_min_messages = warning
CONF
    server "$bin/pg_ctl" -D "$dir/primary" -l "$dir/primary.log" -w -t 120 start >/dev/null
    server "$bin/createdb" -h 127.0.0.1 -p "$port" -U postgres passerelle
    if [ -n "$second" ]; then
        server "$bin/pg_basebackup" -h 127.0.0.1 -p "$port" -U postgres -D "$dir/standby" -R -X stream -c fast
        server tee -a "$dir/standby/postgresql.conf" >/dev/null <<CONF
port = $second
primary_conninfo = 'host=127.0.0.1 port=$port user=postgres application_name=standby'
CONF
        # The standby's connection string of -R lies in postgresql.auto.conf and has no name: ours must win.
        server sed -i '/^primary_conninfo/d' "$dir/standby/postgresql.auto.conf"
        server "$bin/pg_ctl" -D "$dir/standby" -l "$dir/standby.log" -w -t 120 start >/dev/null
        server "$bin/psql" -q -h 127.0.0.1 -p "$port" -U postgres -c "ALTER SYSTEM SET synchronous_standby_names = 'standby'" -c "SELECT pg_reload_conf()" >/dev/null
        for _ in $(seq 600); do
            state=$(server "$bin/psql" -qAt -h 127.0.0.1 -p "$port" -U postgres -c "SELECT sync_state FROM pg_stat_replication")
            [ "$state" = sync ] && break
            sleep 0.1
        done
        [ "$state" = sync ] || die "the standby does not stream"
    fi
    ;;
promote)
    # Its own list of standbys is empty: it waits for nobody until a person gives it a standby.
    server "$bin/pg_ctl" -D "$dir/standby" -w -t 120 promote >/dev/null
    ;;
kill)
    server "$bin/pg_ctl" -D "$dir/primary" -m immediate -w -t 120 stop >/dev/null
    ;;
stop)
    for one in primary standby; do
        if [ -e "$dir/$one/postmaster.pid" ]; then server "$bin/pg_ctl" -D "$dir/$one" -m immediate -w -t 120 stop >/dev/null || true; fi
    done
    case $dir in "" | /) die "not that folder" ;; esac
    [ ! -d "$dir/primary" ] || rm -rf "$dir"
    ;;
*) die "what is $word?" ;;
esac
