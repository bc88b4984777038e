import Clinical
package import Trust
import XMLTree

/// The software as homologated: equal everywhere it appears (EX_GEN-1180).
package struct LPSIdentity: Sendable {
    /// `LPS_Nom`.
    package let name: String
    /// `LPS_Version`.
    package let version: String
    /// Instance number, `LPS_ID`; empty when none.
    package let instance: String
    /// Number given by the CNDA: a secret, never in a log (EX_GEN-1490).
    package let homologation: String

    /// An identity of software.
    package init(name: String, version: String, instance: String, homologation: String) {
        self.name = name
        self.version = version
        self.instance = instance
        self.homologation = homologation
    }
}

/// What public sources leave open about the VIHF.
package struct VIHFSettings: Sendable, Hashable {
    /// `VIHF_Version`.
    package var version = "3.0"
    /// Name of the attribute for the mode: `Authentification_Mode` or `Authentification_mode`.
    package var modeAttribute = "Authentification_Mode"
    /// Of the signature.
    package var digest: Digest = .sha256
    /// Seconds between `IssueInstant` and `NotOnOrAfter`; nil: no `Conditions`, as in the official samples.
    package var lifetime: Int?
    /// `codeSystemName` of the purpose of use.
    package var purposeSystemName = "mode acces VIHF 2.0"
    /// Last part of the AuthnContextClassRef.
    package var authentication = "unspecified"

    /// The defaults.
    package init() {}
}

/// One VIHF (SAML 2.0 assertion) for one request in indirect authentication. Made fresh for each attempt, never kept.
/// Source: Référentiel d'authentification, VIHF; volet Transmission de documents CDA-R2 en HL7v2, mapping to the VIHF.
package struct VIHF: Sendable {
    /// Who asks.
    package let submitter: DMPSubmitter
    /// Whose DMP it is.
    package let patient: INS
    /// Activity sector of the structure, `SA01`.
    package let sector: String
    /// CONNEXION_SECRETE: a minor's secret connection.
    package let isSecret: Bool
    /// The software.
    package let lps: LPSIdentity
    /// Open points.
    package let settings: VIHFSettings
    /// The moment of the attempt and of the local log-in, milliseconds since 1970.
    package let issued: Int64
    /// When the user logged in, milliseconds since 1970; for an automated flow, when the message came.
    package let authenticated: Int64
    /// A random UUID for this assertion.
    package let id: String

    /// A token for one request.
    package init(
        submitter: DMPSubmitter, patient: INS, sector: String, isSecret: Bool, lps: LPSIdentity, settings: VIHFSettings, issued: Int64,
        authenticated: Int64, id: String
    ) {
        self.submitter = submitter
        self.patient = patient
        self.sector = sector
        self.isSecret = isSecret
        self.lps = lps
        self.settings = settings
        self.issued = issued
        self.authenticated = authenticated
        self.id = id
    }

    /// The signed assertion: these bytes go into the envelope as they are.
    package func signed(by seal: Identity) throws(DMPLotError) -> [UInt8] {
        do {
            return try XMLSignature.signEnveloped(
                assertion(issuer: seal.certificate.subject), key: seal.key, certificate: seal.certificate, digest: settings.digest)
        } catch {
            throw DMPLotError(
                .configuration, at: "identities.sign", french: "le VIHF ne peut pas être signé : \(error)",
                english: "the VIHF cannot be signed: \(error)")
        }
    }

    private func assertion(issuer: String) -> [UInt8] {
        var w = XMLWriter()
        // xs stands only within QName values: it must be declared here, canonical form would not show it.
        w.open(
            "saml2:Assertion",
            [
                "xmlns:saml2": "urn:oasis:names:tc:SAML:2.0:assertion", "xmlns:xs": "http://www.w3.org/2001/XMLSchema",
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "ID": "_\(id)",
                "IssueInstant": Civil.iso(milliseconds: issued, fraction: true), "Version": "2.0",
            ])
        w.element("saml2:Issuer", ["Format": "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"], text: issuer)
        w.open("saml2:Subject")
        w.element("saml2:NameID", text: submitter.nameID)
        w.close()
        if let lifetime = settings.lifetime {
            let end = Civil.iso(milliseconds: issued + Int64(lifetime) * 1000, fraction: true)
            w.element("saml2:Conditions", ["NotOnOrAfter": end])
        }
        w.open("saml2:AuthnStatement", ["AuthnInstant": Civil.iso(milliseconds: authenticated, fraction: true)])
        w.open("saml2:AuthnContext")
        w.element("saml2:AuthnContextClassRef", text: "urn:oasis:names:tc:SAML:2.0:ac:classes:\(settings.authentication)")
        w.close()
        w.close()
        w.open("saml2:AttributeStatement")
        attributes(&w)
        w.closeAll()
        return w.bytes
    }

    private func attributes(_ w: inout XMLWriter) {
        let texts: [(String, String)] = [
            ("VIHF_Version", settings.version), (settings.modeAttribute, "INDIRECTE"),
            ("Secteur_Activite", "\(sector)^1.2.250.1.71.4.2.4"),
            ("urn:oasis:names:tc:xacml:2.0:resource:resource-id", patient.xdsForm), ("Ressource_URN", "urn:dmp"),
            ("urn:oasis:names:tc:xspa:1.0:subject:subject-id", submitter.subjectID),
            ("Identifiant_Structure", submitter.structure), ("LPS_Nom", lps.name), ("LPS_Version", lps.version),
            ("LPS_ID", lps.instance), ("LPS_ID_HOMOLOGATION_DMP", lps.homologation),
        ]
        for (name, value) in texts where !value.isEmpty {
            w.open("saml2:Attribute", ["Name": name])
            w.element("saml2:AttributeValue", ["xsi:type": "xs:string"], text: value)
            w.close()
        }
        w.open("saml2:Attribute", ["Name": "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"])
        let normal = CodedValue("normal", scheme: "1.2.250.1.213.1.1.4.248", label: "Accès normal")
        coded("PurposeOfUse", normal, systemName: settings.purposeSystemName, &w)
        w.close()
        w.open("saml2:Attribute", ["Name": "urn:oasis:names:tc:xacml:2.0:subject:role"])
        // Two values for physicians and pharmacists: profession, then speciality.
        for role in [submitter.role, submitter.specialty].compactMap(\.self) { coded("Role", role, systemName: nil, &w) }
        w.close()
        if isSecret {
            w.open("saml2:Attribute", ["Name": "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"])
            let hidden = CodedValue(
                "INVISIBLE_REPRESENTANTS_LEGAUX", scheme: "1.2.250.1.213.1.1.4.13",
                label: "Non visible par les représentants légaux du patient")
            coded("ConfidentialityCode", hidden, systemName: nil, &w)
            w.close()
        }
    }

    /// A CE stands in the default namespace: `xsi:type="CE"` is a QName and means that namespace.
    private func coded(_ element: String, _ code: CodedValue, systemName: String?, _ w: inout XMLWriter) {
        w.open("saml2:AttributeValue")
        w.open(element, ["xmlns": "urn:hl7-org:v3", "code": code.code, "codeSystem": code.scheme])
        if let systemName { w.add("codeSystemName", systemName) }
        w.add("displayName", code.label)
        w.add("xsi:type", "CE")
        w.close()
        w.close()
    }
}
