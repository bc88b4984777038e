package import Clinical
import Trust
import XMLTree

/// The plain SOAP requests of the DMP: look-up and deletion. Both are one body, without attachment.
package enum DMPTransaction {
    /// Content-Type of a plain SOAP 1.2 request.
    package static func contentType(action: String) -> String { "application/soap+xml; charset=UTF-8; action=\"\(action)\"" }

    /// TD3.1b: the entryUUID of documents by their uniqueId, the only query that indirect authentication allows.
    package static func lookUp(uniqueID: String, to endpoint: String, messageID: String, assertion: [UInt8]) -> [UInt8] {
        SOAPEnvelope.bytes(action: XDSScheme.Action.storedQuery, to: endpoint, messageID: messageID, security: assertion) { writer in
            RegistryRequest.getDocuments(uniqueIDs: [uniqueID], into: &writer)
        }
    }
}

/// A deletion (TD3.3c, ITI-57): the entry of a document becomes `Deleted`. Not signed: see the dossier's open point 15.
package struct DMPDeletion: Sendable {
    static let approved = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    static let deleted = "urn:asip:ci-sis:2010:StatusType:Deleted"

    /// The lot that carries the change.
    package let set: SubmissionSet
    /// The entry that is deleted.
    package let entryUUID: String

    /// The deletion of the entry of the request's document `index`: one request for each document.
    package init(_ input: DMPLotInput, index: Int = 0, entryUUID: String, tables: DMPTables) {
        var set = DMPLot.set(input, tables)
        set.uniqueID = input.ids.deletion(index)
        set.title = input.documents.indices.contains(index) ? input.documents[index].header.title : nil
        self.set = set
        self.entryUUID = entryUUID
    }

    /// SHA-256 of what stays the same at every attempt, hexadecimal.
    package var digest: String {
        var writer = XMLWriter()
        body(&writer)
        return Digest.hex(Digest.sha256(writer.bytes))
    }

    /// The request of one attempt.
    package func request(to endpoint: String, messageID: String, assertion: [UInt8]) -> [UInt8] {
        SOAPEnvelope.bytes(
            action: XDSScheme.Action.updateDocumentSet, to: endpoint, messageID: messageID, security: assertion, body: body)
    }

    private func body(_ writer: inout XMLWriter) {
        RegistryRequest.updateAvailability(
            of: entryUUID, from: DMPDeletion.approved, to: DMPDeletion.deleted, set: set, into: &writer)
    }
}
