#!/usr/bin/env bash
# The whole way, on this machine alone: documents in HL7v2 come in by MLLP, reach a stand-in DMP and an MSSanté mailbox, and their sender learns
# what became of them. For a Debian 12 that has the Swift toolchain; root, or sudo.
#
#   Deploy/demo.sh           shows it, and leaves the gateway running until Ctrl-C
#   Deploy/demo.sh --once    shows it and stops; exit 0 only if every expected outcome was seen
#   Deploy/demo.sh --setup   packages, certificates and the mail operator alone, then stops: no build
#
# About 15 minutes the first time (the build), half a minute afterwards. Everything lies under .build/demo; nothing leaves the loopback.
set -euo pipefail
cd "$(dirname "$0")/.."
. Deploy/lib/say.sh
. Deploy/lib/packages.sh
. Deploy/lib/house.sh
. Deploy/lib/story.sh
once= setup=
case "${1:-}" in
    '') ;;
    --once) once=1 ;;
    --setup) setup=1 ;;
    *) fail "usage : Deploy/demo.sh [--once|--setup]" "usage: Deploy/demo.sh [--once|--setup]" ;;
esac

demo=$PWD/.build/demo
passerelle=$PWD/.build/release/passerelle
children=()
cleanup() {
    trap '' INT TERM  # an impatient second Ctrl-C must not leave servers behind
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
    stop_operator || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM

check_host
check_ports 2143 2465 2587 2588 2993 6660 6661 8443 8444
say "1/5 Paquets du système" "1/5 System packages"
install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_DEMO[@]}"
say "2/5 Construction (10 à 15 minutes la première fois, quelques secondes ensuite)" "2/5 Build (10 to 15 minutes the first time, seconds afterwards)"
[ -n "$setup" ] || swift build "${SWIFT_FLAGS[@]}" --product passerelle

say "3/5 Autorités de certification jetables, valables deux jours (5 secondes)" "3/5 Throw-away certificates, good for two days (5 seconds)"
rm -rf "$demo/var" "$demo/out"
mkdir -p "$demo"
Deploy/pki.sh "$demo/pki"
cp Deploy/demo/passerelle.yaml Deploy/demo/sandbox.json Deploy/demo/white-list.xml "$demo/"
printf 'DEMO-HOMOLOGATION' >"$demo/homologation"

say "4/5 Opérateur MSSanté (Postfix, Dovecot), DMP d'essai et passerelle, sur la boucle locale (10 secondes)" \
    "4/5 MSSanté operator (Postfix, Dovecot), stand-in DMP and gateway, on loopback (10 seconds)"
start_operator "$demo/pki"
if [ -n "$setup" ]; then
    say "Tout est prêt pour la démonstration." "Everything is ready for the demonstration."
    exit 0
fi
cd "$demo"
"$passerelle" check . || fail "La configuration de la démonstration a des erreurs." "The configuration of the demonstration has errors."
"$passerelle" sandbox --config sandbox.json --out out >sandbox.log 2>&1 &
children+=($!)
"$passerelle" serve >gateway.log 2>&1 &
children+=($!)
wait_for 120 gateway_answers || { cat gateway.log sandbox.log >&2; fail "La passerelle n'a pas démarré." "The gateway did not start."; }

say "5/5 Sept messages, et ce que chacun devient (une demi-minute)" "5/5 Seven messages, and what becomes of each (half a minute)"
verdict=0
tell_story || verdict=$?

if [ -n "$once" ]; then
    exit $verdict
fi
cd "$demo"
say "La passerelle tourne (MLLP avec TLS : localhost:6660). Par exemple, dans $demo :" "The gateway runs (MLLP over TLS: localhost:6660). For example, in $demo:"
cat <<TEXT
  $passerelle queue list
  $passerelle explain DPI0000001
  $passerelle send ../../Deploy/demo/messages/1-initial.hl7 --to localhost:6660 --tls --ca pki/hospital/ca.pem --cert pki/hospital/dpi.chain.pem --key pki/hospital/dpi.key
TEXT
say "Ctrl-C pour tout arrêter." "Ctrl-C stops everything."
wait "${children[@]}"
