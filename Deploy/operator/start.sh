#!/bin/sh
# A stand-in for an MSSanté operator on loopback: a Postfix and a Dovecot of our own, beside any that the system runs.
#
#   Deploy/operator/start.sh DIR PKI_DIR       all state lies under DIR, keys and certificates come from Deploy/pki.sh PKI_DIR; needs root
#   Deploy/operator/stop.sh DIR [--clean]
#
# It behaves as an operator's servers do: STARTTLS and a client certificate demanded, the sender must be the certificate's own mailbox, a
# white list of domains, a size limit, refusals and late bounces on purpose, delivery reports, quotas. It has no SMTP client at all, so
# nothing can leave this host. Once it is up, DIR/env holds its ports.
#
# Of PKI_DIR/mss it takes the server's chain and key, the authorities with their revocation lists, and the certificates of the mailboxes
# pfi and labo, which have no password.
# Ports, from the environment: OPERATOR_SMTP 2587, OPERATOR_SMTPS 2465, OPERATOR_PASSWORD 2588, OPERATOR_IMAP 2143, OPERATOR_IMAPS 2993.
# OPERATOR_SIZE: bytes of a mail at most (11534336: more than the gateway's own 10 MB, so that the gateway is the one to refuse).
set -eu
PATH=$PATH:/usr/sbin:/sbin  # a user who is not root has them not
die() { echo "operator: $*" >&2; exit 1; }
[ $# -eq 2 ] || die "usage: start.sh DIR PKI_DIR"
[ "$(id -u)" = 0 ] || die "must run as root (Postfix wants it)"
for tool in /usr/sbin/postfix /usr/sbin/dovecot /usr/lib/dovecot/imap /usr/lib/dovecot/lmtp; do
  [ -x "$tool" ] || die "$tool is missing: apt-get install postfix dovecot-imapd dovecot-lmtpd"
done
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
pki=$(cd "$2/mss" 2>/dev/null && pwd) || die "$2/mss is missing: Deploy/pki.sh makes it"
for file in server.chain.pem server.key ca.pem ca+crl.pem pfi.pem labo.pem; do [ -r "$pki/$file" ] || die "$pki/$file is missing"; done
smtp=${OPERATOR_SMTP:-2587} smtps=${OPERATOR_SMTPS:-2465} password=${OPERATOR_PASSWORD:-2588}
imap=${OPERATOR_IMAP:-2143} imaps=${OPERATOR_IMAPS:-2993} size=${OPERATOR_SIZE:-11534336}
domain=essai.mssante.example
patients=patient.mssante.fr

"$here/stop.sh" "$dir"
mkdir -p "$dir/tls" "$dir/mail" "$dir/log" "$dir/dovecot/run" "$dir/dovecot/state" "$dir/postfix/etc" "$dir/postfix/queue" "$dir/postfix/data"
chmod 755 "$dir" "$dir/log" "$dir/dovecot" "$dir/dovecot/run" "$dir/postfix" "$dir/postfix/etc"
chown mail:mail "$dir/mail"
chown postfix "$dir/postfix/data"
chown root "$dir/postfix/queue"
# Copies, so that PKI_DIR may be as closed as it likes: the servers read them as root.
cp "$pki/server.chain.pem" "$pki/server.key" "$pki/ca.pem" "$pki/ca+crl.pem" "$dir/tls/"
chmod 600 "$dir/tls/server.key"

# ------------------------------------------------------------------------------------------------------------------- mailboxes
# name, password (- : opened by certificate only), quota
mailboxes="pfi - 200M
labo - 200M
anne.fictif-gamma essai 200M
secretariat essai 200M
medecin essai 200M
plein essai 40K"
etc=$dir/postfix/etc
: >"$dir/dovecot/users"; : >"$etc/mailboxes"; : >"$etc/password-senders"
echo "$mailboxes" | while read -r name secret quota; do
  address=$name@$domain
  [ "$secret" = - ] && secret= || { secret="{PLAIN}$secret"; echo "$address $address" >>"$etc/password-senders"; }
  echo "$address:$secret::::::userdb_quota_rule=*:storage=$quota" >>"$dir/dovecot/users"
  echo "$address x" >>"$etc/mailboxes"
done
for patient in 269029910900215 ${OPERATOR_PATIENTS:-}; do
  echo "$patient@$patients:{PLAIN}essai::::::" >>"$dir/dovecot/users"
  echo "$patient@$patients x" >>"$etc/mailboxes"
done
# Taken at RCPT and bounced later: Dovecot knows neither of the first two (5.1.1); nothing answers for the third (delayed, then failed).
printf '%s x\n' "lent@$domain" "999999999999999@$patients" "retard@$domain" >>"$etc/mailboxes"
echo "retard@$domain lmtp:unix:$dir/nobody-there" >"$etc/transport"
chgrp dovecot "$dir/dovecot/users"
chmod 640 "$dir/dovecot/users"

# ------------------------------------------------------------------------------------------------------------------- Dovecot
cat >"$dir/dovecot/dovecot.conf" <<CONF
base_dir = $dir/dovecot/run
state_dir = $dir/dovecot/state
instance_name = passerelle-operator
log_path = $dir/log/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
mail_location = maildir:$dir/mail/%d/%n
mail_uid = mail
mail_gid = mail
first_valid_uid = 8
first_valid_gid = 8
mail_plugins = quota
ssl = required
ssl_min_protocol = TLSv1.2
ssl_cert = <$dir/tls/server.chain.pem
ssl_key = <$dir/tls/server.key
ssl_ca = <$dir/tls/ca+crl.pem
ssl_verify_client_cert = yes
ssl_require_crl = yes
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes
auth_mechanisms = external plain
disable_plaintext_auth = yes
# a refusal is at once: nobody guesses passwords here, and the tests refuse often
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = passwd-file
  mechanisms = plain
  args = username_format=%u $dir/dovecot/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $dir/dovecot/users
  override_fields = home=$dir/mail/%d/%n
}
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=200M
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service lmtp {
  unix_listener lmtp {
    user = postfix
    mode = 0600
  }
}
service auth {
  unix_listener submission {
    user = postfix
    mode = 0600
  }
}
CONF

