#!/bin/sh
# A throw-away public key infrastructure for the demonstration and the tests.
#
#   Deploy/pki.sh DIR      makes DIR/ready and the files below; does nothing when DIR/ready exists and is of today or yesterday
#
# Everything is valid for two days, in the shape of the real authorities, and proves nothing about anybody.
# Private keys stand beside their certificates with the same name and .key; NAME.chain.pem = certificate, then its issuer.
#
#   hospital/ca.pem, ca.crl      authority of the hospital, with its revocation list
#   hospital/mllp.pem            server of the gateway's MLLP port (localhost, 127.0.0.1)
#   hospital/dpi.pem             client: the hospital's record system           CN=dpi,OU=DPI,O=CH DEMO,C=FR
#   hospital/receiver.pem        server of the record system's own MLLP port, which receives acknowledgements
#   hospital/expired.pem         client, no longer valid
#   hospital/revoked.pem         client, in the revocation list
#   hospital/stranger.pem        client of another authority (stranger-ca.pem), with the subject of dpi.pem
#   igc/ca.pem, ca.crl           issuing authority and root, in the shape of IGC-Santé, élémentaire, organisations
#                                (igc/root.pem and igc/issuer.pem apart, as xmlsec1 --trusted-pem / --untrusted-pem want them)
#   igc/auth.pem                 ORG AUTH_CLI: TLS client of the DMP            OU=1750999990
#   igc/sign.pem                 ORG SIGN (seal): signs the VIHF and the lot    OU=1750999990
#   igc/sign-expired.pem         a seal no longer valid;  igc/sign-revoked.pem  a seal in the revocation list
#   igc/auth-other.pem, igc/sign-other.pem   the same pair for another structure, OU=1750999991
#   igc/auth-expired.pem         TLS client no longer valid
#   dmp/server.pem               TLS server of the stand-in DMP (localhost), issued by igc/
#   mss/ca.pem, ca.crl           root and issuing authority of the mail operator; ca+crl.pem all four in one file
#   mss/server.pem               TLS server of the mail operator (localhost, operateur.essai.mssante.example)
#   mss/{pfi,labo,revoked,expired,stranger}.pem   mailboxes: CN is the address; pfi.p12 holds pfi (pass phrase: essai)
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
P=$(cd "$1" && pwd)
# Several may want it at once: the second waits, then finds it ready.
exec 9> "$P/lock"
flock 9
if [ -f "$P/ready" ] && [ -z "$(find "$P/ready" -mmin +1440)" ]; then exit 0; fi
rm -rf "$P/hospital" "$P/igc" "$P/dmp" "$P/mss" "$P/ready"
mkdir -p "$P/hospital" "$P/igc" "$P/dmp" "$P/mss"
umask 077
LOG=$P/openssl.log
: > "$LOG"
run() { openssl "$@" >> "$LOG" 2>&1 || { echo "openssl $1 failed, see $LOG" >&2; exit 1; }; }

# new_key FILE [rsa]: an elliptic curve where it may be one, RSA 2048 where signatures demand it.
new_key() {
    if [ "${2-}" = rsa ]; then run genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1"
    else run genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; fi
}

# settings DIR NAME: what `openssl ca` needs to issue, date and revoke as the authority DIR/NAME.
settings() {
    mkdir -p "$1/$2.db"
    : > "$1/$2.db/index"
    echo 01 > "$1/$2.db/crlnumber"
    cat > "$1/$2.db/cnf" <<CNF
[ca]
default_ca = here
[here]
database = $1/$2.db/index
new_certs_dir = $1/$2.db
crlnumber = $1/$2.db/crlnumber
certificate = $1/$2.pem
private_key = $1/$2.key
rand_serial = yes
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
unique_subject = no
string_mask = utf8only
[any]
countryName = optional
stateOrProvinceName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,DNS:operateur.essai.mssante.example,IP:127.0.0.1
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
[seal]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = emailProtection
CNF
}

# root DIR NAME SUBJECT: a self-signed authority.
root() {
    new_key "$1/$2.key" rsa
    run req -x509 -utf8 -new -key "$1/$2.key" -sha256 -days 2 -subj "$3" -out "$1/$2.pem" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
    settings "$1" "$2"
}

# issue DIR/AUTHORITY FILE SECTION SUBJECT [rsa] [options of openssl ca…]: a certificate with its key and chain.
issue() {
    authority=$1 file=$2 section=$3 subject=$4
    shift 4
    kind=ec
    if [ "${1-}" = rsa ]; then kind=rsa; shift; fi
    new_key "$file.key" $kind
    run req -utf8 -new -key "$file.key" -subj "$subject" -out "$file.csr"
    run ca -batch -utf8 -notext -config "$authority.db/cnf" -extensions "$section" -in "$file.csr" -out "$file.pem" "$@"
    cat "$file.pem" "$authority.pem" > "$file.chain.pem"
    rm "$file.csr"
}
revoke() { run ca -config "$1.db/cnf" -revoke "$2.pem" -crl_reason keyCompromise; }
list() { run ca -config "$1.db/cnf" -gencrl -out "$1.crl"; }
past="-startdate 20200101000000Z -enddate 20200301000000Z"

