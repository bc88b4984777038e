package import Clinical

/// What every mail of one mailbox has in common. Settings of the node and of the facility, none of the message.
package struct MailSettings: Sendable {
    /// How the label of a document stands in the subject.
    package enum SubjectCharset: String, Sendable, CaseIterable {
        /// Transliterated: receivers filter on the raw bytes of the subject.
        case ascii
        /// Encoded words (RFC 2047), the first word of the label transliterated: it is glued to `XDM/1.0/DDM+`.
        case rfc2047
    }

    /// The mailbox that sends: From, MAIL FROM and where receipts go.
    package var mailbox: MailAddress
    /// What From shows: the functional entity (ECO.2.2.7).
    package var label: String
    /// X-MSS-NIL: reference of the product in the "convergence" tool (ECO.2.4.3), on every mail.
    package var productReference: String
    /// OID of this instance: `sourceId` and root of the identifiers made.
    package var instance: String
    /// For INDEX.HTM and README.TXT.
    package var source: XDMSource
    /// Struct_IdNat and name of the facility, for a sender that names none.
    package var structure: String, structureName: String
    /// Roles of the facility's professionals, by identifier.
    package var professionals: [String: ProfessionalRole]
    /// Largest mail in bytes, encoded: to professionals, and to a patient.
    package var limit: Int, patientLimit: Int
    /// Name of the slot that tells a replacement (`C`) or a deletion (`D`).
    package var actionSlot: String
    package var subjectCharset: SubjectCharset
    package var environment: NationalEnvironment
    /// Lets production INS into a test platform.
    package var productionINSInTest: Bool
    package var zone: CDATime.Zone
    /// Bodies where the request brings none.
    package var professionalText: String, patientText: String

    package init(
        mailbox: MailAddress, label: String, productReference: String, instance: String, source: XDMSource, structure: String, structureName: String,
        professionals: [String: ProfessionalRole] = [:], limit: Int = 10_485_760, patientLimit: Int = 26_214_400, actionSlot: String = "action",
        subjectCharset: SubjectCharset = .ascii, environment: NationalEnvironment, productionINSInTest: Bool = false,
        zone: CDATime.Zone = .metropolitanFrance, professionalText: String = MailSettings.defaultProfessionalText,
        patientText: String = MailSettings.defaultPatientText
    ) {
        (self.mailbox, self.label, self.productReference, self.instance, self.source) = (mailbox, label, productReference, instance, source)
        (self.structure, self.structureName, self.professionals) = (structure, structureName, professionals)
        (self.limit, self.patientLimit, self.actionSlot, self.subjectCharset) = (limit, patientLimit, actionSlot, subjectCharset)
        (self.environment, self.productionINSInTest, self.zone) = (environment, productionINSInTest, zone)
        (self.professionalText, self.patientText) = (professionalText, patientText)
    }

    package static let defaultProfessionalText = """
        Bonjour,

        Veuillez trouver ci-joint un document de santé concernant votre patient. L'archive IHE_XDM.zip s'intègre dans votre logiciel.

        Cordialement,
        """
    package static let defaultPatientText = """
        Bonjour,

        Veuillez trouver ci-joint un document de santé vous concernant.

        Cordialement,
        """
}
