package import Clinical
package import HL7v2

/// Why one destination of an acknowledged request is not served: final, and told by a business acknowledgement.
package struct GateRefusal: Sendable, Hashable {
    /// ERR-5 of the ZAM: code, French label and system.
    package let business: HL7Finding.BusinessCode
    /// A sentence for people; never a value of the message.
    package let text: HL7Text
    /// Where the cause is seen in the request, when it is.
    package let location: HL7Location?
}

/// What a mail may say and whether it may leave.
package struct MailVerdict: Sendable, Hashable {
    /// Nil: the mail leaves.
    package let refusal: GateRefusal?
    /// The value of `X-MSS-INS` (ECO.2.4.2): `O` for a qualified INS, `N` otherwise.
    package let carriesQualifiedINS: Bool

    /// A verdict.
    package init(refusal: GateRefusal?, carriesQualifiedINS: Bool) { (self.refusal, self.carriesQualifiedINS) = (refusal, carriesQualifiedINS) }
}

extension RequestControl {
    /// What stops the publication of a request to the DMP, after AA: INS absent or not qualified, traits missing, a type that the DMP's
    /// table lacks or that this facility does not feed. A deletion needs the INS alone: what was fed once must be withdrawn whatever was decided since.
    /// - Parameters:
    ///   - feeds: document types that the facility feeds; nil: all.
    ///   - isDMPType: whether the DMP takes a type (JDV_J66); nil: the table is not at hand.
    package static func dmpGate(
        _ request: DocumentRequest, environment: NationalEnvironment, productionINSInTest: Bool = false, feeds: Set<String>? = nil,
        isDMPType: ((String) -> Bool)? = nil
    ) -> GateRefusal? {
        if let obstacle = INSQualification.obstacle(request.patient, environment: environment, productionINSInTest: productionINSInTest) {
            let code = obstacle == .absent ? "INSAbsent" : "INSNotQualified"
            return GateRefusal(
                business: .init(code: code, label: obstacle.text.fr, system: ZAM.dmpCodeSystem), text: obstacle.text,
                location: obstacle.location)
        }
        guard request.kind != .deletion else { return nil }
        if request.opposesFeeding {
            return refusal(
                "PatientOpposed", fr: "Le patient s'oppose à l'alimentation de son DMP", en: "The patient opposes the feeding of the DMP",
                HL7Location("ZFA", field: 9))
        }
        for document in request.documents {
            let place = HL7Location("OBX", ordinal: document.ordinal, field: 3)
            if let isDMPType, !isDMPType(document.code.code) {
                return refusal("DocumentTypeNotInDMP", fr: "Type de document hors de la table du DMP", en: "Document type outside the DMP's table", place)
            }
            if let feeds, !feeds.contains(document.code.code) {
                return refusal(
                    "DocumentTypeNotFed", fr: "Type de document non alimenté au DMP par l'établissement",
                    en: "Document type that the facility does not feed to the DMP", place)
            }
        }
        return nil
    }

    /// Whether the mail to `recipient` may leave, after AA: the patient's only with a qualified INS and to the box of that INS; the others
    /// whatever the INS, to a domain of the trusted space.
    /// - Parameter isListed: whether a domain, in lower case, is in the white list of MSSanté; compared exactly. The patients' own is always let through.
    package static func mailGate(
        _ request: DocumentRequest, to recipient: RequestParty, environment: NationalEnvironment, productionINSInTest: Bool = false,
        isListed: (String) -> Bool
    ) -> MailVerdict {
        let obstacle = INSQualification.obstacle(request.patient, environment: environment, productionINSInTest: productionINSInTest)
        let qualified = obstacle == nil
        let place = HL7Location("PRT", ordinal: recipient.ordinal, field: 15, repetition: recipient.addressRepetition, component: 4)
        guard let address = recipient.address.flatMap(MailAddress.init) else {
            let label = ZAM.smtpLabel("510")
            return MailVerdict(
                refusal: GateRefusal(
                    business: .init(code: "510", label: label, system: ZAM.smtpCodeSystem),
                    text: HL7Text(fr: "Adresse absente ou mal formée", en: "Address absent or malformed"), location: place),
                carriesQualifiedINS: qualified)
        }
        if recipient.kind == .patient || address.isPatient {
            if let obstacle {
                return MailVerdict(
                    refusal: blocked(
                        fr: "Envoi au patient bloqué : \(obstacle.text.fr)", en: "Mail to the patient blocked: \(obstacle.text.en)", obstacle.location),
                    carriesQualifiedINS: false)
            }
            if !address.isPatient || address.local.uppercased() != request.patient.ins?.value {
                return MailVerdict(
                    refusal: blocked(fr: "L'adresse n'est pas celle de l'INS du patient", en: "The address is not the one of the patient's INS", place),
                    carriesQualifiedINS: qualified)
            }
        } else if !isListed(address.domain) {
            return MailVerdict(
                refusal: blocked(
                    fr: "Domaine absent de la liste blanche MSSanté", en: "Domain absent from the white list of MSSanté", place),
                carriesQualifiedINS: qualified)
        }
        return MailVerdict(refusal: nil, carriesQualifiedINS: qualified)
    }

    /// Whether a document carries the INS of the message: what `X-MSS-INS: O` says is said of the CDA (ECO.2.4.2).
    package static func carriesINS(_ header: CDAHeader, of patient: RequestPatient) -> Bool {
        guard let ins = patient.ins else { return false }
        return header.patient.ids.contains { INS(value: $0.extension ?? "", oid: $0.root) == ins }
    }

    private static func refusal(_ code: String, fr: String, en: String, _ place: HL7Location) -> GateRefusal {
        GateRefusal(business: .init(code: code, label: fr, system: ZAM.dmpCodeSystem), text: HL7Text(fr: fr, en: en), location: place)
    }

    private static func blocked(fr: String, en: String, _ place: HL7Location) -> GateRefusal {
        GateRefusal(
            business: .init(code: "541", label: ZAM.smtpLabel("541"), system: ZAM.smtpCodeSystem), text: HL7Text(fr: fr, en: en), location: place)
    }
}
