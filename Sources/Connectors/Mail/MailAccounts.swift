import France
import Pipeline
import Wire

/// The fields that say how a mailbox opens on its operator's server, for sender and listener.
struct MailAccess: Sendable {
    let security: MailServer.Security
    let signsIn: Bool
    let ownName: String?
    let open: Duration
    let reply: Duration

    /// - Parameter login: what is usual: an SMTP server is content with the certificate, IMAP wants a user.
    static func fields(login: String) -> [Field] {
        [
            Field(
                "tls", .choice(["starttls", "implicit"]), default: "starttls",
                Text(fr: "STARTTLS, ou TLS dès la connexion", en: "STARTTLS, or TLS from the start")),
            Field(
                "login", .choice(["certificate", "external"]), default: login,
                Text(
                    fr: "après TLS : le certificat suffit (certificate), ou SASL EXTERNAL au nom de la boîte (external)",
                    en: "after TLS: the certificate is enough (certificate), or SASL EXTERNAL in the mailbox's name (external)")),
            Field(
                "name", .text,
                Text(
                    fr: "notre nom complet sur le réseau (EHLO) ; par défaut passerelle.DOMAINE",
                    en: "our full name on the network (EHLO); by default passerelle.DOMAIN"),
                example: "pfi.ch-demo.example"),
            Field("connect", .duration, default: "20 s", Text(fr: "délai de connexion et d'identification", en: "time to connect and sign in")),
            Field("reply", .duration, default: "120 s", Text(fr: "délai de chaque réponse", en: "time to wait for each reply")),
        ]
    }

    init(_ fields: Fields) {
        security = fields.text("tls") == "implicit" ? .implicit : .startTLS
        signsIn = fields.text("login") == "external"
        ownName = fields.text("name")
        open = fields.duration("connect") ?? .seconds(20)
        reply = fields.duration("reply") ?? .seconds(120)
    }

    /// The account of a mailbox; certificates and lists are read now, so a renewed one needs no restart.
    func server(_ facility: Facility, _ mailbox: Mailbox, imap: Bool, _ scope: Scope) throws(Reason) -> MailServer {
        guard let mailOperator = scope.node.operators[mailbox.operator] else {
            throw MailReasons.badMailbox(mailbox.name, "opérateur inconnu", "unknown operator")
        }
        guard let trust = scope.node.trust[mailOperator.trust] else {
            throw MailReasons.badMailbox(mailbox.name, "autorités inconnues", "unknown authorities")
        }
        guard let identity = facility.identities[mailbox.identity] else {
            throw MailReasons.badMailbox(mailbox.name, "certificat inconnu", "unknown certificate")
        }
        let place = imap ? mailOperator.imap : mailOperator.smtp
        guard let colon = place.lastIndex(of: ":"), let port = Int(place[place.index(after: colon)...]) else {
            throw MailReasons.badMailbox(mailbox.name, "hôte:port attendu", "host:port expected")
        }
        var anchors: [UInt8] = []
        var lists: [UInt8] = []
        for path in trust.authorities { anchors += try scope.secrets.read(.file(path)) + [10] }
        for path in trust.revocationLists { lists += try scope.secrets.read(.file(path)) + [10] }
        let chain = try scope.secrets.read(identity.certificate)
        let key = try scope.secrets.read(identity.key)
        do throws(WireFailure) {
            let tls = try TLSPolicy(anchors: anchors, revocationLists: lists.isEmpty ? nil : lists, identity: TLSIdentity(chain: chain, key: key))
            let domain = mailbox.address.split(separator: "@").last.map(String.init) ?? "invalid"
            return MailServer(
                host: String(place[..<colon]), port: port, security: security, tls: tls, login: signsIn ? .external(user: mailbox.address) : .none,
                ownName: ownName ?? "passerelle.\(domain)", openTimeout: open, replyTimeout: reply)
        } catch {
            throw MailReasons.badMailbox(mailbox.name, SystemWords.french(error.description), error.description)
        }
    }
}
