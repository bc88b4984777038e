# What test.sh and demo.sh share: the toolchain, the release build, the PKI, the mail operator. Sourced, not run, from the root of the repository.

# check_host: a Debian with the Swift toolchain and a way to root, or a sentence that says what is missing.
check_host() {
    command -v apt-get >/dev/null || fail "Debian 12 attendu : apt-get est introuvable." "Debian 12 expected: there is no apt-get."
    command -v swift >/dev/null || fail "La chaîne Swift 6.2 ou plus récente doit être dans le PATH." "The Swift toolchain, 6.2 or later, must be in the PATH."
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "Il faut être root, ou avoir sudo." "Root is needed, or sudo."
}

# One set of flags, so that one build serves tests and demonstration: the tests see inside the modules, and the import law is kept by the compiler too.
SWIFT_FLAGS=(-c release --scratch-path .build --explicit-target-dependency-import-check error -Xswiftc -enable-testing)

# start_operator PKI_DIR: the mail operator on loopback, in a folder that its own accounts may enter (a home may be closed to them);
# stop_operator stops it and removes the folder.
ROOT=$PWD
OPERATOR_DIR=
start_operator() {
    OPERATOR_DIR=$(as_root mktemp -d /var/tmp/passerelle-operator.XXXXXX)
    as_root env "PATH=$PATH" "$ROOT/Deploy/operator/start.sh" "$OPERATOR_DIR" "$1"
}
stop_operator() {
    [ -n "$OPERATOR_DIR" ] || return 0
    as_root "$ROOT/Deploy/operator/stop.sh" "$OPERATOR_DIR" --clean
    as_root rm -rf "$OPERATOR_DIR"
    OPERATOR_DIR=
}

# start_database PORT: a PostgreSQL of our own on loopback, in a folder that its account may enter; stop_database stops it and removes the folder.
DATABASE_DIR=
start_database() {
    DATABASE_DIR=$(mktemp -d /var/tmp/passerelle-postgres.XXXXXX)
    chmod 755 "$DATABASE_DIR"
    "$ROOT/Deploy/postgres/cluster.sh" start "$DATABASE_DIR/cluster" "$1"
}
stop_database() {
    [ -n "$DATABASE_DIR" ] || return 0
    "$ROOT/Deploy/postgres/cluster.sh" stop "$DATABASE_DIR/cluster"
    rm -rf "$DATABASE_DIR"
    DATABASE_DIR=
}

# check_ports PORT…: all of them are free on loopback.
check_ports() {
    local port
    for port in "$@"; do
        if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            fail "Le port $port est déjà pris sur cette machine." "Port $port is in use on this machine already."
        fi
    done
}
