import Trust
import XMLTree

/// A VIHF that was found right.
struct VIHF {
    /// As carried in the request, byte for byte.
    let bytes: [UInt8]
    let signer: Certificate
    let structure: String
    /// Patient of `resource-id`, nil when the transaction names none.
    let patient: (ins: String, root: String)?
}

/// Judges the assertion of a request (dossier DMP §3 and §8, points 4 to 9).
struct VIHFJudge: Sendable {
    static let saml = "urn:oasis:names:tc:SAML:2.0:assertion"
    static let ns: XMLNamespaces = ["s": saml, "h": "urn:hl7-org:v3"]
    static let contexts = ["Password", "PasswordProtectedTransport", "TLSClient", "SmartcardPKI", "X509", "unspecified"]

    let config: SandboxConfig.DMP
    let store: TrustStore
    let schema: XMLSchema

    /// Finds the assertion in a SOAP envelope and gives its bytes as they were sent.
    static func extract(_ envelope: XMLDocument) throws(Complaint) -> [UInt8] {
        let all = envelope.all("//s:Assertion", ns)
        guard all.count == 1, let assertion = all.first else {
            throw .soap("une assertion et une seule est attendue", rule: "vihf.single", found: "\(all.count)")
        }
        guard let security = assertion.parent, security.name == "Security", security.children.first == assertion, security.parent?.name == "Header" else {
            throw .soap("l'assertion doit être le premier élément de wsse:Security", rule: "vihf.place")
        }
        let name = assertion.prefix.isEmpty ? "Assertion" : assertion.prefix + ":Assertion"
        if let start = Scan.first(Array("<\(name)".utf8), in: envelope.source),
            let end = Scan.first(Array("</\(name)>".utf8), in: envelope.source, from: start)
        {
            let bytes = Array(envelope.source[start..<(end + name.utf8.count + 3)])
            // Unreadable alone: it lives on namespaces declared around it.
            if (try? XMLDocument(parsing: bytes)) != nil { return bytes }
        }
        return envelope.serialised(assertion)
    }

    func judge(_ bytes: [UInt8], client: Certificate?, at time: Int64) throws(Complaint) -> VIHF {
        let content: SignedContent
        do { content = try XMLSignature.verifyEnveloped(bytes) } catch {
            throw .fault("FailedCheck", "signature du VIHF incorrecte", rule: "vihf.signature", found: "\(error)")
        }
        let root = content.document.root
        try judgeSigner(content.signer, root, at: time)
        try judgeShape(content.document)
        try judgeTimes(root, at: time)
        let values = try judgeAttributes(root)
        let structure = values["Identifiant_Structure"]?.first ?? ""
        for (who, certificate) in [("signature", content.signer), ("connexion", client)] {
            guard let unit = certificate?.organisationalUnit else { continue }
            guard (config.structures[unit] ?? [unit]).contains(structure) else {
                throw .fault(
                    "FailedAuthentication", "erreur d'authentification de la personne morale : la structure ne correspond pas au certificat de \(who)",
                    rule: "vihf.structure", found: structure)
            }
        }
        let patient = values["urn:oasis:names:tc:xacml:2.0:resource:resource-id"]?.first.flatMap { Formats.ins($0) }
        if let patient, !config.insRoots.contains(patient.root) {
            throw .token("domaine d'INS étranger à cette plate-forme", rule: "vihf.insRoot", found: patient.root)
        }
        return VIHF(bytes: bytes, signer: content.signer, structure: structure, patient: patient)
    }

    private func judgeSigner(_ signer: Certificate, _ root: XMLElement, at time: Int64) throws(Complaint) {
        if let reason = store.judge(chain: [signer.der], at: time, purpose: .signer).reason {
            throw .certificate("certificat de signature du VIHF refusé : \(reason.text.fr)", rule: "vihf.certificate.\(reason.rawValue)", found: signer.subject)
        }
        guard signer.keyUsage.isSuperset(of: [.digitalSignature, .nonRepudiation]), !signer.extendedKeyUsage.contains(Certificate.clientAuth) else {
            throw .certificate("le certificat n'est pas un certificat de signature (cachet)", rule: "vihf.certificate.profile", found: signer.subject)
        }
        guard signer.organisationalUnit != nil else { throw .certificate("certificat sans OU", rule: "vihf.certificate.unit", found: signer.subject) }
        let issuer = root.child("Issuer", namespace: Self.saml)
        guard issuer?.attribute("Format") == "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName" else {
            throw .token("Format de Issuer", rule: "vihf.issuer.format")
        }
        guard let text = issuer?.text, let name = DistinguishedName(text), name == signer.subjectName else {
            throw .token("Issuer n'est pas le sujet du certificat de signature", rule: "vihf.issuer", found: issuer?.text ?? "")
        }
    }

    /// SAML's own schema; its only excuse is that the HL7 type CE stands in another schema.
    private func judgeShape(_ document: XMLDocument) throws(Complaint) {
        let faults = schema.violations(document).filter { !$0.text.contains("{urn:hl7-org:v3}CE") }
        if let first = faults.first { throw .token("schéma SAML", rule: "vihf.schema", found: first.text) }
        let root = document.root
        guard root.attribute("Version") == "2.0" else { throw .token("Version", rule: "vihf.version") }
        guard root.all("s:Conditions/s:AudienceRestriction", Self.ns).isEmpty else { throw .token("AudienceRestriction est interdit", rule: "vihf.audience") }
        guard !(root.string("s:Subject/s:NameID", Self.ns) ?? "").isEmpty else { throw .token("NameID absent", rule: "vihf.nameID") }
        let context = root.string("s:AuthnStatement/s:AuthnContext/s:AuthnContextClassRef", Self.ns) ?? ""
        guard Self.contexts.contains(where: { "urn:oasis:names:tc:SAML:2.0:ac:classes:" + $0 == context }) else {
            throw .token("AuthnContextClassRef", rule: "vihf.authnContext", found: context)
        }
    }