# ------------------------------------------------------------------------------------------------------------------- Postfix
fingerprint() { openssl x509 -in "$pki/$1.pem" -noout -fingerprint -sha256 | cut -d= -f2; }
for name in pfi labo; do
  echo "$(fingerprint $name) only_$name"
  printf '%s\n' "$name@$domain OK" '<> OK' >"$etc/sender-$name"
done >"$etc/certificates"
# first match wins; the last line is the white list of domains
cat >"$etc/recipients" <<CONF
/^coupe421@/    421 4.3.2 le service ferme la connexion (essai)
/^refuse450@/   450 4.2.1 boite momentanement indisponible (essai)
/^refuse451@/   451 4.7.1 reessayer plus tard (essai)
/^refuse550@/   550 5.1.1 boite inconnue (essai)
/^refuse552@/   552 5.2.2 boite pleine (essai)
/^refuse554@/   554 5.7.1 message refuse (essai)
!/@($(echo "$domain|$patients" | sed 's/\./\\./g'))\$/   550 5.7.1 domaine absent de la liste blanche (essai)
CONF
cat >"$etc/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/postfix/queue
data_directory = $dir/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $dir/log/postfix.log
maillog_file_prefixes = $dir/log
myhostname = operateur.$domain
myorigin = operateur.$domain
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
local_transport = error:5.1.1 no local account
default_transport = error:5.1.2 nothing leaves this host
relay_transport = error:5.1.2 nothing leaves this host
virtual_mailbox_domains = $domain, $patients
virtual_mailbox_maps = texthash:$etc/mailboxes
virtual_transport = lmtp:unix:$dir/dovecot/run/lmtp
transport_maps = texthash:$etc/transport
message_size_limit = $size
mailbox_size_limit = 0
virtual_mailbox_limit = 0
notify_classes =
delay_warning_time = 20s
maximal_queue_lifetime = 60s
bounce_queue_lifetime = 60s
minimal_backoff_time = 5s
maximal_backoff_time = 10s
queue_run_delay = 5s
smtpd_banner = \$myhostname ESMTP
smtpd_helo_required = yes
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 100
smtpd_hard_error_limit = 200
smtpd_client_connection_count_limit = 0
smtpd_tls_cert_file = $dir/tls/server.chain.pem
smtpd_tls_key_file = $dir/tls/server.key
smtpd_tls_CAfile = $dir/tls/ca.pem
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_fingerprint_digest = sha256
smtpd_tls_loglevel = 1
smtpd_sasl_type = dovecot
smtpd_sasl_path = $dir/dovecot/run/submission
smtpd_sender_login_maps = texthash:$etc/password-senders
smtpd_restriction_classes = only_pfi, only_labo
only_pfi = check_sender_access texthash:$etc/sender-pfi, reject
only_labo = check_sender_access texthash:$etc/sender-labo, reject
smtpd_relay_restrictions = check_recipient_access regexp:$etc/recipients, reject_unauth_destination
smtpd_recipient_restrictions = reject_unlisted_recipient
unknown_virtual_mailbox_reject_code = 550
CONF
by_certificate="  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_ask_ccert=yes
  -o smtpd_tls_req_ccert=yes
  -o { smtpd_sender_restrictions = check_ccert_access texthash:$etc/certificates, reject }"
{
  printf '127.0.0.1:%s inet n - n - - smtpd\n  -o syslog_name=postfix/certificate\n%s\n' "$smtp" "$by_certificate"
  printf '127.0.0.1:%s inet n - n - - smtpd\n  -o syslog_name=postfix/implicit\n  -o smtpd_tls_wrappermode=yes\n%s\n' "$smtps" "$by_certificate"
  cat <<CONF
127.0.0.1:$password inet n - n - - smtpd
  -o syslog_name=postfix/password
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o { smtpd_sender_restrictions = reject_sender_login_mismatch, permit_sasl_authenticated, reject }
CONF
  # every service but "smtp": without it this instance cannot send to any host
  cat <<'CONF'
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
CONF
} >"$etc/master.cf"

dovecot -c "$dir/dovecot/dovecot.conf"
postfix -c "$etc" start >"$dir/log/postfix-start.log" 2>&1 || { cat "$dir/log/postfix-start.log" >&2; exit 1; }
answers() { openssl s_client -connect "127.0.0.1:$1" -starttls "$2" </dev/null 2>/dev/null | grep -q 'BEGIN CERTIFICATE'; }
tries=0
until [ -S "$dir/dovecot/run/lmtp" ] && answers "$imap" imap && answers "$smtp" smtp; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] || die "it does not answer, see $dir/log"
  sleep 0.1
done
printf '%s\n' "OPERATOR_SMTP=$smtp" "OPERATOR_SMTPS=$smtps" "OPERATOR_PASSWORD=$password" "OPERATOR_IMAP=$imap" "OPERATOR_IMAPS=$imaps" >"$dir/env"
echo "operator ready: SMTP $smtp, SMTPS $smtps, SMTP with password $password, IMAP $imap, IMAPS $imaps"