# The hospital
H=$P/hospital
root "$H" ca "/C=FR/O=CH DEMO/CN=AC INTERNE CH DEMO"
issue "$H/ca" "$H/mllp" server "/C=FR/O=CH DEMO/CN=localhost"
issue "$H/ca" "$H/receiver" server "/C=FR/O=CH DEMO/OU=DPI/CN=localhost"
issue "$H/ca" "$H/dpi" client "/C=FR/O=CH DEMO/OU=DPI/CN=dpi"
# shellcheck disable=SC2086
issue "$H/ca" "$H/expired" client "/C=FR/O=CH DEMO/OU=DPI/CN=dpi-expired" $past
issue "$H/ca" "$H/revoked" client "/C=FR/O=CH DEMO/OU=DPI/CN=dpi-revoked"
revoke "$H/ca" "$H/revoked"
list "$H/ca"
root "$H" stranger-ca "/C=FR/O=INCONNU/CN=AC INCONNUE"
issue "$H/stranger-ca" "$H/stranger" client "/C=FR/O=CH DEMO/OU=DPI/CN=dpi"

# The authority of health organisations: root, then the one that issues
I=$P/igc
root "$I" root "/C=FR/O=ASIP-SANTE-ESSAI/OU=0002 187512751/OU=IGC-SANTE ESSAI/CN=TEST AC RACINE IGC-SANTE ELEMENTAIRE"
issue "$I/root" "$I/issuer" authority "/C=FR/O=ASIP-SANTE-ESSAI/OU=0002 187512751/OU=IGC-SANTE ESSAI/CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS" rsa
settings "$I" issuer
structure="/C=FR/ST=Paris (75)/O=CENTRE HOSPITALIER DEMO/OU=1750999990"
other="/C=FR/ST=Paris (75)/O=CLINIQUE DEMO/OU=1750999991"
issue "$I/issuer" "$I/auth" client "$structure/CN=PFI AUTH DEMO" rsa
issue "$I/issuer" "$I/sign" seal "$structure/CN=PFI CACHET DEMO" rsa
issue "$I/issuer" "$I/auth-other" client "$other/CN=PFI AUTH CLINIQUE" rsa
issue "$I/issuer" "$I/sign-other" seal "$other/CN=PFI CACHET CLINIQUE" rsa
# shellcheck disable=SC2086
issue "$I/issuer" "$I/sign-expired" seal "$structure/CN=PFI CACHET EXPIRE" rsa $past
# shellcheck disable=SC2086
issue "$I/issuer" "$I/auth-expired" client "$structure/CN=PFI AUTH EXPIREE" $past
issue "$I/issuer" "$I/sign-revoked" seal "$structure/CN=PFI CACHET REVOQUE" rsa
revoke "$I/issuer" "$I/sign-revoked"
list "$I/root"
list "$I/issuer"
cat "$I/issuer.pem" "$I/root.pem" > "$I/ca.pem"
cat "$I/issuer.crl" "$I/root.crl" > "$I/ca.crl"
issue "$I/issuer" "$P/dmp/server" server "/C=FR/O=DMP ESSAI/CN=localhost"
cp "$I/ca.pem" "$I/ca.crl" "$P/dmp/"

# The mail operator
M=$P/mss
root "$M" root "/C=FR/O=ESSAI MSSANTE/CN=TEST AC RACINE MESSAGERIE"
issue "$M/root" "$M/issuer" authority "/C=FR/O=ESSAI MSSANTE/CN=TEST AC MESSAGERIE ORGANISATIONS" rsa
settings "$M" issuer
issue "$M/issuer" "$M/server" server "/C=FR/O=OPERATEUR ESSAI/CN=operateur.essai.mssante.example"
issue "$M/issuer" "$M/pfi" client "/C=FR/O=CH DEMO/OU=1750999990/CN=pfi@essai.mssante.example" rsa
issue "$M/issuer" "$M/labo" client "/C=FR/O=LABO DEMO/OU=1750999991/CN=labo@essai.mssante.example"
issue "$M/issuer" "$M/revoked" client "/C=FR/O=CH DEMO/CN=revoque@essai.mssante.example"
# shellcheck disable=SC2086
issue "$M/issuer" "$M/expired" client "/C=FR/O=CH DEMO/CN=expire@essai.mssante.example" $past
revoke "$M/issuer" "$M/revoked"
list "$M/root"
list "$M/issuer"
root "$M" stranger-ca "/C=FR/O=INCONNU/CN=AC INCONNUE DU COURRIER"
issue "$M/stranger-ca" "$M/stranger" client "/C=FR/O=INCONNU/CN=pfi@essai.mssante.example"
cat "$M/issuer.pem" "$M/root.pem" > "$M/ca.pem"
cat "$M/issuer.crl" "$M/root.crl" > "$M/ca.crl"
cat "$M/issuer.pem" "$M/issuer.crl" "$M/root.pem" "$M/root.crl" > "$M/ca+crl.pem"
run pkcs12 -export -inkey "$M/pfi.key" -in "$M/pfi.chain.pem" -out "$M/pfi.p12" -passout pass:essai

# Certificates may be read by the services' own users; keys may not.
chmod 755 "$P" "$P/hospital" "$P/igc" "$P/dmp" "$P/mss"
find "$P" \( -name '*.pem' -o -name '*.crl' \) -exec chmod 644 {} +
touch "$P/ready"
echo "PKI ready in $P"
