import Testing

@testable import Pipeline

@Suite("The words of the system in French")
struct SystemWordsTests {
    @Test(
        "what the system, TLS, libcurl and the databases say most often is said in French, with their own words where those say more",
        arguments: [
            ("Connection refused", "connexion refusée"), ("Address already in use", "adresse déjà prise"), ("No space left on device", "disque plein"),
            ("Permission denied", "accès refusé"), ("No such file or directory", "fichier ou dossier absent"),
            ("Name or service not known", "nom d'hôte introuvable"),
            (
                "connect to db1 failed: Connection timed out (is it running?)",
                "pas de réponse à temps (connect to db1 failed: Connection timed out (is it running?))"
            ),
            ("SSL certificate problem: certificate has expired", "certificat expiré (SSL certificate problem: certificate has expired)"),
            (
                "SSL certificate problem: self-signed certificate in certificate chain",
                "autorité de certification inconnue (racine non admise) (SSL certificate problem: self-signed certificate in certificate chain)"
            ),
            ("SSL certificate problem: self-signed certificate", "certificat auto-signé (SSL certificate problem: self-signed certificate)"),
            (
                "SSL: no alternative certificate subject name matches target host name 'db'",
                "le nom du serveur n'est pas dans son certificat (SSL: no alternative certificate subject name matches target host name 'db')"
            ),
            ("SQLite error 13: database or disk is full", "disque plein (SQLite error 13: database or disk is full)"),
            (
                "FATAL:  password authentication failed for user \"x\"",
                "mot de passe refusé par la base (FATAL:  password authentication failed for user \"x\")"
            ),
            (
                "serverNotTrusted: SSL certificate problem: CA signature digest too weak",
                "certificat du serveur non reconnu (serverNotTrusted: SSL certificate problem: CA signature digest too weak)"
            ),
            ("loginRefused", "compte refusé"), ("something new", "something new"),
        ])
    func french(_ english: String, _ french: String) {
        #expect(SystemWords.french(english) == french)
        #expect(SystemWords.text(english).en == english)
    }
}
