/// What the system, TLS, libcurl and the databases say most often, in French: their own words come in English only. The one place for them.
package enum SystemWords {
    /// A sentence of theirs in both languages. What is known in it is said in French, with the English behind it in brackets where that says more.
    package static func text(_ english: String) -> Text { Text(fr: french(english), en: english) }

    /// The French of a sentence; the sentence itself where nothing in it is known.
    package static func french(_ english: String) -> String {
        let lower = english.lowercased()
        guard let (phrase, french) = phrases.first(where: { lower.contains($0.0) }) else { return english }
        return phrase.utf8.count == english.utf8.count ? french : "\(french) (\(english))"
    }

    /// Lower case; what says more stands before what it contains.
    private static let phrases: [(String, String)] = [
        // Certificates and TLS
        ("certificate has expired", "certificat expiré"), ("certificate expired", "certificat expiré"),
        ("certificate is not yet valid", "certificat pas encore valide"), ("certificate revoked", "certificat révoqué"),
        ("crl has expired", "liste de révocation périmée"), ("unable to get certificate crl", "liste de révocation absente pour cette autorité"),
        ("no alternative certificate subject name matches", "le nom du serveur n'est pas dans son certificat"),
        ("does not match target host name", "le nom du serveur n'est pas dans son certificat"),
        ("does not match host name", "le nom du serveur n'est pas dans son certificat"),
        ("hostname mismatch", "le nom du serveur n'est pas dans son certificat"),
        ("self-signed certificate in certificate chain", "autorité de certification inconnue (racine non admise)"),
        ("self signed certificate in certificate chain", "autorité de certification inconnue (racine non admise)"),
        ("self-signed certificate", "certificat auto-signé"), ("self signed certificate", "certificat auto-signé"),
        ("unable to get local issuer certificate", "autorité de certification inconnue"),
        ("unable to get issuer certificate", "autorité de certification inconnue"),
        ("unknown ca", "notre certificat vient d'une autorité qu'il ne connaît pas"),
        ("certificate verify failed", "certificat refusé"), ("certificate required", "un certificat client est exigé"),
        ("bad certificate", "notre certificat est refusé"), ("unsupported certificate", "notre certificat n'est pas d'une sorte admise"),
        ("handshake failure", "la négociation TLS a échoué"), ("wrong version number", "l'autre bout ne parle pas TLS sur ce port"),
        ("unsupported protocol", "version de TLS refusée"), ("protocol version", "version de TLS refusée"),
        ("key values mismatch", "la clé n'est pas celle du certificat"),
        ("certificate of an authority cannot be read", "certificat d'autorité illisible"),
        ("certificate revocation list cannot be read", "liste de révocation illisible"), ("private key cannot be read", "clé privée illisible"),
        ("certificate cannot be read", "certificat illisible"), ("the pass phrase is missing or wrong", "phrase secrète absente ou fausse"),
        // The network
        ("connection refused", "connexion refusée"), ("connection reset", "connexion coupée par l'autre"),
        ("couldn't connect to server", "connexion impossible"), ("could not resolve proxy", "nom du mandataire introuvable"),
        ("could not resolve host", "nom d'hôte introuvable"), ("could not translate host name", "nom d'hôte introuvable"),
        ("name or service not known", "nom d'hôte introuvable"), ("no address associated with hostname", "ce nom d'hôte n'a pas d'adresse"),
        ("temporary failure in name resolution", "le service de noms (DNS) ne répond pas"),
        ("connection timed out", "pas de réponse à temps"), ("operation timed out", "pas de réponse à temps"),
        ("timeout expired", "pas de réponse à temps"), ("timed out", "pas de réponse à temps"), ("timeout was reached", "pas de réponse à temps"),
        ("no route to host", "aucun chemin vers cet hôte"), ("network is unreachable", "réseau inaccessible"),
        ("empty reply from server", "connexion fermée sans réponse"), ("broken pipe", "connexion fermée par l'autre"),
        ("address already in use", "adresse déjà prise"), ("cannot assign requested address", "cette adresse n'est pas sur cette machine"),
        // Files and the machine
        ("no such file or directory", "fichier ou dossier absent"), ("permission denied", "accès refusé"),
        ("operation not permitted", "opération interdite"), ("no space left on device", "disque plein"), ("disk quota exceeded", "quota de disque dépassé"),
        ("database or disk is full", "disque plein"), ("file too large", "fichier trop grand"), ("read-only file system", "disque en lecture seule"),
        ("attempt to write a readonly database", "journal en lecture seule"), ("too many open files", "trop de fichiers ouverts"),
        ("not a directory", "n'est pas un dossier"), ("is a directory", "est un dossier"), ("input/output error", "erreur d'entrée-sortie"),
        ("disk i/o error", "erreur d'entrée-sortie du disque"), ("invalid argument", "argument refusé par le système"),
        ("cannot allocate memory", "mémoire insuffisante"), ("out of memory", "mémoire insuffisante"),
        // Databases
        ("unable to open database file", "le fichier du journal ne s'ouvre pas"), ("database disk image is malformed", "le journal est abîmé"),
        ("file is not a database", "ce fichier n'est pas un journal"), ("database is locked", "le journal est pris par un autre processus"),
        ("password authentication failed", "mot de passe refusé par la base"), ("no password supplied", "la base demande un mot de passe"),
        ("no pg_hba.conf entry", "la base n'admet pas cette machine ou ce compte (pg_hba.conf)"),
        ("database system is starting up", "la base démarre"), ("database system is shutting down", "la base s'arrête"),
        ("too many clients already", "la base n'a plus de connexion libre"), ("too many connections", "la base n'a plus de connexion libre"),
        ("server does not support ssl", "la base n'offre pas TLS"), ("server closed the connection unexpectedly", "la base a coupé la connexion"),
        ("terminating connection", "la base a coupé la connexion"),
        // Our own words for what libcurl tells (`WireFailure.Reason`), where its sentence is not known
        ("namenotfound", "nom d'hôte introuvable"), ("unreachable", "serveur injoignable"), ("timedout", "pas de réponse à temps"),
        ("servernottrusted", "certificat du serveur non reconnu"), ("servercertificateexpired", "certificat du serveur expiré"),
        ("servercertificaterevoked", "certificat du serveur révoqué"), ("servernamemismatch", "le nom du serveur n'est pas dans son certificat"),
        ("revocationlistunusable", "liste de révocation absente ou périmée"), ("owncertificaterefused", "notre certificat est refusé"),
        ("owncertificateunreadable", "notre certificat, sa clé ou nos autorités sont illisibles"), ("tlsfailed", "la négociation TLS a échoué"),
        ("starttlsmissing", "le serveur n'offre pas STARTTLS"), ("loginrefused", "compte refusé"), ("serviceclosing", "le serveur ferme la porte"),
        ("connectionbroken", "connexion coupée"), ("answertoolarge", "réponse trop longue"), ("commandrefused", "commande refusée"),
        ("protocolviolation", "le serveur ne suit pas son protocole"), ("requestinvalid", "demande impossible à envoyer"),
        ("noresources", "plus de fil d'exécution ni de descripteur"),
    ]
}
