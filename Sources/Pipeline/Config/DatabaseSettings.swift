/// How the shared journal's database is reached, and what is promised of it.
package struct DatabaseSettings: Sendable {
    /// Parameters of a libpq connection by name.
    package let connection: [String: String]
    package let password: SecretReference?
    /// A fail-over of the database loses nothing: a synchronous standby is demanded at the start.
    package let failover: Bool
    /// How long this gateway's lease holds without a beat: longer than the longest call of a sender.
    package let lease: Duration

    static let fields = [
        Field(
            "host", .text, required: true, Text(fr: "l'hôte, ou plusieurs séparés par des virgules", en: "the host, or several with commas"), example: "db1,db2"
        ),
        Field("port", .text, default: "5432", Text(fr: "le port, ou un par hôte", en: "the port, or one for each host")),
        Field("database", .text, default: "passerelle", Text(fr: "la base", en: "the database")),
        Field("user", .text, default: "passerelle_gateway", Text(fr: "le rôle", en: "the role")),
        Field("password", .secret, Text(fr: "son mot de passe", en: "its password"), example: "{credential: postgres-password}"),
        Field(
            "tls", .choice(["verify-full", "verify-ca", "require", "disable"]), default: "verify-full",
            Text(fr: "la protection de la connexion (sslmode)", en: "how the connection is protected (sslmode)")),
        Field("ca", .file, Text(fr: "l'autorité du serveur (PEM)", en: "the server's authority (PEM)")),
        Field(
            "failover", .boolean, required: true,
            Text(
                fr: "promettre qu'une bascule de la base ne perd rien : exige un secondaire synchrone",
                en: "promise that a fail-over of the database loses nothing: demands a synchronous standby"), example: "true"),
        Field(
            "lease", .duration, default: "180 s",
            Text(
                fr: "durée du bail ; aucun envoi ne commence qui pourrait durer plus que ce qu'il en reste",
                en: "how long the lease holds; no attempt begins that could outlast what is left of it")),
    ]

    init(_ fields: Fields, folder: String) {
        var connection = [
            "host": fields.text("host") ?? "", "port": fields.text("port") ?? "", "dbname": fields.text("database") ?? "", "user": fields.text("user") ?? "",
            "sslmode": fields.text("tls") ?? "",
        ]
        if let authority = fields.text("ca") { connection["sslrootcert"] = Path.join(folder, authority) }
        self.connection = connection
        password = fields.secret("password")
        failover = fields.boolean("failover")
        lease = fields.duration("lease") ?? .seconds(180)
    }
}
