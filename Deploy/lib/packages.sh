# The Debian packages that Passerelle needs, each list with its reason: sourced, not run.

# Headers of the C libraries, and the tool that finds them.
PACKAGES_BUILD=(
    pkg-config git ca-certificates
    libssl-dev             # keys, certificates, digests
    libcurl4-openssl-dev   # HTTPS, SMTP and IMAP outbound
    libxml2-dev            # XML
    libxmlsec1-dev libxmlsec1-openssl libltdl-dev  # XML signatures
    libsqlite3-dev         # the journal
    libpq-dev              # the journal that several gateways share
    zlib1g-dev             # deflate and CRC-32 of the XDM archive
)
# A mail operator of our own, and a throw-away PKI.
PACKAGES_DEMO=(openssl postfix dovecot-imapd dovecot-lmtpd)
# Judges that we did not write; what makes and breaks small disks and journals (sqlite3, e2fsprogs), and preloads faults (gcc).
PACKAGES_TEST=(xmlsec1 libxml2-utils strace python3 python3-venv unzip postgresql sqlite3 e2fsprogs gcc libc6-dev)

# install_packages NAME…: installs those that are missing, and starts no service of the system.
install_packages() {
    local name missing=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "Installation de ${#missing[@]} paquets Debian : ${missing[*]}" "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    (  # so that an interruption, too, takes the guard away again
        guard=/usr/sbin/policy-rc.d
        if [ ! -e "$guard" ]; then  # Debian's own way to say: unpack, configure, but start nothing
            trap 'as_root rm -f "$guard"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
            as_root chmod 755 "$guard"
        fi
        as_root apt-get update -q -o Acquire::Retries=3 >/dev/null || exit
        echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections || true
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null || exit
    )
}

# as_root COMMAND…: the command itself for root, through sudo for others.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
