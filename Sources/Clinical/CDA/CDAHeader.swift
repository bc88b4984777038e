/// The header of a CDA R2 document, as far as routing, XDS metadata and mails need it.
///
/// Identifier, code, time and patient are always there; the rest stays nil when the document does not give it.
/// Source of the places: CI-SIS, "CDA header to document entry" mapping.
package struct CDAHeader: Sendable, Hashable {
    /// An instance identifier.
    package struct Identifier: Sendable, Hashable {
        package var root: String
        package var `extension`: String?

        package init(root: String, extension: String?) {
            self.root = root
            self.extension = `extension`
        }

        /// `root`, or `root^extension` (IHE ITI TF-3 §4.2.3.2.26).
        package var text: String { `extension`.map { "\(root)^\($0)" } ?? root }
    }

    /// A person's name as written: every family and given name with its qualifier (`BR` birth, `CL` used, `SP` spouse).
    package struct Name: Sendable, Hashable {
        package struct Part: Sendable, Hashable {
            package var text: String
            package var qualifier: String?

            package init(_ text: String, qualifier: String?) {
                self.text = text
                self.qualifier = qualifier
            }
        }

        package var families: [Part]
        package var givens: [Part]
        package var prefix: String?

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
        package var usualGiven: String? { givens.first { $0.qualifier == "CL" }?.text }

        private static func pick(_ parts: [Part], _ qualifier: String) -> String {
            (parts.first { $0.qualifier == qualifier } ?? parts.first { $0.qualifier == nil } ?? parts.first)?.text ?? ""
        }
    }

    /// An organisation: its name and identifiers.
    package struct Organisation: Sendable, Hashable {
        package var name: String
        package var ids: [Identifier]
        /// `standardIndustryClassCode`.
        package var industry: CodedValue?
    }

    /// An authoring device or piece of software.
    package struct Device: Sendable, Hashable {
        package var model: String
        package var software: String
    }

    /// An author, a legal authenticator or a performer: a person or a device, with an organisation.
    package struct Participant: Sendable, Hashable {
        package var ids: [Identifier]
        package var name: Name?
        package var device: Device?
        /// `functionCode/@displayName`.
        package var role: String?
        /// `assignedAuthor/code`: profession and specialty.
        package var specialty: CodedValue?
        package var organisation: Organisation?
        package var time: CDATime?
    }

    package struct Patient: Sendable, Hashable {
        package var ids: [Identifier]
        package var name: Name
        package var birthTime: CDATime?
        /// `M`, `F`, `U`…
        package var gender: String?
    }

    /// One documented act.
    package struct Service: Sendable, Hashable {
        package var code: CodedValue?
        package var low: CDATime?
        package var high: CDATime?
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

    package var id: Identifier
    package var setID: Identifier?
    package var version: Int?
    package var templates: [String]
    package var code: CodedValue
    package var title: String?
    package var effectiveTime: CDATime
    package var confidentiality: CodedValue?
    package var language: String?
    package var patient: Patient
    package var authors: [Participant]
    package var custodian: Organisation?
    package var legalAuthenticator: Participant?
    package var services: [Service]
    package var facilityType: CodedValue?
    package var encounterLow: CDATime?
    package var encounterHigh: CDATime?
    /// Documents that this one replaces (`relatedDocument typeCode="RPLC"`).
    package var replaces: [Identifier]
    package var body: Body
    /// The root is a style sheet that carries the document ("auto-présentable").
    package var selfRendering: Bool

    /// MIME type of the document in XDS: the self-rendering form has its own.
    package var mimeType: String { selfRendering ? "application/xslt+xml" : "text/xml" }
}