    private func judgeTimes(_ root: XMLElement, at time: Int64) throws(Complaint) {
        guard let issued = root.attribute("IssueInstant").flatMap({ Formats.instant($0) }) else {
            throw .token("IssueInstant doit être en UTC", rule: "vihf.issueInstant", found: root.attribute("IssueInstant") ?? "")
        }
        guard abs(issued - time) <= Int64(config.clockSkew) else {
            throw .fault(
                "MessageExpired", "VIHF refusé : IssueInstant hors de la fenêtre acceptée (horloge)", rule: "vihf.clock", found: "\(issued - time) s")
        }
        guard let login = root.string("s:AuthnStatement/@AuthnInstant", Self.ns), let at = Formats.instant(login), at <= time + Int64(config.clockSkew) else {
            throw .token("AuthnInstant", rule: "vihf.authnInstant")
        }
        guard let conditions = root.child("Conditions", namespace: Self.saml) else { return }
        if let text = conditions.attribute("NotBefore") {
            guard let from = Formats.instant(text), from <= time + Int64(config.clockSkew) else {
                throw .fault("MessageExpired", "VIHF pas encore valide (NotBefore, horloge)", rule: "vihf.notBefore", found: text)
            }
        }
        if let text = conditions.attribute("NotOnOrAfter") {
            guard let to = Formats.instant(text), to > time - Int64(config.clockSkew) else {
                throw .fault("MessageExpired", "VIHF expiré (NotOnOrAfter, horloge)", rule: "vihf.notOnOrAfter", found: text)
            }
        }
    }

    private func judgeAttributes(_ root: XMLElement) throws(Complaint) -> [String: [String]] {
        var values: [String: [String]] = [:]
        for attribute in root.all("s:AttributeStatement/s:Attribute", Self.ns) {
            values[attribute.attribute("Name") ?? "", default: []] += attribute.children(named: "AttributeValue", namespace: Self.saml).map(\.text)
        }
        if let old = values["Authentification_mode"] { values["Authentification_Mode"] = old }
        let rules: [(name: String, holds: (String) -> Bool)] = [
            ("VIHF_Version", { $0 == "3.0" || $0 == "4.0" }), ("Authentification_Mode", { $0 == "INDIRECTE" }),
            ("Secteur_Activite", { $0.hasSuffix("^1.2.250.1.71.4.2.4") && $0.hasPrefix("SA") && $0.utf8.count == 23 }),
            ("urn:oasis:names:tc:xacml:2.0:resource:resource-id", { Formats.ins($0) != nil }), ("Ressource_URN", { $0 == "urn:dmp" }),
            ("urn:oasis:names:tc:xspa:1.0:subject:subject-id", { !$0.isEmpty }), ("Identifiant_Structure", Formats.isStructure),
            ("LPS_Nom", { !$0.isEmpty }), ("LPS_Version", { !$0.isEmpty }), ("LPS_ID_HOMOLOGATION_DMP", { !$0.isEmpty }),
        ]
        for rule in rules {
            guard let given = values[rule.name], given.count == 1, rule.holds(given[0]) else {
                throw .token(
                    "attribut \(rule.name) absent ou incorrect", rule: "vihf.attribute.\(rule.name)", found: values[rule.name]?.joined(separator: " | ") ?? "")
            }
        }
        if !config.homologations.isEmpty, !config.homologations.contains(values["LPS_ID_HOMOLOGATION_DMP"]?.first ?? "") {
            throw .token("numéro d'homologation inconnu", rule: "vihf.homologation")
        }
        try judgePurposeAndRole(root)
        return values
    }

    private func judgePurposeAndRole(_ root: XMLElement) throws(Complaint) {
        func coded(_ name: String, _ child: String) -> [XMLElement] {
            root.all("s:AttributeStatement/s:Attribute[@Name='\(name)']/s:AttributeValue/h:\(child)", Self.ns).filter {
                $0.prefix.isEmpty && $0.attribute("type", namespace: "http://www.w3.org/2001/XMLSchema-instance") == "CE"
                    && !($0.attribute("code") ?? "").isEmpty && !($0.attribute("codeSystem") ?? "").isEmpty
            }
        }
        let purpose = coded("urn:oasis:names:tc:xspa:1.0:subject:purposeofuse", "PurposeOfUse")
        guard purpose.count == 1, purpose[0].attribute("code") == "normal", purpose[0].attribute("codeSystem") == "1.2.250.1.213.1.1.4.248" else {
            throw .token("PurposeOfUse", rule: "vihf.attribute.purposeofuse")
        }
        let roles = coded("urn:oasis:names:tc:xacml:2.0:subject:role", "Role")
        guard let first = roles.first, roles.count <= 2 else { throw .token("Role", rule: "vihf.attribute.role", found: "\(roles.count)") }
        let profession = first.attribute("codeSystem") == "1.2.250.1.71.1.2.7" ? first.attribute("code") ?? "" : ""
        if ["10", "21"].contains(profession), roles.count != 2 {
            throw .token("second rôle absent (obligatoire pour un médecin ou un pharmacien)", rule: "vihf.role.second")
        }
        if roles.count == 2, profession == "10", roles[1].attribute("codeSystem") != "1.2.250.1.71.4.2.5" {
            throw .token("second rôle d'un médecin : savoir-faire attendu", rule: "vihf.role.speciality")
        }
    }
}
