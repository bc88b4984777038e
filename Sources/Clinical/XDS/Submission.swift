/// Who wrote a document or submits a set: one `author` classification (IHE ITI TF-3 §4.2.3.1.4). The texts are complete
/// HL7 data types, see `XCN` and `XON`.
package struct Author: Sendable, Hashable {
    /// XCN; nil for an author without person or device.
    package var person: String?
    /// XON of each institution.
    package var institutions: [String]
    /// Labels of the role.
    package var roles: [String]
    /// `code^label^system`.
    package var specialties: [String]

    /// An author.
    package init(person: String?, institutions: [String] = [], roles: [String] = [], specialties: [String] = []) {
        self.person = person
        self.institutions = institutions
        self.roles = roles
        self.specialties = specialties
    }
}

/// The submission set: who sends what, when, about whom. Only patient identifier, source and unique identifier are always there.
package struct SubmissionSet: Sendable, Hashable {
    /// Symbolic identifier within the request.
    package var id = "SubmissionSet01"
    /// UTC, `YYYYMMDDHHMMSS`.
    package var submissionTime: String
    /// For people.
    package var title: String?
    /// For people.
    package var comments: String?
    /// Who wrote or submits it.
    package var authors: [Author] = []
    /// The sort of activity.
    package var contentType: CodedValue?
    /// CX of the patient.
    package var patientID: String
    /// OID of the system that submits.
    package var sourceID: String
    /// OID of this set, unique for ever.
    package var uniqueID: String
    /// `XON|XCN|XTN` of each recipient (XDM).
    package var intendedRecipients: [String] = []
    /// Further slots, after the known ones.
    package var extraSlots: [Slot] = []

    /// A set with what is always there.
    package init(submissionTime: String, patientID: String, sourceID: String, uniqueID: String) {
        self.submissionTime = submissionTime
        self.patientID = patientID
        self.sourceID = sourceID
        self.uniqueID = uniqueID
    }
}

/// The description of one document ("fiche"). What a source does not give stays nil and is not written.
package struct DocumentEntry: Sendable, Hashable {
    /// Symbolic identifier within the request; `xdsb:Document/@id` repeats it exactly.
    package var id: String
    /// Of the document itself.
    package var mimeType: String
    /// OID, or `root^extension`.
    package var uniqueID: String
    /// CX of the patient.
    package var patientID: String
    /// UTC, 8 to 14 digits.
    package var creationTime: String?
    /// `fr-FR`; `art` for a signature.
    package var languageCode: String?
    /// XCN.
    package var legalAuthenticator: String?
    /// UTC, 8 to 14 digits.
    package var serviceStart: String?
    /// UTC, 8 to 14 digits.
    package var serviceStop: String?
    /// CX in the source's own domain.
    package var sourcePatientID: String?
    /// `PID-n|value` lines.
    package var sourcePatientInfo: [String] = []
    /// For people.
    package var title: String?
    /// For people.
    package var comments: String?
    /// Who wrote or submits it.
    package var authors: [Author] = []
    /// The broad sort of document.
    package var classCode: CodedValue?
    /// The type of document.
    package var typeCode: CodedValue?
    /// Its technical format.
    package var formatCode: CodedValue?
    /// One to four codes, the first always `N`, `R` or `V`.
    package var confidentiality: [CodedValue] = []
    /// Where care was given.
    package var facilityType: CodedValue?
    /// In what setting.
    package var practiceSetting: CodedValue?
    /// Acts that the document is about.
    package var events: [CodedValue] = []
    /// CXi values (`urn:ihe:iti:xds:2013:referenceIdList`).
    package var referenceIDs: [String] = []
    /// SHA-1 of the document's bytes, 40 lower-case hexadecimal digits.
    package var hash: String?
    /// Length of the document in bytes.
    package var size: Int?
    /// File name within an XDM archive.
    package var uri: String?
    /// Further slots, after the known ones.
    package var extraSlots: [Slot] = []

    /// An entry with what is always there.
    package init(id: String, mimeType: String, uniqueID: String, patientID: String) {
        self.id = id
        self.mimeType = mimeType
        self.uniqueID = uniqueID
        self.patientID = patientID
    }
}

/// One submission: the set, its entries, and the links between them and to what is already stored.
package struct Submission: Sendable, Hashable {
    /// The set.
    package var set: SubmissionSet
    /// In the order in which they are written.
    package var entries: [DocumentEntry]
    /// Links of the set and of its entries.
    package var associations: [Association]

    /// A submission.
    package init(set: SubmissionSet, entries: [DocumentEntry], associations: [Association]) {
        self.set = set
        self.entries = entries
        self.associations = associations
    }

    /// A set with its entries, each linked by `HasMember`.
    package init(set: SubmissionSet, entries: [DocumentEntry]) {
        self.init(set: set, entries: entries, associations: entries.map { .member($0.id, of: set.id) })
    }
}
