#!/bin/sh
# Starts the stand-in mail operator (Deploy/operator) for the tests of one process, or joins the one that runs; it ends with the last of them.
#   operator.sh PID DIR      DIR/state/env holds the ports, DIR/pki the certificates
set -e
root=$(cd "$(dirname "$0")/../../.." && pwd)
mkdir -p "$2"
exec 9>"$2/lock"
flock 9
"$root/Deploy/pki.sh" "$2/pki" >"$2/start.log" 2>&1 9>&-
if ! [ "$2/state/env" -nt "$2/pki/ready" ]; then
  OPERATOR_SMTP=12587 OPERATOR_SMTPS=12465 OPERATOR_PASSWORD=12588 OPERATOR_IMAP=12143 OPERATOR_IMAPS=12993 \
    "$root/Deploy/operator/start.sh" "$2/state" "$2/pki" >"$2/start.log" 2>&1 9>&-
fi
mkdir -p "$2/users"
: >"$2/users/$1"
(
  exec >/dev/null 2>&1 9>&-
  while kill -0 "$1"; do sleep 1; done
  exec 9>"$2/lock"
  flock 9
  rm -f "$2/users/$1"
  for user in "$2"/users/*; do
    if [ -e "$user" ] && kill -0 "$(basename "$user")"; then exit 0; fi
    rm -f "$user"
  done
  "$root/Deploy/operator/stop.sh" "$2/state" --clean  # holds the lock to its end
) &
