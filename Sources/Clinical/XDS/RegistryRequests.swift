package import XMLTree

/// Bodies of the registry transactions, to stand in a SOAP body. Free of any national rule.
package enum RegistryRequest {
    /// Where the bytes of a document are.
    package enum Content: Sendable {
        /// In another MIME part (XOP): its Content-ID, without angle brackets.
        case part(String)
        /// Here: Base64 text.
        case inline([UInt8])
    }

    /// ITI-41: metadata, then one `xdsb:Document` for each entry, with what `content` gives for it.
    package static func provideAndRegister(
        _ submission: Submission, into writer: inout XMLWriter, content: (DocumentEntry) -> Content
    ) {
        writer.open("xdsb:ProvideAndRegisterDocumentSetRequest", ["xmlns:xdsb": XDSScheme.Namespace.xdsb])
        MetadataWriter.write(submission, into: &writer)
        for entry in submission.entries {
            writer.open("xdsb:Document", ["id": entry.id])
            switch content(entry) {
            case .part(let id):
                let reference = "cid:\(percentEncoded(id))"
                writer.element("xop:Include", ["xmlns:xop": XDSScheme.Namespace.xop, "href": reference])
            case .inline(let base64): writer.raw(base64)
            }
            writer.close()
        }
        writer.close()
    }

    /// ITI-57: the set and the change of availability of an existing entry.
    package static func updateAvailability(
        of entryUUID: String, from old: String, to new: String, set: SubmissionSet, into writer: inout XMLWriter
    ) {
        let change = Association(
            .updateAvailability, from: set.id, to: entryUUID,
            slots: [Slot("OriginalStatus", [old]), Slot("NewStatus", [new])])
        MetadataWriter.write(Submission(set: set, entries: [], associations: [change]), into: &writer)
    }

    /// ITI-18 GetDocuments: the registry's identifiers of the documents with these unique identifiers.
    package static func getDocuments(uniqueIDs: [String], into writer: inout XMLWriter) {
        writer.open(
            "query:AdhocQueryRequest", ["xmlns": XDSScheme.Namespace.rim, "xmlns:query": XDSScheme.Namespace.query])
        writer.element("query:ResponseOption", ["returnComposedObjects": "true", "returnType": "ObjectRef"], text: "")
        writer.open("AdhocQuery", ["id": "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"])
        writer.open("Slot", ["name": "$XDSDocumentEntryUniqueId"])
        writer.open("ValueList", [:])
        writer.element("Value", [:], text: "(\(uniqueIDs.map(quoted).joined(separator: ",")))")
        for _ in 0..<4 { writer.close() }
    }

    /// A query literal: quotes inside are doubled.
    private static func quoted(_ value: String) -> String {
        "'\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }

    /// A Content-ID as it stands in a `cid:` URL (RFC 2392).
    static func percentEncoded(_ id: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var out = ""
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "@"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return out
    }
}
