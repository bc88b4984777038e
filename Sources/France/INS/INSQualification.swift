package import HL7v2

/// Why the identity of a patient is not a qualified INS: what stops the DMP and the patient's mail, and makes `X-MSS-INS` say `N`.
/// Order of the cases: the first that applies is told.
package enum INSObstacle: Sendable, Hashable {
    /// No identifier of type `INS` in PID-3 (an `NH` or an `INS-C` is not one).
    case absent
    /// The OID is none of the registers of this environment.
    case registerNotAllowed
    /// Not 15 characters of the right shape.
    case malformed
    /// The key is wrong (production only).
    case wrongKey
    /// PID-32 does not say `VALI`: the INS is to be treated as absent.
    case notValidated
    /// PID-32 also says that the identity is doubtful, fictitious, invalid…: the status.
    case doubtful(String)
    /// PID-31 = `Y`.
    case unknownIdentity
    /// ZFD-4 = `Y`: the birth date was corrected by the hospital.
    case correctedBirthDate
    /// A trait of the identity is absent: its field.
    case missingTrait(String)

    /// A sentence for people; never a value of the message.
    package var text: HL7Text {
        switch self {
        case .absent: HL7Text(fr: "INS absent de PID-3", en: "No INS in PID-3")
        case .registerNotAllowed: HL7Text(fr: "INS d'un autre environnement", en: "INS of another environment")
        case .malformed: HL7Text(fr: "INS mal formé", en: "Malformed INS")
        case .wrongKey: HL7Text(fr: "Clé de l'INS incorrecte", en: "Wrong key of the INS")
        case .notValidated: HL7Text(fr: "INS non qualifié : PID-32 ne contient pas VALI", en: "INS not qualified: PID-32 does not contain VALI")
        case .doubtful(let status): HL7Text(fr: "Identité \(status) en PID-32", en: "Identity \(status) in PID-32")
        case .unknownIdentity: HL7Text(fr: "Identité inconnue (PID-31)", en: "Unknown identity (PID-31)")
        case .correctedBirthDate: HL7Text(fr: "Date de naissance corrigée (ZFD-4) : pas d'INS", en: "Corrected birth date (ZFD-4): no INS")
        case .missingTrait(let field): HL7Text(fr: "Trait d'identité absent : \(field)", en: "Identity trait absent: \(field)")
        }
    }

    /// Where it is seen.
    package var location: HL7Location {
        switch self {
        case .absent, .malformed, .wrongKey: HL7Location("PID", field: 3)
        case .registerNotAllowed: HL7Location("PID", field: 3, repetition: 1, component: 4, subcomponent: 2)
        case .notValidated, .doubtful: HL7Location("PID", field: 32)
        case .unknownIdentity: HL7Location("PID", field: 31)
        case .correctedBirthDate: HL7Location("ZFD", field: 4)
        case .missingTrait(let field): HL7Location("PID", field: Int(field.dropFirst(4)) ?? 5)
        }
    }
}

/// The rule of the qualified INS: referential INS and PAM FR, as the feeding of the DMP demands it.
package enum INSQualification {
    /// Statuses of PID-32 that spoil `VALI` (table 0445): doubtful, fictitious, cancelled, hidden, abnormal, duplicates under review.
    static let spoiling: Set<String> = ["DOUT", "FICT", "INVA", "DESA", "CACH", "ANOM", "DOUB", "DPOT", "DOUA", "COLP", "COLV", "USUR", "HOMA", "IDRA"]

    /// The first obstacle, nil when the INS of `patient` is qualified.
    package static func obstacle(
        _ patient: RequestPatient, environment: NationalEnvironment, productionINSInTest: Bool = false
    ) -> INSObstacle? {
        guard let ins = patient.ins else { return .absent }
        guard let register = ins.register, register.isAllowed(in: environment, productionInTest: productionINSInTest) else {
            return .registerNotAllowed
        }
        guard ins.isWellFormed else { return .malformed }
        if environment == .production, !ins.hasRightKey { return .wrongKey }
        guard patient.reliability.contains("VALI") else { return .notValidated }
        if let status = patient.reliability.first(where: spoiling.contains) { return .doubtful(status) }
        if patient.isUnknown { return .unknownIdentity }
        if patient.hasCorrectedBirthDate { return .correctedBirthDate }
        return missingTrait(patient)
    }

    private static func missingTrait(_ patient: RequestPatient) -> INSObstacle? {
        if patient.birthName.isEmpty || (patient.firstGivenName.isEmpty && patient.givenNames.isEmpty) { return .missingTrait("PID-5") }
        if patient.birthDay == nil { return .missingTrait("PID-7") }
        if !["F", "M"].contains(patient.sex) { return .missingTrait("PID-8") }
        if patient.birthPlace.isEmpty { return .missingTrait("PID-11") }
        return nil
    }
}
