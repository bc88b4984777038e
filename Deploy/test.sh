#!/usr/bin/env bash
# Installs what the tests need and runs all of them, on a Debian 12 that has the Swift toolchain; root, or sudo.
#
#   Deploy/test.sh            one release build, every test, and a table of where the minutes went
#   Deploy/test.sh --record   the same, and keeps the table in .ci/MINUTES.md
#   Deploy/test.sh --setup    packages, Python, certificates and the mail operator alone: no build, no test
#
# Nothing of the system is changed but its packages; nothing that it starts outlives it. About 10 to 25 minutes on two cores, most of them the build.
set -euo pipefail
cd "$(dirname "$0")/.."
. Deploy/lib/say.sh
. Deploy/lib/packages.sh
. Deploy/lib/house.sh
record= setup=
case "${1:-}" in
    '') ;;
    --record) record=1 ;;
    --setup) setup=1 ;;
    *) fail "usage : Deploy/test.sh [--record|--setup]" "usage: Deploy/test.sh [--record|--setup]" ;;
esac

state=$PWD/.build/test-state
trap "trap '' INT TERM; stop_operator || true; stop_database || true; remove_temporary" EXIT
trap 'exit 130' INT TERM

# The tests' own temporary directory: what one leaves that was killed goes with it. Not under .build: the path of a socket must be short.
temporary=
remove_temporary() { [ -z "$temporary" ] || rm -rf "$temporary"; }

check_host
install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DEMO[@]}" "${PACKAGES_TEST[@]}"
minutes "system packages"

say "Environnement Python et le client MLLP du paquet hl7" "Python environment, with the MLLP client of the package hl7"
mkdir -p .build
if ! .build/venv/bin/python -c 'import hl7' 2>/dev/null; then
    /usr/bin/python3 -m venv .build/venv
    .build/venv/bin/python -m pip install --quiet --disable-pip-version-check 'hl7>=0.4.5,<0.5'
fi
minutes "Python environment"

if [ -z "$setup" ]; then
    say "Construction en mode release, une seule pour tous les tests : 10 à 20 minutes" "One release build for all the tests: 10 to 20 minutes"
    swift build "${SWIFT_FLAGS[@]}" --build-tests
    minutes "release build of product and tests"
fi

say "Autorités de certification jetables, opérateur de messagerie sur la boucle locale" "Throw-away certificates, a mail operator on loopback"
rm -rf "$state"
mkdir -p "$state"
Deploy/pki.sh "$state/pki"
check_ports 2143 2465 2587 2588 2993 25432 26432 26433 26434
start_operator "$state/pki"
start_database 25432
minutes "certificates, Postfix, Dovecot and PostgreSQL"
if [ -n "$setup" ]; then
    say "Tout est prêt pour les tests." "Everything is ready for the tests."
    exit 0
fi

temporary=$(mktemp -d)
export PASSERELLE_PYTHON=$PWD/.build/venv/bin/python
export PASSERELLE_PKI=$state/pki
export PASSERELLE_OPERATOR=$OPERATOR_DIR PASSERELLE_OPERATOR_PKI=$state/pki
export PASSERELLE_SAMPLES=${PASSERELLE_SAMPLES:-$PWD/../shared/samples}
export PASSERELLE_POSTGRES="host=127.0.0.1 port=25432 user=postgres dbname=passerelle"
export PASSERELLE_BINARY=$PWD/.build/release/passerelle

# run_tests LOG ARGUMENT…: the tests that the arguments choose, from the build that is there.
run_tests() {
    local log=.build/$1
    shift
    TMPDIR=$temporary swift test "${SWIFT_FLAGS[@]}" --skip-build --disable-xctest "$@" 2>&1 | tee "$log" | grep -v '^◇' || status=1
}

# All tests of the modules at once would starve each other. The option is hidden, and younger toolchains alone have it.
width=()
if swift test --help-hidden 2>/dev/null | grep -q -- --experimental-maximum-parallelization-width; then width=(--experimental-maximum-parallelization-width 4); fi

# Tests that measure, or that kill the gateway, come last and have the machine for themselves.
status=0
say "Tests des modules (2 à 5 minutes)" "Tests of the modules (2 to 5 minutes)"
run_tests modules.log "${width[@]}" --skip EndToEndTests
minutes "tests of the modules"
say "Tests de bout en bout (5 à 10 minutes)" "End to end tests (5 to 10 minutes)"
run_tests end-to-end.log --no-parallel --filter EndToEndTests
minutes "end to end tests"

stop_operator
stop_database
# The engine under chance that can be replayed, in processes of its own: it computes all the time, and would stall the other tests.
say "Simulation : 20 000 graines, et chaque faute plantée doit être trouvée (2 minutes)" "Simulation: 20 000 seeds, and each planted fault must be found (2 minutes)"
simulated=0
simulate() { .build/release/passerelle-simulate "$@" 2>&1 | tee -a .build/simulation.log || { status=1 simulated=$((simulated + 1)); }; }
: >.build/simulation.log
simulate --seeds 20000
minutes "simulation, 20 000 seeds"
simulate --plants --seeds 10000
simulate --scenario bulk
minutes "simulation, planted faults"
say "Trois passerelles, des pannes, la bascule de PostgreSQL (1 à 2 minutes)" "Three gateways, faults, the fail-over of PostgreSQL (1 to 2 minutes)"
trial=0
timeout 900 Deploy/postgres/trial.py --binary "$PASSERELLE_BINARY" 2>&1 | tee .build/trial.log || trial=1
[ $trial -eq 0 ] || status=1
minutes "trial of several gateways"
say "La démonstration, jusqu'au bout" "The demonstration, to its end"
Deploy/demo.sh --once || status=$?
minutes "demonstration"
minutes_table | tee .build/minutes.md
if [ -n "$record" ]; then
    { printf '# Where the minutes of `Deploy/test.sh` go\n\nMade by `Deploy/test.sh --record`, on %s cores.\n\n' "$(nproc)"; cat .build/minutes.md; } >.ci/MINUTES.md
fi
# The simulation counts as three tests: its seeds, what is planted, and history beside letters; the trial of several gateways as one.
total=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*/\1/p' .build/modules.log .build/end-to-end.log | awk '{ n += $1 } END { print n + 4 }')
failed=$(cat .build/modules.log .build/end-to-end.log | grep '^✘ Test ' | grep -v '^✘ Test run' | grep -c ' failed after ' || true)
failed=$((failed + simulated + trial))
# Said last, where nobody has to look for it.
grep -h -A 2 -E '^✘ Test .* (recorded an issue|failed after)|^error: |Fatal error|Swift runtime failure' .build/modules.log .build/end-to-end.log | grep -v '^[◇✔]' | cut -c1-600 | tail -n 60 || true
[ $simulated -eq 0 ] || grep -h -A 100 -E '^seed |NOT FOUND|worker died' .build/simulation.log | cut -c1-300 || true
grep -h -A 8 -E 'BROKEN|Traceback' .build/trial.log | tail -n 40 || true
if [ $status -eq 0 ]; then say "Tout a réussi." "Everything passed."; else say "Quelque chose a échoué." "Something failed."; fi
echo "$((total - failed)) passed, $failed failed"
exit $status
