import Pipeline
import Wire

/// The fields of `http`, read.
struct HTTPSettings: Sendable {
    let url: String
    let method: HTTPRequest.Method
    let headers: [(name: String, value: String)]
    let contentType: String?
    let authorization: SecretReference?
    let trust: TrustReference?
    /// A name in the facility's `identities`, or certificate and key of the node.
    let identity: String?
    let certificate: SecretReference?, key: SecretReference?
    let connections: Int
    let rate: Double?
    let afterUnknown: AfterUnknown
    let limits: HTTPClient.Limits
    let proxy: String?

    static let fields = [
        Field("url", .url(schemes: ["https", "http"]), required: true, Text(fr: "adresse", en: "address"), example: "https://eai.hopital.example/hl7"),
        Field("method", .choice(["POST", "PUT", "PATCH"]), default: "POST", Text(fr: "méthode", en: "method")),
        Field(
            "trust", .name(of: "trust"),
            Text(fr: "autorités qui jugent le serveur ; requis en https", en: "authorities that judge the server; required for https")),
        Field(
            "identity", .name(of: "identity"),
            Text(
                fr: "certificat client de l'établissement du message (nom dans identities)",
                en: "client certificate of the message's facility (name in identities)")),
        Field("certificate", .secret, Text(fr: "au lieu d'identity : chaîne de certificats PEM", en: "instead of identity: certificate chain, PEM")),
        Field("key", .secret, Text(fr: "sa clé privée, PEM", en: "its private key, PEM")),
        Field("headers", .map(.text), Text(fr: "en-têtes ajoutés", en: "headers added"), example: "{X-Source: passerelle}"),
        Field(
            "authorization", .secret, Text(fr: "valeur de l'en-tête Authorization", en: "value of the Authorization header"), example: "{credential: eai-token}"
        ),
        Field(
            "content_type", .text,
            Text(fr: "Content-Type ; par défaut selon le format du message", en: "Content-Type; by default that of the message's format"),
            example: "application/hl7-v2; charset=utf-8"),
        Field("connections", .integer(1...256), default: "4", Text(fr: "envois simultanés, une connexion chacun", en: "sendings at a time, a connection each")),
        Field("rate", .number(0.1...100_000), Text(fr: "envois par seconde ; absent : sans limite", en: "sendings a second; absent: no limit")),
        Field(
            "after_unknown", .choice(["hold", "send_again"]), default: "hold",
            Text(
                fr: "sans réponse : hold, une personne décide ; send_again si le destinataire reconnaît Idempotency-Key",
                en: "without an answer: hold, a person decides; send_again where the far end honours Idempotency-Key")),
        Field("connect", .duration, default: "10 s", Text(fr: "délai de connexion", en: "time to connect")),
        Field("timeout", .duration, default: "60 s", Text(fr: "délai de réponse", en: "time to wait for the answer")),
        Field(
            "idle", .duration, default: "4 s",
            Text(
                fr: "une connexion au repos plus longtemps n'est plus employée ; moins que le délai du serveur",
                en: "a connection that rested longer is not used again; less than the server's own limit")),
        Field("proxy", .url(schemes: ["http"]), Text(fr: "mandataire HTTP", en: "HTTP proxy"), example: "http://proxy.hopital.example:3128"),
    ]

    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        url = fields.text("url") ?? ""
        method = fields.text("method").flatMap(HTTPRequest.Method.init) ?? .post
        headers = fields.map("headers").compactMap { pair in if case .text(let value, _) = pair.value { (pair.key, value) } else { nil } }
        contentType = fields.text("content_type")
        authorization = fields.secret("authorization")
        identity = fields.text("identity")
        (certificate, key) = (fields.secret("certificate"), fields.secret("key"))
        connections = fields.integer("connections") ?? 4
        rate = fields.number("rate")
        afterUnknown = fields.text("after_unknown") == "send_again" ? .sendAgain : .hold
        proxy = fields.text("proxy")
        limits = HTTPClient.Limits(
            connect: fields.duration("connect") ?? .seconds(10), total: fields.duration("timeout") ?? .seconds(60), answerBytes: 1 << 20,
            idle: fields.duration("idle") ?? .seconds(4))
        trust = fields.text("trust").flatMap { scope.node.trust[$0] }
        try check(fields)
    }

    private func check(_ fields: Fields) throws(ConfigError) {
        if isTLS, trust == nil {
            throw ConfigError(
                "P0660", Text(fr: "https demande trust : les autorités qui jugent le serveur", en: "https needs trust: the authorities that judge the server"),
                at: fields.place(of: "url"))
        }
        if !isTLS, identity != nil || certificate != nil {
            throw ConfigError(
                "P0661", Text(fr: "un certificat client demande https", en: "a client certificate needs https"),
                at: fields.place(of: identity != nil ? "identity" : "certificate"))
        }
        if (certificate == nil) != (key == nil) || certificate != nil && identity != nil {
            throw ConfigError(
                "P0662", Text(fr: "ou bien identity, ou bien certificate et key ensemble", en: "either identity, or certificate and key together"),
                at: fields.place(of: certificate != nil ? "certificate" : "key"))
        }
        for (name, value) in headers where Self.own.contains(name.lowercased()) || !Self.isHeader(name, value) {
            throw ConfigError(
                "P0663", Text(fr: "en-tête « \(name) » : réservé, ou mal formé", en: "header \"\(name)\": reserved, or malformed"),
                at: fields.place(of: "headers"))
        }
    }

    var isTLS: Bool { url.lowercased().hasPrefix("https:") }

    /// Headers that the sender itself writes.
    private static let own: Set<String> = [
        "content-length", "content-type", "host", "idempotency-key", "authorization", "transfer-encoding", "connection", "expect",
    ]

    /// RFC 9110 §5.6.2: a name is a token; a value has no control characters.
    private static func isHeader(_ name: String, _ value: String) -> Bool {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        let isToken = name.utf8.allSatisfy { marks.contains($0) || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        return !name.isEmpty && isToken && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 }
    }
}
