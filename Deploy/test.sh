#!/usr/bin/env bash
# Installs what the tests need and runs all of them, on a Debian 12 that has the Swift toolchain; root, or sudo.
#
#   Deploy/test.sh            one release build, every test, and a table of where the minutes went
#   Deploy/test.sh --record   the same, and keeps the table in .ci/MINUTES.md
#
# Nothing of the system is changed but its packages; nothing that it starts outlives it. About 25 minutes on two cores, most of them the build.
set -euo pipefail
cd "$(dirname "$0")/.."
. Deploy/lib/say.sh
. Deploy/lib/packages.sh
. Deploy/lib/house.sh
record=
[ "${1:-}" = --record ] && record=1

state=$PWD/.build/test-state
trap 'stop_operator || true' EXIT
trap 'exit 130' INT TERM

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

say "Construction en mode release, une seule pour tous les tests : 10 à 20 minutes" "One release build for all the tests: 10 to 20 minutes"
swift build "${SWIFT_FLAGS[@]}" --build-tests
minutes "release build of product and tests"

say "Autorités de certification jetables, opérateur de messagerie sur la boucle locale" "Throw-away certificates, a mail operator on loopback"
rm -rf "$state"
mkdir -p "$state"
Deploy/pki.sh "$state/pki"
start_operator "$state/operator" "$state/pki"
minutes "certificates, Postfix and Dovecot"

export PASSERELLE_PYTHON=$PWD/.build/venv/bin/python
export PASSERELLE_PKI=$state/pki
export PASSERELLE_OPERATOR=$state/operator PASSERELLE_OPERATOR_PKI=$state/pki
export PASSERELLE_SAMPLES=${PASSERELLE_SAMPLES:-$PWD/../shared/samples}
export PASSERELLE_BINARY=$PWD/.build/release/passerelle

# Tests that measure, or that kill the gateway, come last and have the machine for themselves.
status=0
say "Tests des modules" "Tests of the modules"
swift test "${SWIFT_FLAGS[@]}" --skip-build --skip EndToEndTests || status=$?
minutes "tests of the modules"
say "Tests de bout en bout" "End to end tests"
swift test "${SWIFT_FLAGS[@]}" --skip-build --no-parallel --filter EndToEndTests || status=$?
minutes "end to end tests"

stop_operator
minutes_table | tee .build/minutes.md
if [ -n "$record" ]; then
    { printf '# Where the minutes of `Deploy/test.sh` go\n\nMade by `Deploy/test.sh --record`, on %s cores.\n\n' "$(nproc)"; cat .build/minutes.md; } >.ci/MINUTES.md
fi
if [ $status -eq 0 ]; then say "Tous les tests ont réussi." "All tests passed."; else say "Des tests ont échoué." "Some tests failed."; fi
exit $status
