/// A request in MTOM/XOP form (W3C XOP 1.0, RFC 2387) as a list of pieces: large documents are never joined with the rest.
package struct MTOMMessage: Sendable {
    /// One attached part.
    package struct Attachment: Sendable {
        /// Without angle brackets.
        package let contentID: String
        /// Its `Content-Type`.
        package let contentType: String
        /// Sent as they are.
        package let bytes: [UInt8]

        /// A part.
        package init(contentID: String, contentType: String, bytes: [UInt8]) {
            self.contentID = contentID
            self.contentType = contentType
            self.bytes = bytes
        }
    }

    /// Value of the HTTP `Content-Type` header.
    package let contentType: String
    /// The body, piece after piece.
    package let pieces: [[UInt8]]
    /// Its length in bytes.
    package var count: Int { pieces.reduce(0) { $0 + $1.count } }

    /// Lays out the root part and the attachments, with CRLF line ends.
    /// - Parameters:
    ///   - boundary: occurs in no part; made from the delivery key, so that it is the same each time and no sender can guess it.
    ///   - rootID: Content-ID of the root part, without angle brackets.
    package init(action: String, boundary: String, rootID: String, root: [UInt8], attachments: [Attachment]) {
        contentType =
            "multipart/related; type=\"application/xop+xml\"; start=\"<\(rootID)>\"; start-info=\"application/soap+xml\"; "
            + "action=\"\(action)\"; boundary=\"\(boundary)\""
        var pieces = [
            MTOMMessage.head(boundary, "application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"", rootID, first: true), root,
        ]
        for attachment in attachments {
            pieces.append(MTOMMessage.head(boundary, attachment.contentType, attachment.contentID, first: false))
            pieces.append(attachment.bytes)
        }
        pieces.append(Array("\r\n--\(boundary)--\r\n".utf8))
        self.pieces = pieces
    }

    private static func head(_ boundary: String, _ type: String, _ id: String, first: Bool) -> [UInt8] {
        let lines = [
            "--\(boundary)", "Content-Type: \(type)", "Content-Transfer-Encoding: binary", "Content-ID: <\(id)>", "", "",
        ]
        return Array(((first ? "" : "\r\n") + lines.joined(separator: "\r\n")).utf8)
    }
}
