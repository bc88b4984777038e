# The story that demo.sh tells: what is sent, and what must become of it. Sourced, not run; works in the folder of the demonstration.

# wait_for SECONDS COMMAND…: true as soon as the command is, false when the time is over.
wait_for() {
    local deadline=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $deadline ] || return 1
        sleep 0.3
    done
}

gateway_answers() { "$passerelle" queue list && (: </dev/tcp/127.0.0.1/6660); }

FAILED=0
# expect FRENCH ENGLISH COMMAND…: says whether what was expected was seen within 90 seconds.
expect() {
    local fr=$1 en=$2
    shift 2
    if wait_for 90 "$@"; then
        printf '      \033[32m✓\033[0m %s\n' "$([ "$LANGUAGE_OF_PERSON" = fr ] && echo "$fr" || echo "$en")"
    else
        printf '      \033[31m✗ %s\033[0m\n' "$([ "$LANGUAGE_OF_PERSON" = fr ] && echo "pas vu : $fr" || echo "not seen: $en")"
        FAILED=1
    fi
}

# zam EVENT CONTROL-ID Y|N [TEXT]: the record system received this business acknowledgement (with this text in it).
zam() {
    local file
    for file in out/zam/*.er7; do
        [ -e "$file" ] || return 1
        if tr '\r' '\n' <"$file" | grep -q "^MSH.*|ZAM^$1^" && tr '\r' '\n' <"$file" | grep -q "^OBX|1|.*|$2|$3^" \
            && { [ -z "${4:-}" ] || grep -q "$4" "$file"; }; then
            return 0
        fi
    done
    return 1
}

# delivery CONTROL-ID PATTERN: what the gateway says of the message has such a line.
delivery() { LC_ALL=C "$passerelle" explain "$1" | grep -qE "$2"; }

# answered CODE: the last answer had this MSA-1.
answered() { grep -q "^MSA|$1|" answer.er7; }

# submit NAME FRENCH ENGLISH: sends a message of the demonstration and shows the answer.
submit() {
    local message=$1
    echo
    say "$2" "$3"
    "$passerelle" send "../../Deploy/demo/messages/$message.hl7" --to localhost:6660 --tls --ca pki/hospital/ca.pem --cert pki/hospital/dpi.chain.pem \
        --key pki/hospital/dpi.key >answer.er7 || true
    sed 's/^/      ACK  /' answer.er7
}

# timeline CONTROL-ID: what the gateway says of the message, and the acknowledgements that its sender received.
timeline() {
    "$passerelle" explain "$1" | sed 's/^/      /'
    local file
    for file in out/zam/*.er7; do
        [ -e "$file" ] && grep -q '|ZAM^' "$file" && grep -q "|$1|" "$file" && tr '\r' '\n' <"$file" | grep -v '^EVN' | sed 's/^/      ZAM  /'
    done
    return 0
}

# tell_story: sends the seven messages and looks for every outcome; false when one was not seen.
tell_story() {
    submit 1-initial "Une lettre de liaison, pour le DMP, un médecin et le patient" "A discharge letter, for the DMP, a doctor and the patient"
    expect "accepté (AA)" "accepted (AA)" answered AA
    expect "le DMP l'a prise : Z01 Y" "the DMP took it: Z01 Y" zam Z01 DPI0000001 Y
    expect "remise au médecin, sur compte rendu : Z02 Y" "delivered to the doctor, by report: Z02 Y" zam Z02 DPI0000001 Y anne.fictif-gamma
    expect "remise au patient, sur compte rendu : Z02 Y" "delivered to the patient, by report: Z02 Y" zam Z02 DPI0000001 Y patient.mssante.fr
    timeline DPI0000001

    submit 2-replacement "La lettre corrigée la remplace" "The corrected letter replaces it"
    expect "accepté (AA)" "accepted (AA)" answered AA
    expect "remplacée au DMP : Z01 Y" "replaced at the DMP: Z01 Y" zam Z01 DPI0000002 Y
    expect "remise au médecin, sur compte rendu : Z02 Y" "delivered to the doctor, by report: Z02 Y" zam Z02 DPI0000002 Y
    timeline DPI0000002

    submit 3-deletion "La lettre est supprimée" "The letter is deleted"
    expect "accepté (AA)" "accepted (AA)" answered AA
    expect "supprimée au DMP : Z01 Y" "deleted at the DMP: Z01 Y" zam Z01 DPI0000003 Y
    expect "le médecin en est prévenu, sur compte rendu : Z02 Y" "the doctor is told, by report: Z02 Y" zam Z02 DPI0000003 Y
    timeline DPI0000003

    submit 4-refused-by-control "Le document est celui d'un autre patient" "The document is another patient's"
    expect "refusé par le contrôle (AE) : rien n'est envoyé" "refused by the control (AE): nothing is delivered" answered AE

    submit 5-refused-by-dmp "Le DMP de ce patient est fermé" "This patient's DMP is closed"
    expect "accepté (AA)" "accepted (AA)" answered AA
    expect "refusé par le DMP : Z01 N" "refused by the DMP: Z01 N" zam Z01 DPI0000051 N
    expect "le courriel part tout de même : Z02 Y" "the mail leaves all the same: Z02 Y" zam Z02 DPI0000051 Y
    timeline DPI0000051

    submit 6-recipient-refused "Un destinataire que l'opérateur refuse aussitôt" "A recipient that the operator refuses at once"
    expect "refusé à l'envoi : Z02 N" "refused at submission: Z02 N" zam Z02 DPI0000071 N
    expect "aussitôt : l'envoi est refusé" "at once: the delivery is refused" delivery DPI0000071 'refused +discharge-documents/pro'
    timeline DPI0000071

    submit 7-recipient-bounced "Un destinataire accepté, puis inconnu de sa messagerie" "A recipient accepted first, then unknown to its mail server"
    expect "le compte rendu d'échec arrive : Z02 N" "the report of the failure comes: Z02 N" zam Z02 DPI0000072 N
    expect "par un compte rendu, après l'acceptation" "by a report, after acceptance" delivery DPI0000072 'delivered +discharge-documents/pro.*report failed'
    timeline DPI0000072

    echo
    if [ $FAILED -eq 0 ]; then
        say "Tout ce qui était attendu a été vu." "Everything that was expected was seen."
    else
        say "Quelque chose d'attendu n'a pas été vu : $PWD/gateway.log, sandbox.log" "Something expected was not seen: $PWD/gateway.log, sandbox.log"
    fi
    return $FAILED
}
