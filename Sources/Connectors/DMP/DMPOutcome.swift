import France
import HL7v2
import Pipeline

/// The DMP's verdicts in the words of the pipeline.
extension DMPVerdict {
    /// What the delivery becomes. `scope`: what halts; `proof`: what to keep of a success.
    func outcome(scope: String, proof: [String: String]) -> Outcome {
        switch self {
        case .delivered(let answer): .delivered(Proof(answer: answer, facts: proof))
        case .deferred(let reason, let nothingStored, let farEnd):
            .deferred(Reason(reason, code: farEnd ? Reasons.farEndAwayCode : nil), nothingStored: nothingStored)
        case .refused(let reason), .lookAgain(let reason): .refused(Reason(reason))
        case .unknown(let reason): .unknown(Reason(reason))
        case .held(let reason, let owner): .held(Reason(reason), owner: Owner(rawValue: owner) ?? .exploitation)
        case .halted(let reason): .halted(scope: scope, Reason(reason))
        }
    }
}

extension Reason {
    /// The DMP's code goes unchanged into the business acknowledgement.
    init(_ reason: DMPReason, code: String? = nil) {
        self.init(
            code ?? reason.code, Text(fr: reason.french, en: reason.english),
            business: BusinessCode(code: reason.code, label: reason.label, system: ZAM.dmpCodeSystem),
            detail: reason.detail.isEmpty ? nil : reason.detail)
    }

    /// A refusal before anything was sent.
    init(_ refusal: GateRefusal) {
        self.init(
            refusal.business.code, Text(fr: refusal.text.fr, en: refusal.text.en), location: refusal.location.map { "\($0)" },
            business: BusinessCode(code: refusal.business.code, label: refusal.business.label, system: refusal.business.system))
    }

    init(_ error: DMPLotError) {
        self.init(
            error.kind == .configuration ? "P0814" : "P0802", Text(fr: error.french, en: error.english), location: error.location,
            business: BusinessCode(code: "DocumentMetadata", label: error.french, system: ZAM.dmpCodeSystem))
    }
}

/// Reasons of the sender itself.
enum DMPReasons {
    static let notARequest = Reason(
        "P0804",
        Text(fr: "Le message n'est plus lisible comme une demande de transmission de CDA", en: "The message can no longer be read as a CDA request"))
    static let otherBytes = Reason(
        "P0805",
        Text(
            fr: "Le lot reconstruit diffère de celui qui est peut-être déjà au DMP : à décider",
            en: "The rebuilt set differs from the one that may be in the DMP already: to be decided"))
    static let notRecorded = Reason(
        "P0806", Text(fr: "Le journal n'a pas pu garder la trace de l'envoi : rien n'est parti", en: "The journal could not record the sending: nothing left"))
    static let nothingReplaced = Reason(
        "P0807", Text(fr: "Le document ne nomme pas celui qu'il remplace", en: "The document does not name the one it replaces"),
        location: "/ClinicalDocument/relatedDocument[@typeCode='RPLC']/parentDocument/id",
        business: BusinessCode(code: "DocumentMetadata", label: "Document remplacé non désigné", system: ZAM.dmpCodeSystem))

    static func noIdentity(_ name: String) -> Reason {
        Reason(
            "P0808",
            Text(
                fr: "L'établissement n'a pas de certificat « \(name) » (identities)", en: "The facility has no certificate \"\(name)\" (identities)"))
    }
    static func badIdentity(_ name: String, _ why: String) -> Reason {
        Reason(
            "P0809",
            Text(fr: "Certificat ou clé « \(name) » inutilisable : \(why)", en: "Certificate or key \"\(name)\" cannot be used: \(why)"))
    }
    static func wrongSeal(_ fr: String, _ en: String) -> Reason {
        Reason("P0810", Text(fr: "Le cachet ne convient pas : \(fr)", en: "The seal is not fit: \(en)"))
    }
    static func noFacility(_ name: String) -> Reason {
        Reason("P0811", Text(fr: "L'établissement \(name) n'est plus configuré", en: "The facility \(name) is no longer configured"))
    }
}
