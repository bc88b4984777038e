# What test.sh and demo.sh share: the toolchain, the release build, the PKI, the mail operator. Sourced, not run, from the root of the repository.

# check_host: a Debian with the Swift toolchain and a way to root, or a sentence that says what is missing.
check_host() {
    command -v apt-get >/dev/null || fail "Debian 12 attendu : apt-get est introuvable." "Debian 12 expected: there is no apt-get."
    command -v swift >/dev/null || fail "La chaîne Swift 6.2 ou plus récente doit être dans le PATH." "The Swift toolchain, 6.2 or later, must be in the PATH."
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "Il faut être root, ou avoir sudo." "Root is needed, or sudo."
}

# One set of flags, so that one build serves tests and demonstration: the tests see inside the modules, and the import law is kept by the compiler too.
SWIFT_FLAGS=(-c release --scratch-path .build --explicit-target-dependency-import-check error -Xswiftc -enable-testing)

# start_operator DIR PKI_DIR: the mail operator on loopback; stop_operator stops what start_operator started.
ROOT=$PWD
OPERATOR_DIR=
start_operator() {
    as_root env "PATH=$PATH" OPERATOR_PATIENTS="${OPERATOR_PATIENTS:-}" "$ROOT/Deploy/operator/start.sh" "$1" "$2"
    OPERATOR_DIR=$1
}
stop_operator() {
    [ -n "$OPERATOR_DIR" ] && as_root "$ROOT/Deploy/operator/stop.sh" "$OPERATOR_DIR"
    OPERATOR_DIR=
}
