/// The header of a CDA R2 document, as far as routing, XDS metadata and mails need it.
///
/// Identifier, code, time and patient are always there; the rest stays nil when the document does not give it.
/// Source of the places: CI-SIS, "CDA header to document entry" mapping.
package struct CDAHeader: Sendable, Hashable {
    /// An instance identifier.
    package struct Identifier: Sendable, Hashable {
        /// OID, or UUID where a sender writes one.
        package var root: String
        /// Nil when the root says it all.
        package var `extension`: String?

        /// An identifier.
        package init(root: String, extension: String?) {
            self.root = root
            self.extension = `extension`
        }

        /// `root`, or `root^extension` (IHE ITI TF-3 §4.2.3.2.26).
        package var text: String { `extension`.map { "\(root)^\($0)" } ?? root }
    }

    /// A person's name as written: every family and given name with its qualifier (`BR` birth, `CL` used, `SP` spouse).
    package struct Name: Sendable, Hashable {
        /// One family or given name.
        package struct Part: Sendable, Hashable {
            /// The name, blanks made single.
            package var text: String
            /// `BR`, `CL`, `SP`; nil for none.
            package var qualifier: String?

            /// One name.
            package init(_ text: String, qualifier: String?) {
                self.text = text
                self.qualifier = qualifier
            }
        }

        /// In the order written.
        package var families: [Part]
        /// In the order written.
        package var givens: [Part]
        /// `DR`, `MME`…
        package var prefix: String?

        /// A name.
        package init(families: [Part], givens: [Part], prefix: String? = nil) {
            self.families = families
            self.givens = givens
            self.prefix = prefix
        }

        /// The family name that a professional goes by, and the patient's birth name: `BR`, else one without qualifier, else the first.
        package var birthFamily: String { Name.pick(families, "BR") }
        /// The first given name of birth, by the same rule.
        package var birthGiven: String { Name.pick(givens, "BR") }
        /// The name in use (`CL`, else `SP`); nil when none is given.
        package var usualFamily: String? { (families.first { $0.qualifier == "CL" } ?? families.first { $0.qualifier == "SP" })?.text }
        /// The given name in use (`CL`); nil when none is given.
        package var usualGiven: String? { givens.first { $0.qualifier == "CL" }?.text }

        private static func pick(_ parts: [Part], _ qualifier: String) -> String {
            (parts.first { $0.qualifier == qualifier } ?? parts.first { $0.qualifier == nil } ?? parts.first)?.text ?? ""
        }
    }

    /// An organisation: its name and identifiers.
    package struct Organisation: Sendable, Hashable {
        /// As written.
        package var name: String
        /// In the order written.
        package var ids: [Identifier]
        /// `standardIndustryClassCode`.
        package var industry: CodedValue?
    }

    /// An authoring device or piece of software.
    package struct Device: Sendable, Hashable {
        /// `manufacturerModelName`.
        package var model: String
        /// `softwareName`.
        package var software: String
    }

    /// An author, a legal authenticator or a performer: a person or a device, with an organisation.
    package struct Participant: Sendable, Hashable {
        /// In the order written.
        package var ids: [Identifier]
        /// Nil for a device.
        package var name: Name?
        /// Nil for a person.
        package var device: Device?
        /// `functionCode/@displayName`.
        package var role: String?
        /// `assignedAuthor/code`: profession and specialty.
        package var specialty: CodedValue?
        /// The organisation it stands for.
        package var organisation: Organisation?
        /// When it took part.
        package var time: CDATime?
    }

    /// The patient (`recordTarget/patientRole`).
    package struct Patient: Sendable, Hashable {
        /// In the order written.
        package var ids: [Identifier]
        /// Birth and used names.
        package var name: Name
        /// Mostly a date.
        package var birthTime: CDATime?
        /// `M`, `F`, `U`…
        package var gender: String?
    }

    /// One documented act.
    package struct Service: Sendable, Hashable {
        /// Nil when the act is not coded.
        package var code: CodedValue?
        /// When it began, or happened.
        package var low: CDATime?
        /// When it ended.
        package var high: CDATime?
        /// Who did it, with the setting of practice.
        package var performer: Participant?
    }

    /// What the document holds: sections, or one embedded file.
    package enum Body: Sendable, Hashable {
        case structured
        case embedded(Embedded)
        case none
    }

    /// The embedded file of a `nonXMLBody`.
    package struct Embedded: Sendable, Hashable {
        /// `application/pdf`, `text/plain`…
        package var mediaType: String
        /// `B64` when the content is Base64.
        package var representation: String?
        /// Where a large content stands in the document's bytes, as written; nil for a small one.
        package var range: Range<Int>?
        /// A small content, as written.
        package var inline: [UInt8]

        /// True when `content` is Base64.
        package var isBase64: Bool { representation?.uppercased() == "B64" }

        /// The content as written (Base64, with its line breaks, when `isBase64`), without a copy of a large one.
        package func content(in document: [UInt8]) -> ArraySlice<UInt8> {
            guard let range, range.upperBound <= document.count else { return inline[...] }
            return document[range]
        }
    }

    /// `ClinicalDocument/id`.
    package var id: Identifier
    /// The same for all versions of a document.
    package var setID: Identifier?
    /// `versionNumber`.
    package var version: Int?
    /// Roots of `templateId`, in order.
    package var templates: [String]
    /// The type of the document.
    package var code: CodedValue
    /// `title`, blanks made single.
    package var title: String?
    /// When the document was made.
    package var effectiveTime: CDATime
    /// `N`, `R` or `V`.
    package var confidentiality: CodedValue?
    /// `fr-FR`.
    package var language: String?
    /// Whom it is about.
    package var patient: Patient
    /// In order; the first is the main one.
    package var authors: [Participant]
    /// Who keeps it.
    package var custodian: Organisation?
    /// Who answers for it.
    package var legalAuthenticator: Participant?
    /// The acts it documents; the main one first.
    package var services: [Service]
    /// Sector of activity of the place of care.
    package var facilityType: CodedValue?
    /// Start of the stay or visit.
    package var encounterLow: CDATime?
    /// Its end.
    package var encounterHigh: CDATime?
    /// Documents that this one replaces (`relatedDocument typeCode="RPLC"`).
    package var replaces: [Identifier]
    /// What the document holds.
    package var body: Body
    /// The root is a style sheet that carries the document ("auto-présentable").
    package var selfRendering: Bool

    /// MIME type of the document in XDS: the self-rendering form has its own.
    package var mimeType: String { selfRendering ? "application/xslt+xml" : "text/xml" }
}
