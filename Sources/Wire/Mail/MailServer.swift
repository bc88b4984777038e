/// How a mail account opens on its server: where, TLS, log-in. RFC 3207, 9051 §6.2.1; the TLS rules are those of `TLSPolicy`.
package struct MailServer: Sendable {
    /// When TLS starts. Never without.
    package enum Security: String, Sendable, CaseIterable { case startTLS = "starttls", implicit }

    /// What follows the TLS handshake.
    package enum Login: Sendable {
        /// Nothing: the client certificate is enough.
        case none
        /// SASL EXTERNAL (RFC 4422): the certificate speaks, `user` is the authorisation identity.
        case external(user: String)
        /// SASL PLAIN (RFC 4616), inside TLS.
        case plain(user: String, password: String)
        /// XOAUTH2 or OAUTHBEARER (RFC 7628), as announced by the server.
        case bearer(user: String, token: String)
    }

    package var host: String
    package var port: Int
    package var security: Security
    package var tls: TLSPolicy
    package var login: Login
    /// What we call ourselves in EHLO: a full host name or an address literal.
    package var ownName: String
    /// For name, TCP, TLS and log-in together.
    package var openTimeout: Duration
    /// For each reply.
    package var replyTimeout: Duration

    package init(
        host: String, port: Int, security: Security = .startTLS, tls: TLSPolicy, login: Login = .none, ownName: String,
        openTimeout: Duration = .seconds(20), replyTimeout: Duration = .seconds(120)
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.tls = tls
        self.login = login
        self.ownName = ownName
        self.openTimeout = openTimeout
        self.replyTimeout = replyTimeout
    }
}
